"""What a clip of the review page shows and sounds like, measured by decoding it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.support.media_clips import decibels
from video_censor_personal.clips.clip import write_clip
from video_censor_personal.clips.request import ClipRequest, CopyEdits
from video_censor_personal.media.audio import read_channels
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.probe import probe
from video_censor_personal.media.reader import open_film

RATE = 48000


@dataclass(frozen=True, eq=False)
class Played:
    """A clip: when its pictures appear, what they show (RGB), and its sound (mix, left, right)."""

    info: MediaInfo
    times: list[float]
    images: list[NDArray[np.uint8]]
    sound: NDArray[np.float32]

    def at(self, moment: float) -> NDArray[np.uint8]:
        """Return the picture that is on the screen at a moment."""
        return self.images[max(number for number, time in enumerate(self.times) if time <= moment + 1e-3)]

    def level(self, begin: float, end: float) -> float:
        """Return how loud it is between two moments, in dBFS, of both channels."""
        return decibels(self.sound[1:, round(begin * RATE) : round(end * RATE)])


def played(path: Path) -> Played:
    """Return what is in the clip `path`."""
    info = probe(path)
    times, images = [], []
    for video in info.of_kind("video"):
        with open_film(info) as film:
            for frame in film.frames(video.index):
                times.append(float(frame.pts * frame.time_base - info.origin))
                images.append(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
    blocks = list(read_channels(info, RATE)) or [np.zeros((3, 0), np.float32)]
    return Played(info, times, images, np.concatenate(blocks, axis=1))


def clip_of(
    film: Path, start: float, seconds: float, copy: CopyEdits | None = None, track: int | None = None
) -> Played:
    """Return what a clip of a film shows, written beside it."""
    path = film.with_name(f"{film.stem}-{start}-{seconds}-{copy is not None}.clip.mp4")
    write_clip(probe(film), ClipRequest(start, seconds, track, copy), path)
    return played(path)


def pictured_time(image: NDArray[np.uint8]) -> float:
    """Return the time that a picture of `media_clips` shows."""
    height, width, _ = image.shape
    return (float(image[height // 2, width // 4].mean()) - 16) / 80
