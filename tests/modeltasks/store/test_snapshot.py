"""The note of a finished run: believed only where nothing at all has changed since."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modeltasks.store.snapshot import read_snapshot, snapshot_path, write_snapshot
from modeltasks.support.identity import stat_identity

if TYPE_CHECKING:
    from modeltasks.store.snapshot import Model

TEXTS = ["models: …\n", "", "'home'"]
WARNINGS = ["a key\thas no effect", "two\nlines"]


def noted(store: Path, name: str = "weights.bin") -> Path:
    """A store with one model, and the note of a run that found it right."""
    file = store / "model" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    stat = stat_identity(file.stat())
    models = [("model", str(file), "7 bytes,\tMIT", [(str(file), stat)])]
    write_snapshot(str(store), "c.yaml", TEXTS, models, WARNINGS)
    return file


def read(store: Path) -> tuple[list[Model], list[str]] | None:
    return read_snapshot(str(store), "c.yaml", TEXTS)


@pytest.mark.parametrize(
    "name", ["weights.bin", "new\nline", "tab\tin\tit", "back\\slash\\n", "\udcff\udc80", "é 語"]
)
def test_what_is_as_it_was_is_told_with_its_warnings(name: str, tmp_path: Path) -> None:
    store = tmp_path / name
    file = noted(store, name)
    assert read(store) == ([("model", str(file), "7 bytes,\tMIT", [str(file)])], WARNINGS)


def replaced_by_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


CHANGES: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "replaced by a folder": replaced_by_a_folder,
    "edited": lambda file: file.write_bytes(b"WEIGHTS"),
    "touched": os.utime,
    "new mode": lambda file: file.chmod(0o600),
    "another name of it": lambda file: os.link(file, file.with_name("other")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_changed_is_not_vouched_for(change: Callable[[Path], object], tmp_path: Path) -> None:
    change(noted(tmp_path / "store"))
    assert read(tmp_path / "store") is None


def test_the_stat_is_that_of_the_receipt_not_of_the_moment(tmp_path: Path) -> None:
    store = tmp_path / "store"
    file = noted(store)
    verified = stat_identity(file.stat())
    file.write_bytes(b"WEIGHTS")
    write_snapshot(str(store), "c.yaml", TEXTS, [("model", str(file), "", [(str(file), verified)])], ())
    assert read(store) is None


def test_a_copy_is_another_store(tmp_path: Path) -> None:
    """Where its files happen to be the very same, too: the note speaks of the first store only."""
    noted(tmp_path / "store")
    shutil.copytree(tmp_path / "store", tmp_path / "copy", copy_function=os.link)
    assert read(tmp_path / "copy") is None


def test_a_store_that_was_moved_is_the_same_store(tmp_path: Path) -> None:
    file = noted(tmp_path / "store")
    moved = (tmp_path / "store").rename(tmp_path / "moved")
    place = str(moved / file.relative_to(tmp_path / "store"))
    assert read(moved) == ([("model", place, "7 bytes,\tMIT", [place])], WARNINGS)


@pytest.mark.parametrize(
    "texts", [["models: …\r\n", "", "'home'"], ["models: …\n", "lock", "'home'"], ["models: …\n"]]
)
def test_another_text_is_another_run(texts: list[str], tmp_path: Path) -> None:
    noted(tmp_path / "store")
    assert read_snapshot(str(tmp_path / "store"), "c.yaml", texts) is None
    assert read_snapshot(str(tmp_path / "store"), "d.yaml", TEXTS) is None


def test_damage_of_any_byte_is_no_answer(tmp_path: Path) -> None:
    store = tmp_path / "store"
    noted(store)
    place = Path(str(snapshot_path(str(store), "c.yaml")))
    whole = place.read_bytes()
    for at in range(len(whole)):
        for damaged in (whole[:at], whole[:at] + b"\n" + whole[at:], whole[:at] + b"\xff" + whole[at + 1 :]):
            place.write_bytes(damaged)
            assert read(store) is None, damaged
    lines = whole.split(b"\n")
    for gone in range(len(lines)):
        place.write_bytes(b"\n".join(lines[:gone] + lines[gone + 1 :]))
        assert read(store) is None
    place.write_bytes(b"\x00" * len(whole))
    assert read(store) is None


def test_where_nothing_can_be_noted_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / ".modeltasks").write_text("in the way")
    write_snapshot(str(tmp_path / "store"), "c.yaml", TEXTS, [], ())
    write_snapshot(str(tmp_path / "absent" / "deep"), "c.yaml", TEXTS, [], ())
    assert read(tmp_path / "store") is None
    assert not (tmp_path / "absent").exists()
    assert snapshot_path(str(tmp_path), "/" + "n" * 201) is None
