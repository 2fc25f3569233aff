"""A library as its user has it: doit's commands on films, what goes wrong with some, and what stops a run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from tests.support.media_clips import Clip, damaged, make_clip
from tests.support.programs import REPOSITORY, Outcome, command, start, video_censor
from tests.support.small_onnx import small_onnx
from tests.support.waiting import PATIENCE, wait_until
from tests.video_censor_personal.targets.shelf import Shelf, aged

_CRASHING = """
import os, signal, sys
from pathlib import Path

def crash(frame, event, argument):
    # In the worker, on that film, as a decoder does.
    code = frame.f_code
    if event == "call" and code.co_name == "run" and code.co_filename.endswith("targets/jobs.py"):
        job = frame.f_locals["self"]
        if job.film.name == {film!r} and type(job).__name__ == {job!r} and not Path({once!r}).exists():
            Path({once!r}).touch()
            {act}

sys.setprofile(crash)
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Two films; copies go into a folder of their own."""
    made = Shelf(tmp_path / "shelf")
    made.config["library"]["output_dir"] = str(made.folder / "clean")
    made.add("a.mkv", title="a")
    made.add("b.mkv", title="b")
    return made


def tasks(shelf: Shelf, *arguments: object, **environment: str) -> Outcome:
    """Run `video-censor tasks` where the config is."""
    shelf.config_file.write_text(yaml.safe_dump(shelf.config))
    done = video_censor(shelf.folder, "tasks", *arguments, **environment)
    assert "Traceback" not in done.out + done.err
    return done


def ran(done: Outcome) -> list[str]:
    """Return the tasks that ran, without the digest in the film's name, sorted."""
    return sorted(_plain(line[3:]) for line in done.out.splitlines() if line.startswith(".  "))


def _plain(task: str) -> str:
    group, _, name = task.strip().partition(":")
    return f"{group}:{name.partition('-')[0]}"


def stale_in(listed: str) -> list[str]:
    """Return the tasks of films that a list says are to run."""
    lines = [line.split() for line in listed.splitlines()]
    groups = ("observe:", "segments:", "copy:", "exports:", "films:")
    return [name for status, name, *_ in lines if status == "R" and name.startswith(groups)]


def all_of(*films: str) -> list[str]:
    return sorted(f"{group}:{film}" for group in ("observe", "segments", "copy", "exports") for film in films)


def name_of(shelf: Shelf, film: str) -> str:
    """Return what a film's tasks are called."""
    return next(each.entry.name for each in shelf.library().states if each.path.name == film)


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def dying(
    folder: Path, film: str, job: str = "Observe", act: str = "os.kill(os.getpid(), signal.SIGSEGV)"
) -> dict[str, str]:
    """Return the environment of a run whose worker once does that while it works on a film."""
    folder.mkdir()
    text = _CRASHING.format(film=film, job=job, once=str(folder / "once"), act=act)
    (folder / "sitecustomize.py").write_text(text)
    return {"PYTHONPATH": f"{folder}:{REPOSITORY}"}


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_second_run_has_nothing_to_do(shelf: Shelf, jobs: int) -> None:
    first = tasks(shelf, "-n", jobs)
    assert (first.code, ran(first)) == (0, all_of("a", "b"))
    assert "2 films" in first.err
    second = tasks(shelf, "-n", jobs)
    assert (second.code, ran(second)) == (0, [])
    assert len([line for line in second.out.splitlines() if line.startswith("-- ")]) == len(all_of("a", "b"))


def test_what_is_made_from_films_that_are_there_is_never_pruned(shelf: Shelf) -> None:
    assert tasks(shelf).code == 0
    long_ago = time.time() - 400 * 86_400
    kept = [each for each in (shelf.folder / "cache" / ".analysis").rglob("*") if each.is_file()]
    for each in kept:
        os.utime(each, (long_ago, long_ago))
    assert ran(tasks(shelf)) == []
    assert tasks(shelf, "prune", "--yes").code == 0
    again = tasks(shelf)
    assert (again.code, ran(again)) == (0, [])


def test_list_and_info_say_what_is_stale_and_why(shelf: Shelf) -> None:
    assert tasks(shelf).code == 0
    listed = tasks(shelf, "list", "--all", "--status").out
    assert {_plain(each) for each in stale_in(listed)} == set()
    shelf.edit("detectors.0.threshold", 0.7)
    listed = tasks(shelf, "list", "--all", "--status").out
    assert {_plain(each) for each in stale_in(listed)} == {
        *("segments:a", "copy:a", "exports:a", "films:a"),
        *("segments:b", "copy:b", "exports:b", "films:b"),
    }
    assert "threshold of eye" in tasks(shelf, "info", f"copy:{name_of(shelf, 'a.mkv')}").out


@pytest.mark.parametrize("door", ["films", "copy", "path"])
def test_one_film_of_many(shelf: Shelf, door: str) -> None:
    names = {
        "films": f"films:{name_of(shelf, 'a.mkv')}",
        "copy": "copy:a-*",
        "path": str(shelf.folder / "clean" / "a.clean.mkv"),
    }
    done = tasks(shelf, "run", names[door])
    assert done.code == 0
    assert {each.partition(":")[2] for each in ran(done)} == {"a"}
    assert files_below(shelf.folder / "clean").keys() >= {"a.clean.mkv"}


