"""Films that flash and click at once, and how far apart the two are in a copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.media_clips import Clip, Samples, Track, make_clip, sweep
from video_censor_personal.edits.values import Cut
from video_censor_personal.media.continuous import Continuous
from video_censor_personal.media.probe import probe
from video_censor_personal.media.reader import open_film

STEP = 1.2
"""Seconds between two flashes."""
RATE = 25


def clicking(times: NDArray[np.float64], _channel: int = 0) -> Samples:
    """Return clicks of 2 ms, at each flash, over a low sound that is different at every moment."""
    since = times % STEP
    click = (since < 0.002) * np.sin(2 * np.pi * 2000 * since)
    return np.asarray(0.05 * sweep(times % 40) + 0.8 * click, dtype=np.float32)


def flashing(time: float, width: int, height: int) -> NDArray[np.uint8]:
    """Return a white picture when it flashes, else a grey one that is not quite like the one before."""
    since = (time + 0.5 / RATE) % STEP
    level = 235 if since < 1 / RATE else 40 + round(10 * since)
    return np.full((height, width, 3), level, dtype=np.uint8)


def in_step(path: Path, count: int, track: Track | None = None, clip: Clip | None = None) -> Path:
    """Make a film with so many flashes and clicks."""
    film = clip or Clip(size=(64, 48), rate=RATE, options={"bf": "2", "g": "50"})
    sounds = (replace(track or Track(), sound=clicking),)
    return make_clip(path, replace(film, seconds=count * STEP - 0.2, audio=sounds, draw=flashing))


def cuts_between(count: int) -> tuple[Cut, ...]:
    """Return so many cuts, of lengths that are no whole number of pictures or samples, none of a flash."""
    lengths = [0.1 + 0.0137 * (number % 50) for number in range(count)]
    return tuple(
        Cut(number * STEP + 0.2137, number * STEP + 0.2137 + length) for number, length in enumerate(lengths)
    )


@dataclass(frozen=True)
class Pairs:
    """When, in seconds, a copy flashes and when it clicks."""

    flashes: tuple[float, ...]
    clicks: tuple[float, ...]

    @property
    def apart(self) -> list[float]:
        """By how many milliseconds each click is late that has a flash beside it."""
        found = []
        for click in self.clicks:
            flash = min(self.flashes, key=lambda each: abs(each - click))
            if abs(flash - click) < STEP / 3:
                found.append((click - flash) * 1000)
        return found


def pairs_of(path: Path, sound: int = 0) -> Pairs:
    """Decode a film; times are of the time line on which players play it."""
    info = probe(path)
    with open_film(info) as film:
        shown = [
            (float(frame.pts * frame.time_base - info.origin), float(frame.to_ndarray(format="gray").mean()))
            for frame in film.frames(info.of_kind("video")[0].index)
        ]
    line = Continuous(path, info.origin)
    blocks: list[tuple[int, NDArray[np.float64]]] = []
    with open_film(info) as film:
        for frame in film.frames(info.of_kind("audio")[sound].index):
            for block in line.push(frame):
                data = block.data[0].astype(np.float64)
                scale = 1.0 if block.data.dtype.kind == "f" else float(np.iinfo(block.data.dtype).max)
                blocks.append((block.position, data / scale))
    assert line.format is not None
    heard = np.concatenate([data for _, data in blocks])
    return Pairs(
        _risen([time for time, level in shown if level > 100], 0.3),
        _risen(((np.flatnonzero(np.abs(heard) > 0.3) + blocks[0][0]) / line.format.rate).tolist(), 0.1),
    )


def _risen(moments: Sequence[float], apart: float) -> tuple[float, ...]:
    """Return the first of moments that are near each other."""
    found: list[float] = []
    last = float("-inf")
    for each in moments:
        if each - last > apart:
            found.append(each)
        last = each
    return tuple(found)
