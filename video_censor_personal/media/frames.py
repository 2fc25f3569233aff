"""Pictures of a video on a uniform time grid, in one sequential pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_censor_personal.media.decode import decoded
from video_censor_personal.media.errors import NotAVideo
from video_censor_personal.media.probe import open_media, origin_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What is on the screen at `time` (seconds): an RGB image, height x width x 3, uint8."""

    time: float
    image: NDArray[np.uint8]


def sample_frames(path: Path, step: float, shortest: int | None = None) -> Iterator[Frame]:
    """Yield what is on the screen at 0, `step`, 2 x `step` … seconds.

    A frame is on the screen from its timestamp to the next one's, so a picture held over several grid
    times is given for each. Grid times before the first frame are left out. The rotation that the file
    asks of players is applied; non-square pixels stay as they are stored.

    Args:
        path: the video.
        step: seconds between two grid times.
        shortest: scale down so that the shorter side has this many pixels; never up.

    Raises:
        MediaError: the file cannot be read, or too much of it cannot be decoded.
    """
    with open_media(path) as container:
        stream = _film(container)
        if stream is None:
            raise NotAVideo(path, "it has no video stream")
        stream.thread_type = "AUTO"
        origin = float(origin_of(container))
        held: _Held | None = None
        number = 0
        for frame in decoded(path, container, stream):
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
