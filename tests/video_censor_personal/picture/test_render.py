from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media_clips import Clip, Track, decibels, delay, make_clip, png, rotated
from tests.video_censor_personal.media.reading import read_pcm
from tests.video_censor_personal.render.made import Edit, render, verify_render
from tests.video_censor_personal.render.pictures import (
    HDR,
    PICTURE,
    RED,
    VP9,
    Shown,
    frames,
    hidden,
    is_red,
    likeness,
)
from video_censor_personal.edits.values import PictureEdit, SoundEdit
from video_censor_personal.media.probe import probe
from video_censor_personal.render.mux import RenderReport

RATE = 48000
SOUND = (SoundEdit(1.6, 1.8, "silence"),)
VFR = (0, 0.1, 0.13, 0.5, 1.1, 1.12, 1.55, 1.7, 2.3)
CLIPS: dict[str, tuple[str, Clip]] = {
    "mp4 with everything": (
        ".mp4",
        Clip(
            audio=(Track(language="eng"), Track("ac3", language="spa")),
            subtitles=(("mov_text", "eng"),),
            chapters=((0.0, 1.0, "One"), (1.0, 2.5, "Two")),
            cover=png(),
            metadata={"title": "A film"},
        ),
    ),
    "mkv with everything": (
        ".mkv",
        Clip(
            video="libx265",
            audio=(Track("aac", "5.1", language="eng", bit_rate=384_000), Track("ac3", language="spa")),
            subtitles=(("subrip", "eng"), ("ass", "spa")),
            chapters=((0.0, 1.0, "One"), (1.0, 2.5, "Two")),
            attachment=("font.ttf", "font/ttf", b"not really a font" * 99),
            cover=png(),
        ),
    ),
    "webm": (".webm", Clip(video=VP9, audio=(Track("libopus"),))),
    "av1": (".mkv", Clip(video="libsvtav1", options={"preset": "12"})),
    "mp4, vfr": (".mp4", Clip(frame_times=VFR)),
    "mkv, vfr": (".mkv", Clip(frame_times=VFR)),
    "mp4, late sound": (".mp4", Clip(audio=(Track(start=1.2),))),
    "mkv, late sound": (".mkv", Clip(audio=(Track(start=1.2),))),
    "mp4, late picture": (".mp4", Clip(frame_times=tuple(0.52 + n / 25 for n in range(50)))),
    "mkv, late picture": (".mkv", Clip(frame_times=tuple(0.52 + n / 25 for n in range(50)))),
    "mov, timecode": (".mov", Clip(timecode="01:00:00:00")),
    "mkv, 10 bit, BT.2020": (
        ".mkv",
        Clip(video="libx265", pixels="yuv420p10le", colors=(9, 9, 16, 1), options=HDR),
    ),
    "mp4, 4:4:4, BT.709": (".mp4", Clip(pixels="yuv444p", colors=(1, 1, 1, 1))),
    "mp4, full range": (".mp4", Clip(pixels="yuvj420p", colors=(1, 1, 1, 2))),
    "mp4, interlaced": (".mp4", Clip(options={"flags": "+ildct+ilme"})),
    "mp4, oblong pixels": (".mp4", Clip(pixel_shape=Fraction(4, 3))),
    "mkv, oblong pixels": (".mkv", Clip(pixel_shape=Fraction(4, 3))),
    "mp4, oblong pixels, vp9": (".mp4", Clip(video=VP9, pixel_shape=Fraction(4, 3))),
    "webm, odd size": (".webm", Clip(video=VP9, size=(161, 121), audio=(Track("libopus"),))),
    "mp4, no sound": (".mp4", Clip(audio=())),
    "mp4, hvc1": (".mp4", Clip(video="libx265", tag="hvc1")),
}


def packets(path: Path) -> dict[int, list[tuple[bytes, float | None]]]:
    with av.open(str(path)) as container:
        found: dict[int, list[tuple[bytes, float | None]]] = {s.index: [] for s in container.streams}
        for packet in container.demux():
            if packet.size:
                time = None if packet.pts is None else float(packet.pts * packet.time_base)
                found[packet.stream.index].append((bytes(packet), time))
        return found


def mono(path: Path, track: int = 1) -> NDArray[np.float32]:
    return np.concatenate(list(read_pcm(path, RATE, track=track)))


@dataclass(frozen=True)
class Made:
    source: Path
    output: Path
    report: RenderReport
    edits: tuple[Edit, ...]
    was: list[Shown]
    now: list[Shown]

    @property
    def covered(self) -> list[int]:
        """The numbers of the frames that must be covered."""
        return hidden([frame.time for frame in self.was], self.edits)


