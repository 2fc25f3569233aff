"""Which frames of a film are on the screen, and when."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from video_censor_personal.containers.track import Track
from video_censor_personal.edits.screen_time import ScreenTime
from video_censor_personal.media.reader import open_film

RUN_UPS = (0, 2, 30, 10**6)
"""Seconds to begin earlier when the key frame found comes too late: some containers go by decoding times."""


@dataclass(frozen=True, slots=True, eq=False)
class OnScreen:
    """A frame that is on the screen from `begin` until `end`; the last one for good."""

    frame: Any
    begin: Fraction
    end: Fraction | None

    @property
    def time(self) -> ScreenTime:
        """From when until when it is there."""
        return ScreenTime(self.begin, self.end)


def frame_times(track: Track) -> array[float]:
    """Return when, in seconds, each frame of a stream appears."""
    with open_film(track.film.info) as film:
        return array("d", (float(moment) for _, moment in shown(film.frames(track.index), track)))


def on_screen(track: Track, start: Fraction, end: Fraction, least_run_up: int = 0) -> Iterator[OnScreen]:
    """Yield the frames that are on the screen at any moment from `start` to `end`.

    They are decoded from a key frame on that is at least `least_run_up` seconds before.
    """
    first = None
    for run_up in (each for each in RUN_UPS if each >= least_run_up):
        frames = frames_from(track, max(start - run_up, Fraction(0)))
        first = next(frames, None)
        if first is not None and not ScreenTime(first[1], None).begins_after(start):
            break
    while first is not None and not ScreenTime(first[1], None).begins_after(end):
        following = next(frames, None)
        seen = OnScreen(first[0], first[1], following[1] if following else None)
        if not seen.time.is_over_at(start):
            yield seen
        first = following


def frames_from(track: Track, moment: Fraction) -> Iterator[tuple[Any, Fraction]]:
    """Yield the frames, and when each appears, from the key frame on that comes last before then."""
    wanted = moment + track.origin if moment else Fraction(0)
    return shown(track.frames_from(wanted), track)


def shown(frames: Iterator[Any], track: Track) -> Iterator[tuple[Any, Fraction]]:
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
