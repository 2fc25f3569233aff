"""Measures the sound of a clean copy: hidden where it was to be, and elsewhere as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.containers.track import Track
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.findings.coverage import Span
from video_censor_personal.sound.encoding import is_lossless
from video_censor_personal.sound.gate import ramp_samples, spans_of, turned
from video_censor_personal.sound.levels import (
    LONGEST,
    channel_names,
    from_power,
    stretch_around,
    tone_amplitudes,
)
from video_censor_personal.sound.measuring import (
    BORDER,
    EDGE,
    Measured,
    at_rate,
    measured,
    pieces_of,
    share_of,
    whole_of,
    without,
    without_tone,
)
from video_censor_personal.sound.own_sound import OwnSound
from video_censor_personal.sound.unchanged import change_problems, shift_problems
from video_censor_personal.sound.voice import CENTRE, is_in_centre_alone

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SILENCE = -90.0
"""dBFS. Up to this, everything is silent."""
_CODEC_SILENCE = -70.0
"""dBFS. Lossy codecs leave up to this of digital silence beside a loud sound; it is not heard…"""
_BELOW = 40.0
"""… as long as it is so many decibels below what the film has there."""
_EDGE_SILENCE = -30.0
"""dBFS. No edge may be louder."""
_EDGE_DOUBT = -50.0
"""dBFS. Up to this an edge is quiet. A louder one is compared with the film and with what is beside it."""
_EDGE_BELOW = 6.0
"""Decibels by which it must be quieter than the same edge of the film…"""
_SPREAD = 25.0
"""… or than the copy's sound beside the span, whichever allows more."""
_RESIDUE = 13.0
"""Decibels below a tone that a codec may make of it besides, most where it begins and in the bass…"""
_MOST_RESIDUE = -30.0
"""… and dBFS that this may be."""
_TONE_QUIET, _TONE_LOUD = 0.5, 1.5
"""Of the amplitude that a tone should have; a codec's low-pass may take it from some channels."""
_TONE_SURE = 0.25
"""Share of the sampling rate up to which every codec keeps a tone."""
_LEFT = 0.1
"""Share of the film's sound that may seem to be left in what took its place…"""
_LEFT_HEARD = -55.0
"""… or dBFS; codecs make noise that may resemble it…"""
_ALIKE = 0.5
"""… but not so much."""
_LOUDER, _QUIETER = 3.0, 10.0
"""Decibels by which what was lowered may be louder or quieter than it was to be…"""
_LOWERED_HEARD = -60.0
_LOWERED_SURE = -45.0
"""… where it is loud enough, in dBFS, to be told from what a codec makes of it."""
_OWN_HEARD = -40.0
_OWN_LEAST = 0.3
"""Share of the own sound that must be there, where it is heard."""
_SAME = 3.0
"""Decibels by which a channel that was to be left may differ."""
_DOUBT = 2.0
"""Decibels by which the film, decoded once more, may seem otherwise."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """What was to be hidden in a sound, by time and not overlapping, and how."""

    edits: Sequence[SoundEdit]
    settings: AudioRemediation
    own: OwnSound | None = None


def sound_problems(before: Track, after: Track, heard: Span, hidden: Hidden) -> Iterator[str]:
    """Say what is wrong with a sound that was re-encoded: heard where it was to be hidden, or changed.

    Args:
        before: the film's sound, without what is cut out.
        after: the copy's.
        heard: from when to when the film has sound there.
        hidden: what was to be hidden, and how, at the copy's times.
    """
    judge, end = _Judge.of(before, after, heard, hidden), heard.end
    for edit in hidden.edits:
        if edit.start < end and edit.end > heard.start and (problem := judge.problem(edit)):
            yield f"stream {after.index} {problem[0]} from {edit.start:.3f} to {edit.end:.3f} s{problem[1]}"
    ramp, joins = hidden.settings.ramp, map(float, before.cuts.joins)
    edits = (*hidden.edits, *(SoundEdit(join, join, "silence") for join in joins))
    touched = [
        replace(e, start=max(e.start - ramp, 0.0), end=e.end + ramp)
        for e in sorted(edits, key=lambda e: e.start)
    ]
    yield from shift_problems(before, after, end, touched)
    if judge.is_exact and judge.was_exact:
        yield from change_problems(before, after, end, touched)


_Problem = tuple[str, str] | None
"""What is wrong, and what is said behind the times."""


@dataclass(frozen=True, slots=True)
class _Judge:
    """Tells what is left of a sound from what its codec makes of silence, or of what took its place.

    `heard` is from when to when the film has sound: what is hidden before and behind it is in no copy.
    `names` are those of the channels.
    """

    film: Track
    copy: Track
    heard: Span
    hidden: Hidden
    names: tuple[str, ...]
    was_exact: bool
    is_exact: bool

    @classmethod
    def of(cls, film: Track, copy: Track, heard: Span, hidden: Hidden) -> _Judge:
        """Return what judges two tracks."""
        info = film.film.info.streams[film.index]
        names = channel_names(info.layout, info.channels)
        return cls(film, copy, heard, hidden, names, _is_exact(film), _is_exact(copy))

    def problem(self, edit: SoundEdit) -> _Problem:
        """Return what is wrong with an edit; None when it hides what it should.

        Where it may be kept to the centre, it may be in all channels as well.
        """
        every = range(len(self.names))
        found = self._left(edit, every)
        if found is None or self.hidden.settings.scope != "centre" or CENTRE not in self.names:
            return found
        centre = [index for index in every if self.names[index] == CENTRE]
        others = [index for index in every if index not in centre]
        if edit.end - edit.start > LONGEST or not self._is_said_in_centre(edit):
            return found
        return self._left(edit, centre) or self._otherwise(edit, others)

    def _left(self, edit: SoundEdit, channels: Sequence[int]) -> _Problem:
        """Return what is wrong with some channels in which an edit hides something."""
        match edit.mode:
            case "silence":
                part = self._part(edit)
                return self._heard(measured(self.copy, (part.start, part.end), None, channels), part)
            case "bleep":
                return self._with_tone(edit, channels)
            case "duck":
                return self._lowered(edit, channels)
            case "sound":
                return self._replaced(edit, channels)
            case "reverse":
                return self._reversed(edit, channels)

    def _heard(self, found: Measured, edit: SoundEdit, least: float = _SILENCE) -> _Problem:
        limits = (
            (found.inner, max(self._inner_limit(found.inner, edit), least)),
            (found.head, max(self._edge_limit(found.head, edit.start, found.edge, -1), least)),
            (found.tail, max(self._edge_limit(found.tail, edit.end - found.edge, found.edge, 1), least)),
        )
        return next(
            ((f"has {level:.0f} dBFS", _more_than(most)) for level, most in limits if level > most), None
        )

    def _inner_limit(self, level: float, edit: SoundEdit) -> float:
        if level <= _SILENCE or level > _CODEC_SILENCE or self.is_exact:
            return _SILENCE
        there = measured(self.film, (edit.start - EDGE, edit.end + EDGE)).loudest
        return max(_SILENCE, min(_CODEC_SILENCE, there - _BELOW))

    def _edge_limit(self, level: float, start: float, length: float, side: int) -> float:
        """Return how loud an edge may be: a codec spreads what is beside it, but keeps nothing of it."""
        if level <= _EDGE_DOUBT or level > _EDGE_SILENCE:
            return _EDGE_SILENCE
        was = measured(self.film, (start, start + length)).head
        beside = start - EDGE if side < 0 else start + length
        spread_there = measured(self.copy, (beside, beside + EDGE)).loudest - _SPREAD
        return min(_EDGE_SILENCE, max(_EDGE_DOUBT, was - _EDGE_BELOW, spread_there))

    def _with_tone(self, edit: SoundEdit, channels: Sequence[int]) -> _Problem:
        hertz = self.hidden.settings.bleep_frequency
        part = self._part(edit)
        found = measured(self.copy, (part.start, part.end), hertz, channels)
        around, rate = whole_of(self.film, self._around(edit))
        names = [self.names[index] for index in channels]
        wanted = float(tone_amplitudes(_some(around, channels), rate, names).max())
        if hertz <= _TONE_SURE * found.rate:
            if found.tone < wanted * _TONE_QUIET:
                return "has no tone", ""
            if found.loudest_tone > wanted * _TONE_LOUD:
                return "has a tone louder than what is said", ""
        least = min(_MOST_RESIDUE, from_power(wanted**2 / 2) - _RESIDUE)
        if problem := self._heard(found, part, least):
            return problem
        return self._original(
            edit, channels, lambda begin, now, rate: without_tone(now, begin, rate, hertz)[0]
        )

    def _original(self, edit: SoundEdit, channels: Sequence[int], rest_of: Any) -> _Problem:
        """Return what is wrong where the film's sound is left, besides what took its place."""
        span = _inner(self._part(edit))
        for (_, was, _), (begin, now, rate) in zip(
            pieces_of(self.film, span), pieces_of(self.copy, span), strict=False
        ):
            then = at_rate(_some(was, channels), now.shape[1])
            rest = rest_of(begin + round((span[0] - edit.start) * rate), _some(now, channels), rate)
            share = share_of(then, rest, rate)
            levels = _levels(then) + 20 * np.log10(share.gain + 1e-9)
            if np.any((share.gain > _LEFT) & (share.alike > _ALIKE) & (levels > _LEFT_HEARD)):
                return "has what was to be hidden", ""
        return None

    def _lowered(self, edit: SoundEdit, channels: Sequence[int]) -> _Problem:
        span, wanted = _inner(self._part(edit)), self.hidden.settings.duck_level
        for (_, was, _), (_, now, rate) in zip(
            pieces_of(self.film, span), pieces_of(self.copy, span), strict=False
        ):
            then, there = at_rate(_some(was, channels), now.shape[1]), _some(now, channels)
            share = share_of(then, there, rate)
            gain = np.minimum(20 * np.log10(share.gain + 1e-9), 0)
            before, after = _levels(then), _levels(there)
            too_loud = (gain > wanted + _LOUDER) & (share.alike > _ALIKE) & (before + gain > _LOWERED_HEARD)
            too_loud |= after > np.maximum(before + wanted + _QUIETER, _LOWERED_HEARD + _QUIETER)
            if too_loud.any():
                return "is not lowered enough", f": less than {-wanted:.0f} dB"
            sure = _LOWERED_HEARD if self.is_exact else _LOWERED_SURE
            if np.any((after < before + wanted - _QUIETER) & (before + wanted > sure)):
                return "is lowered too much", f": more than {-wanted:.0f} dB"
        return None

    def _replaced(self, edit: SoundEdit, channels: Sequence[int]) -> _Problem:
        if self.hidden.own is None:
            return "has no sound of its own", ""
        rate = self._rate()
        if len(channels) == len(self.names):
            info = self.film.film.info.streams[self.film.index]
            own = self.hidden.own.as_heard(info.layout, info.channels, rate)
        else:
            own = self.hidden.own.as_heard("mono", 1, rate)
        ramp = ramp_samples(self.hidden.settings.ramp, rate)

        def own_at(begin: int, count: int) -> NDArray[np.float64]:
            return own[:, (np.arange(begin, begin + count) + ramp) % own.shape[1]].astype(np.float64)

        span = _inner(self._part(edit))
        for begin, now, _ in pieces_of(self.copy, span):
            expected = own_at(begin + round((span[0] - edit.start) * rate), now.shape[1])
            levels = _levels(expected)
            loudest = int(np.argmax(levels))
            share = share_of(expected, _some(now, channels), rate)
            if levels[loudest] > _OWN_HEARD and (
                share.gain[loudest] < _OWN_LEAST or share.alike[loudest] < _ALIKE
            ):
                return "has not the sound that was to be heard", ""
        return self._original(
            edit, channels, lambda begin, now, rate: without(own_at(begin, now.shape[1]), now, rate)
        )

    def _reversed(self, edit: SoundEdit, channels: Sequence[int]) -> _Problem:
        rate = self._rate()
        begin_of_all, end_of_all = round(self.heard.start * rate), round(self.heard.end * rate)
        for part in spans_of([edit], rate, self.hidden.settings):
            first, last = max(part.first, begin_of_all), min(part.last, end_of_all)
            if first >= last:
                continue
            span = first / rate, last / rate
            was, _ = whole_of(self.film, span)
            forwards = at_rate(_some(was, channels), last - first)
            backwards = turned(forwards, ramp_samples(self.hidden.settings.ramp, rate))
            for begin, now, _ in pieces_of(self.copy, span):
                then, wanted = (each[:, begin : begin + now.shape[1]] for each in (forwards, backwards))
                if then.shape[1] != now.shape[1]:
                    continue
                there = _some(now, channels)
                as_it_was, as_wanted = share_of(then, there, rate), share_of(wanted, there, rate)
                is_left = (
                    (as_it_was.gain > _LEFT) & (as_it_was.alike > _ALIKE) & (_levels(then) > _LEFT_HEARD)
                )
                if np.any(is_left & (as_wanted.alike < as_it_was.alike)):
                    return "has what was to be hidden", ""
                # Where the film's sound begins and ends is not known to the sample.
                is_whole = begin_of_all <= part.first and part.last < end_of_all
                is_heard = (_levels(wanted) > _OWN_HEARD) & is_whole
                if np.any(is_heard & (as_wanted.alike < _ALIKE)):
                    return "is not reversed", ""
        return None

    def _is_said_in_centre(self, edit: SoundEdit) -> bool:
        around = self._around(edit)
        sound, rate = whole_of(self.film, around)
        inside = slice(round((edit.start - around[0]) * rate), round((edit.end - around[0]) * rate))
        return is_in_centre_alone(sound, rate, self.names, inside, _DOUBT)

    def _otherwise(self, edit: SoundEdit, channels: Sequence[int]) -> _Problem:
        """Return what is wrong with channels that were to be left as they are."""
        span = _inner(self._part(edit))
        for (_, was, _), (_, now, _) in zip(
            pieces_of(self.film, span), pieces_of(self.copy, span), strict=False
        ):
            then, there = _levels(_some(was, channels)), _levels(_some(now, channels))
            if np.any((np.abs(then - there) > _SAME) & (np.maximum(then, there) > _EDGE_DOUBT)):
                return "has other sound in channels that were to be left", ""
        return None

    def _part(self, edit: SoundEdit) -> SoundEdit:
        """Return what of an edit is where the film has sound."""
        return replace(edit, start=max(edit.start, self.heard.start), end=min(edit.end, self.heard.end))

    def _around(self, edit: SoundEdit) -> tuple[float, float]:
        """Return from when to when the film tells what is said around an edit."""
        begin, end = stretch_around(edit.start, edit.end)
        return max(begin, self.heard.start), min(end, self.heard.end)

    def _rate(self) -> int:
        return int(self.copy.film.stream(self.copy.index).codec_context.sample_rate)


def _is_exact(track: Track) -> bool:
    stream = track.film.stream(track.index)
    return is_lossless(track.film.info.streams[track.index].codec, stream.codec_context.profile)


def _inner(edit: SoundEdit) -> tuple[float, float]:
    border = min(BORDER, (edit.end - edit.start) / 4)
    return edit.start + border, edit.end - border


def _some(sound: NDArray[np.float64], channels: Sequence[int]) -> NDArray[np.float64]:
    return sound if len(channels) == len(sound) else sound[list(channels)]


def _levels(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(10 * np.log10(np.mean(sound**2, axis=1) + 1e-12))


def _more_than(most: float) -> str:
    return f": more than {most:.0f}"
