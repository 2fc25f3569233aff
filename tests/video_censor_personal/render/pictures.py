"""What the frames of a film look like to a player; shared by the tests of covered pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_censor_personal.edits.values import Cut, PictureEdit, SoundEdit
from video_censor_personal.media.probe import probe
from video_censor_personal.media.reader import open_film

RED = "#c02040"
PICTURE = (PictureEdit(0.5, 0.8, color=RED), PictureEdit(1.5, 1.6, color=RED))
VP9 = "libvpx-vp9"
HDR = {
    "x265-params": "log-level=none:max-cll=1000,400:"
    "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
}


@dataclass(frozen=True)
class Shown:
    """A frame: when it appears, its picture as a player shows it, and what it says of itself."""

    time: Fraction
    image: NDArray[np.uint8]
    traits: tuple[Any, ...]
    is_interlaced: bool = False


def frames(path: Path) -> list[Shown]:
    with open_film(probe(path)) as film:
        return [
            Shown(
                frame.pts * frame.time_base - film.info.origin,
                frame.reformat(format="rgb24").to_ndarray(),
                (
                    frame.rotation,
                    int(frame.colorspace),
                    int(frame.color_primaries),
                    int(frame.color_trc),
                    int(frame.color_range),
                    frame.interlaced_frame,
                    frame.format.name,
                    *(
                        bytes(s)
                        for s in frame.side_data
                        if s.type.name in ("DISPLAYMATRIX", "CONTENT_LIGHT_LEVEL")
                    ),
                ),
                bool(frame.interlaced_frame),
            )
            for frame in film.frames(film.info.of_kind("video")[0].index)
        ]


def hidden(times: Sequence[Fraction], edits: Sequence[SoundEdit | PictureEdit | Cut]) -> list[int]:
    """Return the numbers of the frames that are on the screen at any moment of an edit."""
    ends = [*times[1:], Fraction(10**6)]
    spans = [
        (Fraction(str(edit.start)), Fraction(str(edit.end)))
        for edit in edits
        if isinstance(edit, PictureEdit)
    ]
    return [
        number
        for number, (begin, end) in enumerate(zip(times, ends, strict=True))
        if any(begin <= last and end > first for first, last in spans)
    ]


def is_red(image: NDArray[np.uint8]) -> bool:
    return bool(np.abs(image.astype(int) - [0xC0, 0x20, 0x40]).max() <= 6)


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    error = float(np.mean((one.astype(float) - other) ** 2))
    return 20 * float(np.log10(255 / error**0.5)) if error else 99.0
