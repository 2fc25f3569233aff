"""Jobs in processes that live on: what they return, raise, show and log; how many there are; how they end."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from modeltasks.errors import Failure, Unexpected
from modeltasks.report.progress import FileProgress, NoProgress, Unit
from modeltasks.support.cancel import Cancelled, CancelToken
from modeltasks.support.commands import TaskCommands, use
from modeltasks.support.threads import in_threads
from tests.support.programs import run, start
from tests.support.waiting import PATIENCE, wait_until
from tests.video_censor_personal.runners.jobs import (
    FILM,
    Calls,
    Deaf,
    Echo,
    HoldsTheLock,
    LeavesOne,
    Local,
    Meets,
    Raises,
    Shows,
    is_gone,
    number_in,
    run_in_the_background,
)
from video_censor_personal.errors import ProcessDied
from video_censor_personal.machine import Machine
from video_censor_personal.runners.runner import MEMORY, Job
from video_censor_personal.runners.workers import LocalWorkers


class Here:
    """Workers, and short ways to use them."""

    def __init__(self, most: int | None = None, memory: int | None = None) -> None:
        self.workers = LocalWorkers(most, memory)
        self.cancel = CancelToken()

    def do(self, job: Job, cancel: CancelToken | None = None) -> Any:
        return self.workers.run(job, NoProgress(), cancel or self.cancel)

    def begin(self, job: Job, cancel: CancelToken | None = None) -> Callable[[], Any]:
        return run_in_the_background(self.workers, job, NoProgress(), cancel or self.cancel)


@pytest.fixture
def one() -> Iterator[Here]:
    here = Here(1)
    yield here
    here.workers.close()


@pytest.fixture
def three() -> Iterator[Here]:
    here = Here(3)
    yield here
    here.workers.close()


def test_a_job_returns_its_result_from_another_process(one: Here) -> None:
    view = MappingProxyType({"a": (1, Path("x"))})
    assert one.do(Echo(view)) == view
    assert one.do(Calls("pid")) != os.getpid()


def test_the_process_and_its_detectors_live_on(one: Here) -> None:
    assert one.do(Calls("pid")) == one.do(Calls("pid"))
    assert one.do(Calls("detectors")) == one.do(Calls("detectors"))


def test_relative_paths_mean_what_they_mean_where_the_job_is_given(
    one: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for each in folders:
        each.mkdir()
        monkeypatch.chdir(each)
        assert one.do(Calls("folder")) == each


def test_messages_name_the_commands_that_work_where_the_user_is(one: Here) -> None:
    use(TaskCommands("video-censor tasks", "config=my.yaml"))
    assert one.do(Calls("advice")) == "`video-censor tasks verify:open-nsfw config=my.yaml`"


def test_two_hundred_jobs_need_two_processes() -> None:
    here = Here(2)
    jobs = [lambda: here.do(Calls("pid")) for _ in range(200)]
    pids = {each.result(PATIENCE) for each in in_threads(jobs, 8, "test")}
    here.workers.close()
    assert 1 <= len(pids) <= 2
    assert all(map(is_gone, pids))


def test_as_many_jobs_at_once_as_there_are_workers_and_no_more(three: Here, tmp_path: Path) -> None:
    go = tmp_path / "go"
    pending = [three.begin(Meets(tmp_path / f"{number}", go)) for number in range(4)]
    begun = [tmp_path / f"{number}" for number in range(4)]
    wait_until(lambda: sum(each.exists() for each in begun) == 3)
    waiting = next(each for each in begun if not each.exists())
    go.touch()
    assert len({each() for each in pending}) == 3
    assert waiting.exists()


def test_jobs_that_take_much_memory_wait_for_each_other(tmp_path: Path) -> None:
    here = Here(3, memory=5 * MEMORY // 2)  # enough for two
    go = tmp_path / "go"
    pending = [here.begin(Meets(tmp_path / f"{number}", go)) for number in range(3)]
    begun = [tmp_path / f"{number}" for number in range(3)]
    wait_until(lambda: sum(each.exists() for each in begun) == 2)
    waiting = next(each for each in begun if not each.exists())
    assert not waiting.exists()
    go.touch()
    assert len({each() for each in pending}) == 2
    here.workers.close()


def test_a_job_that_takes_more_than_there_is_is_done_alone() -> None:
    here = Here(3, memory=MEMORY // 2)
    jobs = [lambda: here.do(Calls("pid")) for _ in range(6)]
    assert len({each.result(PATIENCE) for each in in_threads(jobs, 6, "test")}) == 1
    here.workers.close()


def test_who_waits_for_a_worker_can_be_stopped(one: Here, tmp_path: Path) -> None:
    busy = one.begin(Meets(tmp_path / "begun", tmp_path / "go"))
    number_in(tmp_path / "begun")
    cancel = CancelToken()
    waiting = one.begin(Echo(), cancel)
    cancel.set()
    with pytest.raises(Cancelled):
        waiting()
    (tmp_path / "go").touch()
    assert busy()


def test_the_cores_are_shared_out_among_those_at_work(three: Here, tmp_path: Path) -> None:
    cores = Machine().cores()
    assert three.do(Calls("threads")) == min(4, cores)
    other = three.begin(Meets(tmp_path / "begun", tmp_path / "go"))
    number_in(tmp_path / "begun")
    assert three.do(Calls("threads")) == max(1, min(4, cores // 2))
    (tmp_path / "go").touch()
    other()
    assert three.do(Calls("threads")) == min(4, cores)


@pytest.mark.parametrize(
    ("job", "how"),
    [
        (Calls("null_read"), "was ended by SIGSEGV"),
        (Calls("aborted"), "was ended by SIGABRT"),
        (Calls("killed"), "was ended by SIGKILL: perhaps the system had no memory left"),
        (Calls("exits"), "ended with exit code 3"),
    ],
    ids=["SIGSEGV", "SIGABRT", "SIGKILL", "exit"],
)
def test_a_process_that_dies_ends_its_film_alone(three: Here, tmp_path: Path, job: Job, how: str) -> None:
    go = tmp_path / "go"
    others = [three.begin(Meets(tmp_path / name, go)) for name in ("a", "b")]
    pids = {number_in(tmp_path / "a"), number_in(tmp_path / "b")}
    with pytest.raises(ProcessDied) as caught:
        three.do(job)
    assert caught.value.what == f"{FILM} was not finished"
    assert caught.value.why == f"the process that worked on it {how}"
    assert three.do(Echo("next")) == "next"
    go.touch()
    assert {each() for each in others} == pids


def test_what_is_known_of_a_crash_is_logged(one: Here, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ProcessDied):
        one.do(Calls("null_read"))
    assert "Fatal Python error: Segmentation fault" in caplog.text
    assert "null_read" in caplog.text


def test_a_process_that_dies_idle_costs_no_film(one: Here) -> None:
    pid = one.do(Calls("pid"))
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT))
    assert one.do(Calls("pid")) != pid


def test_what_a_dead_process_left_behind_holds_up_nothing(one: Here, tmp_path: Path) -> None:
    with pytest.raises(ProcessDied, match="SIGKILL"):
        one.do(LeavesOne(tmp_path / "pid"))
    left = number_in(tmp_path / "pid")
    try:
        assert one.do(Echo(1)) == 1
        one.workers.close()
        assert not is_gone(left)
    finally:
        os.kill(left, signal.SIGKILL)


def test_a_job_may_start_programs(one: Here) -> None:
    assert one.do(Calls("starts_one")) == 0


def test_a_stopped_job_ends_and_its_process_takes_the_next(one: Here, tmp_path: Path) -> None:
    cancel = CancelToken()
    pending = one.begin(Meets(tmp_path / "begun", tmp_path / "never"), cancel)
    pid = number_in(tmp_path / "begun")
    cancel.set()
    with pytest.raises(Cancelled):
        pending()
    assert one.do(Calls("pid")) == pid


@pytest.mark.parametrize("kind", [Deaf, HoldsTheLock])
def test_a_job_that_does_not_hear_loses_its_process(
    one: Here, tmp_path: Path, kind: type[Deaf | HoldsTheLock], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("video_censor_personal.runners.process.STOPS_WITHIN", 0.2)
    cancel = CancelToken()
    pending = one.begin(kind(tmp_path / "begun"), cancel)
    pid = number_in(tmp_path / "begun")
    cancel.set()
    with pytest.raises(Cancelled):
        pending()
    assert is_gone(pid)
    assert one.do(Calls("pid")) != pid


def test_closing_ends_idle_and_busy_processes(tmp_path: Path) -> None:
    here = Here(2)
    idle = here.begin(Meets(tmp_path / "first", tmp_path / "go"))
    busy = here.begin(Meets(tmp_path / "second", tmp_path / "never"))
    pids = [number_in(tmp_path / "first"), number_in(tmp_path / "second")]
    (tmp_path / "go").touch()
    idle()
    here.workers.close()
    assert all(map(is_gone, pids))
    with pytest.raises(Cancelled):
        busy()
    with pytest.raises(Cancelled):
        here.do(Echo())
    here.workers.close()


def test_nothing_is_left_open_after_closing(tmp_path: Path) -> None:
    def handles() -> set[str]:
        return {str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.exists()}

    threads, before = threading.active_count(), handles()
    here = Here(2)
    pending = [here.begin(Meets(tmp_path / name, tmp_path / "go")) for name in ("a", "b")]
    number_in(tmp_path / "a"), number_in(tmp_path / "b")
    (tmp_path / "go").touch()
    for each in pending:
        each()
    with pytest.raises(ProcessDied):
        here.do(Calls("killed"))
    here.workers.close()
    wait_until(lambda: threading.active_count() <= threads)
    assert handles() <= before


@pytest.mark.parametrize(
    "error",
    [
        Local(7),
        Failure("What", "why", "fix"),
        Unexpected("Here", "a detail"),
        ProcessDied(FILM, "was ended", "Run again"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_failure_comes_over_as_it_was(one: Here, error: Failure) -> None:
    error.add_note("another mirror said no")
    with pytest.raises(type(error)) as caught:
        one.do(Raises(error))
    assert type(caught.value) is type(error)
    assert caught.value.__dict__ == error.__dict__
    assert str(caught.value) == str(error)


def test_a_failure_that_holds_what_no_pickle_can_comes_without_it(one: Here) -> None:
    with pytest.raises(Local, match="Number 7") as caught:
        one.do(Raises(Local(7), spoil="lock"))
    assert (caught.value.number, hasattr(caught.value, "lock")) == (7, False)


@pytest.mark.parametrize(
    ("job", "why"),
    [
        (Raises(KeyError("a key")), "KeyError: 'a key'"),
        (Raises(ValueError("no"), spoil="lock"), "ValueError: no"),
        (Raises(KeyboardInterrupt()), "KeyboardInterrupt"),
        (Raises(MemoryError()), "MemoryError"),
        (Calls("leaves_quietly"), "SystemExit: 4"),
        (Calls("a_function"), "pickle"),
        (Calls("a_local_failure"), "pickle"),
        (Calls("unreadable"), "what came of it cannot be read: ValueError"),
        (Calls("no_such_function"), "KeyError: 'no_such_function'"),
        (Echo(threading.Lock()), "it cannot be handed over: cannot pickle"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_our_own_mistakes_are_told_as_such_and_cost_no_process(one: Here, job: Job, why: str) -> None:
    pid = one.do(Calls("pid"))
    with pytest.raises(Unexpected) as caught:
        one.do(job)
    assert caught.value.what == f"The work on {FILM} broke down"
    assert why in caught.value.why
    assert one.do(Calls("pid")) == pid


def test_the_traceback_of_a_mistake_is_logged(one: Here, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Unexpected):
        one.do(Calls("no_such_function"))
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert "Traceback (most recent call last)" in record.getMessage()
    assert "jobs.py" in record.getMessage()


def test_what_is_printed_tears_nothing(one: Here, capfd: pytest.CaptureFixture[str]) -> None:
    assert one.do(Calls("prints")) == ""
    assert one.do(Echo("still here")) == "still here"
    assert capfd.readouterr() == ("", "")


def test_what_python_prints_before_the_worker_begins_tears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('welcome', flush=True)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    here = Here(1)
    assert here.do(Echo(1)) == 1
    here.workers.close()


def test_a_worker_that_cannot_begin_is_named_with_its_reason(
    one: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", ["/nowhere"])
    with pytest.raises(ProcessDied, match=r"exit code 1 \(.*Error") as caught:
        one.do(Echo())
    assert str(FILM) in caught.value.what


def test_without_an_interpreter_no_process_is_started(one: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(Failure, match="No process can be started with /nowhere/python"):
        one.do(Echo())
    monkeypatch.undo()
    assert one.do(Echo(1)) == 1


def test_it_imports_what_the_program_would(
    one: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "av.py").write_text("raise RuntimeError('hostile')")
    (tmp_path / "pickle.py").write_text("raise RuntimeError('hostile')")
    monkeypatch.chdir(tmp_path)
    path, av, folder = one.do(Calls("path_and_modules"))
    assert (path, folder) == (sys.path, str(tmp_path))
    assert av is not None
    assert not av.startswith(str(tmp_path))


class Recorded:
    """Progress that keeps what is shown."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, float | None, float, Unit]] = []
        self.files: list[RecordedFile] = []

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        self.begun.append((label, total, done, unit))
        self.files.append(RecordedFile())
        return self.files[-1]


