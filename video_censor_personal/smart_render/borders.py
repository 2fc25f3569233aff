"""Moves the borders of cuts to where the pictures of a film change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from video_censor_personal.containers.track import Track
from video_censor_personal.edits.cuts import FOR_GOOD, Cuts
from video_censor_personal.edits.screen_time import SAME_MOMENT, ScreenTime
from video_censor_personal.edits.values import Cut, exact
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.reader import open_film
from video_censor_personal.picture.screen import on_screen, shown
from video_censor_personal.smart_render.index import PacketIndex

_STANDS = Fraction(1, 2)
"""Seconds. Of a picture that stands for longer outside of a cut, that part stays."""
_SHORT = 10
"""Seconds. A cut up to this is looked at in one go; of a longer one, only the borders are."""

Shown = tuple[Fraction, Fraction | None]
"""From when until when a picture is on the screen; None: for good."""


def place_cuts(info: MediaInfo, wanted: Sequence[Cut], indexes: Mapping[int, PacketIndex]) -> Cuts:
    """Return cuts that begin and end where pictures change; those of a film without pictures are exact.

    A cut takes every picture that is on the screen at any moment of it, and the time for which each is. Of a
    picture that stands still for long, what lies outside of the cut stays, unless the cut has no length. A
    cut to the end of the film takes all that is left. What lies behind the end takes nothing.

    Args:
        info: of the film.
        wanted: by time, none touching another.
        indexes: those of the film's pictures.

    Raises:
        MediaError: the film cannot be read.
    """
    end = exact(info.duration)
    cuts = [(exact(each.start), min(exact(each.end), end)) for each in wanted if exact(each.start) < end]
    if not cuts:
        return Cuts()
    found: list[list[list[Shown]]] = []
    with open_film(info) as film:
        for each in info.of_kind("video"):
            track = Track(film, each.index, info.origin)
            can_seek = info.timeline.is_plain and indexes[each.index].is_complete
            shown_then = [_near(track, cut) for cut in cuts] if can_seek else _all_near(track, cuts)
            found.append([[_by_clock(track, span) for span in spans] for spans in shown_then])
    return placed(cuts, [[stream[number] for stream in found] for number in range(len(cuts))], end)


def placed(
    cuts: Sequence[tuple[Fraction, Fraction]], shown_then: Sequence[Sequence[Sequence[Shown]]], end: Fraction
) -> Cuts:
    """Return cuts that begin and end where pictures change, as `place_cuts` has it.

    Args:
        cuts: from when to when something is to be cut.
        shown_then: for each cut and each picture of the film, from when to when those are on the screen that
            are there at its borders.
        end: of the film.
    """
    found = []
    for (start, stop), streams in zip(cuts, shown_then, strict=True):
        spans = [
            (begin, end if until is None else until)
            for stream in streams
            for begin, until in stream
            if ScreenTime(begin, until).has_any(start, stop)
        ]
        # Where microseconds were rounded, a cut may start a little beside the picture with which it starts.
        begun = next((begin for begin, _ in spans if abs(begin - start) <= SAME_MOMENT), start)
        first = min((_begin(span, begun, stop) for span in spans), default=begun)
        last = max((_end(span, begun, stop) for span in spans), default=stop)
        found.append((first, FOR_GOOD if last >= end else last))
    return Cuts.of(found)


def _begin(span: tuple[Fraction, Fraction], start: Fraction, stop: Fraction) -> Fraction:
    begin = min(span[0], start)
    return begin if start == stop or start - begin <= _STANDS else start


def _end(span: tuple[Fraction, Fraction], start: Fraction, stop: Fraction) -> Fraction:
    end = max(span[1], stop)
    return end if start == stop or end - stop <= _STANDS else stop


def _by_clock(track: Track, span: Shown) -> Shown:
    """Return a span by the clock of the stream's packets, as far as they are moved for the film's origin."""
    base = track.film.stream(track.index).time_base
    shift = round(track.origin / base)
    begin, until = (None if each is None else round((each + track.origin) / base) - shift for each in span)
    return (begin or 0) * base, None if until is None else until * base


def _near(track: Track, cut: tuple[Fraction, Fraction]) -> list[Shown]:
    """Return when the pictures at both borders of a cut are on the screen, and maybe some between."""
    start, stop = cut
    if stop - start <= _SHORT:
        return [(each.begin, each.end) for each in on_screen(track, start, stop)]
    return [(each.begin, each.end) for moment in cut for each in list(on_screen(track, moment, moment))[:1]]


def _all_near(track: Track, cuts: Sequence[tuple[Fraction, Fraction]]) -> list[list[Shown]]:
    """Return the same of several cuts, from one look at all pictures."""
    found: list[list[Shown]] = [[] for _ in cuts]
    reached = 0
    with open_film(track.film.info) as film:
        for begin, until in _shown_times(track, film.frames(track.index)):
            time = ScreenTime(begin, until)
            while reached < len(cuts) and time.begins_after(cuts[reached][1]):
                reached += 1
            for number in range(reached, len(cuts)):
                start, stop = cuts[number]
                if time.is_over_at(start):
                    break
                if not time.begins_after(start) or not time.is_over_at(stop):
                    found[number].append((begin, until))
    return found


def _shown_times(track: Track, frames: Iterator[Any]) -> Iterator[Shown]:
    last: Fraction | None = None
    for _, moment in shown(frames, track):
        if last is not None:
            yield last, moment
        last = moment
    if last is not None:
        yield last, None