def test_force_does_all_again(shelf: Shelf) -> None:
    assert tasks(shelf).code == 0
    again = tasks(shelf, "run", "films", "--force")
    assert (again.code, ran(again)) == (0, all_of("a", "b"))
    assert "Profanity" in again.err


def test_clean_removes_what_can_be_made_again_and_nothing_else(shelf: Shelf) -> None:
    assert tasks(shelf).code == 0
    clean = shelf.folder / "clean"
    results = clean / "b.results.json"
    document = json.loads(results.read_text())
    document["segments"][0]["allow"] = True
    results.write_text(json.dumps(document))
    (clean / "b.edl").write_text("mine")
    (clean / "notes.txt").write_text("mine")
    films = files_below(shelf.films)
    assert tasks(shelf, "clean", "films").code == 0
    assert sorted(files_below(clean)) == ["b.edl", "b.results.json", "notes.txt"]
    assert files_below(shelf.films) == films
    assert list((shelf.folder / "cache" / ".analysis" / "observations").iterdir()) == []


def test_a_bad_film_stops_no_other(shelf: Shelf) -> None:
    (shelf.films / "bad.mkv").write_text("no film")
    done = tasks(shelf, "-n", 2)
    assert done.code != 0
    assert "bad.mkv cannot be read as a video" in done.out + done.err
    assert (shelf.folder / "clean" / "b.clean.mkv").exists()
    assert set(ran(tasks(shelf))) == {"observe:bad"}


@pytest.mark.parametrize("job", ["Look", "Observe", "Render"])
def test_a_crash_is_one_film_s(shelf: Shelf, tmp_path: Path, job: str) -> None:
    done = tasks(shelf, **dying(tmp_path / "crash", "a.mkv", job))
    assert done.code != 0
    assert "a.mkv" in done.out + done.err
    assert "SIGSEGV" in done.out + done.err
    assert (shelf.folder / "clean" / "b.clean.mkv").exists()
    assert not (shelf.folder / "clean" / "a.clean.mkv").exists()
    assert tasks(shelf).code == 0
    assert (shelf.folder / "clean" / "a.clean.mkv").exists()


def test_a_killed_worker_is_named(shelf: Shelf, tmp_path: Path) -> None:
    done = tasks(shelf, **dying(tmp_path / "kill", "a.mkv", act="os.kill(os.getpid(), signal.SIGKILL)"))
    assert done.code != 0
    assert "SIGKILL" in done.out + done.err
    assert tasks(shelf).code == 0


@pytest.fixture
def stopped(shelf: Shelf, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start a run whose worker waits for a stop in the middle of a film; the file `once` says so."""
    wait = 'frame.f_locals["context"].cancel.sleep(3600)'
    environment = dying(tmp_path / "wait", "a.mkv", act=wait)
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        shelf.config_file.write_text(yaml.safe_dump(shelf.config))
        with (tmp_path / "out").open("w") as out:
            line = command("tasks", "-n", 2)
            started.append(start(line, shelf.folder, environment, stdout=out, stderr=out))
        wait_until((tmp_path / "wait" / "once").exists)
        return started[0]

    yield begin
    for each in started:
        each.kill()


def test_ctrl_c_leaves_nothing_running_and_the_next_run_goes_on(
    shelf: Shelf, stopped: Callable[[], subprocess.Popen[str]]
) -> None:
    process = stopped()
    workers = _children(process.pid)
    assert workers
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) != 0
    wait_until(lambda: not any(Path(f"/proc/{each}").exists() for each in workers))
    assert tasks(shelf).code == 0
    assert ran(tasks(shelf)) == []


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(each) for path in found for each in path.read_text().split()]


def test_a_film_that_was_not_all_seen_is_told_each_time(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    whole = make_clip(tmp_path / "whole.mkv", Clip(seconds=5.0, audio=(), options={"g": "1", "bf": "0"}))
    model = tmp_path / "eye.onnx"
    model.write_bytes(small_onnx())
    shelf.config["models"]["sources"] = [_source(model)]
    shelf.config["detectors"] = [{"name": "nsfw", "type": "nsfw", "model": "eye"}]
    shelf.config["remediation"]["audio"]["enabled"] = False
    aged(damaged(whole, shelf.films / "film.mkv", "video", 51, 75))
    for _ in range(2):
        done = tasks(shelf)
        assert done.code != 0
        assert "was not made, because not all of" in done.out + done.err
        assert not shelf.made("clean.mkv").exists()
    assert tasks(shelf, "run", "films", "--allow-incomplete").code == 0
    assert shelf.made("clean.mkv").exists()
    assert ran(tasks(shelf, "run", "films", "--allow-incomplete")) == []
    assert tasks(shelf).code != 0


def _source(model: Path) -> dict[str, object]:
    digest = sha256(model.read_bytes()).hexdigest()
    return {"name": "eye", "url": model.as_uri(), "checksum": f"sha256:{digest}"}
