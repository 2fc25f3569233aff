"""Failures of reading and writing media files."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import ClassVar

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


class Damaged(MediaError):
    """Too much of the file cannot be decoded for its analysis or copy to be trusted."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is damaged", why, "Repair it, or get a fresh copy")


class RenderError(VideoCensorError):
    """The clean copy cannot be made."""

    kind: ClassVar[str] = "render"


class Unwritable(RenderError):
    """The output file cannot be created or written."""

    kind = "permission"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} cannot be written", why, "Choose a folder that exists and that you may write to"
        )


class DiskFull(RenderError):
    """There is no room for the output."""

    kind = "disk-full"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} cannot be written whole", why, "Free some space or choose another disk, then run again"
        )


FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR})


def write_failure(path: Path, error: Exception) -> RenderError:
    """Return the failure that tells the user what `error`, met while writing `path`, means."""
    number = getattr(error, "errno", None)
    reason = getattr(error, "strerror", None) or str(error)
    if number in FULL:
        why = "the file is too large for its file system" if number == errno.EFBIG else "the disk is full"
        return DiskFull(path, why)
    if isinstance(error, OSError) and number in _DENIED:
        return Unwritable(path, reason)
    return RenderError(
        f"{path} cannot be written", reason, "Try another file extension (.mkv holds most), or another disk"
    )
