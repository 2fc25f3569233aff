"""Decoded sound as one unbroken run of samples on the time line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from av import AudioFrame
from av.audio.plane import AudioPlane
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from video_censor_personal.media.errors import Damaged

JITTER = Fraction(5, 1000)
"""Seconds by which timestamps may be off without being a gap: containers round them to a millisecond."""
_LONGEST_GAP = 3600
_DTYPES: dict[str, type[np.generic]] = {
    "u8": np.uint8,
    "s16": np.int16,
    "s32": np.int32,
    "s64": np.int64,
    "flt": np.float32,
    "dbl": np.float64,
}


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """How samples are stored: the library's names of sample format and layout, and the rate in hertz."""

    name: str
    layout: str
    rate: int
    channels: int

    @property
    def is_planar(self) -> bool:
        """Whether each channel has a plane of its own, rather than all being interleaved."""
        return self.name.endswith("p")


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Samples (channels x count, in the stream's own type); the first is number `position` from time 0."""

    position: int
    data: NDArray[Any]


class Continuous:
    """Puts decoded frames end to end: gaps between timestamps become silence, overlaps are trimmed.

    Args:
        path: the file, for messages.
        origin: container time, in seconds, of the time line's 0.
    """

    def __init__(self, path: Path, origin: Fraction) -> None:
        self.format: PcmFormat | None = None
        self._path = path
        self._origin = origin
        self._next: int | None = None
        self._converters: dict[PcmFormat, AudioResampler] = {}

    def push(self, frame: AudioFrame) -> Iterator[Block]:
        """Yield the samples of `frame`, after the silence that leads to them.

        Raises:
            Damaged: the timestamps jump by more than an hour.
        """
        found = format_of(frame)
        if self.format is None:
            self.format = found
        for item in [frame] if found == self.format else self._converted(frame, found):
            yield from self._placed(item, self.format)

    def _converted(self, frame: AudioFrame, found: PcmFormat) -> list[AudioFrame]:
        """Bring a frame whose layout or rate changed within the stream to those of the first."""
        assert self.format is not None
        if found not in self._converters:
            self._converters[found] = AudioResampler(self.format.name, self.format.layout, self.format.rate)
        return self._converters[found].resample(frame)

    def _placed(self, frame: AudioFrame, kind: PcmFormat) -> Iterator[Block]:
        data = samples_of(frame, kind)
        position = self._position(frame, kind)
        if self._next is None:
            self._next = position or 0
        gap = 0 if position is None else position - self._next
        if gap > _LONGEST_GAP * kind.rate:
            raise Damaged(self._path, "the timestamps of its sound jump by more than an hour")
        if gap > JITTER * kind.rate:
            yield from self._silence(gap, kind)
        elif gap < -JITTER * kind.rate:
            data = data[:, -gap:]
        if data.shape[1]:
            yield Block(self._next, data)
            self._next += data.shape[1]

    def _position(self, frame: AudioFrame, kind: PcmFormat) -> int | None:
        if frame.pts is None or frame.time_base is None:
            return None
        return round((frame.pts * frame.time_base - self._origin) * kind.rate)

    def _silence(self, count: int, kind: PcmFormat) -> Iterator[Block]:
        assert self._next is not None
        while count:
            size = min(count, kind.rate)
            yield Block(self._next, silence(kind, size))
            self._next += size
            count -= size


def format_of(frame: AudioFrame) -> PcmFormat:
    """Return how the samples of `frame` are stored."""
    return PcmFormat(frame.format.name, frame.layout.name, frame.sample_rate, frame.layout.nb_channels)


def samples_of(frame: AudioFrame, kind: PcmFormat) -> NDArray[Any]:
    """Return the samples as channels x count, whatever the storage."""
    planes = [_plane(frame, number, kind) for number in range(kind.channels if kind.is_planar else 1)]
    return np.stack(planes) if kind.is_planar else planes[0].reshape(-1, kind.channels).T


def frame_of(data: NDArray[Any], kind: PcmFormat) -> AudioFrame:
    """Return a frame stored as `kind` says, of channels x count samples."""
    frame = AudioFrame(format=kind.name, layout=kind.layout, samples=data.shape[1])
    frame.sample_rate = kind.rate
    rows = data if kind.is_planar else data.T.reshape(1, -1)
    for number, row in enumerate(rows):
        _plane(frame, number, kind)[:] = row
    return frame


def _plane(frame: AudioFrame, number: int, kind: PcmFormat) -> NDArray[Any]:
    """Return a view of one plane's samples.

    The library's own lists of planes (`planes`, `to_ndarray`, `from_ndarray`) read past the eighth.
    """
    make: Any = AudioPlane
    samples = np.frombuffer(make(frame, number), dtype=_DTYPES[kind.name.removesuffix("p")])
    return samples[: frame.samples * (1 if kind.is_planar else kind.channels)]


def silence(kind: PcmFormat, count: int) -> NDArray[Any]:
    """Return `count` silent samples of each channel."""
    name = kind.name.removesuffix("p")
    return np.full((kind.channels, count), 128 if name == "u8" else 0, dtype=_DTYPES[name])
