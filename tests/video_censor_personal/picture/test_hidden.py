"""Copies with blur, mosaic and boxes: made, checked, and made wrongly to see that the check says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media_clips import Clip, make_clip
from tests.video_censor_personal.render.made import render, verify_render
from tests.video_censor_personal.render.pictures import HDR, VP9, frames, hidden
from video_censor_personal.edits.values import BoxAt, Effect, PictureEdit
from video_censor_personal.findings.observations import Box

EFFECTS: tuple[Effect, ...] = ("blur", "mosaic", "color")
SIZE = (320, 180)
Draw = Callable[[float, int, int], NDArray[np.uint8]]


def textured(contrast: float, grain: float = 0.0) -> Draw:
    """Return what draws fine patterns, large shapes and noise, all of which move."""

    def draw(time: float, width: int, height: int) -> NDArray[np.uint8]:
        y, x = np.mgrid[:height, :width]
        fine = np.sin((x + 30 * time) / 1.7) * np.sin((y - 20 * time) / 2.3)
        large = np.sin((x - 40 * time) / 37) + np.cos((y + x / 2) / 29)
        noise = np.random.default_rng(int(time * 1000)).normal(0, grain, (height, width))
        luma = 120 + contrast * (fine + 0.6 * large) + noise
        tint = np.stack([luma, luma + contrast * large / 3, luma - contrast * fine / 3], axis=-1)
        return np.asarray(np.clip(tint, 0, 255), np.uint8)

    return draw


def path(*moves: tuple[float, float, float], width: float = 0.25) -> tuple[BoxAt, ...]:
    """Return where a box is: moment, left and top."""
    return tuple(BoxAt(moment, Box(left, top, width, 0.4)) for moment, left, top in moves)


def worst_block(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the root of the mean square by which two images differ where they differ most."""
    squares = ((one.astype(float) - other) ** 2).mean(axis=2)[:160, :320]
    return float(squares.reshape(10, 16, 20, 16).mean(axis=(1, 3)).max() ** 0.5)


PATH = path((0.3, 0.1, 0.2), (0.9, 0.6, 0.4), (1.1, 0.6, 0.4))
FILM = Clip(seconds=1.4, size=SIZE, audio=(), colors=(1, 1, 1, 1), draw=textured(40))
CLIPS: dict[str, tuple[str, Clip]] = {
    "h264": (".mp4", FILM),
    "h264, mkv": (".mkv", FILM),
    "hardly anything to see": (".mp4", replace(FILM, draw=textured(5))),
    "grain": (".mp4", replace(FILM, draw=textured(20, grain=14))),
    "flat": (".mp4", replace(FILM, draw=None)),
    "h265, 10 bit, HDR": (
        ".mkv",
        replace(FILM, video="libx265", pixels="yuv420p10le", colors=(9, 9, 16, 1), options=HDR),
    ),
    "vp9, odd size": (".webm", replace(FILM, video=VP9, size=(321, 181), colors=None)),
    "av1": (".mkv", replace(FILM, video="libsvtav1", options={"preset": "12"})),
    "4:4:4": (".mp4", replace(FILM, pixels="yuv444p")),
    "4:2:2": (".mp4", replace(FILM, pixels="yuv422p")),
    "full range": (".mp4", replace(FILM, pixels="yuvj420p", colors=(1, 1, 1, 2))),
    "interlaced": (".mp4", replace(FILM, options={"flags": "+ildct+ilme"})),
    "vfr": (".mkv", replace(FILM, frame_times=(0, 0.1, 0.13, 0.3, 0.5, 0.52, 0.55, 0.7, 1.0, 1.2, 1.25))),
}


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("name", CLIPS)
def test_what_is_hidden_is_checked_in_any_film(tmp_path: Path, name: str, effect: Effect) -> None:
    suffix, clip = CLIPS[name]
    source = make_clip(tmp_path / f"film{suffix}", clip)
    edits = (PictureEdit(0.3, 0.7, effect, path=PATH), PictureEdit(0.9, 1.0, effect, color="#208040"))

    report = render(source, tmp_path / f"clean{suffix}", edits)

    assert verify_render(source, report.output, edits, report) == []
    was, now = frames(source), frames(report.output)
    assert len(was) == len(now)
    covered = hidden([each.time for each in was], edits)
    for number, (one, other) in enumerate(zip(was, now, strict=True)):
        assert one.traits == other.traits
        if name not in ("flat", "hardly anything to see"):
            assert (worst_block(one.image, other.image) > 12) is (number in covered), number


