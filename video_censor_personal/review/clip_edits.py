"""What is done to a few seconds of a film, as a clean copy of it would have them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, TypeVar

from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.containers.container import CONTAINERS
from video_censor_personal.edits.after_cuts import sounds_in_copy
from video_censor_personal.edits.cuts import NO_CUTS, Cuts
from video_censor_personal.edits.own_sound import own_sound_digest
from video_censor_personal.edits.values import Cut, Edits, PictureEdit, SoundEdit, Stretched, exact
from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.moments import frames_from
from video_censor_personal.render.clean_copy import CopyRequest
from video_censor_personal.smart_render.borders import Shown, placed

Edit = TypeVar("Edit", bound=Stretched)

_BESIDE = Fraction(3)
"""Seconds on each side of a clip within which cuts count: what is heard there tells how loud a tone is."""
_SHORT = 10
"""Seconds. A cut up to this is looked at in one go; of a longer one, only the borders are."""
_LEAST_LEFT = Fraction(1, 100)


class AllCut(MediaError):
    """Nothing of the seconds that were asked for is in the copy."""

    kind = "cut"

    def __init__(self, info: MediaInfo, start: float, end: float) -> None:
        super().__init__(
            f"There is nothing to show of {info.path.name} from {start:.1f} to {end:.1f} s",
            "all of it is cut out of the copy",
            "Ask for what comes before or after it",
        )


@dataclass(frozen=True, slots=True)
class CopyEdits:
    """What is done to a film in its copy.

    `audio` says how sound is hidden, in the streams `muted`; the streams `left_out` are not in the copy.
    `counts_milliseconds` says that so does the copy's container.
    """

    edits: Edits = field(default_factory=Edits)
    audio: AudioRemediation = field(default_factory=AudioRemediation)
    muted: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    counts_milliseconds: bool = False

    @classmethod
    def of(cls, request: CopyRequest) -> CopyEdits:
        """Return what would be done for a copy that is wanted.

        Raises:
            UsageError: the config, or a segment, asks for what cannot be done.
        """
        sounds = [each.index for each in request.film.info.of_kind("audio")]
        muted, left_out = request.sounds.treatment(sounds)
        container = CONTAINERS.get(request.output.suffix.lower())
        is_matroska = container is not None and container.format in ("matroska", "webm")
        return cls(request.edits, request.config.audio, muted, tuple(left_out), is_matroska)

    def within(self, start: float, end: float) -> CopyEdits:
        """Return what of it makes a difference for what is seen and heard between two moments."""
        ramp = self.audio.ramp
        kept = Edits(
            sound=_touching(self.edits.sound, start - ramp, end + ramp),
            picture=_touching(self.edits.picture, start, end),
            cuts=_touching(self.edits.cuts, start - float(_BESIDE), end + float(_BESIDE)),
        )
        return replace(self, edits=kept)

    @property
    def digest(self) -> str:
        """The digest of all that a clip depends on besides the film."""
        parts: list[object] = [self.edits, self.left_out, self.counts_milliseconds]
        if self.edits.sound:
            audio = self.audio
            parts += [self.muted, audio.ramp, audio.scope, audio.bleep_frequency, audio.duck_level]
            parts.append(own_sound_digest(audio))
        return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Part:
    """Seconds of a film, [start, end), and what is done to them; `sound` is at the copy's times."""

    start: Fraction
    end: Fraction
    cuts: Cuts = NO_CUTS
    sound: tuple[SoundEdit, ...] = ()
    picture: tuple[PictureEdit, ...] = ()
    copy: CopyEdits | None = None

    @property
    def begin(self) -> Fraction:
        """Where it begins in the copy."""
        return self.cuts.moved(self.start)

    @property
    def length(self) -> Fraction:
        """How long it is in the copy."""
        return self.cuts.moved(self.end) - self.begin


def part_of(info: MediaInfo, start: float, seconds: float, copy: CopyEdits | None) -> Part:
    """Return a part of a film, at most to its end, and what is done to it.

    Raises:
        AllCut: nothing of it is in the copy.
        MediaError: the film cannot be read, or the part is not in it.
    """
    begin, end = exact(max(start, 0.0)), exact(min(start + seconds, info.duration))
    if begin >= end:
        raise MediaError(
            f"There is nothing to show of {info.path.name} at {start:.1f} s",
            f"it lasts {info.duration:.1f} s",
            "Ask for a moment before its end",
        )
    if copy is None:
        return Part(begin, end)
    near = copy.within(float(begin), float(end))
    cuts = _placed(info, near.edits.cuts)
    sound = sounds_in_copy(near.edits.sound, cuts)
    part = Part(begin, end, cuts, sound, near.edits.picture, near)
    if part.length < min(_LEAST_LEFT, end - begin):
        raise AllCut(info, float(begin), float(end))
    return part


def _touching(edits: tuple[Edit, ...], start: float, end: float) -> tuple[Edit, ...]:
    return tuple(each for each in edits if each.start <= end and each.end >= start)


def _placed(info: MediaInfo, wanted: tuple[Cut, ...]) -> Cuts:
    """Return cuts as the copy has them: from one picture to another (see `borders.place_cuts`)."""
    end = exact(info.duration)
    cuts = [(exact(each.start), min(exact(each.end), end)) for each in wanted if exact(each.start) < end]
    videos = [each.index for each in info.of_kind("video")]
    return placed(cuts, [[_near(info, index, cut) for index in videos] for cut in cuts], end)


def _near(info: MediaInfo, index: int, cut: tuple[Fraction, Fraction]) -> list[Shown]:
    """Return when the pictures at both borders of a cut are on the screen, and maybe some between."""
    start, stop = cut
    if stop - start <= _SHORT:
        return list(_on_screen(info, index, start, stop))
    return [span for moment in cut for span in list(_on_screen(info, index, moment, moment))[:1]]


def _on_screen(info: MediaInfo, index: int, start: Fraction, end: Fraction) -> Iterator[Shown]:
    """Yield from when to when pictures are on the screen, of those that are at any moment of a span."""
    held: Fraction | None = None
    for _, begin in shown_from(info, index, start):
        if held is not None and begin > start:
            yield held, begin
        if begin > end:
            return
        held = begin
    if held is not None:
        yield held, None


def shown_from(info: MediaInfo, index: int, moment: Fraction) -> Iterator[tuple[Any, Fraction]]:
    """Yield frames, each with the moment when it appears, put on the film's time line in its own ticks.

    Those that are never seen are left out.
    """
    last: int | None = None
    following = 0
    for frame in frames_from(info, index, moment):
        base = frame.time_base
        frame.pts = following if frame.pts is None else frame.pts - round(info.origin / base)
        if last is None or frame.pts > last:
            last = frame.pts
            following = last + max(frame.duration or 0, 1)
            yield frame, last * base
