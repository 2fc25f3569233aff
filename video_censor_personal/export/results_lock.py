"""One at a time changes a results file: an analysis, or a person's page."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import ClassVar

from modeltasks.errors import LocalError, LockTimeout
from modeltasks.report.os_errors import explained
from modeltasks.store.locks import file_lock
from modeltasks.support.cancel import CancelToken

TIMEOUT = 20.0
"""Seconds. Nobody holds the lock for longer than it takes to read a file and to write it."""


class ResultsBusy(LocalError):
    """Another process holds a results file for longer than anyone should."""

    kind: ClassVar[str] = "lock-timeout"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is in use", why, "Wait for it or end it, then try again")


@contextmanager
def results_lock(path: Path, folder: Path, timeout: float = TIMEOUT) -> Iterator[None]:
    """Hold a results file during the block: who else asks for it reads and writes it before or after.

    Where no lock can be made the block runs all the same: the file is written whole anyway.

    Args:
        path: the file; it need not exist.
        folder: where notes on films are kept; the lock is there.
        timeout: seconds to wait.

    Raises:
        ResultsBusy: another process held it all that time.
    """
    name = hashlib.sha256(os.path.realpath(path).casefold().encode("utf-8", "surrogateescape")).hexdigest()
    lock = folder / "locks" / f"{name[:32]}.lock"
    with ExitStack() as stack:
        try:
            with explained(lock):
                lock.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(file_lock(lock, path.name, CancelToken(), timeout))
        except LockTimeout as error:
            raise ResultsBusy(path, error.why) from error
        except LocalError:
            pass
        yield
