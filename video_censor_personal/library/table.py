"""The table at the end of a run over films."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from modeltasks.errors import Failure
from modeltasks.report.pace import clock_text
from modeltasks.support.text import cells, fit, one_line

Done = Literal["made", "current", "stopped", "failed"]
"""current: nothing had to be done. stopped: before all was done."""

_WIDTH = 80
_GAP = "  "
_NAME, _EDITS, _TIME = 26, 6, 9
_INDENT = "  "
_FOUND = _WIDTH - _NAME - _EDITS - _TIME - 3 * len(_GAP)
_HEADINGS = ("film", "found", "edits", "time")
_DONE: dict[Done, str] = {
    "made": "made",
    "current": "up to date",
    "stopped": "not finished",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class FilmSummary:
    """What became of one film.

    Args:
        name: as its tasks are called.
        path: the film.
        done: what was done.
        found: how many segments of each category, in all its copies together.
        edits: of its copies; None where none is made.
        seconds: how long it took.
        unseen: what was not looked at, a statement each.
        error: why it failed.
        warnings: what else somebody should know of it.
    """

    name: str
    path: Path
    done: Done
    found: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    edits: int | None = None
    seconds: float = 0.0
    unseen: tuple[str, ...] = ()
    error: Failure | None = None
    warnings: tuple[str, ...] = ()


def table(films: Sequence[FilmSummary], seconds: float | None = None) -> list[str]:
    """Return the lines of the table, none wider than 80 cells.

    A film that is up to date and was looked at as a whole is counted, but has no line.

    Args:
        films: all of the run.
        seconds: how long the run took, where films were worked on side by side; None: the sum of theirs.
    """
    if not films:
        return []
    shown = list(zip(_called(films), films, strict=True))
    lines = _row(*_HEADINGS)
    for name, film in shown:
        if film.done == "made" or film.unseen:
            lines += _row(
                name, _found(film.found, whole=_whole(film)), _edits([film.edits]), _time(film.seconds)
            )
            for unseen in film.unseen:
                lines += _wrapped(f"not looked at: {unseen}", _INDENT)
    return lines + _totals(films, seconds) + _failed(shown)


def _called(films: Sequence[FilmSummary]) -> list[str]:
    """Return what each film is called: as its file, or as its tasks where several files are called so."""
    times = Counter(film.path.name for film in films)
    return [film.path.name if times[film.path.name] == 1 else film.name for film in films]


def _totals(films: Sequence[FilmSummary], seconds: float | None) -> list[str]:
    found: Counter[str] = Counter()
    for film in films:
        found.update(film.found)
    spent = sum(film.seconds for film in films) if seconds is None else seconds
    name = f"{len(films)} films" if len(films) != 1 else "1 film"
    states = Counter(film.done for film in films)
    told = [f"{states[done]} {word}" for done, word in _DONE.items() if states[done]]
    unseen = sum(bool(film.unseen) for film in films)
    told += [f"{unseen} not wholly looked at"] if unseen else []
    row = _row(
        name, _found(found, whole=all(map(_whole, films))), _edits(film.edits for film in films), _time(spent)
    )
    return row + _wrapped(", ".join(told), _INDENT)


def _failed(shown: Iterable[tuple[str, FilmSummary]]) -> list[str]:
    lines = []
    for name, film in shown:
        if film.done == "failed":
            # The folder is in the message that tells all of it.
            what = "" if film.error is None else film.error.what.replace(str(film.path), film.path.name)
            lines += _wrapped(f"failed: {fit(one_line(name), _NAME)}{what and f': {what}'}", "")
    return lines


def _row(name: str, found: str, edits: str, time: str) -> list[str]:
    """Return a line with its columns, and as many more as what was found needs."""
    shown, *more = _wrapped(found, "", _FOUND)
    first = [_padded(fit(one_line(name), _NAME), _NAME), _padded(shown, _FOUND)]
    line = _GAP.join([*first, f"{edits:>{_EDITS}}", f"{time:>{_TIME}}"])
    return [line, *(" " * _NAME + _GAP + text for text in more)]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def _whole(film: FilmSummary) -> bool:
    """Whether all of a film was looked at: only then can it be said that nothing was found."""
    return film.done in {"made", "current"} and not film.unseen


def _found(found: Mapping[str, int], *, whole: bool) -> str:
    told = [f"{category} {count}" for category, count in found.items() if count]
    return ", ".join(told) or ("nothing" if whole else "-")


def _edits(counts: Iterable[int | None]) -> str:
    known = [count for count in counts if count is not None]
    return str(sum(known)) if known else "-"


def _time(seconds: float) -> str:
    return clock_text(seconds) if seconds >= 60 else f"{seconds:.1f} s"


def _wrapped(text: str, indent: str, width: int = _WIDTH) -> list[str]:
    """Return a text as lines of at most `width` cells, all of it."""
    lines = [indent]
    for word in one_line(text, len(text)).split(" "):
        gap = "" if lines[-1] == indent else " "
        if cells(lines[-1] + gap + word) <= width:
            lines[-1] += gap + word
            continue
        if lines[-1] != indent:
            lines.append(indent)
        for char in word:  # longer than a line: broken where it must be
            if cells(lines[-1] + char) > width:
                lines.append(indent)
            lines[-1] += char
    return lines
