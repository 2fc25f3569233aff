"""Pictures of a video on a uniform time grid, in one sequential pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_censor_personal.media.container import origin_of
from video_censor_personal.media.decode import decoded, seek
from video_censor_personal.media.errors import NotAVideo
from video_censor_personal.media.probe import open_media

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_INDEXED = frozenset({"mov", "mp4", "matroska", "webm"})
"""Containers that know where their key frames are; elsewhere one can end up between two."""
_RUN_UP = 10.0
"""Seconds; what follows a jump may lack pictures that it refers to."""
_SLACK = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What is on the screen at `time` (seconds): an RGB image, height x width x 3, uint8."""

    time: float
    image: NDArray[np.uint8]


def sample_frames(
    path: Path, step: float, shortest: int | None = None, start: float = 0.0
) -> Iterator[Frame]:
    """Yield what is on the screen at 0, `step`, 2 x `step` … seconds.

    A frame is on the screen from its timestamp to the next one's, so a picture held over several grid
    times is given for each. Grid times before the first frame are left out. The rotation that the file
    asks of players is applied; non-square pixels stay as they are stored.

    Args:
        path: the video.
        step: seconds between two grid times.
        shortest: scale down so that the shorter side has this many pixels; never up.
        start: leave out grid times before this one; what comes before is decoded only where it must be.

    Raises:
        MediaError: the file cannot be read, or too much of it cannot be decoded.
    """
    with open_media(path) as container:
        stream = _film(container)
        if stream is None:
            raise NotAVideo(path, "it has no video stream")
        stream.thread_type = "AUTO"
        origin = float(origin_of(container))
        first = _frame_before(path, container, stream, start + origin)
        if first is not None:
            frames = chain([first], decoded(path, container, stream))
            yield from _sampled(frames, stream, origin, (step, start), shortest)
            return
    with open_media(path) as container:
        stream = _film(container)
        stream.thread_type = "AUTO"
        yield from _sampled(decoded(path, container, stream), stream, origin, (step, start), shortest)


def _frame_before(path: Path, container: Any, stream: Any, time: float) -> Any:
    """Move some seconds before `time` and return the first frame there; None to begin at the beginning."""
    import av

    if time < _RUN_UP or not _INDEXED & set(container.format.name.split(",")):
        return None
    try:
        if not seek(path, container, stream, time - _RUN_UP):
            return None
        frame = next(decoded(path, container, stream), None)
    except av.FFmpegError:
        return None
    return frame if frame is not None and frame.time is not None and frame.time <= time else None


def _sampled(
    frames: Iterator[Any], stream: Any, origin: float, grid: tuple[float, float], shortest: int | None
) -> Iterator[Frame]:
    """Yield the frames on the screen at the times of a grid of (step, first time)."""
    step, start = grid
    held: _Held | None = None
    number = max(0, ceil(start / step - _SLACK))
    for frame in frames:
        time = _time(frame, held, stream) - origin
        while number * step < time:
            if held is not None:
                yield Frame(number * step, held.image(shortest))
            number += 1
        held = _Held(frame, time)
    while held is not None and number * step < held.time + _length(held.frame, stream):
        yield Frame(number * step, held.image(shortest))
        number += 1


class _Held:
    """The frame on the screen; turned into an image only when asked for, and once."""

    def __init__(self, frame: Any, time: float) -> None:
        self.frame = frame
        self.time = time
        self._image: NDArray[np.uint8] | None = None

    def image(self, shortest: int | None) -> NDArray[np.uint8]:
        if self._image is None:
            self._image = _rgb(self.frame, shortest)
        return self._image


def _film(container: Any) -> Any:
    from av.stream import Disposition

    films = (s for s in container.streams.video if not s.disposition & Disposition.attached_pic)
    return next(films, None)


def _time(frame: Any, held: _Held | None, stream: Any) -> float:
    if frame.time is not None:
        return float(frame.time)
    return held.time + _length(held.frame, stream) if held else 0.0


def _length(frame: Any, stream: Any) -> float:
    if frame.duration and frame.time_base:
        return float(frame.duration * frame.time_base)
    return float(1 / stream.average_rate) if stream.average_rate else 0.0


def _rgb(frame: Any, shortest: int | None) -> NDArray[np.uint8]:
    import numpy as np

    width, height = frame.width, frame.height
    if shortest is not None and min(width, height) > shortest:
        scale = shortest / min(width, height)
        width, height = round(width * scale), round(height * scale)
    image = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
    quarters = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, quarters)) if quarters else image
