from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.support.media_clips import Clip, make_clip
from tests.video_censor_personal.render.made import render, verify_render
from video_censor_personal.edits.values import PictureEdit
from video_censor_personal.picture.cover import cover
from video_censor_personal.render.mux import RenderReport

EDITS = (PictureEdit(0.5, 0.8, color="#c02040"), PictureEdit(1.5, 1.6, color="#c02040"))
CLIP = Clip(colors=(1, 1, 1, 1), audio=())


@dataclass(frozen=True)
class Fault:
    """How a copy is made wrongly: what is done to each frame, which are left out, how it is set up."""

    change: Callable[[int, Any], None] = lambda _number, _frame: None
    dropped: frozenset[int] = frozenset()
    late: Fraction = Fraction(0)
    late_from: int = 0
    matrix: int = 1
    turned: bool = False


def remade(source: Path, fault: Fault) -> Path:
    """Encode the pictures of a copy once more, with a fault."""
    target = source.with_name(f"faulty{source.suffix}")
    with av.open(str(source)) as one, av.open(str(target), "w") as other:
        film: Any = one.streams.video[0]
        stream: Any = other.add_stream("libx264", rate=film.average_rate, options={"crf": "10"})
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = film.width, film.height, "yuv420p"
        context.time_base = film.time_base
        context.colorspace = fault.matrix
        context.color_primaries = context.color_trc = context.color_range = 1
        if fault.turned:
            stream.set_display_rotation(90)
        for number, frame in enumerate(one.decode(film)):
            if number not in fault.dropped:
                fault.change(number, frame)
                frame.pict_type = av.video.frame.PictureType.NONE
                frame.pts += round(fault.late / film.time_base) if number >= fault.late_from else 0
                other.mux(stream.encode(frame))
        other.mux(stream.encode(None))
    return target


def shown(*numbers: int) -> Callable[[int, Any], None]:
    """Return what shows something in a corner of these frames."""

    def change(number: int, frame: Any) -> None:
        if number in numbers:
            frame.make_writable()
            plane = frame.planes[0]
            rows = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)
            rows[:16, :16] = 220

    return change


def brighter(number: int, frame: Any) -> None:
    if number not in {*range(12, 21), 37, 38, 39, 40}:
        frame.make_writable()
        samples = np.frombuffer(frame.planes[0], dtype=np.uint8)
        samples[:] = np.minimum(samples, 215) + 20


def other_color(number: int, frame: Any) -> None:
    if 12 <= number <= 20:
        cover(frame, "#b02040")


def all_covered(_number: int, frame: Any) -> None:
    cover(frame, "#c02040")


FAULTS: dict[str, tuple[Fault, str | None]] = {
    "none": (Fault(), None),
    "the first frame of a span shows": (
        Fault(shown(12)),
        "shows something at 0.480 s, within 0.500 to 0.800 s",
    ),
    "the last one shows": (Fault(shown(20)), "shows something at 0.800 s, within 0.500"),
    "one in the middle shows": (Fault(shown(16)), "shows something at 0.640 s"),
    "one of the second span shows": (Fault(shown(39)), "shows something at 1.560 s, within 1.500"),
    "a frame beside a span differs in a corner": (Fault(shown(11, 21)), None),
    "another colour": (Fault(other_color), "shows something at 0.480 s"),
    "all is covered": (Fault(all_covered), "is not like the film at .* s .1"),
    "a frame is missing": (Fault(dropped=frozenset({30})), "has 61 frames instead of 62"),
    "it is late from the middle on": (
        Fault(late=Fraction(1, 50), late_from=30),
        "has a frame at 1.220 s instead of 1.200 s",
    ),
    "it is brighter": (Fault(brighter), "is not like the film"),
    "the colours are read otherwise": (Fault(matrix=5), "matrix of the picture was 1 and is 5"),
    "it is turned": (Fault(turned=True), "rotation of the picture was None and is"),
}


@pytest.fixture(scope="module", params=[".mp4", ".mkv"])
def clean(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, RenderReport]:
    source = make_clip(tmp_path_factory.mktemp("film") / f"film{request.param}", CLIP)
    return source, render(source, source.with_name(f"clean{request.param}"), EDITS)


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("with_report", [True, False])
def test_what_is_wrong_with_a_picture_is_found(
    clean: tuple[Path, RenderReport], tmp_path: Path, name: str, with_report: bool
) -> None:
    source, report = clean
    fault, reason = FAULTS[name]
    copy = tmp_path / report.output.name
    copy.write_bytes(report.output.read_bytes())

    problems = verify_render(source, remade(copy, fault), EDITS, report if with_report else None)

    if with_report:
        # What was encoded once more is not what was to be copied.
        assert any("was to be copied" in each or "packets instead of" in each for each in problems)
    if reason is None:
        assert with_report or problems == []
    else:
        assert any(re.search(reason, problem) for problem in problems), problems


def test_a_copy_without_its_edits_is_found(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mkv", CLIP)
    report = render(source, tmp_path / "clean.mkv", ())

    problems = verify_render(source, report.output, EDITS)

    assert len(problems) == 2
    assert all("shows something" in problem for problem in problems)


def test_spans_are_found_behind_key_frames_that_are_far_apart(tmp_path: Path) -> None:
    """Some containers look up the key frame by decoding times, and give one that is shown too late."""
    source = make_clip(tmp_path / "film.mp4", Clip(seconds=8, size=(64, 48), audio=()))
    edits = [PictureEdit(n + 0.5, n + 0.6, color="#000000") for n in range(8)]
    report = render(source, tmp_path / "clean.mp4", edits)
    assert verify_render(source, report.output, edits, report) == []

    problems = verify_render(
        source, report.output, [*edits[:7], PictureEdit(7.5, 7.64, color="#000000")], report
    )

    assert len(problems) == 1
    assert "shows something at 7.640 s" in problems[0]
