"""What would be made of a film, and why. No film is opened for that, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeltasks.errors import Failure
from modeltasks.report.display import size_text
from modeltasks.report.pace import clock_text
from modeltasks.support.filesystem import free_bytes
from video_censor_personal.library.entries import Version
from video_censor_personal.locations import check_place
from video_censor_personal.media.notes import FilmNotes
from video_censor_personal.targets import steps
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
    """What would be done with a film.

    Args:
        name: as its tasks are called.
        path: the film.
        seconds: its length; None where it was never looked at.
        size: bytes of the film; None where it cannot be read.
        tasks: what would run.
        error: why it would not; as far as that can be told without a look into the film.
    """

    name: str
    path: Path
    seconds: float | None
    size: int | None
    tasks: tuple[PlannedTask, ...]
    error: Failure | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "input": str(self.path),
            "seconds": self.seconds,
            "bytes": self.size,
            "tasks": [each.as_dict() for each in self.tasks],
            "error": None if self.error is None else self.error.as_dict(),
        }

    def lines(self) -> list[str]:
        """Return what a person reads."""
        length = "not looked at yet" if self.seconds is None else clock_text(self.seconds)
        size = "" if self.size is None else f", {size_text(self.size)}"
        lines = [f"{self.path} ({length}{size})", *(f"  {each}" for each in self.tasks)]
        if self.error is not None:
            return [*lines, f"  error: {self.error}"]
        return lines if self.tasks else [*lines, "  up to date"]


def planned_film(state: FilmState) -> PlannedFilm:
    """Return what would be done with a film."""
    with state.session.only_looking():
        return _planned(state)


def _planned(state: FilmState) -> PlannedFilm:
    seconds = error = None
    size = _size(state.path)
    try:
        known = FilmNotes(state.path, state.session.folder).read()
        seconds = None if known is None else known.info.duration
        for version in state.entry.versions:
            _check(state, version, was_looked_at=known is not None)
    except Failure as failure:
        error = failure
    return PlannedFilm(state.entry.name, state.path, seconds, size, tuple(_tasks(state, size)), error)


@dataclass(frozen=True, slots=True)
class Room:
    """The room on one disk: what copies may take there, and what is free (None: nobody tells)."""

    folder: Path
    size: int
    free: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"folder": str(self.folder), "bytes": self.size, "free": self.free}

    def __str__(self) -> str:
        text = f"Copies take up to {size_text(self.size)} in {self.folder}"
        if self.free is None:
            return text
        few = "only " if self.free < self.size else ""
        return f"{text}, where {few}{size_text(self.free)} is free"


def planned_copies(state: FilmState) -> tuple[PlannedTask, ...]:
    """Return the copies that would be made of a film; nothing else is looked at."""
    size = _size(state.path)
    with state.session.only_looking():
        return tuple(task for version in state.entry.versions for task in _copies(state, version, size))


def rooms(tasks: Iterable[PlannedTask]) -> tuple[Room, ...]:
    """Return the room that copies take, disk by disk.

    A copy that takes the place of another needs room only until it has its name.
    """
    needed: dict[int, Room] = {}
    passing: dict[int, int] = {}
    for task in tasks:
        if task.target is None or not task.size:
            continue
        folder = _existing(task.target)
        disk = folder.stat().st_dev
        room = needed.get(disk, Room(folder, 0, task.free))
        if task.target.exists():
            passing[disk] = max(passing.get(disk, 0), task.size)
            needed[disk] = room
        else:
            needed[disk] = Room(room.folder, room.size + task.size, room.free)
    return tuple(
        Room(room.folder, room.size + passing.get(disk, 0), room.free) for disk, room in needed.items()
    )


def _check(state: FilmState, version: Version, *, was_looked_at: bool) -> None:
    """Find what `steps.check` would, as far as that needs no look into the film; raises Failure."""
    if version.results is not None and not state.given:
        if was_looked_at:
            steps.check_results(state, version)
        else:
            check_place(version.results)
    if version.copy is not None and state.why_copy(version):
        check_place(version.copy)
        state.session.copier().check_replaceable(version.copy)


def _tasks(state: FilmState, size: int | None) -> Iterator[PlannedTask]:
    name = state.entry.name
    if not state.given and (why := state.why_observe()):
        yield PlannedTask(f"observe:{name}", why)
    for version in state.entry.versions:
        full = _full_name(state, version)
        if not state.given and (why := state.why_segments(version)):
            yield _writing(f"segments:{full}", why, version.results)
        yield from _copies(state, version, size)
        if version.exports and not state.given and (why := state.why_exports(version)):
            yield _writing(f"exports:{full}", why, next(iter(version.exports.values())))


def _copies(state: FilmState, version: Version, size: int | None) -> Iterator[PlannedTask]:
    if version.copy is not None and (why := state.why_copy(version)):
        yield _writing(f"copy:{_full_name(state, version)}", why, version.copy, size)


def _full_name(state: FilmState, version: Version) -> str:
    return ":".join(filter(None, (state.entry.name, version.profile)))


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _writing(task: str, why: Reasons, target: Path | None, size: int | None = None) -> PlannedTask:
    return PlannedTask(task, why, target, size, None if target is None else free_bytes(target.parent))


def _existing(path: Path) -> Path:
    """Return the innermost folder of a file that is there already."""
    return next(each for each in path.absolute().parents if each.exists())
