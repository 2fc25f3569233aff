"""What would be made of a film, and why; nothing is opened, read or written for that but notes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeltasks.errors import Failure
from modeltasks.report.display import size_text
from modeltasks.report.pace import clock_text
from video_censor_personal.media.notes import FilmNotes
from video_censor_personal.targets.film import FilmState, Reasons


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """A task that would run.

    Args:
        task: its name, such as `copy:alien-1979-3fb0`.
        why: what is not as it was.
        target: the file that it would make, if it makes one.
        size: bytes that the file may take; None: little.
        free: bytes that are free where the file would be; None: the system does not tell.
    """

    task: str
    why: Reasons
    target: Path | None = None
    size: int | None = None
    free: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        target = None if self.target is None else str(self.target)
        return {
            "task": self.task, "why": list(self.why), "target": target, "bytes": self.size, "free": self.free
        }  # fmt: skip

    def __str__(self) -> str:
        text = f"{self.task}: {'; '.join(self.why)}"
        if self.target is None:
            return text
        room = []
        if self.size is not None:
            room.append(f"up to {size_text(self.size)}")
        if self.free is not None:
            room.append(f"{size_text(self.free)} free")
        return f"{text} -> {self.target}" + (f" ({', '.join(room)})" if room else "")


@dataclass(frozen=True, slots=True)
class PlannedFilm:
    """What would be done with a film; its length is None where it was never looked at."""

    name: str
    path: Path
    seconds: float | None
    size: int | None
    tasks: tuple[PlannedTask, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "input": str(self.path),
            "seconds": self.seconds,
            "bytes": self.size,
            "tasks": [each.as_dict() for each in self.tasks],
        }

    def lines(self) -> list[str]:
        """Return what a person reads."""
        length = "not looked at yet" if self.seconds is None else clock_text(self.seconds)
        size = "" if self.size is None else f", {size_text(self.size)}"
        tasks = [f"  {each}" for each in self.tasks] or ["  up to date"]
        return [f"{self.path} ({length}{size})", *tasks]


def planned_film(state: FilmState) -> PlannedFilm:
    """Return what would be done with a film."""
    seconds = size = None
    with suppress(Failure):
        known = FilmNotes(state.path, state.session.folder).read()
        seconds = None if known is None else known.info.duration
    with suppress(OSError):
        size = state.path.stat().st_size
    return PlannedFilm(state.entry.name, state.path, seconds, size, tuple(_tasks(state, size)))


def _tasks(state: FilmState, size: int | None) -> Iterator[PlannedTask]:
    name = state.entry.name
    if not state.given and (why := state.why_observe()):
        yield PlannedTask(f"observe:{name}", why)
    for version in state.entry.versions:
        full = ":".join(filter(None, (name, version.profile)))
        if not state.given and (why := state.why_segments(version)):
            yield PlannedTask(f"segments:{full}", why, version.results, None, _free(version.results))
        if version.copy is not None and (why := state.why_copy(version)):
            yield PlannedTask(f"copy:{full}", why, version.copy, size, _free(version.copy))
        if version.exports and not state.given and (why := state.why_exports(version)):
            first = next(iter(version.exports.values()))
            yield PlannedTask(f"exports:{full}", why, first, None, _free(first))


def _free(path: Path | None) -> int | None:
    """Return the bytes that are free where a file would be."""
    if path is None:
        return None
    folder = next(each for each in path.absolute().parents if each.exists())
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return usage.free if usage.total else None
