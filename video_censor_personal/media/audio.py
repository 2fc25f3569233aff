"""The sound of a video as PCM on its time line, and which track to take."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from video_censor_personal.media.container import origin_of
from video_censor_personal.media.continuous import Continuous, PcmFormat, frame_of
from video_censor_personal.media.decode import decoded
from video_censor_personal.media.probe import MediaInfo, describe, open_media

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16000
BLOCK = 10 * RATE


def choose_track(info: MediaInfo) -> int | None:
    """Return the index of the stream a player would sound (default, else first); None without sound."""
    tracks = info.of_kind("audio")
    chosen = next((track for track in tracks if track.is_default), tracks[0] if tracks else None)
    return chosen.index if chosen else None


def read_pcm(
    path: Path, rate: int = RATE, block: int = BLOCK, track: int | None = None
) -> Iterator[NDArray[np.float32]]:
    """Yield one track's sound as mono float32 blocks; sample n of the whole is heard at n / `rate` seconds.

    A track that starts late is led by silence, gaps are silence, overlaps are trimmed, so times found in
    the samples hold in a player. Every block has `block` samples, but the last. Without sound: nothing.

    Args:
        path: the video.
        rate: samples a second.
        block: samples a block.
        track: index of the stream; by default as `choose_track` says.

    Raises:
        MediaError: the file cannot be read, or too much of it cannot be decoded.
    """
    import numpy as np

    held: list[NDArray[np.float32]] = []
    count = 0
    for piece in _mono(path, rate, track):
        held.append(piece)
        count += piece.size
        if count >= block:
            joined = np.concatenate(held)
            whole = count - count % block
            yield from joined[:whole].reshape(-1, block)
            held, count = [joined[whole:]], count - whole
    if count:
        yield np.concatenate(held)


def _mono(path: Path, rate: int, track: int | None) -> Iterator[NDArray[np.float32]]:
    with open_media(path) as container:
        index = choose_track(describe(path, container)) if track is None else track
        if index is None:
            return
        line = Continuous(path, origin_of(container))
        mono: _Mono | None = None
        for frame in decoded(path, container, container.streams[index]):
            for block in line.push(frame):
                assert line.format is not None
                if mono is None:
                    mono = _Mono(line.format, rate)
                    yield _lead(block.position, line.format.rate, rate)
                yield from mono.push(block.data[:, max(-block.position, 0) :])
        if mono is not None:
            yield from mono.flush()


def _lead(position: int, source_rate: int, rate: int) -> NDArray[np.float32]:
    """Return the silence before a track that starts late."""
    import numpy as np

    return np.zeros(max(round(position * rate / source_rate), 0), dtype=np.float32)


class _Mono:
    """Mixes blocks of one format down to mono float32 at another rate."""

    def __init__(self, source: PcmFormat, rate: int) -> None:
        from av.audio.resampler import AudioResampler

        self._source = source
        self._resampler = AudioResampler(format="flt", layout="mono", rate=rate)
        self._pushed = 0

    def push(self, data: NDArray[Any]) -> Iterator[NDArray[np.float32]]:
        if data.shape[1]:
            frame = frame_of(data, self._source)
            frame.pts, frame.time_base = self._pushed, Fraction(1, self._source.rate)
            self._pushed += data.shape[1]
            yield from (item.to_ndarray()[0] for item in self._resampler.resample(frame))

    def flush(self) -> Iterator[NDArray[np.float32]]:
        yield from (item.to_ndarray()[0] for item in self._resampler.resample(None))
