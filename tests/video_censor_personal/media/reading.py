"""What the program reads of a film, asked for by its path."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from video_censor_personal.detectors.base import Frame
from video_censor_personal.media.audio import BLOCK, RATE, read_channels
from video_censor_personal.media.frames import read_pictures
from video_censor_personal.media.meter import Meter
from video_censor_personal.media.probe import probe

_WHOLE = 10**6
_SLACK = 1e-6


def read_pcm(
    path: Path, rate: int = RATE, block: int = BLOCK, track: int | None = None
) -> Iterator[NDArray[np.float32]]:
    """Yield one track's mono mix."""
    return (rows[0] for rows in read_channels(probe(path), rate, block, track))


def sample_frames(
    path: Path, step: float, shortest: int = _WHOLE, start: float = 0.0, meter: Meter | None = None
) -> Iterator[Frame]:
    """Yield what is on the screen at 0, `step`, 2 x `step` … seconds, from `start` on."""
    number = max(0, ceil(start / step - _SLACK))
    for picture in read_pictures(probe(path), shortest, start, meter):
        number = max(number, ceil((picture.time - _SLACK) / step))
        while number * step < picture.end - _SLACK:
            assert picture.image is not None
            yield Frame(number * step, picture.image())
            number += 1
