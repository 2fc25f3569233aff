from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from modeltasks.support.cancel import CancelToken
from tests.video_censor_personal.picture.textured import Textured, decoded, make_textured, units
from tests.video_censor_personal.render.made import copied, plan_streams, verify_render
from tests.video_censor_personal.render.pictures import RED, VP9
from video_censor_personal.config import parse_config
from video_censor_personal.edits.values import Edits, PictureEdit
from video_censor_personal.findings.segments import Segment
from video_censor_personal.render import mux
from video_censor_personal.render.assembly import Reuse
from video_censor_personal.render.clean_copy import Copier
from video_censor_personal.render.mux import RenderOptions, RenderReport
from video_censor_personal.smart_render.pieces import Pieces

EVERY_SECOND = {"g": "25", "bf": "2", "preset": "ultrafast", "x264-params": "scenecut=0"}
OPEN = {"preset": "ultrafast", "x265-params": "keyint=25:min-keyint=25:scenecut=0:log-level=none"}
FILM = "a film"
TWO = [(1.6, 1.8), (3.2, 3.3)]


def render(source: Path, target: Path, spans: Sequence[tuple[float, float]], reuse: Reuse) -> RenderReport:
    edits = Edits(picture=tuple(PictureEdit(start, end, color=RED) for start, end in spans))
    return mux.render(plan_streams(source, target), edits, RenderOptions(reuse=reuse))


def again(
    report: RenderReport, source: Path, spans: Sequence[tuple[float, float]], film: str = FILM
) -> RenderReport:
    """Make a copy once more, with what the one before has."""
    pieces = Pieces.of(report.output, report.joined[0].pieces)
    return render(source, report.output, spans, Reuse(film, pieces))


FILMS: dict[str, tuple[Textured, str]] = {
    "h264": (Textured("libx264", EVERY_SECOND), ".mp4"),
    "h264, mkv": (Textured("libx264", EVERY_SECOND), ".mkv"),
    "h265, open": (Textured("libx265", OPEN), ".mkv"),
    "vp9": (Textured(VP9, {"g": "25", "deadline": "realtime", "cpu-used": "8"}), ".webm"),
    "av1": (Textured("libsvtav1", {"g": "25", "preset": "12"}), ".mp4"),
}


@pytest.mark.parametrize("name", FILMS)
def test_only_what_has_changed_is_encoded_again(tmp_path: Path, name: str) -> None:
    clip, suffix = FILMS[name]
    source = make_textured(tmp_path / f"film{suffix}", clip)
    first = render(source, tmp_path / f"clean{suffix}", TWO, Reuse(FILM))
    packets, pictures = units(first.output), decoded(first.output)
    assert len(first.joined[0].pieces) == 2

    same = again(first, source, TWO)

    assert same.joined[0].encoded == 0
    assert units(same.output) == packets
    assert decoded(same.output) == pictures
    assert same.joined[0].pieces == first.joined[0].pieces

    changed = again(same, source, [(1.6, 1.8), (3.2, 3.5)])

    assert 0 < changed.joined[0].encoded <= 25
    assert decoded(changed.output)[:75] == pictures[:75]
    edits = [PictureEdit(1.6, 1.8, color=RED), PictureEdit(3.2, 3.5, color=RED)]
    assert verify_render(source, changed.output, edits, changed) == []

    fewer = again(changed, source, [(1.6, 1.8)])

    assert fewer.joined[0].encoded == 0
    assert decoded(fewer.output)[75:] == decoded(source)[75:]
    assert verify_render(source, fewer.output, edits[:1], fewer) == []


OTHERS = {
    "another film": ("another film", TWO, True),
    "a film of which nothing is known": ("", TWO, True),
    "another place in the film": (FILM, [(1.64, 1.8), (3.2, 3.3)], False),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_was_made_otherwise_is_not_used(tmp_path: Path, name: str) -> None:
    film, spans, is_all = OTHERS[name]
    source = make_textured(tmp_path / "film.mkv", Textured("libx264", EVERY_SECOND))
    first = render(source, tmp_path / "clean.mkv", TWO, Reuse(FILM))

    report = again(first, source, spans, film)

    assert (report.joined[0].encoded == first.joined[0].encoded) == is_all
    assert report.joined[0].encoded > 0


def test_what_is_encoded_as_a_whole_is_kept_in_stretches_too(tmp_path: Path) -> None:
    clip = Textured("mpeg4", {"g": "25", "bf": "2"}, frames=600)
    source = make_textured(tmp_path / "film.mkv", clip)
    target = tmp_path / "clean.mp4"
    first = render(source, target, [(1.0, 1.2), (21.0, 21.2)], Reuse(FILM))
    pictures = decoded(first.output)
    assert len(first.joined[0].pieces) == 3
    assert first.joined[0].encoded == 600

    report = again(first, source, [(1.0, 1.2), (21.0, 21.4)])

    assert 0 < report.joined[0].encoded < 400
    now = decoded(report.output)
    assert [frame.moment for frame in now] == [frame.moment for frame in pictures]
    assert now[:200] == pictures[:200]
    edits = [PictureEdit(1.0, 1.2, color=RED), PictureEdit(21.0, 21.4, color=RED)]
    assert verify_render(source, report.output, edits, report) == []


def _overwritten(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle - 2000 : middle + 2000] = bytes(4000)
    path.write_bytes(content)


def _cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 3)


def _no_film(path: Path) -> None:
    path.write_bytes(b"nothing")


HARM: dict[str, Callable[[Path], None]] = {
    "overwritten": _overwritten,
    "cut off": _cut_off,
    "gone": Path.unlink,
    "no film": _no_film,
}


@pytest.mark.parametrize("name", HARM)
def test_a_copy_that_was_harmed_is_not_used(tmp_path: Path, name: str) -> None:
    source = make_textured(tmp_path / "film.mkv", Textured("libx264", EVERY_SECOND))
    first = render(source, tmp_path / "clean.mkv", TWO, Reuse(FILM))
    HARM[name](first.output)

    report = again(first, source, TWO)

    assert report.joined[0].encoded == first.joined[0].encoded
    edits = [PictureEdit(start, end, color=RED) for start, end in TWO]
    assert verify_render(source, report.output, edits, report) == []


def found(start: float, end: float, *, allow: bool = False) -> Segment:
    return Segment(f"nude-{start}", start, end, "Nudity", ("Nudity",), "", 0.9, allow)


def test_a_decision_that_changes_encodes_its_own_stretch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    config = parse_config(
        "detectors: [{type: scripted, categories: [Nudity]}]\n"
        "remediation: {video: {enabled: true, mode: blank, category_modes: {Nudity: blank}}}",
        "c.yaml",
    )
    source = make_textured(tmp_path / "film.mkv", Textured("libx264", EVERY_SECOND))
    copier, output = Copier(tmp_path / "notes", CancelToken()), tmp_path / "clean.mkv"

    def encoded(*segments: Segment) -> int:
        caplog.clear()
        assert copied(copier, source, output, segments, config).written
        told = re.search(r"stream 0: (\d+) of 100 pictures were encoded", caplog.text)
        assert told is not None
        return int(told[1])

    one, other = encoded(found(1.6, 1.8), found(3.2, 3.3, allow=True)), (3.2, 3.3)

    assert 5 <= one <= 25
    assert 5 <= encoded(found(1.6, 1.8), found(*other)) <= 25
    assert encoded(found(1.6, 1.8, allow=True), found(*other)) == 0
