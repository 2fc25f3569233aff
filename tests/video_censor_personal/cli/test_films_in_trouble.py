"""`video-censor FILM…` when the disk is full, somebody presses Ctrl-C, or two runs meet."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.crash.disks import fill, make_read_only, small_disk
from tests.support.media_clips import Clip, make_clip
from tests.support.programs import command, start
from tests.support.waiting import PATIENCE, wait_until
from tests.video_censor_personal.cli.films import clean, names

_MARK = "VIDEO_CENSOR_TEST_RUN"


def processes(mark: str) -> set[int]:
    """The processes that have inherited a mark."""
    found = set()
    for each in Path("/proc").iterdir():
        try:
            if each.name.isdecimal() and f"{_MARK}={mark}".encode() in (each / "environ").read_bytes():
                found.add(int(each.name))
        except OSError:  # it has ended, or is somebody else's
            continue
    return found


needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs to see processes")


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film that is worked on for some seconds."""
    return make_clip(tmp_path_factory.mktemp("long") / "long.mkv", Clip(seconds=120.0))


def test_a_disk_that_is_full_fails_the_films_it_has_no_room_for(
    here: Path, config: Callable[..., Path], tmp_path: Path, long_film: Path
) -> None:
    with small_disk(tmp_path / "disk", 16) as disk:
        for film in (here / "film.mp4", here / "other.mkv", long_film):
            shutil.copy(film, disk)
        filler = fill(disk, leave=long_film.stat().st_size // 2)
        films = ("film.mp4", "long.mkv", "other.mkv")
        reply = clean(disk, config(), *films, "--json")
        assert reply.code == 4
        errors = {Path(each["input"]).name: each["error"] for each in reply.json["films"]}
        assert errors["long.mkv"]["kind"] == "disk-full"
        assert errors["film.mp4"] is errors["other.mkv"] is None
        made = {"film.clean.mp4", "film.results.json", "other.clean.mkv", "other.results.json"}
        assert names(disk) - {"long.results.json"} == {*films, "filler", *made}

        filler.unlink()
        reply = clean(disk, config(), *films, "--json")
        assert reply.code == 0, reply.err
        assert {name for each in reply.json["films"] for name in each["versions"][0]["observed"]} == set()
        assert "long.clean.mkv" in names(disk)


def test_a_folder_that_is_read_only_fails_its_films_alone(
    here: Path, config: Callable[..., Path], tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        shutil.copy(here / "film.mp4", disk)
        make_read_only(disk)
        reply = clean(here, config(), disk / "film.mp4", "other.mkv")
        assert reply.code == 2
        assert f"nothing can be written in {disk}" in reply.err
        assert "other.clean.mkv" in names(here)
        dry = clean(here, config(), disk / "film.mp4", "--dry-run")
        assert dry.code == 2
        assert f"nothing can be written in {disk}" in dry.err


@needs_proc
@pytest.mark.parametrize(
    ("number", "all_get_it"),
    [(signal.SIGINT, False), (signal.SIGTERM, True), (signal.SIGHUP, True)],
    ids=["Ctrl-C", "SIGTERM to the group", "a terminal that was closed"],
)
def test_a_run_that_is_stopped_leaves_nothing_running_and_goes_on_next_time(
    here: Path,
    config: Callable[..., Path],
    tmp_path: Path,
    long_film: Path,
    number: signal.Signals,
    all_get_it: bool,
) -> None:
    shutil.copy(long_film, here)
    shutil.copy(long_film, here / "longer.mkv")
    with (here / "longer.mkv").open("ab") as stream:
        stream.write(b"\0")  # not the same content
    path, films = config(), ("long.mkv", "longer.mkv", "film.mp4")
    mark = {_MARK: str(tmp_path)}
    program = start(command(*films, "--config", path), here, mark, stderr=subprocess.STDOUT)

    def is_rendering() -> bool:
        return (here / "long.results.json").exists() and len(processes(str(tmp_path))) > 1

    wait_until(is_rendering, program)
    for each in processes(str(tmp_path)) if all_get_it else {program.pid}:
        os.kill(each, number)
    told, _ = program.communicate(timeout=PATIENCE)
    assert program.returncode == 130, told
    assert "Interrupted. What was fetched and found so far is kept." in told
    assert "Traceback" not in told
    assert "not finished" in told
    assert "up to date" not in told
    assert processes(str(tmp_path)) == set()
    made = {name for name in names(here) if name not in {"film.mp4", "other.mkv", *films}}
    assert {name for name in made if not name.endswith((".json", ".clean.mp4", ".clean.mkv"))} == set()

    reply = clean(here, path, *films, "--json")
    assert reply.code == 0, reply.err
    assert reply.json["films"][0]["versions"][0]["observed"] == [], "what was observed is kept"
    assert {"long.clean.mkv", "longer.clean.mkv", "film.clean.mp4"} <= names(here)


def test_two_runs_on_the_same_film_at_once_both_end_well(
    here: Path, config: Callable[..., Path], long_film: Path
) -> None:
    shutil.copy(long_film, here)
    line = command("long.mkv", "film.mp4", "--config", config(), "--json")
    runs = [start(line, here, stderr=subprocess.PIPE) for _ in range(2)]
    for each in runs:
        _, told = each.communicate(timeout=PATIENCE)
        assert each.returncode == 0, told
    assert names(here) - {"other.mkv"} == {
        *("film.mp4", "film.clean.mp4", "film.results.json"),
        *("long.mkv", "long.clean.mkv", "long.results.json"),
    }
    assert clean(here, config(), "long.mkv", "film.mp4").err == "2 films are up to date.\n"


@pytest.mark.parametrize("door", [("film.mp4", "other.mkv"), ("--input", "film.mp4")])
def test_a_scheduler_that_is_not_there_is_told_once(
    here: Path, config: Callable[..., Path], door: tuple[str, ...]
) -> None:
    reply = clean(here, config(), *door, "--runner", "tcp://127.0.0.1:1")
    assert reply.code == 1
    assert reply.err.count("error: There is no scheduler at tcp://127.0.0.1:1") == 1
    assert names(here) == {"film.mp4", "other.mkv"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_film_that_may_not_be_read_fails_alone(here: Path, config: Callable[..., Path]) -> None:
    (here / "film.mp4").chmod(0)
    reply = clean(here, config(), "film.mp4", "other.mkv")
    assert reply.code == 1
    assert "Permission denied" in reply.err
    assert "other.clean.mkv" in names(here)


def test_a_scheduler_that_is_not_there_costs_nothing_that_was_observed(
    here: Path, config: Callable[..., Path], cache_dir: Path
) -> None:
    path = config()
    clean(here, path, "film.mp4")
    kept = sorted((cache_dir / ".analysis" / "observations").iterdir())
    assert kept
    reply = clean(here, path, "film.mp4", "--force", "--runner", "tcp://127.0.0.1:1")
    assert reply.code == 1
    assert sorted((cache_dir / ".analysis" / "observations").iterdir()) == kept
