"""The table of what was found in a film, at the end of a run, and the commands that one would type next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from modeltasks.support.text import cells, fit, one_line
from video_censor_personal.cli.arguments import Arguments
from video_censor_personal.cli.parser import SUBCOMMANDS
from video_censor_personal.commands import video_censor, with_config
from video_censor_personal.export.stretches import Treated, title_of, what_is_done
from video_censor_personal.findings.timecode import format_short

_MOST = 20
_MOST_NAMED = 10
_GAP = "  "


def found_lines(found: Sequence[Treated], width: int) -> list[str]:
    """Return a line for each of the first findings, and how many there are besides.

    Args:
        found: what was found, by time.
        width: cells that a line may have.
    """
    if not found:
        return []
    rows = [("time", "category", "what", "done"), *map(_row, found[:_MOST])]
    when, category = (max(cells(row[column]) for row in rows) for column in (0, 1))
    done = max(cells(row[3]) for row in rows)
    room = width - when - category - done - 3 * len(_GAP)
    what = min(max(cells(row[2]) for row in rows), max(room, 8))
    widths = (when, category, what, done)
    lines = [
        fit(_GAP.join(_padded(text, each) for text, each in zip(row, widths, strict=True)).rstrip(), width)
        for row in rows
    ]
    more = len(found) - _MOST
    return [*lines, *([f"and {more} more"] if more > 0 else [])]


def next_commands(results: Sequence[Path], arguments: Arguments, config: Path | None) -> list[str]:
    """Return the lines that say what one would type next.

    Args:
        results: the results files.
        arguments: of this run.
        config: of this run.
    """
    named = list(results)
    if len(named) > _MOST_NAMED:
        named = list(dict.fromkeys(path.parent for path in named))
    more = len(named) - _MOST_NAMED
    where = f" in the first {_MOST_NAMED} of {len(named)} folders" if more > 0 else ""
    # Not --overwrite: what was made in this run is known to be ours.
    asked = ["--allow-incomplete"] if arguments.allow_incomplete else []
    look = shlex.join(["review", *map(typed, named[:_MOST_NAMED]), *asked])
    if arguments.allow_all_segments:
        asked.append("--allow-all-segments")
    if arguments.runner:
        asked += ["--runner", arguments.runner]
    again = shlex.join([*map(typed, arguments.films), *asked])
    what = "copy" if len(results) == 1 else "copies"
    return [
        f"To look through what was found{where}, and decide:",
        f"  {with_config(video_censor(look), config)}",
        f"To make the {what} anew, after a change of the config or the results:",
        f"  {with_config(video_censor(again), config)}",
    ]


def typed(path: Path) -> str:
    """Return what is typed for a path, so that it is taken neither for an option nor for a command."""
    text = str(path)
    return f"./{text}" if text.startswith("-") or text in SUBCOMMANDS else text


def relative(path: Path) -> Path:
    """Return a path as one would type it here: without the folder that one is in."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _row(treated: Treated) -> tuple[str, str, str, str]:
    segment = treated.segment
    return (
        format_short(segment.start),
        one_line(segment.category),
        title_of(segment),
        what_is_done(treated),
    )


def _padded(text: str, width: int) -> str:
    shown = fit(text, width)
    return shown + " " * (width - cells(shown))
