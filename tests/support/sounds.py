"""Sounds that are like speech, music and noise, and files of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from video_censor_personal.media.continuous import PcmFormat, frame_of

RATE = 48000
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def speech(seconds: float, seed: int = 1, rate: int = RATE) -> NDArray[np.float64]:
    """Return what comes and goes as syllables do: harmonics of a voice that glides, below full scale."""
    random = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    knots = np.arange(0, seconds + 1, 0.12)
    pitch = 120 + 30 * np.interp(times, knots, random.uniform(-1, 1, knots.size))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(number * phase + number) / (1 + abs(number - 5)) for number in range(1, 25))
    strength = np.interp(times, knots, random.choice([0.02, 0.3, 0.6, 1.0], knots.size))
    found: NDArray[np.float64] = voice * strength
    return np.asarray(found / np.abs(found).max())


def music(seconds: float, seed: int = 1, rate: int = RATE) -> NDArray[np.float64]:
    """Return a chord that goes on and on, below full scale."""
    times = np.arange(round(seconds * rate)) / rate
    random = np.random.default_rng(seed)
    notes = [
        np.sin(2 * np.pi * hertz * (1 + 0.003 * seed) * times + random.uniform(0, 6))
        for hertz in (220, 277, 330, 440, 660, 1320, 2640)
    ]
    found: NDArray[np.float64] = np.sum(notes, axis=0) + random.standard_normal(times.size)
    return np.asarray(found / np.abs(found).max())


def write_sound(path: Path, channels: NDArray[Any], codec: str = "pcm_s16le", rate: int = RATE) -> Path:
    """Write samples (channels x count, below full scale) to a file whose suffix says its kind."""
    layout = _LAYOUTS[len(channels)]
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream(codec, rate=rate, layout=layout)
        frame = frame_of(channels.astype(np.float32), PcmFormat("fltp", layout, rate, len(channels)))
        frame.pts = 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
