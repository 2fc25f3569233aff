"""The sound of a film as PCM on its time line, and its windows, cut where it is quiet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from av import AudioFrame, AudioLayout
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from video_censor_personal.media.continuous import Continuous, PcmFormat, frame_of
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.reader import open_film

if TYPE_CHECKING:
    from video_censor_personal.media.meter import Meter

RATE = 16000
BLOCK = 10 * RATE
_SEARCHED = 8
"""The cut is made in the last of so many parts of a window."""
_PAUSE_SECONDS = 0.4
_HOP_SECONDS = 0.01


def choose_track(info: MediaInfo) -> int | None:
    """Return the index of the stream a player would sound (default, else first); None without sound."""
    tracks = info.of_kind("audio")
    chosen = next((track for track in tracks if track.is_default), tracks[0] if tracks else None)
    return chosen.index if chosen else None


def read_channels(
    info: MediaInfo,
    rate: int = RATE,
    block: int = BLOCK,
    track: int | None = None,
    meter: Meter | None = None,
) -> Iterator[NDArray[np.float32]]:
    """Yield one track's sound as float32 blocks of rows; sample n is heard at n / `rate` seconds.

    The first row is the mono mix of all channels. Where the track has a left and a right channel they are
    the next two, and the centre, if there is one, the fourth.

    A track that starts late is led by silence, gaps are silence, overlaps are trimmed, so times found in
    the samples hold in a player. Every block has `block` samples, but the last. Without sound: nothing.

    Args:
        info: of the film.
        rate: samples a second.
        block: samples a block.
        track: index of the stream; by default as `choose_track` says.
        meter: measures what is decoded.

    Raises:
        MediaError: the file cannot be read, or nothing of the track can be decoded.
    """
    held: list[NDArray[np.float32]] = []
    count = 0
    for piece in _rows(info, rate, track, meter):
        held.append(piece)
        count += piece.shape[1]
        if count >= block:
            joined = np.concatenate(held, axis=1)
            whole = count - count % block
            for first in range(0, whole, block):
                yield joined[:, first : first + block]
            held, count = [joined[:, whole:]], count - whole
    if count:
        yield np.concatenate(held, axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A stretch of sound: float32 samples, the first of which is sample `first` of the whole.

    They are of one sound, or rows of several at the same time.
    """

    first: int
    pcm: NDArray[np.float32]

    @property
    def end(self) -> int:
        """The number of the sample behind it."""
        return self.first + int(self.pcm.shape[-1])


def windows(
    blocks: Iterable[NDArray[np.float32]], rate: int, seconds: float, first: int = 0
) -> Iterator[Window]:
    """Yield the sound in windows; memory stays at one of them, however long the film is.

    The cuts fall between words, because each is made in the quietest moment near a window's end. Where
    they fall depends on the sound (of rows, on the first) from `first` on alone: whoever resumes at a
    cut gets the same windows.

    Args:
        blocks: float32 samples, or rows of them, from the beginning.
        rate: samples a second.
        seconds: how long a window is at most; a tenth of a second is the least.
        first: sample to begin with.
    """
    size = int(seconds * rate)
    start = first
    waiting: list[NDArray[np.float32]] = []
    held = 0
    for block in _from(first, blocks):
        waiting.append(block)
        held += block.shape[-1]
        while held >= size:
            pcm = np.concatenate(waiting, axis=-1)
            cut = _quietest(pcm[..., :size], rate)
            waiting = [pcm[..., cut:].copy()]
            held -= cut
            window = Window(start, pcm[..., :cut])
            start += cut
            del pcm  # the caller alone decides how long a window is kept
            yield window
            del window
    if held:
        yield Window(start, np.concatenate(waiting, axis=-1))


class ForwardSound:
    """A track's sound, mono, of which pieces are asked for in time order; little of it is held.

    Raises:
        MediaError: the film cannot be read, or nothing of the track can be decoded.
    """

    def __init__(self, info: MediaInfo, track: int | None = None) -> None:
        self._blocks = read_channels(info, RATE, track=track)
        self._held = np.zeros(0, dtype=np.float32)
        self._first = 0

    def between(self, start: float, end: float) -> tuple[NDArray[np.float32], float]:
        """Return what there is of the sound from `start` to `end`, and the second where that begins.

        What lies before the `start` of the last call is gone.
        """
        first, stop = max(round(start * RATE), self._first), round(end * RATE)
        while self._first + len(self._held) < stop and (block := next(self._blocks, None)) is not None:
            kept = self._held[max(first - self._first, 0) :]
            self._first += len(self._held) - len(kept)
            self._held = np.concatenate([kept, block[0]])
        self._held = self._held[max(first - self._first, 0) :]
        self._first = max(first, self._first)
        return self._held[: max(stop - self._first, 0)], self._first / RATE


