"""Measures where stretches of a copy's picture meet: nothing is lost, what was copied is as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from video_censor_personal.containers.track import Track
from video_censor_personal.picture.check import SAME_TIME
from video_censor_personal.picture.planes import plane_samples
from video_censor_personal.picture.screen import RUN_UPS, frames_from
from video_censor_personal.smart_render.stretches import StretchPlan

_BESIDE = 8
"""Pictures on each side of a joint that are looked at; more than an encoder holds back."""


def joint_problems(before: Track, after: Track, plan: StretchPlan) -> Iterator[str]:
    """Say what is wrong around the joints of a picture of which stretches were copied.

    The copy is decoded through each joint. All pictures must be there, at their times; those that were copied
    must be the film's, to the last sample.

    Args:
        before: the film's picture.
        after: the copy's.
        plan: how it was put together.
    """
    if not plan.copies:
        return
    is_copied = bytearray(b"").join(
        bytes([not each.is_encoded]) * (each.end - each.begin) for each in plan.stretches
    )
    for stretch in plan.stretches[1:]:
        numbers = range(max(stretch.begin - _BESIDE, 0), min(stretch.begin + _BESIDE, len(plan.shown)))
        there = [number for number in numbers if plan.stays[number]]
        moments = [plan.moved(plan.shown[number]) * plan.time_base for number in there]
        copied = [number for number in there if is_copied[number]]
        found = _frames_at(after, moments)
        expected = iter(_frames_at(before, [plan.shown[number] * plan.time_base for number in copied]))
        for number, moment, frame in zip(there, moments, found, strict=True):
            was = next(expected) if is_copied[number] else None
            if frame is None:
                yield f"stream {after.index} lacks the picture at {float(moment):.3f} s"
                return
            if was is not None and not _same(was, frame):
                yield f"stream {after.index} shows another picture than the film at {float(moment):.3f} s"
                return


def _frames_at(track: Track, moments: Sequence[Fraction]) -> list[Any | None]:
    """Return the frames that appear at these moments, by time; None where none does."""
    if not moments:
        return []
    for run_up in RUN_UPS:
        frames = frames_from(track, max(moments[0] - SAME_TIME - run_up, Fraction(0)))
        first = next(frames, None)
        if first is not None and first[1] <= moments[0] + SAME_TIME:
            break
    found: list[Any | None] = []
    for moment in moments:
        while first is not None and first[1] < moment - SAME_TIME:
            first = next(frames, None)
        found.append(first[0] if first is not None and first[1] <= moment + SAME_TIME else None)
    return found


def _same(was: Any, now: Any) -> bool:
    pairs = zip(plane_samples(was), plane_samples(now), strict=True)
    return was.format.name == now.format.name and all(np.array_equal(one, other) for one, other in pairs)