WRONG: dict[str, tuple[tuple[PictureEdit, ...], str]] = {
    "nothing is hidden": ((), "shows something at 0.280 s"),
    "it begins a frame late": ((PictureEdit(0.33, 1.1, path=PATH),), "shows something at 0.280 s"),
    "it ends a frame early": ((PictureEdit(0.3, 1.07, path=PATH),), "shows something at 1.080 s"),
    "one frame is left out": (
        (PictureEdit(0.3, 0.55, path=PATH), PictureEdit(0.62, 1.1, path=PATH)),
        "shows something at 0.560 s",
    ),
    "the box is smaller": (
        (PictureEdit(0.3, 1.1, path=path((0.3, 0.1, 0.2), (0.9, 0.6, 0.4), width=0.2)),),
        "shows something at 0.280 s",
    ),
    "the box is moved by 12 pixels": (
        (PictureEdit(0.3, 1.1, path=path((0.3, 0.1375, 0.2), (0.9, 0.6375, 0.4))),),
        "shows something at 0.280 s",
    ),
    "the box stands still": ((PictureEdit(0.3, 1.1, path=PATH[:1]),), "shows something at 0.[23].0 s"),
    "all is hidden": ((PictureEdit(0.3, 1.1),), "beside what is hidden"),
}  # fmt: skip


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_hidden_is_found(tmp_path: Path, name: str, effect: Effect) -> None:
    made, reason = WRONG[name]
    source = make_clip(tmp_path / "film.mp4", FILM)
    report = render(source, tmp_path / "clean.mp4", [replace(each, effect=effect) for each in made])

    problems = verify_render(source, report.output, [PictureEdit(0.3, 1.1, effect, path=PATH)])

    assert len(problems) == 1
    assert re.search(reason, problems[0])


@pytest.mark.parametrize("draw", [textured(40), textured(15)], ids=["plain", "faint"])
@pytest.mark.parametrize(
    ("effect", "wanted", "made"),
    [("blur", 1.0, 0.0), ("mosaic", 1.0, 0.0)],
)
def test_what_is_hidden_too_little_is_found(
    tmp_path: Path, effect: Effect, wanted: float, made: float, draw: Draw
) -> None:
    source = make_clip(tmp_path / "film.mp4", replace(FILM, draw=draw))
    weak = PictureEdit(0.3, 1.1, effect, strength=made, path=PATH)
    report = render(source, tmp_path / "clean.mp4", [weak])

    problems = verify_render(source, report.output, [replace(weak, strength=wanted)])

    assert len(problems) == 1
    assert "shows something at" in problems[0]


def test_a_face_in_front_of_a_wall_is_found_by_its_block(tmp_path: Path) -> None:
    """Little of a large box has any detail; that is what counts."""

    def draw(_time: float, width: int, height: int) -> NDArray[np.uint8]:
        image = np.full((height, width, 3), 90, np.uint8)
        image[60:84, 100:124] = textured(60)(0, 24, 24)
        return image

    source = make_clip(tmp_path / "film.mp4", replace(FILM, draw=draw))
    wall = Box(0.05, 0.05, 0.25, 0.9)
    part = PictureEdit(0.3, 1.1, "mosaic", path=(BoxAt(0.0, wall),))
    report = render(source, tmp_path / "clean.mp4", [part])

    wide = replace(part, path=(BoxAt(0.0, Box(0.05, 0.05, 0.9, 0.9)),))
    problems = verify_render(source, report.output, [wide])

    assert len(problems) == 1
    assert "shows something at 0.280 s" in problems[0]


def test_edits_that_overlap_are_checked_together(tmp_path: Path) -> None:
    """Colors of the whole picture, one on the other, and a box under both."""
    source = make_clip(tmp_path / "film.mp4", FILM)
    edits = (
        PictureEdit(0.2, 0.8, "mosaic", path=PATH),
        PictureEdit(0.4, 0.6, color="#c02040"),
        PictureEdit(0.5, 0.9, color="#2040c0"),
        PictureEdit(0.7, 1.0, "blur"),
    )

    report = render(source, tmp_path / "clean.mp4", edits)

    assert verify_render(source, report.output, edits) == []
    assert verify_render(source, report.output, (*edits, PictureEdit(1.1, 1.2, "blur")))