def _rows(
    info: MediaInfo, rate: int, track: int | None, meter: Meter | None
) -> Iterator[NDArray[np.float32]]:
    index = choose_track(info) if track is None else track
    if index is None:
        return
    with open_film(info) as film:
        line = Continuous(info.path, info.origin)
        rows: _Rows | None = None
        for frame in film.frames(index, meter):
            for block in line.push(frame):
                assert line.format is not None
                if rows is None:
                    rows = _Rows(line.format, rate)
                    yield rows.silence(max(round(block.position * rate / line.format.rate), 0))
                yield from rows.push(block.data[:, max(-block.position, 0) :])
        if rows is not None:
            yield from rows.flush()


class _Rows:
    """Turns blocks of one format to rows of float32 at another rate: the mono mix, and channels apart."""

    def __init__(self, source: PcmFormat, rate: int) -> None:
        self._source = source
        self._mix = AudioResampler(format="flt", layout="mono", rate=rate)
        self._places = _places(source)
        self._apart: tuple[PcmFormat, AudioResampler] | None = None
        if self._places:
            layout = "3.0" if len(self._places) > 2 else "stereo"
            kind = replace(source, layout=layout, channels=len(self._places))
            self._apart = kind, AudioResampler(format="fltp", layout=layout, rate=rate)
        self._pushed = 0

    def silence(self, count: int) -> NDArray[np.float32]:
        """Return so many samples of silence."""
        return np.zeros((1 + len(self._places), count), dtype=np.float32)

    def push(self, data: NDArray[Any]) -> Iterator[NDArray[np.float32]]:
        """Yield what more samples (channels x count) make ready."""
        if data.shape[1]:
            mix = self._mix.resample(self._frame(data, self._source))
            apart = []
            if self._apart is not None:
                kind, resampler = self._apart
                apart = resampler.resample(self._frame(data[list(self._places)], kind))
            self._pushed += data.shape[1]
            yield from self._joined(mix, apart)

    def flush(self) -> Iterator[NDArray[np.float32]]:
        """Yield what is left."""
        yield from self._joined(
            self._mix.resample(None), self._apart[1].resample(None) if self._apart else []
        )

    def _frame(self, data: NDArray[Any], kind: PcmFormat) -> AudioFrame:
        frame = frame_of(data, kind)
        frame.pts, frame.time_base = self._pushed, Fraction(1, kind.rate)
        return frame

    def _joined(self, mix: list[AudioFrame], apart: list[AudioFrame]) -> Iterator[NDArray[np.float32]]:
        """Join what both resamplers gave: at the same rates they go at the same pace, to the sample."""
        if self._apart is None:
            yield from (np.asarray(item.to_ndarray(), dtype=np.float32) for item in mix)
        else:
            for one, other in zip(mix, apart, strict=True):
                yield np.concatenate([one.to_ndarray(), other.to_ndarray()])


def _places(source: PcmFormat) -> tuple[int, ...]:
    """Return which channels are left, right and centre, as far as there are such."""
    if source.channels <= 2:
        return (0, 1) if source.channels == 2 else ()
    try:
        names = [channel.name for channel in AudioLayout(source.layout).channels]
    except ValueError:
        return ()
    if not {"FL", "FR"} <= set(names):
        return ()
    return tuple(names.index(name) for name in ("FL", "FR", "FC") if name in names)


def _from(first: int, blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    for block in blocks:
        yield block[..., first:]
        first = max(0, first - block.shape[-1])


def _quietest(pcm: NDArray[np.float32], rate: int) -> int:
    """The sample in the middle of the quietest pause in the last part of `pcm`."""
    mix = np.atleast_2d(pcm)[0]
    hop = int(_HOP_SECONDS * rate)
    count = mix.size // _SEARCHED // hop
    first = mix.size - count * hop
    hops = mix[first:].reshape(count, hop)
    energy = np.einsum("ij,ij->i", hops, hops, dtype=np.float64)
    wide = min(round(_PAUSE_SECONDS / _HOP_SECONDS), count)
    sums = np.convolve(energy, np.ones(wide), mode="valid")
    return int(first + (int(np.argmin(sums)) + wide // 2) * hop)