MADE: dict[str, Made] = {}


@pytest.fixture(params=CLIPS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Render one clip of the table, once; the input's bytes must not change."""
    name: str = request.param
    if name not in MADE:
        suffix, clip = CLIPS[name]
        small = clip if clip.size[0] % 2 else replace(clip, size=(96, 64))
        source = make_clip(tmp_path_factory.mktemp("film") / f"film{suffix}", small)
        content = source.read_bytes()
        edits = (*SOUND, *PICTURE) if clip.audio else PICTURE
        report = render(source, source.with_name(f"clean{suffix}"), edits)
        assert source.read_bytes() == content
        MADE[name] = Made(source, report.output, report, edits, frames(source), frames(report.output))
    return MADE[name]


def test_every_frame_of_a_span_is_covered_and_no_other(made: Made) -> None:
    assert [number for number, frame in enumerate(made.now) if is_red(frame.image)] == made.covered
    assert len(made.covered) >= 3
    assert not any(is_red(frame.image) for frame in made.was)


def test_every_other_frame_is_as_it_was(made: Made) -> None:
    for number in set(range(len(made.was))) - set(made.covered):
        assert likeness(made.was[number].image, made.now[number].image) > 38


def test_every_frame_is_there_at_its_time(made: Made) -> None:
    assert [frame.time for frame in made.was] == [frame.time for frame in made.now]


def test_the_picture_says_the_same_of_itself(made: Made) -> None:
    assert made.was[0].traits == made.now[0].traits
    told = [warning for warning in made.report.warnings if "stream 0" in warning]
    assert all("is encoded anew, because it is interlaced" in warning for warning in told)
    assert bool(told) == made.was[0].is_interlaced
    for one, other in zip(probe(made.source).streams, probe(made.output).streams, strict=True):
        assert (one.kind, one.codec, one.language, one.title, one.disposition) == (
            other.kind,
            other.codec,
            other.language,
            other.title,
            other.disposition,
        )
        assert (one.width, one.height, one.pixel_shape) == (other.width, other.height, other.pixel_shape)
    assert probe(made.source).chapters == probe(made.output).chapters


def test_the_frame_rate_is_the_same(made: Made) -> None:
    with av.open(str(made.source)) as one, av.open(str(made.output)) as other:
        was, now = one.streams.video[0], other.streams.video[0]
        if was.base_rate == was.average_rate:
            assert now.average_rate == was.average_rate
        assert now.codec_context.codec_tag == was.codec_context.codec_tag


def test_the_other_streams_are_the_same_bit_for_bit(made: Made) -> None:
    theirs, ours = packets(made.source), packets(made.output)

    others = theirs.keys() - set(made.report.muted) - set(made.report.covered)
    assert made.report.covered == (0,)
    assert theirs.keys() == ours.keys()
    for index in others:
        assert [content for content, _ in theirs[index]] == [content for content, _ in ours[index]]
        for (_, was), (_, now) in zip(theirs[index], ours[index], strict=True):
            assert now == pytest.approx(was, abs=0.0011)


def test_sound_and_picture_are_together_as_before(made: Made) -> None:
    for track in made.report.muted:
        was, now = (delay(mono(path, track), RATE, 2.12, 2.38) for path in (made.source, made.output))
        assert abs(now - was) <= 0.1
        assert decibels(mono(made.output, track)[round(1.65 * RATE) : round(1.75 * RATE)]) < -90


def test_the_check_finds_nothing_wrong(made: Made) -> None:
    assert verify_render(made.source, made.output, made.edits, made.report) == []
    assert verify_render(made.source, made.output, made.edits) == []


def test_without_an_edit_of_the_sound_the_sound_is_copied(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", Clip(audio=(Track(start=0.4),)))

    report = render(source, tmp_path / "clean.mp4", PICTURE)

    assert packets(source)[1] == packets(report.output)[1]
    assert delay(mono(source), RATE, 2.12, 2.38) == delay(mono(report.output), RATE, 2.12, 2.38)
    assert verify_render(source, report.output, PICTURE, report) == []


@pytest.mark.parametrize("edits", [(), PICTURE, SOUND], ids=["nothing", "picture", "sound"])
def test_the_run_in_of_a_copied_sound_moves_nothing_in_a_matroska(
    tmp_path: Path, edits: tuple[Edit, ...]
) -> None:
    source = make_clip(tmp_path / "film.mp4", Clip(audio=(Track(language="eng"), Track(language="spa"))))

    report = render(source, tmp_path / "clean.mkv", edits)

    assert [frame.time for frame in frames(source)] == [frame.time for frame in frames(report.output)]
    for track in (1, 2):
        was, now = (delay(mono(path, track), RATE, 2.12, 2.38) for path in (source, report.output))
        assert abs(now - was) <= 1.0
    assert verify_render(source, report.output, edits, report) == []


def test_without_an_edit_of_the_picture_the_picture_is_copied(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4")

    report = render(source, tmp_path / "clean.mp4", SOUND)

    assert packets(source)[0] == packets(report.output)[0]
    assert report.covered == ()


SPANS: dict[str, tuple[list[tuple[float, float]], list[int]]] = {
    "within frames": ([(0.5, 0.8)], list(range(12, 21))),
    "from border to border": ([(0.48, 0.52)], [12, 13]),
    "a moment at a border": ([(0.48, 0.48)], [12]),
    "a moment within a frame": ([(0.5, 0.5)], [12]),
    "just before a border": ([(0.479, 0.479)], [11]),
    "the beginning": ([(0.0, 0.1)], [0, 1, 2]),
    "the end": ([(0.95, 9.0)], [23, 24]),
    "all": ([(0.0, 1.0)], list(range(25))),
    "after the last frame came: it stays": ([(5.0, 6.0)], [24]),
    "next to each other": ([(0.2, 0.21), (0.25, 0.26)], [5, 6]),
    "two within one frame": ([(0.205, 0.21), (0.22, 0.23), (0.5, 0.51)], [5, 12]),
}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("name", SPANS)
def test_nothing_leaks_at_the_edges(tmp_path: Path, name: str, suffix: str) -> None:
    spans, covered = SPANS[name]
    source = make_clip(tmp_path / f"film{suffix}", Clip(seconds=1.0, size=(64, 48), audio=()))
    edits = [PictureEdit(start, end, color=RED) for start, end in spans]

    report = render(source, tmp_path / f"clean{suffix}", edits)

    assert [n for n, frame in enumerate(frames(report.output)) if is_red(frame.image)] == covered
    assert verify_render(source, report.output, edits, report) == []


def test_a_frame_that_appears_earlier_in_a_coarser_container_is_covered(tmp_path: Path) -> None:
    """Matroska counts milliseconds: the frame of 0.4004 s is there at 0.400 s."""
    rate = Fraction(30000, 1001)
    times = tuple(float(n / rate) for n in range(20))
    source = make_clip(tmp_path / "film.mp4", Clip(frame_times=times, audio=()))
    with av.open(str(source)) as one, av.open(str(tmp_path / "exact.mp4"), "w") as other:
        stream = other.add_stream_from_template(one.streams.video[0], opaque=True)
        stream.time_base = Fraction(1, 30000)
        packet: Any
        for packet in one.demux(video=0):
            if packet.size:
                exact = [round(t * packet.time_base * rate) * 1001 for t in (packet.pts, packet.dts)]
                packet.pts, packet.dts = exact
                packet.time_base, packet.stream = Fraction(1, 30000), stream
                other.mux(packet)
    source = tmp_path / "exact.mp4"
    assert frames(source)[12].time == Fraction(12 * 1001, 30000)

    edit = PictureEdit(0.4, 0.4002, color=RED)
    report = render(source, tmp_path / "clean.mkv", [edit])

    now = frames(report.output)
    assert now[12].time == Fraction(4, 10)
    assert [n for n, frame in enumerate(now) if is_red(frame.image)] == [11, 12]


def test_the_rotation_is_kept(tmp_path: Path) -> None:
    source = rotated(make_clip(tmp_path / "film.mp4"))

    for suffix in (".mp4", ".mkv"):
        report = render(source, tmp_path / f"clean{suffix}", PICTURE)
        assert {frame.traits[0] for frame in frames(report.output)} == {-90}
        assert verify_render(source, report.output, PICTURE, report) == []


def test_the_brightness_of_hdr_is_kept(tmp_path: Path) -> None:
    clip = Clip(video="libx265", pixels="yuv420p10le", colors=(9, 9, 16, 1), options=HDR, audio=())
    source = make_clip(tmp_path / "film.mkv", clip)

    report = render(source, tmp_path / "clean.mkv", PICTURE)

    def brightness(path: Path) -> dict[str, bytes]:
        with av.open(str(path)) as container:
            frame: Any = next(container.decode(video=0))
            return {s.type.name: bytes(s) for s in frame.side_data if s.type.name != "SEI_UNREGISTERED"}

    assert brightness(source).keys() == {"MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"}
    assert brightness(report.output) == brightness(source)