class RecordedFile:
    def __init__(self) -> None:
        self.counts: list[float] = []
        self.closed = 0

    def advance(self, count: float) -> None:
        self.counts.append(count)

    def close(self) -> None:
        self.closed += 1


def test_progress_is_shown_in_few_messages_and_closed(one: Here) -> None:
    progress = Recorded()
    one.workers.run(Shows(10_000), progress, CancelToken())
    assert progress.begun == [("looking", 10.0, 2.0, "seconds"), ("listening", None, 0, "bytes")]
    looking, listening = progress.files
    assert sum(looking.counts) == pytest.approx(8.0)
    assert len(looking.counts) < 1000
    assert (looking.closed, listening.closed) == (1, 1)


def test_a_display_that_fails_stops_the_job_and_not_the_worker(one: Here) -> None:
    class Broken(NoProgress):
        def begin(
            self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes"
        ) -> FileProgress:
            raise OSError("no terminal")

    pid = one.do(Calls("pid"))
    with pytest.raises(OSError, match="no terminal"):
        one.workers.run(Shows(1), Broken(), CancelToken())
    assert one.do(Calls("pid")) == pid


def test_a_stopped_job_is_not_taken_for_the_next(one: Here, tmp_path: Path) -> None:
    for number in range(20):
        cancel = CancelToken()
        pending = one.begin(Meets(tmp_path / f"{number}", tmp_path / "never"), cancel)
        number_in(tmp_path / f"{number}")
        cancel.set()
        with pytest.raises(Cancelled):
            pending()
        assert one.do(Echo(number)) == number


