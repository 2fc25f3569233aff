from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest

from tests.support.media_clips import Clip, make_clip
from tests.video_censor_personal.render.made import edits_of, render, verify_render
from tests.video_censor_personal.render.pictures import HDR, VP9, frames, hidden
from video_censor_personal.config.encoders import NUMBERED, PRESETS, SOFTWARE, hardware_names
from video_censor_personal.config.values import VideoRemediation
from video_censor_personal.edits.values import PictureEdit
from video_censor_personal.media.probe import probe
from video_censor_personal.media.reader import open_film
from video_censor_personal.picture.encoding import EncoderUnusable, choose_picture_encoding, look_of
from video_censor_personal.picture.hardware import DoesNotWork, hardware_options, stored_as, try_out
from video_censor_personal.render.assembly import Work
from video_censor_personal.render.mux import RenderOptions
from video_censor_personal.render.streams import plan_streams

CLIP = Clip(seconds=0.6, audio=())
CLIPS = {
    "libx264": CLIP,
    "libx265": replace(CLIP, video="libx265"),
    VP9: replace(CLIP, video=VP9),
    "libsvtav1": replace(CLIP, video="libsvtav1", options={"preset": "12"}),
}
EDITS = (PictureEdit(0.2, 0.4, "mosaic"),)


def set_up(**wanted: Any) -> Callable[[Any], None]:
    """Return what makes an encoder ready; its attributes by keyword."""

    def prepare(context: Any) -> None:
        context.width, context.height, context.pix_fmt = 320, 180, "yuv420p"
        context.time_base = Fraction(1, 25)
        for key, value in wanted.items():
            setattr(context, key, value)

    return prepare


def works(name: str) -> bool:
    """Whether this machine has a hardware encoder."""
    try:
        try_out(name, set_up())
    except DoesNotWork:
        return False
    return True


ABSENT = [name for name in hardware_names("h264") if not works(name)]
"""No system has the encoders of all others."""


def chosen(source: Path, video: VideoRemediation, kind: str = "matroska") -> Any:
    with open_film(probe(source)) as film, av.open(BytesIO(), "w", format=kind) as output:
        frame = next(film.frames(0))
        return choose_picture_encoding(film.stream(0), look_of(film.stream(0), frame), output, video)


@pytest.mark.parametrize("name", CLIPS)
def test_every_encoder_knows_every_preset(tmp_path: Path, name: str) -> None:
    source = make_clip(tmp_path / "film.mkv", CLIPS[name])
    found = {
        preset: chosen(source, VideoRemediation(preset=preset, encoder=encoder))
        for presets, encoder in ((PRESETS, "software"), (map(str, NUMBERED.get(name, ())), name))
        for preset in presets
    }

    assert {each.encoder for each in found.values()} == {name}
    assert not any(each.warnings for each in found.values())
    # The usual one is among them, and they differ.
    assert chosen(source, VideoRemediation()).options == found["veryfast"].options
    assert len({str(each.options) for each in found.values()}) > 6


@pytest.mark.parametrize("preset", ["ultrafast", "faster"])
@pytest.mark.parametrize("name", CLIPS)
def test_a_copy_with_a_preset_is_whole(tmp_path: Path, name: str, preset: str) -> None:
    source = make_clip(tmp_path / "film.mkv", CLIPS[name])
    options = RenderOptions(video=VideoRemediation(preset=preset))

    report = render(source, tmp_path / "clean.mkv", EDITS, options)

    assert report.warnings == ()
    assert verify_render(source, report.output, EDITS, report) == []


def test_where_there_is_no_hardware_software_is_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_clip(tmp_path / "film.mkv", CLIP)
    if len(ABSENT) < len(hardware_names("h264")):
        pytest.skip("this machine has hardware")

    with caplog.at_level(logging.DEBUG):
        assert chosen(source, VideoRemediation(encoder="auto")) == chosen(source, VideoRemediation())

    assert "no hardware encoder takes the pictures: software does" in caplog.text


