"""Single pictures of a film as JPEG, small, as a player shows them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import av

from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.moments import frames_from
from video_censor_personal.media.small_pictures import SmallPictures

_NEAR = 5.0
"""Seconds between two moments up to which what lies between is decoded rather than moved over."""
_QUALITY = "4"
"""The quantiser of JPEG, 2 (best) to 31."""
_FINEST = 1_000_000
_LATE = Fraction(1, 4)
"""Seconds by which the first picture may be late, as encoders are, and be there from the beginning."""


def stills(info: MediaInfo, times: Sequence[float], width: int) -> list[bytes | None]:
    """Return the picture that is on the screen at each of these times, as JPEG.

    It is upright, its pixels are square, and HDR is brought to what any screen shows. None where the film
    has no picture, or none yet, or it cannot be decoded. At the end the last picture stays.

    Args:
        info: of the film.
        times: in seconds, in any order. Between those that are far apart nothing is decoded, where the film
            allows.
        width: of the JPEG in pixels, at most; a smaller picture stays as it is.

    Raises:
        MediaError: the film cannot be read.
    """
    videos = info.of_kind("video")
    if not videos:
        return [None] * len(times)
    small = SmallPictures(videos[0].pixel_shape, (width, 4 * width), "yuvj420p")
    found: dict[float, bytes | None] = {}
    for near in _near(sorted(set(times))):
        for moment, frame in zip(near, _on_screen(info, videos[0].index, near), strict=True):
            found[moment] = None if frame is None else _jpeg(small.made(frame))
    return [found[moment] for moment in times]


def _near(times: Sequence[float]) -> Iterator[list[float]]:
    """Yield the times in groups that are decoded in one go."""
    group: list[float] = []
    for moment in times:
        if group and moment - group[-1] > _NEAR:
            yield group
            group = []
        group.append(moment)
    if group:
        yield group


def _on_screen(info: MediaInfo, index: int, times: Sequence[float]) -> Iterator[Any]:
    """Yield the frame that is on the screen at each of some times, by time; None where there is none yet."""
    waiting = deque(Fraction(round(moment * _FINEST), _FINEST) for moment in times)
    held: Any = None
    for frame in frames_from(info, index, waiting[0]):
        begin = None if frame.pts is None else frame.pts * frame.time_base - info.origin
        while waiting and begin is not None and begin > waiting[0]:
            moment = waiting.popleft()
            yield frame if held is None and begin < moment + _LATE else held
        if not waiting:
            return
        held = frame
    for _ in waiting:
        yield held


def _jpeg(frame: Any) -> bytes:
    encoder: Any = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": _QUALITY, "qmax": _QUALITY}
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
