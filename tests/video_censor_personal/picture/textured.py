"""Films whose pictures move all over, so that a decoder which takes a wrong one for reference shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from video_censor_personal.containers.copy import content
from video_censor_personal.machine import usual_scheduling
from video_censor_personal.media.probe import probe
from video_censor_personal.media.reader import open_film

SIZE = (160, 96)
RATE = 25


@dataclass(frozen=True)
class Textured:
    """A film without sound: its encoder, pixels, frame times (or their number), and codec tag."""

    encoder: str
    options: dict[str, str] = field(default_factory=dict)
    pixels: str = "yuv420p"
    frames: int = 100
    times: tuple[float, ...] = ()
    tag: str = ""
    colors: tuple[int, int, int, int] | None = None


def make_textured(path: Path, film: Textured) -> Path:
    """Write a film; the suffix decides the container."""
    width, height = SIZE
    noise = np.random.default_rng(7).integers(0, 128, (height, width + 3 * film.frames, 3), dtype=np.uint8)
    times = film.times or tuple(number / RATE for number in range(film.frames))
    with usual_scheduling(), av.open(str(path), "w") as output:
        stream: Any = output.add_stream(film.encoder, rate=RATE, width=width, height=height)
        stream.pix_fmt, stream.options = film.pixels, film.options
        context = stream.codec_context
        context.time_base = Fraction(1, 1000) if film.times else Fraction(1, RATE)
        if film.tag:
            context.codec_tag = film.tag
        if film.colors:
            context.colorspace, context.color_primaries, context.color_trc, context.color_range = film.colors
        for number, moment in enumerate(times):
            image = np.ascontiguousarray(noise[:, 3 * number : 3 * number + width] + number % 128)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(moment / context.time_base), context.time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


@dataclass(frozen=True)
class Decoded:
    """A frame of a film: when it appears, and its samples."""

    moment: Fraction
    samples: bytes


def decoded(path: Path) -> list[Decoded]:
    """Decode a film from its beginning to its end, as a player does, by several threads."""
    with open_film(probe(path)) as film:
        index = film.info.of_kind("video")[0].index
        return [
            Decoded(frame.pts * frame.time_base - film.info.origin, frame.to_ndarray().tobytes())
            for frame in film.frames(index)
        ]


def units(path: Path) -> list[tuple[Fraction | None, bytes]]:
    """Return the time and the content of each packet of the picture, in the order of decoding."""
    with open_film(probe(path)) as film:
        index = film.info.of_kind("video")[0].index
        return [
            (
                None if packet.pts is None else packet.pts * packet.time_base - film.info.origin,
                b"|".join(content(packet.stream, packet)),
            )
            for packet in film.packets(index)
            if packet.size
        ]


def is_same(one: Sequence[Decoded], other: Sequence[Decoded]) -> list[bool]:
    """Return for each frame whether it is the same in both."""
    return [a.samples == b.samples for a, b in zip(one, other, strict=True)]
