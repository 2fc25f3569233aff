"""What was decoded of real films is measured, and what was not is found where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.support.media_clips import Clip, Track, damaged, make_clip
from tests.video_censor_personal.media.reading import read_pcm, sample_frames
from video_censor_personal.findings.coverage import Coverage
from video_censor_personal.media.audio import read_channels
from video_censor_personal.media.meter import Meter
from video_censor_personal.media.probe import probe

INTRA = {"g": "1", "bf": "0"}
PLAIN = Clip(seconds=6.0, audio=(Track("ac3", "mono"),))


def measured(path: Path, kind: str) -> Coverage:
    meter = Meter()
    if kind == "audio":
        list(read_channels(probe(path), meter=meter))
    else:
        list(sample_frames(path, 0.5, meter=meter))
    return meter.coverage()


def without(path: Path, target: Path, kind: str, keep: Callable[[float], bool]) -> Path:
    """Copy a clip without the packets of a kind of stream whose times (seconds) are not to be kept."""
    with av.open(str(path)) as source, av.open(str(target), "w") as output:
        streams = {s.index: output.add_stream_from_template(s, opaque=True) for s in source.streams}
        for packet in source.demux():
            if packet.dts is None and packet.pts is None:
                continue
            if packet.stream.type != kind or keep(float((packet.pts or 0) * packet.time_base)):
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
    return target


WHOLE: dict[str, tuple[str, Clip]] = {
    "mp4": (".mp4", Clip()),
    "mkv": (".mkv", Clip()),
    "avi": (".avi", Clip(video="mpeg4", audio=(Track("libmp3lame"),))),
    "avi with sound as it is": (".avi", Clip(video="mpeg4", audio=(Track("pcm_s16le"),))),
    "mov": (".mov", Clip(audio=(Track("pcm_s16le"),))),
    "webm, opus": (".webm", Clip(video="libvpx-vp9", audio=(Track("libopus"),))),
    "webm, vorbis": (".webm", Clip(video="libvpx", audio=(Track("vorbis"),))),
    "ts": (".ts", Clip(audio=(Track("ac3"),))),
    "mpeg": (".mpg", Clip(video="mpeg2video", audio=(Track("mp2"),))),
    "8 kHz": (".mkv", Clip(audio=(Track("aac", "mono", rate=8000),))),
    "flac": (".mkv", Clip(audio=(Track("flac"),))),
    "a single picture": (".mkv", Clip(seconds=0.04)),
    "a short film": (".mp4", Clip(seconds=0.3)),
    "pictures that are held": (".mkv", Clip(seconds=9.0, frame_times=(0.0, 0.04, 0.08, 4.0, 4.04, 8.0))),
}


@pytest.mark.parametrize("kind", ["audio", "video"])
@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_film_is_seen_whole(tmp_path: Path, name: str, kind: str) -> None:
    suffix, clip = WHOLE[name]
    path = make_clip(tmp_path / f"film{suffix}", clip)
    covered = measured(path, kind)
    assert (covered.gaps, covered.undecodable, covered.is_incomplete) == ((), 0, False)
    assert covered.missing in (0, None)
    if name != "pictures that are held":
        assert covered.length == pytest.approx(clip.seconds, abs=0.2)


def test_a_track_that_begins_late_has_no_gap_before(tmp_path: Path) -> None:
    late = Clip(audio=(Track("aac", "mono", start=1.5),))
    covered = measured(make_clip(tmp_path / "film.mkv", late), "audio")
    assert covered.start == pytest.approx(1.5, abs=0.03)
    assert (covered.gaps, covered.is_incomplete) == ((), False)


def test_a_pause_in_the_sound_is_a_gap(tmp_path: Path) -> None:
    clip = Clip(audio=(Track("ac3", "mono", gap=(0.8, 1.3)),))
    covered = measured(make_clip(tmp_path / "film.mkv", clip), "audio")
    (gap,) = covered.gaps
    assert (gap.start, gap.end) == pytest.approx((0.8, 1.3), abs=0.05)
    assert covered.is_incomplete
    assert covered.missing == round((gap.end - gap.start) / 0.032)


@dataclass(frozen=True)
class Harm:
    """Packets of a stream that are noise, or left out, and the seconds that are missed."""

    kind: str
    clip: Clip
    noise: tuple[int, int]
    missed: float
    suffix: str = ".mkv"


HARMS = {
    "sound": Harm("audio", PLAIN, (61, 90), 0.96),
    "sound at its end": Harm("audio", PLAIN, (170, 999), 0.6),
    "pictures": Harm("video", replace(PLAIN, options=INTRA), (51, 75), 1.0),
    "pictures, vp9": Harm("video", replace(PLAIN, video="libvpx-vp9", options={"g": "1"}), (51, 75), 1.0),
    "pictures at the end": Harm("video", replace(PLAIN, options=INTRA), (126, 999), 1.0),
    "pictures in an avi": Harm(
        "video",
        Clip(seconds=6.0, video="mpeg4", audio=(), options=INTRA),
        (51, 75),
        1.0,
        ".avi",
    ),
}


@pytest.mark.parametrize("name", HARMS)
def test_what_cannot_be_decoded_is_a_gap(tmp_path: Path, name: str) -> None:
    harm = HARMS[name]
    whole = make_clip(tmp_path / f"whole{harm.suffix}", harm.clip)
    covered = measured(damaged(whole, tmp_path / f"film{harm.suffix}", harm.kind, *harm.noise), harm.kind)
    assert covered.unseen == pytest.approx(harm.missed, abs=0.12)
    assert covered.undecodable > 0
    assert covered.is_incomplete


@pytest.mark.parametrize("kind", ["audio", "video"])
def test_packets_that_are_not_there_are_a_gap(tmp_path: Path, kind: str) -> None:
    whole = make_clip(tmp_path / "whole.mkv", replace(PLAIN, options=INTRA))
    path = without(whole, tmp_path / "film.mkv", kind, lambda time: not 2.0 <= time < 3.5)
    covered = measured(path, kind)
    (gap,) = covered.gaps
    assert (gap.start, gap.end) == pytest.approx((2.0, 3.5), abs=0.04)
    length = 0.032 if kind == "audio" else 0.04
    assert covered.missing == pytest.approx(1.5 / length, abs=1)
    assert (covered.undecodable, covered.is_incomplete) == (0, True)


def test_a_packet_is_no_gap(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", replace(PLAIN, seconds=2.0, options=INTRA))
    covered = measured(damaged(whole, tmp_path / "film.mkv", "video", 20, 20), "video")
    assert (covered.undecodable, covered.is_incomplete) == (1, False)


def test_what_comes_before_the_first_key_frame_nobody_can_show(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", replace(PLAIN, options={"g": "25", "bf": "0"}))
    covered = measured(without(whole, tmp_path / "film.mkv", "video", lambda time: time >= 0.5), "video")
    assert covered.start == pytest.approx(1.0 - 0.5, abs=0.05) or covered.start == pytest.approx(
        1.0, abs=0.05
    )
    assert (covered.gaps, covered.is_incomplete) == ((), False)


@pytest.mark.parametrize("at", [0.4, 2.6, 4.2])
def test_measuring_resumes_in_another_run(tmp_path: Path, at: float) -> None:
    whole = make_clip(tmp_path / "whole.mkv", replace(PLAIN, options=INTRA))
    path = damaged(whole, tmp_path / "film.mkv", "video", 51, 75)
    first = Meter()
    for frame in sample_frames(path, 0.2, meter=first):
        if frame.time >= at:
            break
    state: dict[str, Any] = first.state()
    second = Meter(state)
    for _ in sample_frames(path, 0.2, start=at, meter=second):
        pass
    assert second.coverage() == measured(path, "video")


def test_samples_are_silent_where_there_is_a_gap(tmp_path: Path) -> None:
    """What is counted as not looked at is what the detector was given as silence."""
    whole = make_clip(tmp_path / "whole.mkv", PLAIN)
    path = damaged(whole, tmp_path / "film.mkv", "audio", 61, 90)
    (gap,) = measured(path, "audio").gaps
    sound = np.concatenate(list(read_pcm(path, 16000)))
    inside = sound[round((gap.start + 0.05) * 16000) : round((gap.end - 0.05) * 16000)]
    assert float(abs(inside).max()) < 0.01
