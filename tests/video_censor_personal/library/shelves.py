"""Shelves of films for tests: files with a line in them, which nobody looks into."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from video_censor_personal.config.values import Library
from video_censor_personal.library.discover import Discovery, discover


def put(folder: Path, *names: str) -> None:
    """Put files into a folder, and what folders they need."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"film {name}")


def search(*globs: object, copies: Iterable[Path] = (), **rest: Any) -> Discovery:
    """Find films, where this program made `copies`."""
    made = set(copies)
    return discover(Library(tuple(map(str, globs)), **rest), made.__contains__)


def names(found: Discovery, folder: Path) -> list[str]:
    """Return the films that were found, below a folder, after making sure that nothing was wrong."""
    assert found.problems == ()
    return [film.path.relative_to(folder).as_posix() for film in found.films]
