from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from textwrap import dedent

import pytest
from doit.exceptions import TaskFailed
from doit.task import Task

from modeltasks.errors import Unexpected
from modeltasks.support.cancel import Cancelled, CancelToken
from modeltasks.tasks.engine import run
from tests.support.waiting import AGES, PROMPT, once


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


HOSTILE = {
    "pyproject.toml": """
        [tool.doit]
        dep_file = "moved.db"
        backend = "json"
        verbosity = "wrong"
        reporter = "json"
        continue = false
        [tool.doit.plugins.command]
        run = "hostile:Run"
        [tool.doit.plugins.reporter]
        json = "hostile:Reporter"
        [tool.doit.tasks.t]
        force = true
        """,
    "doit.cfg": "[GLOBAL]\nbackend = nonsense\nnum_process = x\n[COMMAND]\nrun = hostile:Run\n",
    "dodo.py": "raise SystemExit('the dodo of the folder was loaded')\n",
    "hostile.py": "raise SystemExit('a plugin of the folder was loaded')\n",
}


@pytest.mark.parametrize("jobs", [1, 2])
def test_files_in_the_current_folder_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    for name, text in HOSTILE.items():
        (tmp_path / name).write_text(dedent(text))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("DOIT_FILE", str(tmp_path / "dodo.py"))
    report = run([task("bad", lambda: False), task("t", lambda: None)], ["bad", "t"], jobs=jobs)
    assert sorted(report.executed) == ["bad", "t"]
    assert list(report.failed) == ["bad"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(HOSTILE)


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_is_passed_on_and_stops_the_actions(jobs: int) -> None:
    cancel = CancelToken()

    def press(task: Task) -> bool:
        raise KeyboardInterrupt

    tasks = [task("t", lambda: None, uptodate=[press])]
    with pytest.raises(KeyboardInterrupt):
        run(tasks, ["t"], jobs=jobs, cancel=cancel)
    assert cancel.is_set


def test_a_failure_of_doit_itself_is_not_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    cancel = CancelToken()
    with pytest.raises(Unexpected):
        run([task("t", lambda: None)], ["no such task"], cancel=cancel)
    assert "no such task" in capsys.readouterr().err
    assert cancel.is_set


def test_runs_at_the_same_time_do_not_meet() -> None:
    together = threading.Barrier(3, timeout=PROMPT)

    def meet() -> None:
        together.wait()

    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda name: run([task(name, meet)], [name]), "abc"))
    assert [report.executed for report in reports] == [["a"], ["b"], ["c"]]
