"""Putting a file together from its parts, which are here already."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from modeltasks.checksum import BLOCK
from modeltasks.report.os_errors import explain, explained
from modeltasks.transfer.mirror import Failed
from modeltasks.transfer.workers import Attempt, Worker


@dataclass(frozen=True, slots=True)
class PartFile:
    """A part that was verified: the file that has it, and from where up to where it lies in the whole."""

    path: Path
    start: int
    end: int


def copy_parts(parts: Sequence[PartFile], attempt: Attempt, worker: Worker) -> None:
    """Copy into the whole what it lacks.

    Args:
        parts: all that have bytes which it lacks, in their order.
        attempt: at the whole.
        worker: the one that does it.

    Raises:
        Failed: a part cannot be read.
        LocalError: the whole cannot be written.
    """
    worker.connected(None)
    with explained(attempt.partial.path.parent):
        out = attempt.partial.writer(0)
    with out:
        for part in parts:
            try:
                _copy_part(part, out, attempt, worker)
            except OSError as error:
                raise Failed(explain(error, part.path)) from error


def _copy_part(part: PartFile, out: BinaryIO, attempt: Attempt, worker: Worker) -> None:
    with part.path.open("rb", buffering=0) as stream:
        while (span := attempt.claim(worker, BLOCK)) and span[0] < part.end:
            start, end = span
            stream.seek(start - part.start)
            data = stream.read(min(end, part.end) - start)
            if not data:
                raise OSError(errno.EIO, "it was cut short by somebody else", str(part.path))
            out.seek(start)
            attempt.write(out, start, data)
