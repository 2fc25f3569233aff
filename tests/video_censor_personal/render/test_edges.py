"""Edits that start and end on pictures, or close to them: render and check mean the same pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media_clips import Clip, make_clip
from tests.video_censor_personal.render.made import Edit, render, verify_render
from tests.video_censor_personal.render.pictures import RED, frames, is_red
from video_censor_personal.edits.values import BoxAt, Cut, PictureEdit
from video_censor_personal.findings.observations import Box

NOISE = 1e-5
"""Seconds that tell no two pictures apart."""
SIZE = (64, 48)


def _striped(time: float, width: int, height: int) -> NDArray[np.uint8]:
    """Draw a picture that is like no other of the film."""
    y, x = np.mgrid[:height, :width]
    level = 40 + round(time * 1000) * 67 % 170
    return np.repeat((level + 30 * np.sin(x / 1.7) * np.sin(y / 2.1)).astype(np.uint8)[:, :, None], 3, axis=2)


def _film(rate: int | Fraction) -> Clip:
    """Return a film of which little is left behind 0.7 s, so that the check looks at all of that."""
    return Clip(seconds=float((Fraction(7, 10) * rate // 1 + 3) / rate), rate=rate)


KINDS: dict[str, Clip] = {
    "10": _film(10),
    "24000/1001": _film(Fraction(24000, 1001)),
    "25": _film(25),
    "30": _film(30),
    "50": _film(50),
    "vfr": Clip(frame_times=(0, 0.033, 0.1, 0.25, 0.36, 0.5, 0.6, 0.633, 0.7, 0.81, 0.9)),
}
PAIRS = ("mkv to mkv", "mkv to mp4", "mp4 to mkv", "mp4 to mp4")


@dataclass(frozen=True)
class Film:
    """A film, and when its pictures appear; `first` and `last` are those around which edits start and end."""

    path: Path
    times: tuple[Fraction, ...]

    @property
    def first(self) -> int:
        return next(number for number, time in enumerate(self.times) if time > 0.55)

    @property
    def last(self) -> int:
        return next(number for number, time in enumerate(self.times) if time > 0.69)


@pytest.fixture(scope="module", params=[f"{kind}, {pair}" for kind in KINDS for pair in PAIRS])
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Film, str]:
    """A film, and the suffix of its copy."""
    kind, _, pair = request.param.partition(", ")
    suffix, _, to = pair.partition(" to ")
    clip = replace(KINDS[kind], size=SIZE, audio=(), draw=_striped)
    path = make_clip(tmp_path_factory.mktemp("film") / f"film.{suffix}", clip)
    return Film(path, tuple(each.time for each in frames(path))), f".{to}"


AROUND: dict[str, Fraction | None] = {
    "on": Fraction(0),
    "1 ms before": Fraction(-1, 1000),
    "1 ms after": Fraction(1, 1000),
    "in the middle of": None,
}


def _near(film: Film, number: int, where: str) -> float:
    """Return a moment on, beside or in the middle of a picture."""
    begin, until = film.times[number : number + 2]
    off = AROUND[where]
    return float(begin + ((until - begin) / 2 if off is None else off))


def _touched(times: tuple[Fraction, ...], start: float, end: float) -> set[int]:
    """Return the pictures that are on the screen at any moment of an edit, its end included."""
    spans = enumerate(pairwise([*times, Fraction(10**6)]))
    return {number for number, (begin, until) in spans if begin < end + NOISE and until > start + NOISE}


@pytest.mark.parametrize("end", AROUND)
@pytest.mark.parametrize("start", AROUND)
def test_what_is_hidden_is_what_the_check_expects(
    film: tuple[Film, str], tmp_path: Path, start: str, end: str
) -> None:
    source, suffix = film
    edit = PictureEdit(_near(source, source.first, start), _near(source, source.last, end), color=RED)

    report = render(source.path, tmp_path / f"clean{suffix}", [edit])

    assert verify_render(source.path, report.output, [edit], report) == []
    now = frames(report.output)
    times = tuple(each.time for each in now)
    expected = _touched(source.times, edit.start, edit.end) | _touched(times, edit.start, edit.end)
    assert {number for number, each in enumerate(now) if is_red(each.image)} == expected


PART = (BoxAt(0.0, Box(0.1, 0.1, 0.5, 0.5)),)
OTHERS = {
    "a mosaic": PictureEdit(0, 0, "mosaic"),
    "a blur": PictureEdit(0, 0, "blur"),
    "a box": PictureEdit(0, 0, color=RED, path=PART),
    "a box of mosaic": PictureEdit(0, 0, "mosaic", path=PART),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_effects_have_the_same_edges(film: tuple[Film, str], tmp_path: Path, name: str) -> None:
    source, suffix = film
    start, end = _near(source, source.first, "on"), _near(source, source.last, "on")
    edit = replace(OTHERS[name], start=start, end=end)

    report = render(source.path, tmp_path / f"clean{suffix}", [edit])

    assert verify_render(source.path, report.output, [edit], report) == []


FAST = Clip(seconds=0.8, size=SIZE, rate=80, audio=(), draw=_striped)
"""Pictures of 12.5 ms: a Matroska has every other one half a millisecond late."""
LATER: dict[str, tuple[tuple[Edit, ...], int]] = {
    "gone a little later": ((PictureEdit(0.6127, 0.62, color=RED),), 48),
    "behind a cut": ((Cut(0.1037, 0.3011), PictureEdit(0.6, 0.7, color=RED)), 30),
}


@pytest.mark.parametrize("name", LATER)
def test_the_clock_of_the_copy_is_known_before_it_is_made(tmp_path: Path, name: str) -> None:
    edits, first = LATER[name]
    source = make_clip(tmp_path / "film.mp4", FAST)

    report = render(source, tmp_path / "clean.mkv", edits)

    assert verify_render(source, report.output, edits, report) == []
    red = [number for number, each in enumerate(frames(report.output)) if is_red(each.image)]
    assert red[0] == first