def test_log_records_come_over_from_the_level_on_that_is_shown(
    one: Here, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "chatty")
    caplog.set_level(logging.INFO)
    one.do(Calls("logs"))
    told = [each for each in caplog.records if each.name in ("film.worker", "chatty")]
    assert [(each.levelname, each.getMessage()) for each in told] == [
        ("INFO", "1 of 2"),
        ("ERROR", "it went wrong"),
    ]
    assert "ValueError: a detail" in caplog.text
    assert told[0].process != os.getpid()


PROGRAM = """
import sys
from pathlib import Path
from modeltasks.report.progress import NoProgress
from modeltasks.support.cancel import CancelToken
from tests.video_censor_personal.runners.jobs import Calls, Deaf, HoldsTheLock, Meets
from video_censor_personal.runners.workers import LocalWorkers

workers = LocalWorkers(1)
job = {job}
print(workers.run(job, NoProgress(), CancelToken()), flush=True)
"""


@pytest.mark.parametrize("kind", ["Meets(Path('begun'), Path('never'))", "Deaf(Path('begun'))"])
def test_a_worker_ends_by_itself_when_the_program_is_killed(tmp_path: Path, kind: str) -> None:
    process = start([sys.executable, "-c", PROGRAM.format(job=kind)], tmp_path)
    with process:
        wait_until((tmp_path / "begun").exists, process)
        pid = number_in(tmp_path / "begun")
        process.kill()
    wait_until(lambda: is_gone(pid))


def test_ctrl_c_is_for_the_program_to_hear(tmp_path: Path) -> None:
    job = "Meets(Path('begun'), Path('never'))"
    process = start([sys.executable, "-c", PROGRAM.format(job=job)], tmp_path)
    with process:
        wait_until((tmp_path / "begun").exists, process)
        pid = number_in(tmp_path / "begun")
        os.kill(pid, signal.SIGINT)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == -signal.SIGINT
    assert is_gone(pid)


def test_a_program_that_ends_leaves_no_worker(tmp_path: Path) -> None:
    outcome = run([sys.executable, "-c", PROGRAM.format(job="Calls('pid')")], tmp_path)
    assert outcome.err == ""
    assert is_gone(int(outcome.out))
