from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modeltasks.errors import ConfigError
from modeltasks.spec import ModelFile, ModelSpec
from modeltasks.store.layout import Layout
from modeltasks.store.platform import Platform
from modeltasks.store.store import Store
from tests.modeltasks.store.models import sha256

LINUX, MACOS, WINDOWS = (Platform.of(name) for name in ("linux", "darwin", "win32"))
E_ACUTE, E_COMBINING = "caf\u00e9.bin", "cafe\u0301.bin"


def model(name: str, *paths: str) -> ModelSpec:
    return ModelSpec(name, tuple(ModelFile(path, sha256(b"")) for path in paths or ("f",)), ())


@pytest.mark.parametrize(
    ("platform", "specs", "refused"),
    [
        (LINUX, [model("Whisper"), model("whisper")], False),
        (MACOS, [model("Whisper"), model("whisper")], True),
        (WINDOWS, [model("Whisper"), model("whisper")], True),
        (WINDOWS, [model("a", "F"), model("b", "f")], False),
        (WINDOWS, [model("a", "Vocab.txt", "vocab.txt")], True),
        (LINUX, [model("a", "Vocab.txt", "vocab.txt")], False),
        (WINDOWS, [model("a", "Sub/x", "sub/x")], True),
        (WINDOWS, [model("a", "stra\u00dfe", "STRASSE")], True),
        (MACOS, [model("a", E_ACUTE, E_COMBINING)], True),
        (LINUX, [model("a", E_ACUTE, E_COMBINING)], False),
        (LINUX, [model("a", "x", "x/y")], True),
        (LINUX, [model("a", "x/y", "x/z")], False),
        (LINUX, [model("a", "X", "x/y/z")], False),
        (MACOS, [model("a", "X", "x/y/z")], True),
        (LINUX, [model("a", "d/x/y", "d/x")], True),
    ],
)
def test_names_that_are_one_file_on_this_system(
    platform: Platform, specs: list[ModelSpec], refused: bool
) -> None:
    layout = Layout(Path("/store"), platform)
    if not refused:
        layout.check(specs)
        return
    with pytest.raises(ConfigError, match="config"):
        layout.check(specs)


def test_places(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    spec = model("clip", "sub/weights.bin")
    assert store.path(spec, spec.files[0]) == tmp_path / "store/clip/sub/weights.bin"
    assert store.layout.directory("clip") == tmp_path / "store/clip"
    assert store.layout.partials == tmp_path / "store/.modeltasks/partials"
    assert store.layout.registry == tmp_path / "store/.modeltasks/registry"
    assert not (tmp_path / "store").exists(), "asking must not touch the disk"


def test_a_relative_root_does_not_move_with_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store(Path("store"))
    monkeypatch.chdir("/")
    assert store.root == tmp_path / "store"


@pytest.mark.parametrize("_attempt", range(20))
def test_links_in_the_store_are_removed_by_several_at_once(tmp_path: Path, _attempt: int) -> None:
    """By four threads of each of two programs, which know nothing of each other."""
    outside = tmp_path / "outside"
    outside.mkdir()
    programs = [Layout(tmp_path / "store", LINUX) for _ in range(2)]
    folders = [programs[0].locks / "content", programs[0].partials, programs[0].receipts]
    for folder in folders:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.symlink_to(outside)
    ready = threading.Barrier(8)

    def prepare(number: int) -> None:
        layout = programs[number % 2]
        ready.wait()
        for at in range(3):
            made = layout.prepare(folders[(at + number) % 3])
            (made / f"{number}-{at}").touch()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(prepare, range(8)))
    assert not list(outside.iterdir())
    assert [len(list(folder.iterdir())) for folder in folders] == [8, 8, 8]
