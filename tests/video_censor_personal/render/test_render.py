from __future__ import annotations

import os
import tracemalloc
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media_clips import Clip, Track, decibels, delay, make_clip, png, rotated
from tests.video_censor_personal.media.reading import read_pcm, sample_frames
from tests.video_censor_personal.render.made import render, verify_render
from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.media.continuous import format_of, samples_of
from video_censor_personal.media.errors import RenderError
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.probe import probe
from video_censor_personal.render.mux import RenderOptions, RenderReport

RATE = 48000
EDITS = (SoundEdit(1.6, 1.8, "silence"), SoundEdit(1.9, 2.05, "bleep"))
VP9 = "libvpx-vp9"
TWO_LANGUAGES = (
    Track("aac", "5.1", language="eng", disposition=1, bit_rate=384_000),
    Track("ac3", "stereo", language="spa", title="Español"),
)
CHAPTERS = ((0.0, 1.0, "One"), (1.0, 2.5, "Two"))

CLIPS: dict[str, tuple[str, Clip]] = {
    "mp4 with everything": (
        ".mp4",
        Clip(
            audio=(Track(language="eng"), Track("ac3", language="spa")),
            subtitles=(("mov_text", "eng"),),
            chapters=CHAPTERS,
            cover=png(),
            metadata={"title": "A film", "comment": "of ours"},
        ),
    ),
    "mkv with everything": (
        ".mkv",
        Clip(
            audio=TWO_LANGUAGES,
            subtitles=(("subrip", "eng"), ("ass", "spa")),
            chapters=CHAPTERS,
            attachment=("font.ttf", "font/ttf", b"not really a font" * 99),
            cover=png(),
            metadata={"title": "A film", "anything": "goes"},
        ),
    ),
    "mov, pcm, late": (".mov", Clip(audio=(Track("pcm_s16le", start=1.2),))),
    "mov, pcm 24": (".mov", Clip(audio=(Track("pcm_s24le"),))),
    "webm": (".webm", Clip(video=VP9, audio=(Track("libopus"),))),
    "webm, late": (".webm", Clip(video=VP9, audio=(Track("libopus", start=1.2),))),
    "mkv, late": (".mkv", Clip(audio=(Track(start=1.2),))),
    "mp4, late": (".mp4", Clip(audio=(Track(start=1.2),))),
    "mkv, gap": (".mkv", Clip(audio=(Track("ac3", gap=(0.5, 1.2)),))),
    "mp4, gap": (".mp4", Clip(audio=(Track(gap=(0.5, 1.2)),))),
    "mkv, flac": (".mkv", Clip(audio=(Track("flac"),))),
    "mkv, 44.1 kHz": (".mkv", Clip(audio=(Track(rate=44100),))),
    "mp4, mp3": (".mp4", Clip(audio=(Track("libmp3lame"),))),
    "mkv, eac3 mono": (".mkv", Clip(audio=(Track("eac3", "mono"),))),
    "mp4, vfr": (".mp4", Clip(frame_times=(0, 0.1, 0.13, 0.5, 1.1, 1.12, 1.7, 2.3))),
    "mkv, vfr": (".mkv", Clip(frame_times=(0, 0.1, 0.13, 0.5, 1.1, 1.12, 1.7, 2.3))),
    "mov, timecode": (".mov", Clip(timecode="01:00:00:00", chapters=CHAPTERS)),
    "mkv, the same words twice": (".mkv", Clip(audio=(Track("ac3"), Track("aac", "mono")))),
}
CLIPS |= {
    f"{suffix[1:]}, {codec}, {layout}": (suffix, Clip(audio=(Track(codec, layout, bit_rate=512_000),)))
    for suffix, codec, layout in (
        (".mp4", "aac", "7.1"),
        (".mkv", "aac", "6.1"),
        (".mkv", "libopus", "7.1"),
        (".mkv", "flac", "7.1"),
        (".mkv", "pcm_s24le", "7.1.2"),
        (".mov", "alac", "7.1(wide)"),
        (".mov", "pcm_s16le", "hexadecagonal"),
    )
}
LOSSLESS = {"mov, pcm, late", "mov, pcm 24", "mkv, flac"}


