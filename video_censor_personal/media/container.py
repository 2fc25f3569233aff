"""Opening a media file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from video_censor_personal.media.errors import NotAVideo, NotFound

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

_MICROSECONDS = 1_000_000

_LONGEST_RUN_IN = Fraction(1, 2)
"""Seconds; a film whose clock runs over in its middle is given longer times below zero."""

_NOT_FILMS = frozenset({"tty", "image2", "bin", "idf", "xbin", "adf", "ico"})
"""Formats of texts and pictures, which the library is willing to play as if they were films."""


def file_url(path: Path) -> str:
    """Return what the library takes for the file `path`, also where its name looks like an address.

    Otherwise "Mission: Possible.mp4" would be asked for by a protocol called Mission.
    """
    return f"file:{path}"


@contextmanager
def opened(path: Path, options: Mapping[str, str]) -> Iterator[InputContainer]:
    """Open `path` for reading, with options of the format.

    Raises:
        MediaError: it is missing, a folder, or no media file.
    """
    import av

    if not path.exists():
        raise NotFound(path)
    if path.is_dir():
        raise NotAVideo(path, "it is a folder")
    try:
        container = av.open(file_url(path), "r", options=dict(options), metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise NotAVideo(path, _reason(path, error)) from error
    if container.format.name in _NOT_FILMS or container.format.name.endswith("_pipe"):
        container.close()
        raise NotAVideo(path, f"it is a {container.format.long_name} file")
    try:
        yield container
    finally:
        container.close()


def origin_of(container: InputContainer) -> Fraction:
    """Return the container's time, in seconds, of the time line's 0 (see `MediaInfo`).

    Where there is sound or a picture, it begins with them: data or subtitles may be left out of a copy.
    """
    start = Fraction(getattr(container, "start_time", None) or 0, _MICROSECONDS)
    starts = [
        stream.start_time * stream.time_base
        for stream in container.streams
        if stream.start_time is not None and stream.time_base is not None and _is_played(stream)
    ]
    start = max(start, min(starts, default=start))
    return start if start > 0 or start < -_LONGEST_RUN_IN else Fraction(0)


def _is_played(stream: Stream) -> bool:
    from av.stream import Disposition

    return stream.type in ("video", "audio") and not stream.disposition & Disposition.attached_pic


def _reason(path: Path, error: Exception) -> str:
    if path.stat().st_size == 0:
        return "it is empty"
    if isinstance(error, PermissionError):
        return "you may not read it"
    return f"it is cut off, damaged, or of another kind ({getattr(error, 'strerror', None) or error})"
