"""The pictures of a video, in one sequential pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from numpy.typing import NDArray

from video_censor_personal.media.errors import Damaged, NotAVideo
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.reader import FilmReader, open_film
from video_censor_personal.media.shots import REACH, Picture, mark_cuts, signature

if TYPE_CHECKING:
    from video_censor_personal.media.meter import Meter

_INDEXED = frozenset({"mov", "mp4", "matroska", "webm"})
"""Containers that know where their key frames are; elsewhere one can end up between two."""
_RUN_UP = 10.0
"""Seconds; what follows a jump may lack pictures that it refers to."""
_USUAL_LENGTH = 0.04
"""Seconds that a picture is shown for if nothing tells."""
_SMALL = 1.5
"""A picture at most so much larger than is needed is kept as it is: scaling it would gain little."""
_PLANAR = frozenset({"yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p"})
"""Formats whose planes can be compared as they are."""
_LEAD = 4 * REACH
"""Seconds before the start that tell where cuts are after it."""


def read_pictures(
    info: MediaInfo, shortest: int, start: float = 0.0, meter: Meter | None = None
) -> Iterator[Picture]:
    """Yield every picture of a film in time order, with the cuts between them.

    A picture is on the screen from its timestamp to the next one's. The rotation that the file asks of
    players is applied; non-square pixels stay as they are stored.

    Args:
        info: of the film.
        shortest: scale down so that the shorter side has this many pixels; never up.
        start: begin a little before this time; what comes before is decoded only where it must be.
        meter: measures what is decoded.

    Raises:
        MediaError: the file cannot be read, or nothing of the picture can be decoded.
    """
    shown = (each for each in _on_screen(info, start, meter) if each.end > start - _LEAD)
    yield from mark_cuts(_picture(each, shortest) for each in shown)


def read_stills(info: MediaInfo, shortest: int, times: Sequence[float]) -> Iterator[NDArray[np.uint8] | None]:
    """Yield the RGB image that is on the screen at each of these times; None where none can be decoded.

    Args:
        info: of the film.
        shortest: scale down so that the shorter side has this many pixels; never up.
        times: in ascending order. Between those that are far apart nothing is decoded, where the film allows.

    Raises:
        MediaError: the file cannot be read.
    """
    for run in _runs(times):
        waiting = deque(run)
        for shown in _on_screen(info, run[0], None):
            while waiting and waiting[0] < shown.end:
                waiting.popleft()
                yield _rgb(shown.frame, shortest, _quarters(shown.frame))
            if not waiting:
                break
        for _ in waiting:
            yield None


def _runs(times: Sequence[float]) -> Iterator[list[float]]:
    """Times that follow each other more closely than it is worth to jump."""
    run: list[float] = []
    for time in times:
        if run and time - run[-1] > 2 * _RUN_UP:
            yield run
            run = []
        run.append(time)
    if run:
        yield run


def _on_screen(info: MediaInfo, start: float, meter: Meter | None) -> Iterator[_Shown]:
    """Yield the frames that are on the screen for a while, from some time before `start` on."""
    videos = info.of_kind("video")
    if not videos:
        raise NotAVideo(info.path, "it has no video stream")
    index, origin = videos[0].index, float(info.origin)
    if start + origin >= _RUN_UP and _INDEXED & info.formats:
        with open_film(info) as film:
            first = _frame_before(film, index, start + origin)
            if first is not None:
                yield from _timed(chain([first], film.frames(index, meter)), film.stream(index), origin)
                return
    with open_film(info) as film:
        yield from _timed(film.frames(index, meter), film.stream(index), origin)


def _frame_before(film: FilmReader, index: int, time: float) -> Any:
    """Move some seconds before `time` and return the first frame there; None where that fails."""
    try:
        frame = next(film.frames(index), None) if film.seek(index, time - _RUN_UP) else None
    except (av.FFmpegError, Damaged):
        return None
    return frame if frame is not None and frame.time is not None and frame.time <= time else None


def _timed(frames: Iterator[Any], stream: Any, origin: float) -> Iterator[_Shown]:
    held: _Shown | None = None
    for frame in frames:
        follows = held.end if held else 0.0
        time = follows if frame.time is None else float(frame.time) - origin
        if held is not None:
            time = max(time, held.time)
            if time > held.time:
                held.end = time
                yield held
        held = _Shown(frame, time, time + _length(frame, stream))
    if held is not None:
        yield held


@dataclass(slots=True, eq=False)
class _Shown:
    """A decoded frame on the screen from `time` to `end`."""

    frame: Any
    time: float
    end: float


def _picture(shown: _Shown, shortest: int) -> Picture:
    frame = shown.frame
    is_small = min(frame.width, frame.height) <= _SMALL * shortest and frame.format.name in _PLANAR
    kept = frame if is_small else frame.reformat(*_size(frame, shortest), format="yuv444p")
    # Few are looked at, and turning one into RGB takes half as long as scaling it.
    quarters = _quarters(frame)
    image = partial(_rgb, kept, shortest, quarters)
    planes = [_pixels(plane) for plane in kept.planes]
    return Picture(shown.time, shown.end, image, signature(planes), quarters=quarters)


def _quarters(frame: Any) -> int:
    """How often the picture is turned left, a quarter each, before it is shown."""
    return int(round(frame.rotation / 90) % 4)


def _length(frame: Any, stream: Any) -> float:
    if frame.duration and frame.time_base:
        return float(frame.duration * frame.time_base)
    return float(1 / stream.average_rate) if stream.average_rate else _USUAL_LENGTH


def _size(frame: Any, shortest: int) -> tuple[int, int]:
    least = min(frame.width, frame.height)
    if least <= shortest:
        return frame.width, frame.height
    return round(frame.width * shortest / least), round(frame.height * shortest / least)


def _pixels(plane: Any) -> NDArray[np.uint8]:
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _rgb(frame: Any, shortest: int, quarters: int) -> NDArray[np.uint8]:
    image = frame.reformat(*_size(frame, shortest), format="rgb24").to_ndarray()
    return np.ascontiguousarray(np.rot90(image, quarters)) if quarters else image
