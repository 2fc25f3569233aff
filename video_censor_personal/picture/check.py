"""Measures the picture of a clean copy: hidden where it was to be, and elsewhere as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from video_censor_personal.containers.track import Track, spread
from video_censor_personal.edits.values import PictureEdit, exact, free_spans
from video_censor_personal.picture.compare import Seen, distance, is_as_wanted, likeness
from video_censor_personal.picture.effects import Effects
from video_censor_personal.picture.encoding import Look
from video_censor_personal.picture.planes import converted
from video_censor_personal.picture.screen import on_screen

SAME_TIME = Fraction(11, 10_000)
"""Seconds; containers round timestamps to a millisecond."""
_OFF_COLOR = 6
"""Most by which a covered sample may be off, in steps of 8 bits."""
_LEAST_LIKENESS = 28.0
"""Decibels (PSNR). A good copy of grainy film has more than 35, another picture about 15."""
_SAMPLES = 4
_EVERY = 25
"""One of so many frames in which something is hidden is looked at beside that, too."""
_APART = Fraction(1, 4)
"""Seconds. Edits less far apart are checked together; a frame may be on the screen in both."""
_LONG_RUN_UP = 30
_JOINS = 12
_BESIDE_JOIN = Fraction(2, 1000)
"""Seconds from a join to what is looked at beside it."""
_LEAST_FREE = Fraction(1, 10)
_LIMITED = {0: 1}
"""Pictures that do not say their range have the limited one; encoders write that down."""
_KEPT = ("width", "height", "matrix", "primaries", "transfer", "color_range", "is_interlaced", "rotation")


def picture_problems(
    before: Track, after: Track, edits: Sequence[PictureEdit], times: tuple[Sequence[float], Sequence[float]]
) -> Iterator[str]:
    """Say what is wrong with a picture that was re-encoded.

    In every frame that is on the screen at any moment of an edit, what is hidden must be as the film's frame
    is with the edit, and show nothing of what was there; what is beside it, and a few other frames, must be
    like the film's; all must appear when they did.

    Args:
        before: the film's picture.
        after: the copy's.
        edits: what was to be hidden, by time.
        times: when the frames of the film and those of the copy appear, in seconds.
    """
    yield from _time_problems(after, *times)
    for stretch in _stretches(edits):
        if (color := stretch.color) is not None:
            yield from _leaks(after, stretch, color)
        # Decoded from a key frame on, the film may at first lack what it refers to.
        elif _not_hidden(before, after, stretch, 0) and (
            problem := _not_hidden(before, after, stretch, _LONG_RUN_UP)
        ):
            yield problem
    for moment in _moments(edits, max(times[0], default=0.0)):
        yield from _unlike(before, after, moment, edits)


def join_problems(before: Track, after: Track, edits: Sequence[PictureEdit]) -> Iterator[str]:
    """Say where a picture beside a join is another than in the film, at a few joins spread over it.

    Args:
        before: the film's picture, without what is cut out.
        after: the copy's.
        edits: what was to be hidden, at the copy's times.
    """
    for join in spread(before.cuts.joins, _JOINS):
        for moment in (join - _BESIDE_JOIN, join + _BESIDE_JOIN):
            if moment > 0:
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


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From `start` to `end` something is hidden most of the time: `edits`, by time."""

    start: Fraction
    end: Fraction
    edits: tuple[PictureEdit, ...]

    @property
    def color(self) -> str | None:
        """The one color of the whole picture that is all there is to see of it, if it is so."""
        looks = {(edit.effect, edit.color, bool(edit.path)) for edit in self.edits}
        effect, color, has_path = next(iter(looks))
        return color if len(looks) == 1 and effect == "color" and not has_path else None


def _stretches(edits: Sequence[PictureEdit]) -> Iterator[_Stretch]:
    """Yield stretches that are far enough from each other that no frame is in two of them."""
    found: list[PictureEdit] = []
    end = Fraction(0)
    for edit in edits:
        if found and exact(edit.start) > end + _APART:
            yield _Stretch(exact(found[0].start), end, tuple(found))
            found = []
        end = max(end, exact(edit.end)) if found else exact(edit.end)
        found.append(edit)
    if found:
        yield _Stretch(exact(found[0].start), end, tuple(found))


def _leaks(after: Track, stretch: _Stretch, color: str) -> Iterator[str]:
    """Say when something of the picture shows that was to be of one color."""
    effects = Effects(stretch.edits)
    for shown in on_screen(after, stretch.start, stretch.end):
        active = effects.active(shown.time)
        if active and distance(shown.frame, color) > _OFF_COLOR:
            yield _leak(after, shown.begin, active[0])
            return


def _not_hidden(before: Track, after: Track, stretch: _Stretch, run_up: int) -> str | None:
    """Say when a picture of a stretch is not as the film's is with its edits; None where all are.

    Args:
        before: the film's picture.
        after: the copy's.
        stretch: what was to be hidden.
        run_up: how many seconds before it the film is decoded from.
    """
    effects = Effects(stretch.edits)
    films = on_screen(before, stretch.start - SAME_TIME, stretch.end + SAME_TIME, run_up)
    was = next(films, None)
    hidden = 0
    for shown in on_screen(after, stretch.start, stretch.end):
        while was is not None and was.begin < shown.begin - SAME_TIME:
            was = next(films, None)
        if was is None or was.begin > shown.begin + SAME_TIME:
            return f"stream {after.index} has a picture at {float(shown.begin):.3f} s that the film does not"
        active = effects.active(was.time.joined(shown.time))
        if not active:
            continue
        now = shown.frame
        wanted = converted(was.frame, now.width, now.height, now.format.name)
        parts = [(edit, Seen(wanted, part)) for edit, part in effects.parts(wanted, active, was.begin)]
        effects.apply(wanted, active, was.begin)
        for edit, seen in parts:
            if not seen.is_hidden(wanted, now):
                return _leak(after, shown.begin, edit)
        if hidden % _EVERY == 0 and not is_as_wanted(wanted, now):
            moment = float(shown.begin)
            return f"stream {after.index} is not like the film at {moment:.3f} s, beside what is hidden"
        hidden += 1
    return None


def _leak(after: Track, moment: Fraction, edit: PictureEdit) -> str:
    return (
        f"stream {after.index} shows something at {float(moment):.3f} s, "
        f"within {edit.start:.3f} to {edit.end:.3f} s"
    )


def _moments(edits: Sequence[PictureEdit], last: float) -> list[Fraction]:
    """Return a few moments, spread over the film, far from any edit."""
    free = [span for span in free_spans(edits, last) if span[1] - span[0] > _LEAST_FREE]
    return spread([begin + (end - begin) * part / 4 for begin, end in free for part in (1, 3)], _SAMPLES)


def _unlike(before: Track, after: Track, moment: Fraction, edits: Sequence[PictureEdit]) -> Iterator[str]:
    was = next(on_screen(before, moment, moment), None)
    if was is None:
        return
    # By the clock of the copy's container the frame may appear a little later.
    when = was.begin + SAME_TIME
    if was.end is not None and when >= was.end - SAME_TIME:
        return
    now = next(on_screen(after, when, when), None)
    time = was.time if now is None else was.time.joined(now.time)
    if any(map(time.is_touched, edits)):
        return
    decibels = likeness(was.frame, now.frame) if now is not None else 0.0
    if decibels < _LEAST_LIKENESS:
        yield f"stream {after.index} is not like the film at {float(moment):.3f} s ({decibels:.0f} dB)"
