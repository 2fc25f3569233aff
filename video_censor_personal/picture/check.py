"""Measures the picture of a clean copy: covered where it was to be, and elsewhere as it was."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log10
from typing import Any

import numpy as np

from video_censor_personal.containers.track import Track, spread
from video_censor_personal.edits.values import PictureEdit, exact, free_spans
from video_censor_personal.media.reader import open_film
from video_censor_personal.picture.cover import plane_levels
from video_censor_personal.picture.encoding import Look
from video_censor_personal.picture.planes import plane_samples

SAME_TIME = Fraction(11, 10_000)
"""Seconds; containers round timestamps to a millisecond."""
_OFF_COLOR = 6
"""Most by which a covered sample may be off, in steps of 8 bits."""
_LEAST_LIKENESS = 28.0
"""Decibels (PSNR). A good copy of grainy film has more than 35, another picture about 15."""
_SAMPLES = 4
RUN_UPS = (0, 2, 30, 10**6)
"""Seconds to begin earlier when the key frame found comes too late: some containers go by decoding times."""
_LEAST_FREE = Fraction(1, 10)
_LIMITED = {0: 1}
"""Pictures that do not say their range have the limited one; encoders write that down."""
_KEPT = ("width", "height", "matrix", "primaries", "transfer", "color_range", "is_interlaced", "rotation")


@dataclass(frozen=True, slots=True, eq=False)
class _OnScreen:
    """A frame that is on the screen from `begin` until `end`; the last one for good."""

    frame: Any
    begin: Fraction
    end: Fraction | None


def frame_times(track: Track) -> array[float]:
    """Return when, in seconds, each frame of a stream appears."""
    with open_film(track.film.info) as film:
        return array("d", (float(moment) for _, moment in _shown(film.frames(track.index), track)))


def picture_problems(
    before: Track, after: Track, edits: Sequence[PictureEdit], times: tuple[Sequence[float], Sequence[float]]
) -> Iterator[str]:
    """Say what is wrong with a picture that was re-encoded.

    Every frame that is on the screen at any moment of an edit must have the colour; a few others must be
    like the input's; all must appear when they did.

    Args:
        before: the film's picture.
        after: the copy's.
        edits: what was to be covered, by time, not overlapping.
        times: when the frames of the film and those of the copy appear, in seconds.
    """
    yield from _time_problems(after, *times)
    for edit in edits:
        yield from _leaks(after, edit)
    for moment in _moments(edits, max(times[0], default=0.0)):
        yield from _unlike(before, after, moment, edits)


def _time_problems(after: Track, was: Sequence[float], now: Sequence[float]) -> Iterator[str]:
    if len(was) != len(now):
        yield f"stream {after.index} has {len(now)} frames instead of {len(was)}"
        return
    for one, other in zip(sorted(was), sorted(now), strict=True):
        if abs(one - other) > SAME_TIME:
            yield f"stream {after.index} has a frame at {other:.3f} s instead of {one:.3f} s"
            return


def look_problems(stream: int, before: Look | None, after: Look | None) -> Iterator[str]:
    """Say what of a picture's look, as its first frame tells it, was not kept."""
    if before is None or after is None:
        yield f"not one picture of stream {stream} can be decoded"
        return
    was, now = _kept(before), _kept(after)
    for field in _KEPT:
        if was[field] != now[field]:
            yield f"stream {stream}: {field} of the picture was {was[field]} and is {now[field]}"


def _kept(look: Look) -> dict[str, Any]:
    found = {field: getattr(look, field) for field in _KEPT}
    found["color_range"] = _LIMITED.get(look.color_range, look.color_range)
    found["matrix"] = look.matrix or 2
    # A Matroska says how to turn the picture, but not where its corner goes.
    found["rotation"] = look.rotation and tuple(look.rotation[at] for at in (0, 1, 3, 4))
    return found


