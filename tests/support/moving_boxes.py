"""Films in which bright squares move before a background, and how much of them a plan leaves to be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from video_censor_personal.edits.values import BoxAt, PictureEdit
from video_censor_personal.findings.observations import Box

Image = NDArray[np.uint8]
Place = tuple[float, float] | None
"""Left and top in pixels; None: it is not there."""
Motion = Callable[[float], Place]
SIDE = 30
"""Of a square, in a film of 320 x 180: as 120 in 1280 x 720."""


@dataclass(frozen=True)
class MovingFilm:
    """What a film shows.

    Args:
        motions: of the squares, by time; each next one is before the others.
        seconds: its length.
        rate: pictures a second.
        width, height: of a picture.
        side: of a square.
        cuts: when another background begins.
        times: when the pictures appear, in place of `rate`.
    """

    motions: Sequence[Motion]
    seconds: float = 6.0
    rate: int = 30
    width: int = 320
    height: int = 180
    side: int = SIDE
    cuts: Sequence[float] = ()
    times: Sequence[float] | None = None

    def moments(self) -> list[float]:
        """When the pictures appear."""
        if self.times is not None:
            return list(self.times)
        return [number / self.rate for number in range(round(self.seconds * self.rate))]

    def truth(self, moment: float) -> NDArray[np.int8]:
        """Of each pixel, the number of its square, or -1."""
        found = np.full((self.height, self.width), -1, np.int8)
        for number, motion in enumerate(self.motions):
            if (place := motion(moment)) is not None:
                left, top = (round(each) for each in place)
                found[max(top, 0) : max(top + self.side, 0), max(left, 0) : max(left + self.side, 0)] = number
        return found

    def write(self, path: Path, **options: str) -> Path:
        """Write the film; its suffix decides the container."""
        noise = np.random.default_rng(3)
        grounds = [
            np.kron(noise.integers(50, 150, (9, 16, 1)), np.ones((self.height // 9, self.width // 16, 1)))
            for _ in range(len(self.cuts) + 1)
        ]
        face = np.kron(noise.integers(0, 40, (self.side // 5, self.side // 5)), np.ones((5, 5)))
        base = Fraction(1, 1000) if self.times is not None else Fraction(1, self.rate)
        with av.open(str(path), "w") as output:
            stream = output.add_stream("libx264", rate=self.rate, width=self.width, height=self.height)
            stream.pix_fmt = "yuv420p"
            stream.options = {"preset": "ultrafast", "crf": "12", "g": "30", "bf": "2", **options}
            stream.codec_context.time_base = base
            for moment in self.moments():
                shot = sum(moment >= cut - 1e-6 for cut in self.cuts)
                picture = grounds[shot] + noise.normal(0, 3, (self.height, self.width, 1))
                picture = np.repeat(picture.clip(0, 255), 3, axis=2)
                self._draw(picture, moment, face)
                frame = av.VideoFrame.from_ndarray(picture.astype(np.uint8), format="rgb24")
                frame.pts, frame.time_base = round(moment / base), base
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return path

    def _draw(
        self, picture: NDArray[np.floating[Any]], moment: float, face: NDArray[np.floating[Any]]
    ) -> None:
        truth = self.truth(moment)
        for number, motion in enumerate(self.motions):
            if (place := motion(moment)) is None:
                continue
            rows, columns = np.nonzero(truth == number)
            color = np.full(3, 30.0)
            color[number] = 205.0
            texture = face[(rows - round(place[1])) % self.side, (columns - round(place[0])) % self.side]
            picture[rows, columns] = color + texture[:, np.newaxis] * (color > 100)


@dataclass
class Seen:
    """What of the squares can be seen.

    Args:
        pixels: of squares that are not hidden, in all pictures together.
        pictures: with such pixels.
        switches: how often a square that is there becomes hidden or visible.
        extra: the share of the picture that is hidden without need, of those with a square, on average.
        whole: the share of these that are hidden wholly.
    """

    pixels: int = 0
    pictures: int = 0
    switches: int = 0
    extra: float = 0.0
    whole: float = 0.0
    worst: list[float] = field(default_factory=list)


def seen(film: MovingFilm, edits: Sequence[PictureEdit]) -> Seen:
    """Return what can be seen of a film with these edits."""
    found = Seen()
    was_hidden: dict[int, bool] = {}
    moments = film.moments()
    there = 0
    for moment, until in zip(moments, [*moments[1:], moments[-1] + 1], strict=True):
        truth, hidden = film.truth(moment), mask(film, edits, moment, until)
        left = (truth >= 0) & ~hidden
        found.pixels += int(left.sum())
        if left.any():
            found.pictures += 1
            found.worst.append(round(moment, 3))
        for number in range(len(film.motions)):
            if (truth == number).any():
                is_hidden = not (left & (truth == number)).any()
                found.switches += was_hidden.get(number, is_hidden) != is_hidden
                was_hidden[number] = is_hidden
        if (truth >= 0).any():
            there += 1
            found.extra += float((hidden & (truth < 0)).mean())
            found.whole += bool(hidden.all())
    found.extra, found.whole = (each / max(there, 1) for each in (found.extra, found.whole))
    return found


def mask(film: MovingFilm, edits: Sequence[PictureEdit], moment: float, until: float) -> NDArray[np.bool_]:
    """The pixels that lie wholly in what is hidden of the picture that is shown from `moment` to `until`."""
    hidden = np.zeros((film.height, film.width), np.bool_)
    for edit in edits:
        if edit.start < until and edit.end >= moment:
            box = box_at(edit.path, moment) if edit.path else Box(0, 0, 1, 1)
            top, bottom = round(box.top * film.height, 3), round((box.top + box.height) * film.height, 3)
            left, right = round(box.left * film.width, 3), round((box.left + box.width) * film.width, 3)
            rows = slice(max(ceil(top), 0), max(floor(bottom), 0))
            hidden[rows, max(ceil(left), 0) : max(floor(right), 0)] = True
    return hidden


def box_at(path: Sequence[BoxAt], moment: float) -> Box:
    """Where a box is: between two moments it moves in a straight line, before and after it stands."""
    times = [each.moment for each in path]
    sides = [[getattr(each.box, side) for each in path] for side in ("left", "top", "width", "height")]
    return Box(*(float(np.interp(moment, times, values)) for values in sides))


def images(path: Path) -> Iterator[Image]:
    """The pictures of a film as RGB."""
    with av.open(str(path)) as film:
        frame: Any
        for frame in film.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def bouncing(speed: tuple[float, float], start: tuple[float, float], room: tuple[float, float]) -> Motion:
    """Straight at `speed` (pixels a second), back from the borders of the `room`, from `start` on."""

    def at(moment: float) -> Place:
        left, top = (start[axis] + speed[axis] * moment for axis in (0, 1))
        return _folded(left, room[0]), _folded(top, room[1])

    return at


def _folded(value: float, size: float) -> float:
    value %= 2 * size
    return 2 * size - value if value > size else value


def zigzag(speed: float, start: tuple[float, float], half: float) -> Motion:
    """To and fro across at `speed`, turning every `half` seconds, slowly downward."""

    def at(moment: float) -> Place:
        return start[0] + speed * _folded(moment, half), start[1] + 4 * moment

    return at


def circling(speed: float, middle: tuple[float, float], radius: float) -> Motion:
    """Around a point."""

    def at(moment: float) -> Place:
        angle = speed * moment / radius
        return float(middle[0] + radius * np.cos(angle)), float(middle[1] + radius * np.sin(angle))

    return at
