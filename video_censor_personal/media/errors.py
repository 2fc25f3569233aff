"""Failures of reading and writing media files."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import ClassVar

from modeltasks.errors import Failure
from modeltasks.report.os_errors import Use, explain
from modeltasks.support.filesystem import FULL
from video_censor_personal.errors import VideoCensorError


class MediaError(VideoCensorError):
    """A media file cannot be read, or not as a video."""

    kind: ClassVar[str] = "media"


class NotFound(MediaError):
    """There is no such file."""

    kind = "file-gone"

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} cannot be opened", "there is no such file", "Check the path")


class NotAVideo(MediaError):
    """The file is there, but neither pictures nor sound can be read from it."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} cannot be read as a video", why, "Check that it plays in a player, or get a fresh copy"
        )


class FilmChanged(MediaError):
    """The file is not what it was when the work on it began."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} was changed while it was worked on",
            "it is not the file that was looked at",
            "Run again when nobody writes to it",
        )


class Damaged(MediaError):
    """Too much of the file cannot be decoded for its analysis or copy to be trusted."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is damaged", why, "Repair it, or get a fresh copy")


def read_failure(path: Path, error: OSError) -> MediaError:
    """Return the failure that means that the system does not let us read the film `path`."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotFound(path)
    return MediaError(
        f"{path} cannot be read", error.strerror or str(error), "Check the path and its permissions"
    )


class RenderError(VideoCensorError):
    """The clean copy cannot be made."""

    kind: ClassVar[str] = "render"


_ANOTHER_FOLDER = "Choose a folder that exists and that you may write to"
OUTPUT = Use(
    "{path} cannot be written",
    "{path} cannot be written whole",
    "Free some space or choose another disk, then run again",
    *(_ANOTHER_FOLDER, _ANOTHER_FOLDER, _ANOTHER_FOLDER),
)
_OF_THE_PLACE = FULL | {errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR}


def write_failure(path: Path, error: Exception) -> Failure:
    """Return the failure that tells the user what `error`, met while writing `path`, means."""
    if isinstance(error, OSError) and error.errno in _OF_THE_PLACE:
        return explain(error, path, use=OUTPUT)
    return RenderError(
        f"{path} cannot be written",
        getattr(error, "strerror", None) or str(error),
        "Try another file extension (.mkv holds most), or another disk",
    )
