from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests.support.media_clips import Clip, Track, damaged, make_clip
from tests.video_censor_personal.render.made import render, verify_render
from tests.video_censor_personal.render.pictures import HDR, PICTURE, RED, VP9, frames, hidden, is_red
from video_censor_personal.edits.values import PictureEdit
from video_censor_personal.errors import OutputRefused
from video_censor_personal.media.errors import Damaged
from video_censor_personal.media.probe import probe

OTHERS: dict[str, tuple[str, Clip, str, str, str]] = {
    "ts": (".ts", Clip(audio=(Track(language="eng"),)), ".mkv", "h264", ""),
    "ts to mp4": (".ts", Clip(audio=(Track(language="eng"),)), ".mp4", "h264", ""),
    "mpeg-2": (
        ".mpg",
        Clip(video="mpeg2video", audio=(Track("mp2"),)),
        ".mkv",
        "h264",
        "no mpeg2video encoder",
    ),
    "mpeg-4 in avi": (
        ".avi",
        Clip(video="mpeg4", audio=(Track("libmp3lame"),)),
        ".mp4",
        "h264",
        "no mpeg4 encoder for mp4 takes it; it is h264 now",
    ),
    "vp8": (
        ".webm",
        Clip(video="libvpx", audio=(Track("libopus"),)),
        ".webm",
        "vp9",
        "no vp8 encoder for webm takes it; it is vp9 now",
    ),
    "h264 to webm": (".mkv", Clip(audio=(Track("libopus"),)), ".webm", "vp9", "it is vp9 now"),
    "rgb": (
        ".mkv",
        Clip(video="ffv1", pixels="bgr0", audio=()),
        ".mkv",
        "h264",
        "its bgr0 pictures are yuv444p now",
    ),
    "16 bits": (
        ".mkv",
        Clip(video="ffv1", pixels="yuv444p16le", audio=()),
        ".mkv",
        "h264",
        "its yuv444p16le pictures are yuv444p10le now",
    ),
    "oblong vp9 to mkv": (
        ".mp4",
        Clip(video=VP9, pixel_shape=Fraction(4, 3)),
        ".mkv",
        "h264",
        "no vp9 encoder for matroska takes it",
    ),
    "hdr to webm": (
        ".mkv",
        Clip(video="libx265", pixels="yuv420p10le", colors=(9, 9, 16, 1), options=HDR, audio=()),
        ".webm",
        "vp9",
        "its HDR brightness data cannot be kept",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_picture_that_cannot_be_encoded_as_it_was_is_encoded_otherwise_and_it_is_said(
    tmp_path: Path, name: str
) -> None:
    suffix, clip, target, codec, warning = OTHERS[name]
    source = make_clip(tmp_path / f"film{suffix}", clip)

    report = render(source, tmp_path / f"clean{target}", PICTURE)

    was, now = frames(source), frames(report.output)
    covered = hidden([frame.time for frame in was], PICTURE)
    assert [number for number, frame in enumerate(now) if is_red(frame.image)] == covered
    assert all(abs(a.time - b.time) <= Fraction(6, 10000) for a, b in zip(was, now, strict=True))
    assert probe(report.output).of_kind("video")[0].codec == codec
    assert any(warning in each for each in report.warnings) if warning else report.warnings == ()
    assert verify_render(source, report.output, PICTURE, report) == []
    assert verify_render(source, report.output, PICTURE) == []


def test_every_picture_of_a_file_with_two_is_covered(tmp_path: Path) -> None:
    one = make_clip(tmp_path / "one.mkv", Clip(audio=()))
    two = tmp_path / "two.mkv"
    with av.open(str(one)) as a, av.open(str(one)) as b, av.open(str(two), "w") as output:
        streams = [output.add_stream_from_template(f.streams.video[0], opaque=True) for f in (a, b)]
        for first, second in zip(a.demux(video=0), b.demux(video=0), strict=True):
            for packet, stream in ((first, streams[0]), (second, streams[1])):
                if packet.size:
                    packet.stream = stream
                    output.mux(packet)

    report = render(two, tmp_path / "clean.mkv", PICTURE)

    assert report.covered == (0, 1)
    for number in (0, 1):
        with av.open(str(report.output)) as container:
            images: list[Any] = [f.to_ndarray(format="rgb24") for f in container.decode(video=number)]
        red = [is_red(image) for image in images]
        assert red.count(True) == 9 + 4
    assert verify_render(two, report.output, PICTURE, report) == []


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("encoder", ["libx264", "libx265"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_film_of_few_pictures_is_covered(tmp_path: Path, encoder: str, suffix: str, count: int) -> None:
    options = {"x265-params": "log-level=none:bframes=0"}
    clip = Clip(video=encoder, frame_times=tuple(0.4 * n for n in range(count)), options=options)
    source = make_clip(tmp_path / f"film{suffix}", clip)
    edits = (PictureEdit(0.0, 0.3, color=RED),)

    report = render(source, tmp_path / f"clean{suffix}", edits)

    was, now = frames(source), frames(report.output)
    assert [is_red(frame.image) for frame in now] == [True, False, False][:count]
    assert [frame.time for frame in now] == [frame.time for frame in was]
    assert verify_render(source, report.output, edits, report) == []


def test_a_picture_that_no_encoder_takes_is_named(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mkv", Clip(video="ffv1", size=(161, 121), seconds=0.5, audio=()))

    with pytest.raises(OutputRefused, match=r"stream 0 .video, ffv1.*Give the output the suffix .mkv"):
        render(source, tmp_path / "clean.mov", PICTURE)

    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]


def test_a_little_damage_is_survived_in_time(tmp_path: Path) -> None:
    source = damaged(make_clip(tmp_path / "a.mkv"), tmp_path / "film.mkv", "video", 20, 22)

    report = render(source, tmp_path / "clean.mkv", PICTURE)

    was, now = frames(source), frames(report.output)
    assert 50 < len(was) <= 62
    assert [frame.time for frame in was] == [frame.time for frame in now]
    covered = hidden([frame.time for frame in was], PICTURE)
    assert [number for number, frame in enumerate(now) if is_red(frame.image)] == covered
    assert verify_render(source, report.output, PICTURE, report) == []


def test_a_ruined_picture_is_a_failure(tmp_path: Path) -> None:
    source = damaged(make_clip(tmp_path / "a.mkv"), tmp_path / "film.mkv", "video", 1, 999)

    with pytest.raises(Damaged):
        render(source, tmp_path / "clean.mkv", PICTURE)

    assert not (tmp_path / "clean.mkv").exists()


def test_the_size_may_change_in_the_middle(tmp_path: Path) -> None:
    clip = Clip(seconds=1.0, audio=(), options={"x264-params": "repeat-headers=1", "bf": "0"})
    parts = [
        make_clip(tmp_path / f"{size[0]}.ts", replace(clip, size=size)) for size in ((160, 120), (96, 64))
    ]
    source = tmp_path / "film.ts"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    edits = [PictureEdit(0.0, 90.0, color=RED)]

    report = render(source, tmp_path / "clean.mkv", edits)

    now = frames(report.output)
    assert {frame.image.shape for frame in now} == {(120, 160, 3)}
    assert all(is_red(frame.image) for frame in now)


def test_memory_is_flat_in_the_length_of_the_film(tmp_path: Path) -> None:
    script = """
        import resource, sys
        from pathlib import Path
        from tests.video_censor_personal.render.made import render
        from video_censor_personal.edits.values import PictureEdit
        from tests.video_censor_personal.render.made import verify_render

        edits = [PictureEdit(n / 5, n / 5 + 0.1, color="#000000") for n in range(100)]
        for name in ("short", "long"):
            source = Path(sys.argv[1], f"{name}.mkv")
            report = render(source, source.with_name(f"clean-{name}.mkv"), edits)
            assert verify_render(source, report.output, edits, report) == []
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    """
    make_clip(tmp_path / "short.mkv", Clip(seconds=4, size=(320, 240), audio=()))
    make_clip(tmp_path / "long.mkv", Clip(seconds=20, size=(320, 240), audio=()))

    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
    )

    short, long = (int(line) for line in result.stdout.split())
    frame = 320 * 240 * 3 // 2
    assert long - short < 100 * frame // 1024


def test_encoding_av1_leaves_the_machine_to_others(tmp_path: Path) -> None:
    script = """
        import os, sys
        from pathlib import Path
        from tests.video_censor_personal.render.made import render
        from video_censor_personal.edits.values import PictureEdit

        source = Path(sys.argv[1])
        render(source, source.with_name("clean.mp4"), [PictureEdit(0.2, 0.4)])
        print({os.sched_getscheduler(int(thread)) for thread in os.listdir("/proc/self/task")})
    """
    source = make_clip(tmp_path / "film.mp4", Clip(seconds=1.0, video="libsvtav1", audio=()))

    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(source)],
        check=True,
        capture_output=True,
        text=True,
    )

    assert result.stdout.strip() == f"{{{os.SCHED_OTHER}}}"
