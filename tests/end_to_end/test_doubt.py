"""A model whose receipt does not prove it right is hashed once and used, whichever door a run comes through.

Only bytes that are wrong or absent are missing; nothing that is there is fetched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.kit import Write
from tests.support.file_host import FileHost
from tests.support.programs import Outcome, doit, run, video_censor
from tests.support.small_onnx import small_onnx
from video_censor_personal.model_manager import ModelManager

NET = small_onnx()
LOOK = {"name": "look", "type": "nsfw", "model": "net", "categories": ["Nudity"]}


@pytest.fixture
def config(host: FileHost, config_file: Write) -> Path:
    """A config whose one model is in place."""
    path = config_file({**host.entry("net", NET), "url": host.put("net.onnx", NET)}, detectors=[LOOK])
    assert [result.status for result in ModelManager(path).provide()] == ["fetched"]
    return path


def model_file(store: Path) -> Path:
    return store / "net" / "net.onnx"


def receipt(store: Path) -> Path:
    return store / ".modeltasks" / "receipts" / "net.json"


def restart(store: Path) -> Path:
    known = json.loads(receipt(store).read_text())
    known["files"]["net.onnx"]["unsynced"] = "the start before this one"
    receipt(store).write_text(json.dumps(known))
    return store


def touch(store: Path) -> Path:
    long_ago = model_file(store).stat().st_mtime - 3600
    os.utime(model_file(store), (long_ago, long_ago))
    return store


def touch_now(store: Path) -> Path:
    os.utime(model_file(store))
    return store


def change_mode(store: Path) -> Path:
    model_file(store).chmod(0o640)
    return store


def copied(*flags: str) -> Callable[[Path], Path]:
    def copy(store: Path) -> Path:
        other = store.with_name("copy of the models")
        subprocess.run(["cp", *flags, str(store), str(other)], check=True)
        return other

    return copy


def restored(store: Path) -> Path:
    """From a backup that knows neither inodes nor times to the nanosecond."""
    copy = copied("-a")(store)
    status = model_file(copy).stat()
    os.utime(model_file(copy), (int(status.st_atime), int(status.st_mtime)))
    shutil.rmtree(store)
    return copy.rename(store)


def damaged(content: bytes) -> Callable[[Path], Path]:
    def damage(store: Path) -> Path:
        receipt(store).write_bytes(content)
        return store

    return damage


def lost(*parts: str) -> Callable[[Path], Path]:
    def lose(store: Path) -> Path:
        place = store.joinpath(*parts)
        shutil.rmtree(place) if place.is_dir() else place.unlink()
        return store

    return lose


DOUBTS: dict[str, Callable[[Path], Path]] = {
    "restarted": restart,
    "touched": touch,
    "touched a moment ago": touch_now,
    "chmod": change_mode,
    "copied": copied("-r"),
    "copied with times": copied("-a"),
    "hard-linked": copied("-al"),
    "restored": restored,
    "receipt empty": damaged(b""),
    "receipt garbage": damaged(b"\xff\x00[{"),
    "receipt deep": damaged(b'{"files":' * 5000),
    "receipt of other types": damaged(b'{"format": 1, "entry": "x", "files": {"net.onnx": [7]}}'),
    "receipt lost": lost(".modeltasks", "receipts", "net.json"),
    "all notes lost": lost(".modeltasks"),
}


@pytest.mark.parametrize("doubt", DOUBTS.values(), ids=DOUBTS)
def test_what_is_in_doubt_is_hashed_once_and_used(
    doubt: Callable[[Path], Path],
    config: Path,
    cache_dir: Path,
    host: FileHost,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VIDEO_CENSOR_CACHE_DIR", str(doubt(cache_dir)))
    first, second = ModelManager(config).readiness()["net"], ModelManager(config).readiness()["net"]
    assert (first.error, first.doubted) == (None, True)
    assert (second.error, second.doubted) == (None, False)
    assert host.requests() == 1


Door = Callable[[Path, Path], Outcome]
DOORS: dict[str, Door] = {
    "--input": lambda here, config: video_censor(here, "--input", "film.mp4", "--config", config),
    "--input --offline": lambda here, config: video_censor(
        here, "--input", "film.mp4", "--offline", "--config", config
    ),
    "--dry-run": lambda here, config: video_censor(
        here, "--input", "film.mp4", "--dry-run", "--config", config
    ),
    "--download-models": lambda here, config: video_censor(here, "--download-models", "--config", config),
    "--download-models --offline": lambda here, config: video_censor(
        here, "--download-models", "--offline", "--config", config
    ),
    "doit models": lambda here, config: doit(here, "run", f"config={config}", "models"),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_every_door_gives_the_same_answer(
    door: Door, config: Path, cache_dir: Path, film_folder: Path, host: FileHost
) -> None:
    video_censor(film_folder, "--download-models", "--config", config)  # leaves its short cut
    touch(cache_dir)
    done = door(film_folder, config)
    assert (done.code, host.requests()) == (0, 1), done.err
    model_file(cache_dir).write_bytes(NET[:-1] + b"!")
    host.files.clear()
    wrong = door(film_folder, config)
    if wrong.code == 0:
        assert "would be fetched" in wrong.err
    assert "current" not in wrong.err
    assert "in place" not in wrong.err.replace("not in place", "")


@pytest.fixture
def read_only(config: Path, cache_dir: Path) -> Iterator[None]:
    """The store, mounted so that nobody can write to it."""
    command = ["mount", "--bind", "-o", "ro", str(cache_dir), str(cache_dir)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not permitted here")
    yield
    subprocess.run(["umount", "-l", str(cache_dir)], check=True)


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_a_store_that_cannot_be_written_is_used_and_remembered(
    door: Door,
    config: Path,
    cache_dir: Path,
    film_folder: Path,
    host: FileHost,
    request: pytest.FixtureRequest,
) -> None:
    touch(cache_dir)
    request.getfixturevalue("read_only")
    done = door(film_folder, config)
    assert (done.code, host.requests()) == (0, 1), done.err
    again = ModelManager(config).readiness()["net"]
    assert (again.error, again.doubted) == (None, False), "remembered for this user"


OPENED = """
import sys
opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0]).rpartition("/")[2]))
from video_censor_personal.__main__ import main
print(main(), [opened.count(name) for name in ("net.json", "net.onnx")])
"""


@pytest.mark.parametrize(
    "arguments",
    [["--download-models"], ["--input", "film.mp4"], ["--download-models", "--input", "film.mp4"]],
)
def test_where_all_is_in_place_a_receipt_is_read_once_and_no_model_is_read(
    config: Path, film_folder: Path, arguments: list[str]
) -> None:
    video_censor(film_folder, "--input", "film.mp4", "--config", config)
    config.write_text(config.read_text() + "# edited\n")
    done = run([sys.executable, "-c", OPENED, *arguments, "--config", str(config)], film_folder)
    assert done.out.strip() == "0 [1, 0]", done.err


def test_a_copied_store_answers_for_itself(
    config: Path, cache_dir: Path, film_folder: Path, host: FileHost
) -> None:
    """The short cut of the original comes with the copy, and must not be believed there."""
    video_censor(film_folder, "--download-models", "--config", config)
    assert (
        video_censor(film_folder, "--download-models", "--config", config).err == "The model is in place.\n"
    )
    copy = copied("-a")(cache_dir)
    model_file(copy).unlink()
    host.files.clear()
    there = {"VIDEO_CENSOR_CACHE_DIR": str(copy)}
    missing = video_censor(film_folder, "--download-models", "--config", config, "--json", **there)
    assert (missing.code, missing.json["models"][0]["status"]) == (1, "failed")
    shutil.copy(model_file(cache_dir), model_file(copy))
    for status in ("kept", "current"):
        reply = video_censor(film_folder, "--download-models", "--config", config, "--json", **there)
        (model,) = reply.json["models"]
        assert (model["status"], model["path"]) == (status, str(model_file(copy)))


def test_warnings_of_the_config_are_told_on_every_run(
    host: FileHost, config_file: Write, film_folder: Path
) -> None:
    config = config_file(host.entry("a", b"a"), processing={"max_workers": 4})
    outcomes = [video_censor(film_folder, "--download-models", "--config", config) for _ in range(3)]
    assert outcomes[-1].err.endswith("The model is in place.\n")
    for outcome in outcomes:
        assert "max_workers" in outcome.err
    again = doit(film_folder, "run", f"config={config}", "models")
    assert "max_workers" in again.err
