"""The pictures of a clip: as they are, or as the copy would have them, made small."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av

from modeltasks.support.cancel import CancelToken
from video_censor_personal.clips.part import Part, shown_from
from video_censor_personal.media.info import MediaInfo, StreamInfo
from video_censor_personal.media.small_pictures import SmallPictures, shown_size
from video_censor_personal.picture.cover import cover
from video_censor_personal.picture.editor import FrameEditor
from video_censor_personal.picture.planes import is_coverable
from video_censor_personal.render.assembly import Lookahead

MOST = (1280, 480)
"""Width and height of a clip, at most."""
_BT709 = 1
_LATE = Fraction(1, 4)
"""Seconds by which the first picture may be late, as encoders are, and be there from the beginning."""


def clip_pictures(
    info: MediaInfo, stream: StreamInfo, part: Part, cancel: CancelToken
) -> Iterator[tuple[Any, Fraction]]:
    """Yield small pictures in yuv420p, each with its time in the clip; the first one at 0.

    Before the film's first picture, and where nothing can be decoded, it is black.

    Raises:
        MediaError: the film cannot be read.
        Cancelled: a stop was asked for.
    """
    small = SmallPictures(stream.pixel_shape, MOST, "yuv420p")
    is_first = True
    for frame, moment in _edited(info, stream, part, cancel):
        made, at = small.made(frame), max(moment - part.begin, Fraction(0))
        if is_first and at > _LATE:
            yield _black(made.width, made.height, made.colorspace), Fraction(0)
        yield made, Fraction(0) if is_first and at <= _LATE else at
        is_first = False
    if is_first:
        size = shown_size((stream.width, stream.height), stream.pixel_shape, 0, MOST)
        yield _black(*size, _BT709), Fraction(0)


def _edited(
    info: MediaInfo, stream: StreamInfo, part: Part, cancel: CancelToken
) -> Iterator[tuple[Any, Fraction]]:
    """Yield the frames that are on the screen in a part, each with its time in the copy."""
    edit = _editor(info, stream, part)
    held: tuple[Any, Fraction] | None = None
    for frame, begin in shown_from(info, stream.index, part.start):
        cancel.check()
        if held is not None and begin > part.start and (made := edit(held[0], frame.pts)) is not None:
            yield made, part.cuts.moved(held[1])
        held = frame, begin
        if begin >= part.end:
            return
    if held is not None and (made := edit(held[0], None)) is not None:
        yield made, part.cuts.moved(held[1])


def _editor(info: MediaInfo, stream: StreamInfo, part: Part) -> Any:
    """Return what makes of a frame, and when the next one appears, what is seen of it; None: it is cut."""
    if not part.picture:
        return lambda frame, until: frame if _is_kept(part, frame, until) else None
    # As in a copy, all frames are edited in the size and format of the film's first.
    look = Lookahead(info).look(stream.index)
    pixels = look.format if is_coverable(av.VideoFormat(look.format)) else "yuv420p"
    coarse = part.counts_milliseconds
    return FrameEditor(look, pixels, part.picture, part.cuts, counts_milliseconds=coarse).edited


def _is_kept(part: Part, frame: Any, until: int | None) -> bool:
    base = frame.time_base
    return part.cuts.keeps(frame.pts * base, None if until is None else until * base)


def _black(width: int, height: int, matrix: int) -> Any:
    frame: Any = av.VideoFrame(width, height, "yuv420p")
    frame.colorspace = matrix
    cover(frame, "#000000")
    return frame
