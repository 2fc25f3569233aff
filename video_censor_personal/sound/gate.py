"""Hides stretches of PCM, entered and left over a few milliseconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.config.values import AudioMode, AudioRemediation
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.media.continuous import Block, PcmFormat
from video_censor_personal.sound.levels import (
    LONGEST,
    as_floats,
    channel_names,
    stretch_around,
    tone_amplitudes,
)
from video_censor_personal.sound.own_sound import OwnSound
from video_censor_personal.sound.voice import CENTRE, is_in_centre_alone

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Span:
    """An edit, or a part of one, in samples: [first, last) is hidden.

    Of it, what is from `begin` on is needed to decide how, and that is decided once `ready` is reached.
    `edit` is the whole edit.
    """

    first: int
    last: int
    mode: AudioMode
    begin: int
    ready: int
    edit: SoundEdit


@dataclass(frozen=True, slots=True, eq=False)
class _Treatment:
    """What becomes of the channels within a span.

    `hidden` are those that are changed, `floor` is how much of each is left. Added is a tone of some
    amplitudes, or `sound`, which begins anew at its end; or `backwards`, for as long as the span is.
    """

    hidden: NDArray[np.bool_]
    floor: NDArray[np.float64]
    tone: NDArray[np.float64] | None = None
    sound: NDArray[np.float32] | None = None
    backwards: NDArray[np.float64] | None = None


def ramp_samples(seconds: float, rate: int) -> int:
    """Return how many samples a ramp takes."""
    return max(ceil(seconds * rate), 1)


def spans_of(
    edits: Sequence[SoundEdit], rate: int, settings: AudioRemediation, *, has_centre: bool = False
) -> list[Span]:
    """Return edits in samples; a long stretch that is reversed is reversed in equal parts.

    Args:
        edits: by time, not overlapping.
        rate: samples a second.
        settings: how they are hidden.
        has_centre: whether a track has a centre channel that may be hidden alone.
    """
    ramp = ramp_samples(settings.ramp, rate)
    found = []
    for edit in edits:
        first, last = floor(edit.start * rate), ceil(edit.end * rate)
        parts = ceil((last - first) / (LONGEST * rate)) if edit.mode == "reverse" else 1
        for part in range(parts):
            begin = first + (last - first) * part // parts
            end = first + (last - first) * (part + 1) // parts
            known = begin - ramp, begin - ramp
            if edit.mode == "bleep" or (has_centre and edit.end - edit.start <= LONGEST):
                around = stretch_around(edit.start, edit.end)
                known = min(floor(around[0] * rate), begin - ramp), ceil(around[1] * rate)
            if edit.mode == "reverse":
                known = min(known[0], begin), max(known[1], end)
            found.append(Span(begin, end, edit.mode, *known, edit))
    return found


def turned(sound: NDArray[np.float64], ramp: int) -> NDArray[np.float64]:
    """Return a sound in the other order, rising and falling at its borders, over a quarter of it at most."""
    count = sound.shape[1]
    slope = np.minimum(np.arange(count) + 1, count - np.arange(count)) / min(ramp, count // 4 + 1)
    return np.asarray(sound[:, ::-1] * np.minimum(slope, 1.0))


class Gate:
    """Applies edits to the blocks of one track, exact to the sample, in any sample type.

    Every sample of an edit is hidden whole; the sound falls and rises in ramps outside of it, so that
    nothing clicks. What takes its place rises and falls as the sound falls and rises, but never within
    another edit, and is no louder where ramps meet. Samples that no edit reaches are passed on as they are.

    Where it must be known what comes, blocks are held back: the `LONGEST` seconds of an edit at most, and
    the second around.

    `everywhere` are the edits that could not be kept to the centre channel, though the settings say so.

    Args:
        edits: what to hide, by time, not overlapping.
        kind: how the samples of the track are stored.
        settings: how it is hidden.
        own: what is heard where the mode is `sound`.
    """

    def __init__(
        self,
        edits: Sequence[SoundEdit],
        kind: PcmFormat,
        settings: AudioRemediation,
        own: OwnSound | None = None,
    ) -> None:
        self.everywhere: list[SoundEdit] = []
        self._kind = kind
        self._settings = settings
        self._own = own
        self._names = channel_names(kind.layout, kind.channels)
        self._is_scoped = settings.scope == "centre" and kind.channels > 1
        self._ramp = ramp_samples(settings.ramp, kind.rate)
        has_centre = self._is_scoped and CENTRE in self._names
        self._spans = deque(spans_of(edits, kind.rate, settings, has_centre=has_centre))
        begins = [span.begin for span in reversed(self._spans)]
        # From where on sound is needed, for each span and those after it.
        self._needed = deque(reversed(list(accumulate(begins, min))))
        self._decided: list[tuple[Span, _Treatment]] = []
        self._held: deque[Block] = deque()
        self._reached: int | None = None

    def push(self, block: Block) -> Iterator[Block]:
        """Yield the blocks that are finished, now that the next one is known."""
        if self._reached is None:
            self._reached = block.position
        self._held.append(block)
        end = block.position + block.data.shape[1]
        while self._spans and self._spans[0].ready <= end:
            self._decide_next()
        yield from self._finished(min(end, self._spans[0].first - self._ramp) if self._spans else end)

    def flush(self) -> Iterator[Block]:
        """Yield the blocks that are left at the end."""
        if not self._held:
            return
        end = self._held[-1].position + self._held[-1].data.shape[1]
        while self._spans and self._spans[0].first - self._ramp < end:
            self._decide_next()
        yield from self._finished(end)

    def _finished(self, limit: int) -> Iterator[Block]:
        assert self._reached is not None
        for block in tuple(self._held):
            end = block.position + block.data.shape[1]
            stop = min(limit, end)
            if stop > self._reached:
                whole = self._reached == block.position and stop == end
                data = (
                    block.data
                    if whole
                    else block.data[:, self._reached - block.position : stop - end or None]
                )
                yield Block(self._reached, self._applied(self._reached, data))
                self._reached = stop
        kept = min(self._reached, self._needed[0]) if self._needed else self._reached
        while self._held and self._held[0].position + self._held[0].data.shape[1] <= kept:
            self._held.popleft()
        while self._decided and self._decided[0][0].last + self._ramp <= self._reached:
            del self._decided[0]

    def _decide_next(self) -> None:
        span = self._spans.popleft()
        self._needed.popleft()
        if self._reached is not None and span.last + self._ramp > self._reached:
            self._decided.append((span, self._treatment(span)))

    def _treatment(self, span: Span) -> _Treatment:
        """Return what becomes of the channels: of all of them, or of the centre alone."""
        hidden = np.ones(self._kind.channels, bool)
        if self._is_scoped:
            if self._is_said_in_centre(span):
                hidden = np.array([name == CENTRE for name in self._names])
            elif span.edit not in self.everywhere[-1:]:
                self.everywhere.append(span.edit)
        left = 10 ** (self._settings.duck_level / 20) if span.mode == "duck" else 0.0
        found = _Treatment(hidden, np.where(hidden, left, 1.0))
        if span.mode == "bleep":
            around, _ = self._samples(span.begin, span.ready)
            names = [name for name, is_hidden in zip(self._names, hidden, strict=True) if is_hidden]
            tone = np.zeros(self._kind.channels)
            tone[hidden] = tone_amplitudes(around[hidden], self._kind.rate, names)
            return replace(found, tone=tone)
        if span.mode == "sound" and self._own is not None:
            layout, count, rate = self._kind.layout, self._kind.channels, self._kind.rate
            if not hidden.all():  # whichever channels it has itself
                layout, count = "mono", 1
            return replace(found, sound=self._own.as_heard(layout, count, rate))
        if span.mode == "reverse":
            there, at = self._samples(span.first, span.last)
            return replace(found, backwards=self._backwards(span, there, at))
        return found

    def _is_said_in_centre(self, span: Span) -> bool:
        if CENTRE not in self._names or span.edit.end - span.edit.start > LONGEST:
            return False
        around, begin = self._samples(span.begin, span.ready)
        inside = slice(span.first - begin, span.last - begin)
        return is_in_centre_alone(around, self._kind.rate, self._names, inside)

    def _backwards(self, span: Span, there: NDArray[np.float64], at: int) -> NDArray[np.float64]:
        """Return what there is of a span in the other order."""
        found = np.zeros((self._kind.channels, span.last - span.first))
        found[:, at - span.first : at - span.first + there.shape[1]] = turned(there, self._ramp)
        return found

    def _samples(self, first: int, last: int) -> tuple[NDArray[np.float64], int]:
        """Return what is held of [first, last) as numbers between -1 and 1, and where it begins."""
        parts, begin = [], None
        for block in self._held:
            part = block.data[:, max(first - block.position, 0) : max(last - block.position, 0)]
            if part.shape[1]:
                begin = max(first, block.position) if begin is None else begin
                parts.append(as_floats(part))
        if begin is None:
            return np.zeros((self._kind.channels, 0)), first
        return np.concatenate(parts, axis=1), begin

    def _applied(self, position: int, data: NDArray[Any]) -> NDArray[Any]:
        """Return a block with the edits that were decided; the block itself where none of them reaches it."""
        near = [
            (span, treatment)
            for span, treatment in self._decided
            if span.last + self._ramp > position and span.first - self._ramp < position + data.shape[1]
        ]
        if not near:
            return data
        where = np.arange(position, position + data.shape[1])
        gain, added = np.ones(data.shape), np.zeros(data.shape)
        shares = _shares(np.stack([self._strength(span, where) for span, _ in near]))
        for (span, treatment), share in zip(near, shares, strict=True):
            gain -= np.outer(1 - treatment.floor, share)
            added += self._put(span, treatment, where, share)
        for span, treatment in near:
            # Borders between two samples are of both edits.
            within = (where >= span.first) & (where < span.last)
            gain[:, within] = np.minimum(gain[:, within], treatment.floor[:, np.newaxis])
            if span.mode == "silence":
                added[np.ix_(treatment.hidden, within)] = 0.0
        return _mixed(data, gain, added)

    def _strength(self, span: Span, where: NDArray[Any]) -> NDArray[np.float64]:
        """Return how much a span counts at some samples: 1 within it, less in its ramps, then 0."""
        away = np.maximum(np.maximum(span.first - where, where - span.last + 1), 0)
        return np.asarray(1 - np.minimum(away, self._ramp) / self._ramp)

    def _put(
        self, span: Span, treatment: _Treatment, where: NDArray[Any], share: NDArray[np.float64]
    ) -> NDArray[np.float64] | float:
        """Return what is heard in place of what is hidden."""
        if treatment.tone is not None:
            phase = 2 * np.pi * self._settings.bleep_frequency / self._kind.rate * (where - span.first)
            return np.outer(treatment.tone, np.sin(phase) * share)
        if treatment.sound is not None:
            sound = treatment.sound[:, (where - span.first + self._ramp) % treatment.sound.shape[1]]
            return np.outer(treatment.hidden, share) * sound
        if treatment.backwards is not None:
            found = np.zeros((len(treatment.floor), where.size))
            within = (where >= span.first) & (where < span.last)
            found[:, within] = treatment.backwards[:, where[within] - span.first]
            return found * treatment.hidden[:, np.newaxis]
        return 0.0


def _shares(strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of what is heard is each span's (spans x samples), where their ramps meet.

    Together they have what the strongest has alone. Within a span nothing is any other's, and towards its
    borders the others fade.
    """
    if len(strengths) == 1:
        return strengths
    rest = 1 - strengths
    own = np.stack([each * np.prod(np.delete(rest, at, 0), 0) for at, each in enumerate(strengths)])
    together = own.sum(axis=0)
    whole = (strengths == 1) / np.maximum((strengths == 1).sum(axis=0), 1)
    mixed = own / np.where(together > 0, together, 1) * strengths.max(axis=0)
    return np.asarray(np.where(together > 0, mixed, whole))


def _mixed(data: NDArray[Any], gain: NDArray[np.float64], added: NDArray[np.float64]) -> NDArray[Any]:
    """Return data x gain + what is added, in the type of `data`; only samples that change are computed."""
    touched = (gain < 1) | (added != 0)
    result = data.copy()
    part = data[touched].astype(np.float64)
    if data.dtype.kind == "f":
        result[touched] = part * gain[touched] + added[touched]
        return result
    limits = np.iinfo(data.dtype)
    middle = 128 if data.dtype == np.uint8 else 0
    full = float(limits.max - middle)
    mixed = np.rint((part - middle) * gain[touched] + added[touched] * full + middle)
    highest = float(limits.max) if limits.bits < 64 else np.nextafter(float(limits.max), 0)
    result[touched] = np.clip(mixed, float(limits.min), highest).astype(data.dtype)
    return result
