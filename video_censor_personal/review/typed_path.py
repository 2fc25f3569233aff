"""Where a film is, as a person types or pastes it."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISDIR

from video_censor_personal.errors import UsageError
from video_censor_personal.export.results_json import Results


def typed_path(text: str, results: Results) -> Path:
    """Return the file that is meant by what was typed or pasted: programs put paths in quotes.

    Raises:
        UsageError: it cannot be a path.
    """
    words = text.strip().strip("\"'")
    path = Path(words)
    try:
        path = _at_home(path).absolute()
        is_folder = S_ISDIR(path.stat().st_mode)
    except OSError:  # it is not there, or cannot be: who reads it says so
        is_folder = False
    except ValueError as error:
        raise UsageError(
            f"{words!r} cannot be the path of a film",
            "no file has such a character in its name",
            "Type where the film is, or the folder that it is in",
        ) from error
    return path / Path(results.file).name if is_folder and results.file is not None else path


def _at_home(path: Path) -> Path:
    """Return what a path that begins with `~` means; without such a home, it is the name of a file."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path
