from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from modeltasks.errors import ConfigError, LockTimeout
from modeltasks.store import locks
from modeltasks.store.locks import TryLock, file_lock, timeout_from
from modeltasks.store.store import Store
from modeltasks.support.cancel import Cancelled, CancelToken
from modeltasks.support.filesystem import system_lock
from tests.modeltasks.store.models import LINUX, sha256
from tests.support.waiting import AGES, PATIENCE, PROMPT


def without_locks(_descriptor: int) -> None:
    """A file system that knows no locks."""
    raise OSError(errno.ENOLCK, "No locks available")


def granting_all(_descriptor: int) -> None:
    """A network file system that says yes to everybody."""


EVERY_KIND = pytest.mark.parametrize("try_lock", [system_lock, without_locks, granting_all])

HOLD = """
import sys
from pathlib import Path
from modeltasks.support.cancel import CancelToken
from modeltasks.store.locks import file_lock
from tests.modeltasks.store import test_locks
with file_lock(Path(sys.argv[1]), "m", CancelToken(), 300, getattr(test_locks, sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""

COUNT = """
import sys, time
from pathlib import Path
from modeltasks.support.cancel import CancelToken
from modeltasks.store.locks import file_lock
from tests.modeltasks.store import test_locks
path, counter = Path(sys.argv[1]), Path(sys.argv[3])
for _ in range(8):
    with file_lock(path, "m", CancelToken(), 300, getattr(test_locks, sys.argv[2])):
        value = int(counter.read_text())
        time.sleep(0.001)
        counter.write_text(str(value + 1))
"""


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def holder(path: Path, try_lock: TryLock) -> subprocess.Popen[str]:
    process = run(HOLD, str(path), try_lock.__name__)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@EVERY_KIND
def test_eight_processes_take_turns(try_lock: TryLock, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    processes = [run(COUNT, str(tmp_path / "l"), try_lock.__name__, str(counter)) for _ in range(8)]
    assert [process.wait() for process in processes] == [0] * 8
    assert counter.read_text() == "64"


@EVERY_KIND
def test_threads_of_one_process_take_turns(try_lock: TryLock, tmp_path: Path) -> None:
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(5):
            with file_lock(tmp_path / "l", "m", CancelToken(), PATIENCE, try_lock):
                inside += 1
                most = max(most, inside)
                time.sleep(0.002)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


@EVERY_KIND
def test_waiting_ends_with_a_message_that_names_the_holder(try_lock: TryLock, tmp_path: Path) -> None:
    process = holder(tmp_path / "l", try_lock)
    started = time.monotonic()
    with (
        pytest.raises(LockTimeout) as caught,
        file_lock(tmp_path / "l", "whisper", CancelToken(), 0.2, try_lock),
    ):
        pass
    waited = time.monotonic() - started
    process.kill()
    process.wait()
    assert 0.2 <= waited < PROMPT
    text = str(caught.value)
    for part in ("whisper", f"process {process.pid}", "since 20", "MODELTASKS_LOCK_TIMEOUT"):
        assert part in text


@pytest.mark.parametrize("before", ["", "{}", "x" * 4096], ids=len)
def test_the_holder_is_named_whatever_the_file_held_before(before: str, tmp_path: Path) -> None:
    (tmp_path / "l").write_text(before)
    held = file_lock(tmp_path / "l", "m", CancelToken(), 0)
    mine = f"process {os.getpid()} "
    with held, pytest.raises(LockTimeout, match=mine), file_lock(tmp_path / "l", "m", CancelToken(), 0):
        pass


@EVERY_KIND
def test_a_killed_holder_frees_it(try_lock: TryLock, tmp_path: Path) -> None:
    process = holder(tmp_path / "l", try_lock)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with file_lock(tmp_path / "l", "m", CancelToken(), PROMPT, try_lock):
        pass


@EVERY_KIND
def test_an_exception_frees_it(try_lock: TryLock, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), file_lock(tmp_path / "l", "m", CancelToken(), 0, try_lock):
            raise KeyError


@EVERY_KIND
def test_no_time_to_wait_still_takes_a_free_one(try_lock: TryLock, tmp_path: Path) -> None:
    with file_lock(tmp_path / "l", "m", CancelToken(), 0, try_lock):
        pass


@EVERY_KIND
def test_cancel_ends_the_wait(try_lock: TryLock, tmp_path: Path) -> None:
    cancel = CancelToken()
    with file_lock(tmp_path / "l", "m", CancelToken(), 0, try_lock):
        threading.Timer(0.1, cancel.set).start()
        with pytest.raises(Cancelled), file_lock(tmp_path / "l", "m", cancel, AGES, try_lock):
            pass


def test_a_holder_on_another_machine_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "l.held").write_text('{"pid": 1, "host": "elsewhere", "since": "then"}')
    with pytest.raises(LockTimeout, match=r"process 1 on elsewhere.*delete"):  # noqa: SIM117
        with file_lock(tmp_path / "l", "m", CancelToken(), 0.05, without_locks):
            pass
    assert (tmp_path / "l.held").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"pid": "x"}'])
def test_a_claim_that_cannot_be_read_is_believed(text: str, tmp_path: Path) -> None:
    (tmp_path / "l.held").write_text(text)
    with pytest.raises(LockTimeout), file_lock(tmp_path / "l", "m", CancelToken(), 0.05, without_locks):
        pass


def test_the_file_stays_so_that_nobody_locks_a_deleted_one(tmp_path: Path) -> None:
    with file_lock(tmp_path / "l", "m", CancelToken(), 0):
        inode = (tmp_path / "l").stat().st_ino
    assert (tmp_path / "l").stat().st_ino == inode


@pytest.mark.parametrize(("text", "seconds"), [("", 600.0), ("5", 5.0), (" 0.5 ", 0.5), ("0", 0.0)])
def test_the_variable(text: str, seconds: float) -> None:
    assert timeout_from({locks.VARIABLE: text}) == seconds


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "5m"])
def test_a_wrong_variable(text: str) -> None:
    with pytest.raises(ConfigError, match="MODELTASKS_LOCK_TIMEOUT"):
        timeout_from({locks.VARIABLE: text})


def test_a_crash_does_not_leave_the_descriptor_to_children(tmp_path: Path) -> None:
    with file_lock(tmp_path / "l", "m", CancelToken(), 0):
        child = subprocess.Popen(["sleep", str(AGES)])
    with file_lock(tmp_path / "l", "m", CancelToken(), 0):
        os.kill(child.pid, signal.SIGTERM)
    child.wait()


def test_threads_that_want_the_same_bytes_take_turns(tmp_path: Path) -> None:
    store, checksum = Store(tmp_path, LINUX), sha256(b"1")
    inside: list[int] = []

    def work() -> None:
        with store.locks.content_lock(checksum, CancelToken()):
            inside.append(1)
            assert len(inside) == 1
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PROMPT)
    assert not any(thread.is_alive() for thread in threads)


def test_a_thread_that_waits_for_the_same_bytes_can_be_stopped(tmp_path: Path) -> None:
    store, checksum, cancel = Store(tmp_path, LINUX), sha256(b"1"), CancelToken()
    cancel.set()
    with store.locks.content_lock(checksum, CancelToken()):
        outcome: list[type[BaseException]] = []

        def wait() -> None:
            try:
                with store.locks.content_lock(checksum, cancel):
                    pass
            except Cancelled as error:
                outcome.append(type(error))

        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(PROMPT)
    assert outcome == [Cancelled]