def packets(path: Path) -> dict[int, list[tuple[bytes, float | None, float | None]]]:
    """Return of every stream the payloads and times (seconds) of its packets."""
    found: dict[int, list[tuple[bytes, float | None, float | None]]] = defaultdict(list)
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size:
                base = float(packet.time_base)
                pts, dts = (None if stamp is None else stamp * base for stamp in (packet.pts, packet.dts))
                found[packet.stream.index].append((bytes(packet), pts, dts))
    return found


def channels(path: Path, track: int) -> NDArray[np.float64]:
    """Return the samples of a track from its first on, as the decoder gives them, between -1 and 1."""
    with av.open(str(path)) as container:
        parts = []
        frames: Iterable[Any] = container.decode(container.streams[track])
        for frame in frames:
            data = samples_of(frame, format_of(frame))
            parts.append(data / np.iinfo(data.dtype).max if data.dtype.kind == "i" else data)
    return np.concatenate(parts, axis=1)


def mono(path: Path, track: int) -> NDArray[np.float32]:
    return np.concatenate(list(read_pcm(path, RATE, track=track)))


def span(sound: NDArray[Any], begin: float, end: float) -> NDArray[Any]:
    return sound[..., round(begin * RATE) : round(end * RATE)]


@dataclass(frozen=True)
class Made:
    name: str
    source: Path
    output: Path
    report: RenderReport

    def both(self, track: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return a track's sound before and after."""
        return mono(self.source, track), mono(self.output, track)


MADE: dict[str, Made] = {}


@pytest.fixture(params=CLIPS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Render one clip of the table, once; the input's bytes must not change."""
    name: str = request.param
    if name not in MADE:
        suffix, clip = CLIPS[name]
        source = make_clip(tmp_path_factory.mktemp("film") / f"film{suffix}", clip)
        content = source.read_bytes()
        report = render(source, source.with_name(f"clean{suffix}"), EDITS)
        assert source.read_bytes() == content
        assert report.muted
        MADE[name] = Made(name, source, report.output, report)
    return MADE[name]


def traits(info: MediaInfo) -> list[Any]:
    return [
        (s.kind, s.codec, s.language, s.title, s.disposition, s.rate, s.layout, s.width, s.pixel_shape)
        for s in info.streams
    ]


def test_all_streams_and_chapters_are_there(made: Made) -> None:
    before, after = probe(made.source), probe(made.output)

    assert traits(before) == traits(after)
    assert before.chapters == after.chapters
    assert before.duration == pytest.approx(after.duration, abs=0.03)


def test_all_tags_are_there(made: Made) -> None:
    with av.open(str(made.source)) as one, av.open(str(made.output)) as other:
        assert one.metadata.items() <= other.metadata.items()
        pairs = zip(one.streams, other.streams, strict=True)
        for was, now in (pair for pair in pairs if pair[0].type != "data"):
            kept = {key: tag for key, tag in was.metadata.items() if key != "DURATION"}
            assert kept.items() <= now.metadata.items()


def test_the_other_streams_are_the_same_bit_for_bit_and_at_the_same_time(made: Made) -> None:
    theirs, ours = packets(made.source), packets(made.output)

    assert theirs.keys() == ours.keys()
    assert len(theirs[0]) > 5
    for index in theirs.keys() - set(made.report.muted):
        assert [content for content, *_ in theirs[index]] == [content for content, *_ in ours[index]]
        for (_, *was), (_, *now) in zip(theirs[index], ours[index], strict=True):
            assert now == pytest.approx(was, abs=0.0011)


def test_the_words_are_gone(made: Made) -> None:
    for track in made.report.muted:
        _, now = made.both(track)
        assert decibels(span(now, 1.65, 1.75)) < -90
        assert decibels(span(now, 1.6, 1.8)) < -45


def test_all_other_sound_is_as_it_was(made: Made) -> None:
    for track in made.report.muted:
        was, now = made.both(track)
        for begin, end in ((1.53, 1.57), (1.83, 1.87), (2.12, 2.38)):
            assert decibels(span(was, begin, end)) > -25
            assert decibels(span(now, begin, end) - span(was, begin, end)) < -35


def test_sound_and_picture_are_together_as_before(made: Made) -> None:
    for track in made.report.muted:
        was, now = (delay(sound, RATE, 2.12, 2.38) for sound in made.both(track))
        assert abs(was) <= 1.01
        assert abs(now - was) <= 0.1


def test_the_check_finds_nothing_wrong(made: Made) -> None:
    assert verify_render(made.source, made.output, EDITS, made.report) == []
    assert verify_render(made.source, made.output, EDITS) == []


@pytest.mark.parametrize("name", sorted(LOSSLESS))
def test_lossless_sound_stays_so(tmp_path: Path, name: str) -> None:
    suffix, clip = CLIPS[name]
    source = make_clip(tmp_path / f"film{suffix}", clip)

    report = render(source, tmp_path / f"clean{suffix}", EDITS)

    was, now = channels(source, 1), channels(report.output, 1)
    (differing,) = np.nonzero((was != now).any(axis=0))
    start = clip.audio[0].start
    assert was.shape == now.shape
    assert np.ptp(differing / RATE) > 0.4
    assert differing[0] / RATE + start == pytest.approx(1.595, abs=0.001)
    assert differing[-1] / RATE + start == pytest.approx(2.055, abs=0.001)
    assert not ((differing / RATE + start > 1.8055) & (differing / RATE + start < 1.8945)).any()


def test_the_bleep_is_the_tone_asked_for(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mov", Clip(audio=(Track("pcm_s16le", "mono"),)))

    render(source, tmp_path / "clean.mov", EDITS, RenderOptions(audio=AudioRemediation(bleep_frequency=500)))

    sound = span(mono(tmp_path / "clean.mov", 1), 1.9, 2.05)
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.argmax(spectrum) * RATE / sound.size == pytest.approx(500, abs=10)
    assert np.abs(sound).max() == pytest.approx(0.2, abs=0.001)


def test_only_the_tracks_asked_for_are_muted(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mkv", Clip(audio=TWO_LANGUAGES))

    report = render(source, tmp_path / "clean.mkv", EDITS, RenderOptions(tracks=(2,)))

    assert report.muted == (2,)
    assert decibels(span(mono(report.output, 1), 1.65, 1.75)) > -30
    assert decibels(span(mono(report.output, 2), 1.65, 1.75)) < -90
    assert "stream 1 (audio, aac, eng)" in report.warnings[0]
    assert verify_render(source, report.output, EDITS, report) == []


def test_without_edits_everything_is_copied(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mkv", CLIPS["mkv with everything"][1])

    report = render(source, tmp_path / "clean.mkv", ())

    assert report.muted == ()
    assert {index: [p for p, *_ in content] for index, content in packets(source).items()} == {
        index: [p for p, *_ in content] for index, content in packets(report.output).items()
    }
    assert verify_render(source, report.output, (), report) == []


def test_a_film_without_sound_is_copied(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", Clip(audio=()))

    report = render(source, tmp_path / "clean.mp4", EDITS)

    assert report.muted == ()
    assert len(packets(report.output)[0]) == len(packets(source)[0])


def test_sound_and_picture_stay_together_on_the_way_to_another_container(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", Clip(audio=(Track(start=0.5),)))

    report = render(source, tmp_path / "clean.mkv", EDITS)

    assert abs(delay(mono(report.output, 1), RATE, 2.12, 2.38)) <= 1.01
    was, now = (list(sample_frames(path, 0.2)) for path in (source, report.output))
    assert [frame.time for frame in was] == [frame.time for frame in now]
    assert all(np.array_equal(one.image, other.image) for one, other in zip(was, now, strict=True))


OTHERS = {
    "ts": Clip(audio=(Track(language="eng"), Track(language="spa")), chapters=()),
    "flv": Clip(audio=(Track(rate=44100),)),
    "mpg": Clip(video="mpeg2video", audio=(Track("mp2", bit_rate=192_000),)),
    "avi": Clip(video="mpeg4", audio=(Track("libmp3lame"),)),
}


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("kind", OTHERS)
def test_a_film_of_another_kind_is_rendered_with_nothing_lost(tmp_path: Path, kind: str, suffix: str) -> None:
    source = make_clip(tmp_path / f"film.{kind}", OTHERS[kind])

    report = render(source, tmp_path / f"clean{suffix}", EDITS)

    assert verify_render(source, report.output, EDITS, report) == []
    assert verify_render(source, report.output, EDITS) == []
    was, now = (
        delay(mono(path, track), RATE, 2.12, 2.38)
        for path, track in zip((source, report.output), (1, 1), strict=True)
    )
    assert abs(now - was) <= 1.0


CHANGED = {
    "aac to webm": (VP9, Track("aac", "5.1", language="eng"), ".webm", "opus"),
    "pcm to webm": (VP9, Track("pcm_s16le", rate=44100), ".webm", "opus"),
    "vorbis": ("libx264", Track("vorbis"), ".mkv", "aac"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_sound_that_cannot_be_encoded_as_it_was_is_encoded_otherwise_and_it_is_said(
    tmp_path: Path, name: str
) -> None:
    video, track, suffix, codec = CHANGED[name]
    source = make_clip(tmp_path / "film.mkv", Clip(video=video, audio=(track,)))

    report = render(source, tmp_path / f"clean{suffix}", EDITS)

    (now,) = probe(report.output).of_kind("audio")
    assert (now.codec, now.layout, now.language) == (codec, track.layout, track.language)
    assert f"stream 1: no {track.codec} encoder" in report.warnings[0]
    assert verify_render(source, report.output, EDITS, report) == []
    was, now_late = (delay(mono(path, 1), RATE, 2.12, 2.38) for path in (source, report.output))
    assert abs(now_late - was) <= 1.0


def test_the_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        report = render(make_clip(tmp_path / "film.mp4"), tmp_path / "clean.mp4", EDITS)
    finally:
        os.umask(old)

    assert report.output.stat().st_mode & 0o777 == 0o640


def test_the_pixels_keep_the_shape_that_only_the_container_tells(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", Clip(video=VP9, pixel_shape=Fraction(2), audio=()))
    assert probe(source).streams[0].pixel_shape == 2.0

    report = render(source, tmp_path / "clean.mp4", ())

    assert probe(report.output).streams[0].pixel_shape == 2.0


def test_pixels_whose_shape_a_copy_could_not_tell_are_re_encoded(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", Clip(video=VP9, pixel_shape=Fraction(2), audio=()))

    report = render(source, tmp_path / "clean.mkv", ())

    assert probe(report.output).streams[0].pixel_shape == 2.0
    assert "it is h264 now" in report.warnings[0]


def test_the_rotation_is_kept(tmp_path: Path) -> None:
    source = rotated(make_clip(tmp_path / "film.mp4", Clip(seconds=0.5)))

    report = render(source, tmp_path / "clean.mp4", ())

    (was, *_), (now, *_) = (list(sample_frames(path, 0.2)) for path in (source, report.output))
    assert now.image.shape == (160, 120, 3)
    assert np.array_equal(was.image, now.image)


def test_the_tag_by_which_players_know_the_codec_is_kept(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", Clip(seconds=0.2, video="libx265", tag="hvc1", audio=()))

    report = render(source, tmp_path / "clean.mp4", ())

    with av.open(str(report.output)) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"


def test_a_track_that_cannot_be_muted_is_named(tmp_path: Path) -> None:
    source = make_clip(tmp_path / "film.mp4", Clip(seconds=0.5))

    with pytest.raises(RenderError, match="its audio streams are 1"):
        render(source, tmp_path / "clean.mp4", EDITS, RenderOptions(tracks=(0,)))


def test_progress_is_in_seconds_of_film(tmp_path: Path) -> None:
    reached: list[float] = []

    render(
        make_clip(tmp_path / "film.mp4"),
        tmp_path / "clean.mp4",
        EDITS,
        RenderOptions(progress=reached.append),
    )

    assert max(reached) == pytest.approx(2.5, abs=0.1)
    assert len(reached) > 20


def test_a_second_clean_copy_of_the_clean_copy_does_not_wander(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "0.mkv", Clip(audio=(Track("aac", start=0.3),)))
    first = delay(mono(path, 1), RATE, 2.12, 2.38)
    for number in range(1, 5):
        path = render(path, tmp_path / f"{number}.mkv", EDITS).output

    assert abs(delay(mono(path, 1), RATE, 2.12, 2.38) - first) <= 0.1


def test_memory_is_flat_and_many_edits_are_fast(tmp_path: Path) -> None:
    peaks = []
    for seconds in (2.0, 7.0):
        source = make_clip(
            tmp_path / f"{seconds}.mkv",
            Clip(seconds=seconds, rate=5, size=(32, 32), audio=(Track("ac3", "mono"),)),
        )
        edits = [SoundEdit(n / 100, n / 100 + 0.005, "silence") for n in range(round(seconds * 100))]
        tracemalloc.start()
        render(source, tmp_path / "clean.mkv", edits)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 2
