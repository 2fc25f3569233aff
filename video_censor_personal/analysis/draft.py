"""Observations of a run that is not finished: a file from which the next run resumes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from modeltasks.support.files import new_file, remove_left, take_over
from video_censor_personal.findings.coverage import Coverage
from video_censor_personal.findings.observations import Observation

_MARK = "reached"
_PENDING = "pending"
_MEASURED = "measured"
_SHOT = "shot"
_END = ".part"


class Draft:
    """A file that this process alone adds to: a head, then an observation a line, with marks between.

    `reached` is the time, in seconds, up to which everything was observed at the last mark. `entries`
    holds the observations, those of earlier runs included; `pending`, `measured` and `shot` are what the last
    mark came with. `coverage` is to be set before the block ends, where there is anything to cover.
    """

    def __init__(self, stream: BinaryIO, head: Mapping[str, object]) -> None:
        self._stream = stream
        self.reached = 0.0
        self.coverage: Coverage | None = None
        self.measured: Mapping[str, Any] | None = None
        self.entries: list[dict[str, object]] = []
        self.pending: tuple[Observation, ...] = ()
        self.shot = 0.0
        if not self._resume(head):
            stream.seek(0)
            stream.truncate()
            self._put(head)

    def add(self, observation: Observation) -> None:
        """Add an observation; a later run has it once a mark follows."""
        entry = observation.as_dict()
        self.entries.append(entry)
        self._put(entry)

    def mark(
        self,
        reached: float,
        pending: Iterable[Observation] = (),
        measured: Mapping[str, Any] | None = None,
        shot: float = 0.0,
    ) -> None:
        """Note that everything up to this time was observed, so that a later run can resume there.

        Args:
            reached: the time, in seconds.
            pending: observations whose end only the next ones will tell.
            measured: what the next run needs to continue measuring how much is looked at.
            shot: when the shot that was reached begins, in seconds.
        """
        self.reached, self.pending, self.shot = reached, tuple(pending), shot
        entry: dict[str, object] = {_MARK: reached, _PENDING: [each.as_dict() for each in self.pending]}
        if shot:
            entry[_SHOT] = shot
        self._put(entry if measured is None else {**entry, _MEASURED: measured})
        self._stream.flush()

    def _put(self, entry: Mapping[str, object]) -> None:
        self._stream.write(as_line(entry))

    def _resume(self, head: Mapping[str, object]) -> bool:
        """Read what an earlier run left, up to its last mark, and drop the rest; False: nothing useful."""
        self._stream.seek(0)
        kept = marked = at = 0
        entries: list[dict[str, object]] = []
        for number, line in enumerate(self._stream):
            at += len(line)
            entry = _entry(line)
            if entry is None or (number == 0 and entry != json.loads(json.dumps(head))):
                break
            if _MARK in entry:
                kept, marked, self.reached = at, len(entries), float(str(entry[_MARK]))
                pending = cast("list[dict[str, object]]", entry.get(_PENDING, []))
                self.pending = tuple(Observation.from_dict(each) for each in pending)
                self.measured, self.shot = entry.get(_MEASURED), entry.get(_SHOT, 0.0)
            elif number:
                entries.append(entry)
        self.entries = entries[:marked]
        self._stream.seek(kept)
        self._stream.truncate()
        return kept > 0


def as_line(entry: Mapping[str, object]) -> bytes:
    """Return an entry as a line of a draft, and of what it becomes."""
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return line.encode() + b"\n"


def _entry(line: bytes) -> dict[str, Any] | None:
    """Read a line; None when it was not written to its end."""
    try:
        entry = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


@contextmanager
def drafting(folder: Path, name: str, head: Mapping[str, object]) -> Iterator[Draft]:
    """Open a draft: the largest that an earlier run left, else a new one.

    It is removed when the block ends well. Else it stays for the next run, unless it has no mark.

    Args:
        folder: where it lies; made if need be.
        name: of what it will be; runs that draft the same use the same.
        head: what it is made from. A draft with another head is not resumed.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, stream = _largest_left(folder, name) or new_file(folder, f".{name}", _END)
    keep = False
    try:
        with io.BufferedRandom(cast(io.RawIOBase, stream)) as buffered:
            draft = Draft(cast(BinaryIO, buffered), head)
            try:
                yield draft
            except BaseException:
                keep = draft.reached > 0
                raise
    finally:
        if not keep:
            path.unlink(missing_ok=True)
    discard(folder, name)


def discard(folder: Path, name: str) -> None:
    """Remove the drafts that nobody is writing."""
    for path in folder.glob(f".{name}.*{_END}"):
        remove_left(path)


def draft_reached(folder: Path, name: str) -> float:
    """Return up to which second the drafts of this name go; some process may still be writing one."""
    found = [0.0]
    for path in folder.glob(f".{name}.*{_END}"):
        with suppress(OSError), path.open("rb") as stream:
            entries = (_entry(line) for line in stream)
            found += [float(str(entry[_MARK])) for entry in entries if entry is not None and _MARK in entry]
    return max(found)


def _largest_left(folder: Path, name: str) -> tuple[Path, BinaryIO] | None:
    """Take the largest draft that nobody is writing."""
    sizes = []
    for path in folder.glob(f".{name}.*{_END}"):
        with suppress(OSError):
            sizes.append((path.lstat().st_size, path))
    for _, path in sorted(sizes, reverse=True):
        if (taken := take_over(path)) is not None:
            return taken
    return None
