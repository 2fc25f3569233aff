from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.support.media_clips import Clip, damaged, make_clip
from tests.video_censor_personal.picture.textured import Textured, decoded, is_same, make_textured, units
from tests.video_censor_personal.render.made import render, verify_render
from tests.video_censor_personal.render.pictures import HDR, RED, VP9, frames, hidden, is_red
from video_censor_personal.containers.track import Track
from video_censor_personal.edits.values import PictureEdit
from video_censor_personal.media.probe import probe
from video_censor_personal.media.reader import FilmReader
from video_censor_personal.smart_render.joint_check import joint_problems
from video_censor_personal.smart_render.nal_units import Framing, unit_type
from video_censor_personal.smart_render.parameter_sets import parameter_sets
from video_censor_personal.smart_render.stretches import StretchPlan

X264 = {"g": "25", "bf": "3", "preset": "fast", "x264-params": "b-pyramid=normal:scenecut=0"}
_X265 = "keyint=25:min-keyint=25:bframes=4:scenecut=0:log-level=none"
CLOSED = {"preset": "ultrafast", "x265-params": f"{_X265}:open-gop=0"}
OPEN = {"preset": "ultrafast", "x265-params": f"{_X265}:open-gop=1:b-pyramid=1"}
SMALL = {"g": "25", "deadline": "realtime", "cpu-used": "8", "b": "300k"}
AV1 = {"g": "25", "preset": "12"}
VFR = tuple(np.cumsum([0, *[0.04, 0.02, 0.11, 0.04, 0.033] * 18]).round(3).tolist())

FILMS: dict[str, tuple[Textured, str, str]] = {
    "h264, mkv": (Textured("libx264", X264), ".mkv", ".mkv"),
    "h264, mp4": (Textured("libx264", X264), ".mp4", ".mp4"),
    "h264, mov": (Textured("libx264", X264), ".mov", ".mov"),
    "h264, mkv to mp4": (Textured("libx264", X264), ".mkv", ".mp4"),
    "h264, ts to mkv": (Textured("libx264", X264), ".ts", ".mkv"),
    "h264, ts to mp4": (Textured("libx264", X264), ".ts", ".mp4"),
    "h264, key frames only": (Textured("libx264", {"g": "1"}), ".mp4", ".mp4"),
    "h264, baseline": (Textured("libx264", {"g": "25", "profile": "baseline"}), ".mp4", ".mp4"),
    "h264, 10 bit": (Textured("libx264", X264, "yuv420p10le"), ".mkv", ".mkv"),
    "h264, 4:4:4": (Textured("libx264", X264, "yuv444p"), ".mkv", ".mp4"),
    "h264, full range": (Textured("libx264", X264, "yuvj420p", colors=(1, 1, 1, 2)), ".mp4", ".mkv"),
    "h264, vfr": (Textured("libx264", X264, times=VFR), ".mkv", ".mkv"),
    "h264, vfr, mp4": (Textured("libx264", X264, times=VFR), ".mp4", ".mp4"),
    "h265, closed": (Textured("libx265", CLOSED), ".mp4", ".mp4"),
    "h265, closed, ts to mkv": (Textured("libx265", CLOSED), ".ts", ".mkv"),
    "h265, open": (Textured("libx265", OPEN), ".mkv", ".mkv"),
    "h265, open, hvc1": (Textured("libx265", OPEN, tag="hvc1"), ".mp4", ".mp4"),
    "h265, open, ts to mp4": (Textured("libx265", OPEN), ".ts", ".mp4"),
    "h265, 10 bit, HDR": (
        Textured(
            "libx265",
            {**OPEN, "x265-params": f"{OPEN['x265-params']}:{HDR['x265-params']}"},
            "yuv420p10le",
            colors=(9, 9, 16, 1),
        ),
        ".mkv",
        ".mkv",
    ),
    "vp9, webm": (Textured(VP9, SMALL), ".webm", ".webm"),
    "vp9, mp4": (Textured(VP9, SMALL), ".mp4", ".mp4"),
    "av1, mkv to webm": (Textured("libsvtav1", AV1), ".mkv", ".webm"),
    "av1, 10 bit, mp4": (Textured("libsvtav1", AV1, "yuv420p10le"), ".mp4", ".mp4"),
}
"""By name: the film, and the suffixes of film and copy. Key frames are a second apart."""

SPANS: dict[str, list[tuple[float, float]]] = {
    "the middle": [(1.6, 1.8)],
    "the beginning": [(0.0, 0.1)],
    "the end": [(3.9, 9.0)],
    "one picture": [(2.0, 2.0)],
    "several": [(0.4, 0.5), (1.6, 1.8), (3.3, 3.4)],
}


def edits(spans: Sequence[tuple[float, float]]) -> list[PictureEdit]:
    return [PictureEdit(start, end, color=RED) for start, end in spans]


def copied_frames(plan: StretchPlan) -> list[bool]:
    return [not each.is_encoded for each in plan.stretches for _ in range(each.begin, each.end)]