def _leaks(after: Track, edit: PictureEdit) -> Iterator[str]:
    for shown in _on_screen(after, exact(edit.start), exact(edit.end)):
        off = _distance(shown.frame, edit.color)
        if off > _OFF_COLOR:
            yield (
                f"stream {after.index} shows something at {float(shown.begin):.3f} s, "
                f"within {edit.start:.3f} to {edit.end:.3f} s"
            )
            return


def _distance(frame: Any, color: str) -> float:
    """Return by how much the sample that is farthest from `color` is off, in steps of 8 bits."""
    worst = 0.0
    for seen, level in zip(plane_samples(frame), plane_levels(frame, color), strict=True):
        far = max(int(seen.max()) - level.value, level.value - int(seen.min()))
        worst = max(worst, far / (1 << (level.bits - 8)))
    return worst


def _moments(edits: Sequence[PictureEdit], last: float) -> list[Fraction]:
    """Return a few moments, spread over the film, far from any edit."""
    free = [span for span in free_spans(edits, last) if span[1] - span[0] > _LEAST_FREE]
    return spread([begin + (end - begin) * part / 4 for begin, end in free for part in (1, 3)], _SAMPLES)


def _unlike(before: Track, after: Track, moment: Fraction, edits: Sequence[PictureEdit]) -> Iterator[str]:
    was = next(_on_screen(before, moment, moment), None)
    if was is None or any(
        was.begin <= edit.end and (was.end is None or was.end > edit.start) for edit in edits
    ):
        return
    # By the clock of the copy's container the frame may appear a little later.
    when = was.begin + SAME_TIME
    if was.end is not None and when >= was.end - SAME_TIME:
        return
    now = next(_on_screen(after, when, when), None)
    likeness = _likeness(was.frame, now.frame) if now is not None else 0.0
    if likeness < _LEAST_LIKENESS:
        yield f"stream {after.index} is not like the film at {float(moment):.3f} s ({likeness:.0f} dB)"


def _likeness(was: Any, now: Any) -> float:
    """Return the peak signal-to-noise ratio of two frames, in decibels."""
    # A film may change its size; the copy keeps the first.
    is_same = (was.width, was.height, was.format.name) == (now.width, now.height, now.format.name)
    same = was if is_same else was.reformat(now.width, now.height, now.format.name)
    pairs = list(zip(plane_samples(same), plane_samples(now), strict=True))
    errors = sum(float(np.sum((one.astype(np.float32) - other) ** 2)) for one, other in pairs)
    mean = errors / sum(one.size for one, _ in pairs)
    peak = (1 << now.format.components[0].bits) - 1
    return 20 * log10(peak / mean**0.5) if mean else float("inf")


def _on_screen(track: Track, start: Fraction, end: Fraction) -> Iterator[_OnScreen]:
    """Yield the frames that are on the screen at any moment from `start` to `end`."""
    for run_up in RUN_UPS:
        frames = frames_from(track, max(start - run_up, Fraction(0)))
        first = next(frames, None)
        if first is not None and first[1] <= start:
            break
    while first is not None and first[1] <= end:
        following = next(frames, None)
        until = following[1] if following else None
        if until is None or until > start:
            yield _OnScreen(first[0], first[1], until)
        first = following


def frames_from(track: Track, moment: Fraction) -> Iterator[tuple[Any, Fraction]]:
    """Yield the frames, and when each appears, from the key frame on that comes last before then."""
    wanted = moment + track.origin if moment else Fraction(0)
    return _shown(track.frames_from(wanted), track)


def _shown(frames: Iterator[Any], track: Track) -> Iterator[tuple[Any, Fraction]]:
    """Yield frames, each with its time; those never seen are left out."""
    last: Fraction | None = None
    for frame in frames:
        if frame.pts is not None:
            moment = frame.pts * frame.time_base - track.origin
        else:
            moment = last + max(frame.duration or 0, 1) * frame.time_base if last is not None else Fraction(0)
        if last is None or moment > last:
            yield frame, moment
            last = moment
