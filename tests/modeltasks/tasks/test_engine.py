from __future__ import annotations

import sys
import threading
from functools import partial
from pathlib import Path

import pytest
from doit.exceptions import TaskFailed
from doit.task import Task

from modeltasks.support.cancel import Cancelled, CancelToken
from modeltasks.tasks.engine import run
from tests.support.promptly import AGES, PROMPT, once


def task(name: str, action: object, **more: object) -> Task:
    return Task(name, [action], io={"capture": False}, **more)


@pytest.mark.parametrize("jobs", [1, 4])
def test_it_tells_apart_what_ran_what_was_current_and_what_failed(jobs: int) -> None:
    tasks = [
        Task("all", None, task_dep=["all:new", "all:same", "all:bad"], has_subtask=True),
        task("all:new", lambda: None, subtask_of="all"),
        task("all:same", lambda: None, uptodate=[True], subtask_of="all"),
        task("all:bad", lambda: TaskFailed("the reason"), subtask_of="all"),
    ]
    report = run(tasks, ["all"], jobs=jobs)
    assert sorted(report.executed) == ["all:bad", "all:new"]
    assert report.current == ["all:same"]
    assert report.failed == {"all:bad": "the reason"}
    assert not report.ok


def note(done: list[int], number: int) -> None:
    done.append(number)


def test_one_failure_does_not_stop_the_others() -> None:
    done: list[int] = []
    tasks = [task("bad", lambda: False), *(task(f"t{n}", partial(note, done, n)) for n in range(6))]
    report = run(tasks, [each.name for each in tasks], jobs=2)
    assert sorted(done) == list(range(6))
    assert list(report.failed) == ["bad"]


def test_an_exception_in_an_action_is_a_failure_of_that_task() -> None:
    def broken() -> None:
        raise RuntimeError("out of cheese")

    report = run([task("broken", broken), task("fine", lambda: None)], ["broken", "fine"], jobs=2)
    assert "out of cheese" in report.failed["broken"]
    assert "fine" in report.executed


def test_jobs_run_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=PROMPT)

    def meet() -> None:
        together.wait()

    report = run([task(f"t{n}", meet) for n in range(3)], ["t0", "t1", "t2"], jobs=3)
    assert report.ok


def test_a_stop_ends_the_run() -> None:
    cancel, begun = CancelToken(), threading.Event()
    once(begun.is_set, cancel.set)

    def wait() -> object:
        begun.set()
        try:
            cancel.sleep(AGES)
        except Cancelled:
            return TaskFailed("stopped")
        return None

    with pytest.raises(Cancelled):
        run([task("slow", wait)], ["slow"], jobs=2, cancel=cancel)


def test_standard_output_stays_what_it_was() -> None:
    before = sys.stdout
    run([task(f"t{n}", lambda: None) for n in range(20)], [f"t{n}" for n in range(20)], jobs=4)
    assert sys.stdout is before


def test_files_in_the_current_folder_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.doit]\ndep_file = "moved.db"\nverbosity = "wrong"\n')
    (tmp_path / "doit.cfg").write_text("[GLOBAL]\nbackend = nonsense\n")
    monkeypatch.chdir(tmp_path)
    assert run([task("t", lambda: None)], ["t"], jobs=2).ok
    assert sorted(path.name for path in tmp_path.iterdir()) == ["doit.cfg", "pyproject.toml"]
