"""A copy with the untouched sound beside the clean one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from av.stream import Disposition

from tests.support.media_clips import Clip, Track, make_clip
from tests.video_censor_personal.render.made import plan_streams, render, verify_render
from tests.video_censor_personal.render.spoilt import Spoil, flipped, spoilt
from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.errors import OutputRefused
from video_censor_personal.media.probe import probe
from video_censor_personal.render.assembly import Work
from video_censor_personal.render.mux import RenderOptions, RenderReport

EDITS = (SoundEdit(0.6, 0.8, "silence"), SoundEdit(1.4, 1.6, "bleep"))
UNTOUCHED = Work(audio=AudioRemediation(enabled=True, add_track=True))
BOTH = AudioRemediation(add_track=True)
DEFAULT = int(Disposition.default)
FILM = Clip(
    audio=(
        Track("ac3", "5.1", language="eng", disposition=DEFAULT, bit_rate=448_000),
        Track("aac", language="eng"),
        Track("aac", language="spa", title="Doblado"),
    ),
    subtitles=(("subrip", "eng"),),
)


def payloads(path: Path, index: int) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams[index]) if packet.size]


def titles(path: Path) -> list[str | None]:
    with av.open(str(path)) as container:
        tags = [stream.metadata for stream in container.streams.audio]
        return [each.get("title", each.get("name")) for each in tags]


def rendered(source: Path, options: RenderOptions) -> RenderReport:
    return render(source, source.with_name(f"clean{source.suffix}"), EDITS, options)


@pytest.fixture(params=[".mkv", ".mp4", ".mov"])
def film(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    subtitles = FILM.subtitles if request.param == ".mkv" else ()
    return make_clip(tmp_path / f"film{request.param}", replace(FILM, subtitles=subtitles))


def test_each_sound_is_there_clean_and_untouched(film: Path) -> None:
    report = rendered(film, RenderOptions(audio=BOTH))

    made = probe(report.output)
    third = probe(film).of_kind("audio")[2].title or "Spanish"
    assert verify_render(film, report.output, EDITS, report, BOTH) == []
    found = [(each.language, each.is_default) for each in made.of_kind("audio")]
    assert [(title, *each) for title, each in zip(titles(report.output), found, strict=True)] == [
        ("English (clean)", "eng", True),
        ("English (untouched)", "eng", False),
        ("English, stereo (clean)", "eng", False),
        ("English, stereo (untouched)", "eng", False),
        (f"{third} (clean)", "spa", False),
        (f"{third} (untouched)", "spa", False),
    ]
    for number in range(3):
        assert payloads(report.output, 2 + 2 * number) == payloads(film, 1 + number)
        assert payloads(report.output, 1 + 2 * number) != payloads(film, 1 + number)
    twice = [warning for warning in report.warnings if "is in clean" in warning and "twice" in warning]
    assert len(twice) == 3
    assert "'English (clean)'" in twice[0]


def test_a_sound_that_is_not_edited_is_there_once(film: Path) -> None:
    report = rendered(film, RenderOptions(tracks=(1,), audio=BOTH))

    assert titles(report.output) == ["English (clean)", "English (untouched)", *titles(film)[1:]]
    assert verify_render(film, report.output, EDITS, report, BOTH) == []


def test_where_no_sound_is_the_default_the_first_clean_one_is(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(audio=(Track("aac"), Track("aac"))))

    report = rendered(film, RenderOptions(audio=BOTH))

    found = [(each.title, each.is_default) for each in probe(report.output).of_kind("audio")]
    assert found == [
        ("Sound (clean)", True),
        ("Sound (untouched)", False),
        ("Sound, stereo (clean)", False),
        ("Sound, stereo (untouched)", False),
    ]


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".wav", ".aac"])
def test_a_container_for_one_sound_is_refused_and_the_advice_works(tmp_path: Path, suffix: str) -> None:
    codec = {".mp3": "libmp3lame", ".flac": "flac", ".wav": "pcm_s16le", ".aac": "aac"}[suffix]
    film = make_clip(tmp_path / f"film{suffix}", Clip(video=None, audio=(Track(codec),)))

    with pytest.raises(OutputRefused, match="no place for the untouched sound") as failure:
        plan_streams(film, tmp_path / f"clean{suffix}", edited=("audio",), work=UNTOUCHED)

    advised = failure.value.fix.partition("the suffix ")[2].partition(",")[0]
    report = render(film, tmp_path / f"clean{advised}", EDITS, RenderOptions(audio=BOTH))
    assert verify_render(film, report.output, EDITS, report, BOTH) == []
    assert list(tmp_path.glob(f"clean{suffix}")) == []


def test_a_sound_that_could_not_be_copied_is_not_called_untouched(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(audio=(Track("ac3"),)))

    with pytest.raises(OutputRefused, match="would not be untouched"):
        plan_streams(film, tmp_path / "clean.webm", edited=("audio",), work=UNTOUCHED)


SPOILS: dict[str, tuple[Spoil, str]] = {
    "a bit of the untouched one differs": (Spoil(change=flipped(2)), "content of its .* packets differs"),
    "the untouched one is missing": (Spoil(drop=frozenset({2})), "3 streams instead of 4"),
    "its title is another": (Spoil(language="fra"), "language was eng"),
}


@pytest.mark.parametrize("name", SPOILS)
def test_what_is_wrong_with_such_a_copy_is_found(tmp_path: Path, name: str) -> None:
    clip = Clip(audio=(Track("ac3", language="eng"),), subtitles=(("subrip", "eng"),))
    film = make_clip(tmp_path / "film.mkv", clip)
    report = rendered(film, RenderOptions(audio=BOTH))
    spoil, reason = SPOILS[name]

    problems = verify_render(film, spoilt(report.output, spoil), EDITS, report, BOTH)

    assert any(re.search(reason, problem) for problem in problems), problems


def test_two_untouched_ones_are_found(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(audio=(Track("ac3", language="eng"),)))
    report = rendered(film, RenderOptions(audio=BOTH))
    other = tmp_path / "other.mkv"
    with av.open(str(film)) as one, av.open(str(other), "w") as made:
        streams: list[tuple[int, Any]] = []
        for index in (0, 1, 1):
            streams.append((index, made.add_stream_from_template(one.streams[index], opaque=True)))
        for packet in one.demux():
            for index, stream in streams:
                if packet.size and packet.stream.index == index:
                    again: Any = av.Packet(bytes(packet))
                    again.pts, again.dts, again.time_base = packet.pts, packet.dts, packet.time_base
                    again.duration, again.is_keyframe, again.stream = (
                        packet.duration,
                        packet.is_keyframe,
                        stream,
                    )
                    made.mux(again)

    problems = verify_render(film, other, EDITS, report, BOTH)

    assert any("stream 1 has" in problem and "from 0.600" in problem for problem in problems)
    assert any("title" in problem for problem in problems)
