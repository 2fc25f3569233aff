"""Films written for a measurement, and read back: sound as samples, pictures as how light they are."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Sound = NDArray[np.float32]
    Picture = NDArray[np.uint8]

RATE = 48000
HEARD_RATE = 16000
"""At which sounds are compared."""
WIDTH, HEIGHT = 320, 180
CODES = {"en": "eng", "es": "spa", "fr": "fre", "de": "ger", "it": "ita", "pt": "por"}
_X264 = {"preset": "veryfast", "crf": "24"}
_DARKEST = 16
"""Of luma."""


def grey(number: int) -> Picture:
    """Return a picture of grey stripes; the next number's has moved a little."""
    import numpy as np

    row = np.roll(np.linspace(60, 180, WIDTH), number).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (HEIGHT, WIDTH, 3)))


def write_film(
    path: Path, sound: Sound, pictures: Iterable[Picture], rate: int, title: str, language: str = "en"
) -> None:
    """Write H.264 and AAC; there are as many pictures as the sound is long.

    Args:
        rate: pictures a second.
        title: kept in the film, so that two films with the same content are different files.
    """
    import av

    with av.open(str(path), "w", format="matroska") as film:
        film.metadata["title"] = title
        video = film.add_stream("libx264", rate=rate, options={**_X264, "g": str(2 * rate)})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = film.add_stream("aac", rate=RATE, layout="mono")
        audio.bit_rate = 128_000
        audio.metadata["language"] = CODES[language]
        step = RATE // rate
        for number, picture in zip(range(len(sound) // step), pictures, strict=False):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            film.mux(video.encode(frame))
            film.mux(audio.encode(_audio_frame(sound[number * step : (number + 1) * step], number * step)))
        for stream in (video, audio):
            film.mux(stream.encode(None))


def _audio_frame(pcm: Sound, at: int) -> Any:
    import av

    frame = av.AudioFrame.from_ndarray(pcm[None, :].clip(-1, 1), "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
    return frame


def read_sound(path: Path, rate: int = HEARD_RATE) -> Sound:
    """Return the first sound track of a file as mono, each sample at its time."""
    import av
    import numpy as np

    blocks: list[tuple[int, Sound]] = []
    reached = 0
    with av.open(str(path)) as film:
        resampler = av.AudioResampler("fltp", "mono", RATE)
        for decoded in (*film.decode(audio=0), None):
            for frame in resampler.resample(decoded):
                at = round(float(frame.time or 0.0) * RATE)
                # Some containers round times to milliseconds.
                at = reached if abs(at - reached) < RATE // 500 else at
                blocks.append((at, cast("Sound", frame.to_ndarray()[0])))
                reached = at + frame.samples
    sound = np.zeros(max(at + len(block) for at, block in blocks), np.float32)
    for at, block in blocks:
        sound[max(at, 0) : max(at + len(block), 0)] = block[max(-at, 0) :]
    return resampled(sound, RATE, rate)


def resampled(sound: Sound, before: int, after: int) -> Sound:
    """Return the sound at a rate of which the one before is a multiple."""
    if before == after:
        return sound
    step = before // after
    even = sound[: len(sound) // step * step]
    return cast("Sound", even.reshape(-1, step).mean(axis=1))


def lag(source: Sound, film: Sound) -> float:
    """Return by how many seconds the film's sound comes later than it was put in; both at HEARD_RATE."""
    import numpy as np

    length = min(len(source), len(film), 60 * HEARD_RATE)
    both = np.fft.rfft(film[:length], 2 * length) * np.conj(np.fft.rfft(source[:length], 2 * length))
    place = int(np.argmax(np.fft.irfft(both)))
    return (place if place < length else place - 2 * length) / HEARD_RATE


def loudness(path: Path, step: float) -> list[float]:
    """Return the root mean square of each step (seconds) of the sound; full scale is 1."""
    import numpy as np

    sound = read_sound(path)
    size = round(step * HEARD_RATE)
    steps = sound[: len(sound) // size * size].reshape(-1, size)
    return cast("list[float]", np.sqrt((steps**2).mean(axis=1)).tolist())


def lightness(path: Path, step: float) -> list[float]:
    """Return how light each picture is, of 1, at every step (seconds)."""
    import av

    levels: list[float] = []
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            luma = float(frame.reformat(format="gray").to_ndarray().mean())
            place = round(float(frame.time or 0.0) / step)
            levels += [levels[-1] if levels else 0.0] * (place - len(levels))
            levels.append(max(luma - _DARKEST, 0.0) / 255)
    return levels
