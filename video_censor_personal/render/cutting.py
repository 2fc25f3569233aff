"""What the cuts of a film come to: where they are, which streams they leave nothing of."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.edits.values import Edits, exact
from video_censor_personal.errors import UsageError
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.render.streams import StreamPlan
from video_censor_personal.smart_render.borders import place_cuts

_SHORTEST = Fraction(1, 1000)
"""Seconds for which the last picture of a film is on the screen, at least."""


class NothingLeft(UsageError):
    """The cuts take all that is to be seen, or all that is to be heard."""

    def __init__(self, film: Path, streams: Sequence[str]) -> None:
        super().__init__(
            f"No clean copy can be made of {film}",
            f"the cuts take all of {' and '.join(streams)}",
            "Cut less, or hide it with `blank` and `silence`, which do not make the film shorter",
        )


def cuts_of(plan: StreamPlan, edits: Edits) -> Cuts:
    """Return what is cut out, each from a picture to the first that stays (see `smart_render.borders`)."""
    return place_cuts(plan.info, edits.cuts, plan.lookahead.indexes) if edits.cuts else Cuts()


def taken_streams(plan: StreamPlan, cuts: Cuts) -> dict[int, str]:
    """Return the sounds and pictures of which the cuts leave nothing, each with that as the reason.

    Raises:
        NothingLeft: no other sound, or no other picture, is in the copy.
    """
    info = plan.info
    found: dict[int, str] = {}
    for kind in ("video", "audio"):
        there = info.of_kind(kind)
        streams = [each.info for each in plan.choices if each.info in there]
        gone = [each for each in streams if not cuts.keeps(*_extent(info, each.index))]
        if gone and len(gone) == len(streams):
            raise NothingLeft(info.path, list(map(str, gone)))
        found |= {each.index: "the cuts take all of it" for each in gone}
    return found


def idle_cuts(edits: Edits, cuts: Cuts) -> list[str]:
    """Say which of the cuts that were asked for take nothing."""
    return [
        f"nothing is cut at {each.start:.3f} s: there is nothing that could be taken out"
        for each in edits.cuts
        if not cuts.takes(exact(each.start))
    ]


def _extent(info: MediaInfo, stream: int) -> tuple[Fraction, Fraction]:
    """Return from when until when a stream plays, in seconds on the time line."""
    line = info.timeline.streams.get(stream)
    if line is None or line.span is None:
        return Fraction(0), exact(info.duration)
    begin = max(exact(line.span.start) - info.origin, Fraction(0))
    return begin, max(exact(line.span.end) - info.origin, begin + _SHORTEST)
