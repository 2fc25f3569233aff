"""Every stream of a film gets into the copy: as it is, as text, re-encoded, or left out with a warning."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.support.media_clips import Clip, Track, make_clip
from tests.video_censor_personal.render.made import plan_streams, render, verify_render
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.errors import OutputRefused, UsageError
from video_censor_personal.media.probe import open_by_header, probe
from video_censor_personal.media.subtitles import cues
from video_censor_personal.pipeline import AnalysisPipeline

EDITS = (SoundEdit(0.5, 0.7, "silence"),)
MP3 = Track("libmp3lame", rate=44100)
PCM = Track("pcm_s16le")
NAMES = {"msmpeg4": "msmpeg4v3", "flv": "flv1", "prores_ks": "prores"}


AS_THEY_ARE: dict[str, tuple[str, Clip, str]] = {
    f"{video} in {suffix}": (
        suffix,
        Clip(seconds=1.0, video=video, pixels=pixels, size=size, audio=(track,)),
        NAMES.get(video, video),
    )
    for video, suffix, pixels, size, track in (
        ("flv", ".flv", "yuv420p", (160, 120), MP3),
        ("wmv2", ".wmv", "yuv420p", (160, 120), MP3),
        ("wmv1", ".asf", "yuv420p", (160, 120), MP3),
        ("h263", ".avi", "yuv420p", (176, 144), MP3),
        ("msmpeg4v2", ".avi", "yuv420p", (160, 120), MP3),
        ("msmpeg4", ".avi", "yuv420p", (160, 120), MP3),
        ("rawvideo", ".avi", "yuv420p", (160, 120), PCM),
        ("rawvideo", ".nut", "bgr24", (160, 120), PCM),
        ("dvvideo", ".avi", "yuv420p", (720, 576), PCM),
        ("huffyuv", ".avi", "yuv422p", (160, 120), PCM),
        ("prores_ks", ".mov", "yuv422p10le", (160, 120), PCM),
        ("svq1", ".mov", "yuv410p", (160, 120), PCM),
        ("mpeg4", ".avi", "yuv420p", (160, 120), Track("adpcm_ms")),
    )
} | {"gif": (".gif", Clip(seconds=1.0, video="gif", pixels="rgb8", audio=()), "gif")}


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_a_matroska_holds_what_no_standard_names(tmp_path: Path, name: str) -> None:
    suffix, clip, video = AS_THEY_ARE[name]
    source = make_clip(tmp_path / f"film{suffix}", clip)

    plain = render(source, tmp_path / "plain.mkv", ())
    muted = render(source, tmp_path / "muted.mkv", EDITS)

    assert plain.warnings == ()
    assert [s.codec for s in probe(plain.output).streams] == [s.codec for s in probe(source).streams]
    assert video in [s.codec for s in probe(muted.output).streams]
    for report, edits in ((plain, ()), (muted, EDITS)):
        assert verify_render(source, report.output, edits, report) == []
        assert verify_render(source, report.output, edits) == []


RE_ENCODED: dict[str, tuple[str, Clip, str, list[str]]] = {
    "flv1 in mp4": (".flv", Clip(seconds=1.0, video="flv", audio=(MP3,)), ".mp4", ["mp3", "h264"]),
    "h264 and aac in webm": (".mp4", Clip(seconds=1.0), ".webm", ["vp9", "opus"]),
    "vp8 in mov": (".mkv", Clip(seconds=1.0, video="libvpx", audio=(PCM,)), ".mov", ["h264", "pcm_s16le"]),
    "adpcm in mp4": (
        ".avi",
        Clip(seconds=1.0, video="mpeg4", audio=(Track("adpcm_ms"),)),
        ".mp4",
        ["mpeg4", "aac"],
    ),
    "gif in mp4": (".gif", Clip(seconds=1.0, video="gif", pixels="rgb8", audio=()), ".mp4", ["h264"]),
}


@pytest.mark.parametrize("edits", [(), EDITS], ids=["plain", "muted"])
@pytest.mark.parametrize("name", RE_ENCODED)
def test_sound_and_pictures_that_the_container_cannot_hold_are_re_encoded_with_a_warning(
    tmp_path: Path, name: str, edits: tuple[SoundEdit, ...]
) -> None:
    suffix, clip, to, codecs = RE_ENCODED[name]
    source = make_clip(tmp_path / f"film{suffix}", clip)

    report = render(source, tmp_path / f"clean{to}", edits)

    assert [s.codec for s in probe(report.output).streams] == codecs
    assert any("now" in warning for warning in report.warnings)
    assert verify_render(source, report.output, edits, report) == []
    assert verify_render(source, report.output, edits) == []


TEXTS: dict[str, tuple[str, str, str, str]] = {
    "srt to mp4": (".mkv", "subrip", ".mp4", "mov_text"),
    "srt to mov": (".mkv", "subrip", ".mov", "mov_text"),
    "ass to mp4": (".mkv", "ass", ".mp4", "mov_text"),
    "mov_text to mkv": (".mp4", "mov_text", ".mkv", "subrip"),
    "mov_text to webm": (".mp4", "mov_text", ".webm", "webvtt"),
    "srt to webm": (".mkv", "subrip", ".webm", "webvtt"),
}


@pytest.mark.parametrize("edits", [(), EDITS], ids=["plain", "muted"])
@pytest.mark.parametrize("name", TEXTS)
def test_texts_become_the_kind_that_the_container_holds(
    tmp_path: Path, name: str, edits: tuple[SoundEdit, ...]
) -> None:
    suffix, was, to, codec = TEXTS[name]
    video, track = ("libvpx-vp9", Track("libopus")) if to == ".webm" else ("libx264", Track())
    clip = Clip(seconds=2.0, video=video, audio=(track,), subtitles=((was, "eng"), (was, "spa")))
    source = make_clip(tmp_path / f"film{suffix}", clip)

    report = render(source, tmp_path / f"clean{to}", edits)

    found = probe(report.output).of_kind("subtitle")
    assert [(each.codec, each.language) for each in found] == [(codec, "eng"), (codec, "spa")]
    for index in (each.index for each in found):
        with open_by_header(report.output) as made:
            said = list(cues(made.packets(index), made.info.origin))
        assert [each.text for each in said] == ["line 0", "line 1"]
        times = [moment for each in said for moment in (each.start, each.end)]
        assert times == pytest.approx([0.3, 0.8, 1.1, 1.6], abs=0.002)
    assert verify_render(source, report.output, edits, report) == []
    assert any("fonts" in warning for warning in report.warnings) is (was == "ass")


def test_italics_stay(tmp_path: Path) -> None:
    source = tmp_path / "film.mkv"
    with av.open(str(source), "w") as output:
        stream = output.add_mux_stream("subrip")
        sound = output.add_stream("pcm_s16le", rate=8000, layout="mono")
        packet = av.Packet(b"<i>so</i> it is")
        packet.stream, packet.pts, packet.dts, packet.duration = stream, 100, 100, 400
        output.mux(packet)
        frame = av.AudioFrame(format="s16", layout="mono", samples=8000)
        frame.sample_rate = 8000
        output.mux([*sound.encode(frame), *sound.encode(None)])

    there = render(source, tmp_path / "there.mp4", ()).output
    back = render(there, tmp_path / "back.mkv", ()).output

    with av.open(str(back)) as container:
        (text,) = (bytes(packet) for packet in container.demux(subtitles=0) if packet.size)
    assert text == b"<i>so</i> it is"


LOST: dict[str, tuple[Clip, str, str, str]] = {
    "a font in mp4": (Clip(seconds=0.5, attachment=("f", "font/ttf", b"x")), ".mp4", "attachment", ".mkv"),
    "a font in webm": (Clip(seconds=0.5, attachment=("f", "font/ttf", b"x")), ".webm", "attachment", ".mkv"),
}


@pytest.mark.parametrize("name", LOST)
def test_what_a_container_cannot_hold_is_left_out_with_a_warning_or_refused(
    tmp_path: Path, name: str
) -> None:
    clip, suffix, kind, holds = LOST[name]
    source, target = make_clip(tmp_path / "film.mkv", clip), tmp_path / f"clean{suffix}"

    with pytest.raises(OutputRefused, match=f"{kind}.*the suffix {holds}, which holds all"):
        render(source, target, EDITS, unsupported="fail")
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]
    assert plan_streams(source, target.with_suffix(holds), "fail").dropped == ()

    report = render(source, target, EDITS)
    assert [each.kind for each in report.plan.dropped] == [kind]
    assert f"clean{suffix} is without stream 2 ({kind}, unknown codec)" in report.warnings[0]
    assert verify_render(source, target, EDITS, report) == []


def film_with_data(path: Path) -> Path:
    """Make a transport stream whose second, private stream begins before sound and picture."""
    clip = make_clip(path.with_name("clip.mkv"), Clip(seconds=1.5))
    with av.open(str(clip)) as source, av.open(str(path), "w") as output:
        streams = {s.index: output.add_stream_from_template(s, opaque=True) for s in source.streams}
        data = output.add_data_stream()
        for number, packet in enumerate(source.demux()):
            if packet.size and packet.pts is not None:
                packet.stream = streams[packet.stream.index]
                output.mux(packet)
            if number % 10 == 0:
                private = av.Packet(b"private" * 9)
                private.stream, private.time_base = data, Fraction(1, 90000)
                private.pts = private.dts = number * 900
                output.mux(private)
    return path


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_copy_without_its_data_is_in_time(tmp_path: Path, suffix: str) -> None:
    source = film_with_data(tmp_path / "film.ts")
    assert [s.kind for s in probe(source).streams] == ["video", "audio", "data"]

    report = render(source, tmp_path / f"clean{suffix}", EDITS)

    assert [each.index for each in report.plan.dropped] == [2]
    assert verify_render(source, report.output, EDITS, report) == []


@pytest.mark.parametrize("unsupported", ["drop", "fail"])
def test_it_is_known_before_the_analysis_and_in_the_results(tmp_path: Path, unsupported: str) -> None:
    (tmp_path / "script.json").write_text('[{"start": 0.2, "end": 0.4, "label": "Profanity"}]')
    script = str(tmp_path / "script.json")
    film = film_with_data(tmp_path / "film.ts")
    config = {
        "models": {"cache_dir": str(tmp_path / "cache")},
        "detectors": [{"name": "n", "type": "scripted", "script": script, "categories": ["Profanity"]}],
        "remediation": {
            "audio": {"enabled": True, "categories": ["Profanity"]},
            "streams": {"unsupported": unsupported},
        },
    }
    pipeline = AnalysisPipeline(film, config)
    if unsupported == "fail":
        with pytest.raises(
            UsageError, match=r"stream 2 .data.*Set .remediation.streams.unsupported. to drop"
        ):
            pipeline.check_render(tmp_path / "clean.mkv")
        return

    pipeline.check_render(tmp_path / "clean.mkv")
    (warning,) = pipeline.copy_warnings
    pipeline.analyze(tmp_path / "r.json")
    pipeline.render(tmp_path / "clean.mkv")

    entry = {"stream": 2, "kind": "data", "codec": "bin_data", "language": None}
    assert entry.items() <= pipeline.summary()["dropped_streams"][0].items()
    assert warning in pipeline.summary()["warnings"]
    document = json.loads((tmp_path / "r.json").read_text())
    assert entry.items() <= document["metadata"]["dropped_streams"][0].items()
    again = AnalysisPipeline(film, config)
    assert pipeline.results is not None
    assert again.analyze(tmp_path / "r.json").dropped_streams == pipeline.results.dropped_streams
    assert again.summary()["output_written"] is False


def test_the_chapters_count_too(tmp_path: Path) -> None:
    clip = Clip(seconds=1.0, video="svq1", pixels="yuv410p", audio=(PCM,), chapters=((0.0, 1.0, "One"),))
    source = make_clip(tmp_path / "film.mov", clip)

    report = render(source, tmp_path / "clean.mkv", EDITS)

    assert [each.kind for each in report.plan.dropped] == ["the chapters"]
    assert verify_render(source, report.output, EDITS, report) == []
    with pytest.raises(OutputRefused, match=r"the chapters.*the suffix .mov"):
        plan_streams(source, tmp_path / "clean.mkv", "fail")


@pytest.mark.parametrize("suffix", [".rm", ".avi", ".wma", ".txt", ""])
def test_what_cannot_be_written_says_what_can(tmp_path: Path, suffix: str) -> None:
    source = make_clip(tmp_path / "film.avi", Clip(seconds=0.5, video="msmpeg4v2", audio=(MP3,)))

    with pytest.raises(OutputRefused, match=r"the suffix .mkv, which holds all of this film"):
        plan_streams(source, tmp_path / f"clean{suffix}")
    assert plan_streams(source, tmp_path / "clean.mkv").dropped == ()


def test_what_could_not_be_re_encoded_is_known_before_too(tmp_path: Path) -> None:
    clip = Clip(seconds=0.5, audio=(Track("pcm_s16le", "22.2"),))
    source = make_clip(tmp_path / "film.mov", clip)

    assert plan_streams(source, tmp_path / "clean.mov", edited=("audio",)).dropped == ()
    with pytest.raises(OutputRefused, match=r"the suffix .mov, which holds all of this film"):
        plan_streams(source, tmp_path / "clean.webm", edited=("audio",))