@pytest.mark.parametrize("name", FILMS)
def test_only_stretches_that_are_touched_are_encoded(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    clip, suffix, target = FILMS[name]
    folder = tmp_path_factory.mktemp("film")
    source = make_textured(folder / f"film{suffix}", clip)
    film, packets = decoded(source), units(source)
    for spans in SPANS.values():
        report = render(source, folder / f"clean{target}", edits(spans))

        copy, plan = decoded(report.output), report.joined[0].plan
        is_copied = copied_frames(plan)
        assert len(copy) == len(film)
        assert all(abs(a.moment - b.moment) <= 0.0005 for a, b in zip(film, copy, strict=True))
        assert all(
            same for same, was_copied in zip(is_same(film, copy), is_copied, strict=True) if was_copied
        )
        assert is_copied.count(False) == report.joined[0].encoded <= 70
        theirs = [packet for packet, was in zip(packets, plan.copied_packets(), strict=True) if was]
        ours = units(report.output)
        ours = [packet for packet, was in zip(ours, plan.copied_places(), strict=True) if was]
        assert [content for _, content in theirs] == [content for _, content in ours]
        touched = hidden([frame.moment for frame in film], edits(spans))
        assert not any(is_copied[number] for number in touched)
        assert [n for n, frame in enumerate(frames(report.output)) if is_red(frame.image)] == touched
        assert report.warnings == ()
        assert verify_render(source, report.output, edits(spans), report) == []


def test_a_picture_that_is_touched_from_end_to_end_has_nothing_to_be_copied(tmp_path: Path) -> None:
    source = make_textured(tmp_path / "film.mkv", Textured("libx264", X264))

    report = render(source, tmp_path / "clean.mkv", edits([(0.0, 9.0)]))

    assert report.joined[0].encoded == 100
    assert verify_render(source, report.output, edits([(0.0, 9.0)]), report) == []


DECODING_TIMES = {".mp4": Textured("libx264", X264), ".mov": Textured("libx265", CLOSED)}


@pytest.mark.parametrize("suffix", DECODING_TIMES)
def test_the_times_of_decoding_are_those_of_the_film(tmp_path: Path, suffix: str) -> None:
    source = make_textured(tmp_path / f"film{suffix}", DECODING_TIMES[suffix])

    report = render(source, tmp_path / f"clean{suffix}", edits([(1.6, 1.8)]))

    was, now = (
        [packet.dts * packet.time_base for packet in _packets(path)] for path in (source, report.output)
    )
    assert was == now


def _packets(path: Path) -> list[Any]:
    with av.open(str(path)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


def test_where_the_tag_says_that_the_header_has_all_sets_no_packet_has_one(tmp_path: Path) -> None:
    source = make_textured(tmp_path / "film.mp4", Textured("libx265", OPEN, tag="hvc1"))

    report = render(source, tmp_path / "clean.mp4", edits([(1.6, 1.8)]))

    packets = _packets(report.output)
    context = packets[0].stream.codec_context
    kinds = {unit_type("hevc", unit) for each in packets for unit in Framing(4).split(bytes(each))}
    assert context.codec_tag == "hvc1"
    assert not kinds & {32, 33, 34}
    assert 36 in kinds
    assert len(parameter_sets("hevc", context.extradata)) == 6
    assert len(decoded(report.output)) == 100


WHOLE: dict[str, tuple[str, str, Clip, str]] = {
    "interlaced": (".mp4", ".mp4", Clip(options={"flags": "+ildct+ilme"}), "it is interlaced"),
    "of another kind": (
        ".mkv",
        ".mp4",
        Clip(video="mpeg4", audio=()),
        "no mpeg4 encoder for mp4 takes it; it is h264 now",
    ),
    "in a file that has no place for it": (
        ".mkv",
        ".webm",
        Clip(audio=()),
        "no h264 encoder for webm takes it; it is vp9 now",
    ),
    "without times": (
        ".avi",
        ".mkv",
        Clip(video="mpeg4", options={"bf": "2"}, audio=()),
        "it is h264 now",
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_where_nothing_can_be_copied_all_is_encoded_and_it_is_said_why(tmp_path: Path, name: str) -> None:
    suffix, target, clip, why = WHOLE[name]
    source = make_clip(tmp_path / f"film{suffix}", clip)

    report = render(source, tmp_path / f"clean{target}", edits([(1.0, 1.2)]))

    assert any(why in warning for warning in report.warnings)
    assert not any(each.plan.copies for each in report.joined.values())
    assert verify_render(source, report.output, edits([(1.0, 1.2)]), report) == []


def test_where_a_packet_cannot_be_decoded_all_is_encoded(tmp_path: Path) -> None:
    film = make_textured(tmp_path / "film.mkv", Textured("libx264", {**X264, "bf": "0"}))
    source = damaged(film, tmp_path / "damaged.mkv", "video", 45, 46)

    report = render(source, tmp_path / "clean.mkv", edits([(1.6, 1.9)]))

    assert any("not each of its packets is a picture" in warning for warning in report.warnings)
    assert report.joined == {}


def test_a_film_whose_header_changes_in_its_middle_is_encoded_as_a_whole(tmp_path: Path) -> None:
    one = make_textured(tmp_path / "one.ts", Textured("libx264", X264, frames=50))
    other = make_textured(tmp_path / "other.ts", Textured("libx264", {**X264, "profile": "main"}, frames=50))
    joined = tmp_path / "film.ts"
    with av.open(str(joined), "w") as output:
        stream: Any = None
        for number, path in enumerate((one, other)):
            with av.open(str(path)) as container:
                stream = stream or output.add_stream_from_template(container.streams.video[0], opaque=True)
                for packet in container.demux(video=0):
                    if packet.size:
                        assert packet.pts is not None
                        assert packet.dts is not None
                        packet.pts, packet.dts = packet.pts + number * 180_000, packet.dts + number * 180_000
                        packet.stream = stream
                        output.mux(packet)

    report = render(joined, tmp_path / "clean.mkv", edits([(1.0, 1.2)]))

    assert any("its parameter sets change in its middle" in warning for warning in report.warnings)
    assert len(frames(report.output)) == 100
    assert verify_render(joined, report.output, edits([(1.0, 1.2)]), report) == []


def test_the_film_does_not_go_on_at_key_frames_that_look_back(tmp_path: Path) -> None:
    """In H.264, nothing can be put before such a one."""
    open_gop = {**X264, "x264-params": "open-gop=1:keyint=25:bframes=3:scenecut=0"}
    source = make_textured(tmp_path / "film.mkv", Textured("libx264", open_gop))

    report = render(source, tmp_path / "clean.mkv", edits([(1.6, 1.8)]))

    stretches = report.joined[0].plan.stretches
    assert [each.is_encoded for each in stretches] == [False, True]
    assert stretches[-1].end == 100
    assert verify_render(source, report.output, edits([(1.6, 1.8)]), report) == []


def _rewritten(source: Path, target: Path, change: dict[int, bytes | None]) -> Path:
    """Copy a film with some packets of its picture changed or left out, by their number."""
    with av.open(str(source)) as one, av.open(str(target), "w") as other:
        stream = other.add_stream_from_template(one.streams.video[0], opaque=True)
        number = -1
        for packet in one.demux(video=0):
            if not packet.size:
                continue
            number += 1
            payload = change.get(number, bytes(packet))
            if payload is not None:
                made: Any = av.Packet(payload)
                made.pts, made.dts, made.time_base = packet.pts, packet.dts, packet.time_base
                made.duration, made.is_keyframe, made.stream = packet.duration, packet.is_keyframe, stream
                other.mux(made)
    return target


def _flipped(payload: bytes) -> bytes:
    return payload[:-4] + bytes([payload[-4] ^ 0x55]) + payload[-3:]


SPOILT: dict[str, tuple[int, Callable[[bytes], bytes | None], str]] = {
    "a copied packet differs": (60, _flipped, "was to be copied, and the content of its .* packets differs"),
    "one is missing": (60, lambda _: None, "packets instead of"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_the_check_finds_what_is_wrong_with_what_was_copied(tmp_path: Path, name: str) -> None:
    number, change, problem = SPOILT[name]
    source = make_textured(tmp_path / "film.mp4", Textured("libx264", X264))
    report = render(source, tmp_path / "clean.mp4", edits([(1.6, 1.8)]))
    payload = bytes(_packets(report.output)[number])

    spoilt = _rewritten(report.output, tmp_path / "spoilt.mp4", {number: change(payload)})

    problems = verify_render(source, spoilt, edits([(1.6, 1.8)]), report)
    assert any(re.search(problem, each) for each in problems), problems


def test_the_check_decodes_through_the_joints(tmp_path: Path) -> None:
    """What was copied is there, packet for packet, but looks back to what is not."""
    source = make_textured(tmp_path / "film.mkv", Textured("libx264", X264))
    report = render(source, tmp_path / "clean.mkv", edits([(1.6, 1.8)]))
    plan = report.joined[0].plan
    wrong = replace(plan.stretches[2], begin=plan.stretches[2].begin - 5)
    short = replace(plan.stretches[1], end=plan.stretches[1].end - 5)

    problems = joint_problems(
        *_tracks(source, report.output), replace(plan, stretches=(plan.stretches[0], short, wrong))
    )

    assert any("shows another picture than the film" in each for each in problems)
    assert list(joint_problems(*_tracks(source, report.output), plan)) == []


def test_the_check_finds_a_picture_that_is_lost_at_a_joint(tmp_path: Path) -> None:
    source = make_textured(tmp_path / "film.mkv", Textured("libx264", X264))
    report = render(source, tmp_path / "clean.mkv", edits([(1.6, 1.8)]))
    plan = report.joined[0].plan

    spoilt = _rewritten(report.output, tmp_path / "spoilt.mkv", {plan.stretches[1].end - 1: None})

    problems = list(joint_problems(*_tracks(source, spoilt), plan))
    assert any("lacks the picture at" in each for each in problems), problems


def _tracks(*paths: Path) -> tuple[Track, Track]:
    one, other = (Track(FilmReader(probe(path), av.open(str(path))), 0, Fraction(0)) for path in paths)
    return one, other