def test_what_is_encoded_by_whatever_there_is_is_whole(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", CLIP)
    options = RenderOptions(video=VideoRemediation(encoder="auto"))

    report = render(source, tmp_path / "clean.mp4", EDITS, options)

    assert verify_render(source, report.output, EDITS, report) == []


UNUSABLE: dict[str, tuple[str, str, str]] = {
    "not there": (ABSENT[0], ".mkv", ABSENT[0]),
    "of a codec that the container does not hold": ("libx264", ".webm", "a webm file cannot hold"),
    "hardware, likewise": ("hevc_nvenc", ".webm", "a webm file cannot hold"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_encoder_that_cannot_be_used_is_named_before_any_work(tmp_path: Path, name: str) -> None:
    encoder, suffix, why = UNUSABLE[name]
    clip = CLIPS[VP9] if suffix == ".webm" else CLIP
    source = make_clip(tmp_path / f"film{suffix}", clip)

    with pytest.raises(EncoderUnusable, match=why) as caught:
        plan_streams(
            probe(source),
            tmp_path / f"clean{suffix}",
            edited=["video"],
            work=Work(video=VideoRemediation(encoder=encoder)),
        )

    assert encoder in caught.value.what
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


def test_an_encoder_of_another_codec_is_taken_if_it_is_asked_for(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", CLIP)
    options = RenderOptions(video=VideoRemediation(encoder="libx265", preset="ultrafast"))

    report = render(source, tmp_path / "clean.mp4", EDITS, options)

    assert report.warnings == ("stream 0: libx265 is asked for; it is hevc now",)
    assert verify_render(source, report.output, EDITS, report) == []


@pytest.mark.parametrize(
    ("clip", "encoder"),
    [
        (replace(CLIPS["libx265"], pixels="yuv420p10le", colors=(9, 9, 16, 1), options=HDR), "hevc_nvenc"),
        (replace(CLIP, pixels="yuv444p10le"), "h264_nvenc"),
        (replace(CLIP, options={"flags": "+ildct+ilme"}), "h264_nvenc"),
    ],
    ids=["HDR", "4:4:4, 10 bit", "interlaced"],
)
def test_what_hardware_would_lose_is_encoded_in_software(tmp_path: Path, clip: Clip, encoder: str) -> None:
    source = make_clip(tmp_path / "film.mkv", clip)
    options = RenderOptions(video=VideoRemediation(encoder=encoder))

    report = render(source, tmp_path / "clean.mkv", EDITS, options)

    expected = f"stream 0: {encoder} would lose something of such pictures; {clip.video} encodes them"
    assert report.warnings[0] == expected
    assert verify_render(source, report.output, EDITS, report) == []
    assert [each.traits for each in frames(source)] == [each.traits for each in frames(report.output)]


TRIALS: dict[str, tuple[str, Callable[[Any], None], str | None]] = {
    "a good one": ("libx264", set_up(), None),
    "a good one of AV1": ("libsvtav1", set_up(), None),
    "a good one of VP9": (VP9, set_up(options={"crf": "24", "b": "0"}), None),
    "a good one of H.265": ("libx265", set_up(pix_fmt="yuv420p10le"), None),
    "pictures that are decoded in another order": ("libx264", set_up(options={"bf": "3"}), None),
    "of its colors": ("libx264", set_up(colorspace=9, color_primaries=9, color_trc=16, color_range=1), None),
    "pixels of two planes": ("libx264", set_up(pix_fmt="nv12"), None),
    "there is none": ("h264_abacus", set_up(), "there is none of this name"),
    "it refuses": ("libx264", set_up(options={"preset": "silly"}), "it cannot be opened here"),
    "a format that is not its own": ("libx264", set_up(pix_fmt="rgb24"), "it cannot be opened here"),
    "it is poor": ("libx264", set_up(options={"crf": "51"}), "its pictures are not like those it was given"),
    "it loses the colors": ("mpeg4", set_up(color_primaries=9), "it does not keep the color primaries"),
    "it loses the shape of pixels": (
        VP9,
        set_up(sample_aspect_ratio=Fraction(4, 3)),
        "it does not keep the shape of the pixels",
    ),
}


@pytest.mark.parametrize("name", TRIALS)
def test_an_encoder_is_tried_out(name: str) -> None:
    encoder, prepare, why = TRIALS[name]

    if why is None:
        try_out(encoder, prepare)
    else:
        with pytest.raises(DoesNotWork, match=why):
            try_out(encoder, prepare)


@pytest.mark.parametrize(
    ("encoder", "wanted", "expected"),
    [
        ("h264_qsv", "yuv420p", "nv12"),
        ("h264_nvenc", "yuv420p", "yuv420p"),
        ("hevc_qsv", "yuv420p10le", "p010le"),
        ("h264_qsv", "yuv420p10le", None),
        ("hevc_nvenc", "gbrp", None),
        ("h264_abacus", "yuv420p", None),
    ],
)
def test_pictures_are_handed_to_hardware_only_without_loss(
    encoder: str, wanted: str, expected: str | None
) -> None:
    assert stored_as(encoder, wanted) in (expected, None)  # not every library has them all


def test_every_kind_of_hardware_is_asked_in_its_own_words() -> None:
    for codec in SOFTWARE:
        for name in hardware_names(codec):
            assert hardware_options(name, (1280, 720), None), name
    assert int(hardware_options("h264_v4l2m2m", (1280, 720), None)["b"]) == pytest.approx(2.8e6, rel=0.1)


def test_edits_and_times_are_kept(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mkv", CLIP)
    options = RenderOptions(video=VideoRemediation(encoder="libsvtav1", preset="12"))

    report = render(source, tmp_path / "clean.mkv", [PictureEdit(0.2, 0.3)], options)

    was, now = frames(source), frames(report.output)
    assert [each.time for each in was] == [each.time for each in now]
    black = [number for number, each in enumerate(now) if each.image.max() <= 6]
    assert black == hidden([each.time for each in was], edits_of([PictureEdit(0.2, 0.3)]).picture)
