"""The sound of a clip: as it is, or as the copy would have it, in stereo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from av.audio.resampler import AudioResampler

from modeltasks.support.cancel import CancelToken
from video_censor_personal.clips.part import Part
from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.containers.copy import DEFAULT_LAYOUTS
from video_censor_personal.edits.values import Edits, SoundEdit
from video_censor_personal.media.continuous import Block, Continuous, PcmFormat, frame_of, silence
from video_censor_personal.media.info import MediaInfo, StreamInfo
from video_censor_personal.media.moments import frames_from
from video_censor_personal.render.mux import own_sound_of
from video_censor_personal.sound.gate import Gate, spans_of
from video_censor_personal.sound.levels import as_floats
from video_censor_personal.sound.own_sound import OwnSound
from video_censor_personal.sound.splice import Splicer

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 48000
_BESIDE = Fraction(1, 10)
"""Seconds on each side of a clip that are read, for what fades into it."""


def clip_sound(
    info: MediaInfo, stream: StreamInfo, part: Part, cancel: CancelToken
) -> Iterator[NDArray[np.float32]]:
    """Yield the sound of a clip, from its beginning on, as blocks of 2 x samples.

    Channels are mixed to two, all of them to be heard but that of the bass.

    Raises:
        MediaError: the film cannot be read.
        OwnSoundUnusable: the sound that is to be heard in place of what is hidden cannot be.
        Cancelled: a stop was asked for.
    """
    copy = part.copy
    is_edited = copy is not None and stream.index in copy.muted
    edits = part.sound if is_edited else ()
    settings = copy.audio if copy is not None else AudioRemediation()
    own = own_sound_of(Edits(sound=edits), settings)
    mixer: _Stereo | None = None
    for block, kind in _edited(info, stream, part, _Hiding(edits, settings, own), cancel):
        first, last = (round(side * kind.rate) for side in (part.begin, part.begin + part.length))
        if mixer is None:
            mixer = _Stereo(kind)
            yield from mixer.silent(block.position - first)
        yield from mixer.mixed(block.data[:, max(first - block.position, 0) : max(last - block.position, 0)])
    if mixer is not None:
        yield from mixer.flush()


class _Hiding:
    """What is hidden in a sound, and how."""

    def __init__(self, edits: Sequence[SoundEdit], settings: AudioRemediation, own: OwnSound | None) -> None:
        self._edits = edits
        self._settings = settings
        self._own = own

    def gate(self, kind: PcmFormat) -> Gate:
        """Return what hides it in a sound of this kind."""
        return Gate(self._edits, kind, self._settings, self._own)

    def needed(self, begin: Fraction, end: Fraction, rate: int) -> tuple[Fraction, Fraction]:
        """Return from when to when the sound must be known for it to be right between two moments.

        All are seconds of the copy.
        """
        reach = self._settings.ramp + float(_BESIDE)
        spans = [
            span
            for span in spans_of(self._edits, rate, self._settings, has_centre=True)
            if span.first / rate <= float(end) + reach and span.last / rate >= float(begin) - reach
        ]
        first = min([begin - _BESIDE, *(Fraction(span.begin, rate) for span in spans)])
        return max(first, Fraction(0)), max([end + _BESIDE, *(Fraction(span.ready, rate) for span in spans)])


def _edited(
    info: MediaInfo, stream: StreamInfo, part: Part, hiding: _Hiding, cancel: CancelToken
) -> Iterator[tuple[Block, PcmFormat]]:
    """Yield the sound of a part and a little more, cut and hidden as it is in a copy, at the copy's times."""
    first, last = hiding.needed(part.begin, part.begin + part.length, stream.rate or RATE)
    begin = min(part.cuts.film_moment(first), part.start)
    end = max(part.cuts.film_moment(last), part.end)
    line = Continuous(info.path, info.origin)
    gate: Gate | None = None
    splicer: Splicer | None = None
    for frame in frames_from(info, stream.index, begin):
        cancel.check()
        for block in line.push(frame):
            assert line.format is not None
            if gate is None or splicer is None:
                gate, splicer = hiding.gate(line.format), Splicer(part.cuts, line.format.rate)
            if block.position > end * line.format.rate:
                break
            for cut in splicer.push(block):
                for done in gate.push(cut):
                    yield done, line.format
        else:
            continue
        break
    if gate is not None and splicer is not None and line.format is not None:
        for cut in splicer.flush():
            for done in gate.push(cut):
                yield done, line.format
        for done in gate.flush():
            yield done, line.format


class _Stereo:
    """Mixes sound of one kind to two channels at `RATE`."""

    def __init__(self, kind: PcmFormat) -> None:
        self._kind = replace(kind, name="fltp", layout=DEFAULT_LAYOUTS.get(kind.layout, kind.layout))
        self._count = 0
        try:
            self._resampler = AudioResampler("fltp", "stereo", RATE)
            frame_of(silence(self._kind, 1), self._kind)
        except ValueError:  # nobody knows what these channels are
            self._kind = replace(self._kind, layout="mono", channels=1)

    def silent(self, count: int) -> Iterator[NDArray[np.float32]]:
        """Yield what so many samples of silence give."""
        while count > 0:
            size = min(count, self._kind.rate)
            yield from self.mixed(np.zeros((self._kind.channels, size), np.float32))
            count -= size

    def mixed(self, data: NDArray[Any]) -> Iterator[NDArray[np.float32]]:
        """Yield what more samples (channels x count) give."""
        if not data.shape[1]:
            return
        sound = as_floats(data).astype(np.float32)
        if len(sound) != self._kind.channels:
            sound = sound.mean(axis=0, keepdims=True)
        frame = frame_of(sound, self._kind)
        frame.pts, frame.time_base = self._count, Fraction(1, self._kind.rate)
        self._count += data.shape[1]
        yield from map(_limited, self._resampler.resample(frame))

    def flush(self) -> Iterator[NDArray[np.float32]]:
        """Yield what is left."""
        yield from map(_limited, self._resampler.resample(None))


def _limited(frame: Any) -> NDArray[np.float32]:
    return np.clip(np.asarray(frame.to_ndarray(), np.float32), -1.0, 1.0)
