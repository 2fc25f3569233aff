"""Sound without a picture is a film too: podcasts, audiobooks, recordings."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.support.media_clips import Track, audio_packets, decibels, delay, png
from tests.video_censor_personal.media.reading import read_pcm
from tests.video_censor_personal.render.made import render, verify_render
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.media.probe import probe

EDITS = (SoundEdit(1.0, 1.3, "silence"),)
TAGS = {"title": "A talk", "artist": "Somebody", "album": "Every week"}
CHAPTERS = ((0.0, 1.0, "One"), (1.0, 2.5, "Two"))
RATE = 48000
STEREO, SPOKEN = Track(), Track(layout="mono", rate=22050)

OWN: dict[str, tuple[str, str, Track, bool, bool]] = {
    "mp3 of a podcast": ("a.mp3", "libmp3lame", Track(rate=44100), True, True),
    "mp3 without anything": ("a.mp3", "libmp3lame", SPOKEN, False, False),
    "m4a": ("a.m4a", "aac", STEREO, True, True),
    "m4b": ("a.m4b", "aac", SPOKEN, True, True),
    "m4a, alac": ("a.m4a", "alac", STEREO, True, False),
    "flac": ("a.flac", "flac", STEREO, True, False),
    "wav": ("a.wav", "pcm_s16le", STEREO, False, False),
    "wav, 24 bits": ("a.wav", "pcm_s24le", STEREO, False, False),
    "aiff": ("a.aiff", "pcm_s16be", STEREO, False, False),
    "opus": ("a.opus", "libopus", STEREO, False, True),
    "ogg, opus": ("a.ogg", "libopus", STEREO, False, True),
    "ogg, flac": ("a.ogg", "flac", STEREO, False, False),
    "ogg, vorbis": ("a.ogg", "vorbis", STEREO, False, False),
    "oga": ("a.oga", "vorbis", STEREO, False, False),
    "aac": ("a.aac", "aac", STEREO, False, False),
    "mka": ("a.mka", "libopus", STEREO, True, True),
    "webm": ("a.webm", "libopus", STEREO, False, False),
    "mp4": ("a.mp4", "aac", STEREO, True, True),
}


def make(path: Path, codec: str, track: Track, *, cover: bool = False, chapters: bool = False) -> Path:
    kinds = {".m4a": "mp4", ".m4b": "mp4"}
    with av.open(str(path), "w", format=kinds.get(path.suffix)) as output:
        output.metadata.update(TAGS)
        sound = audio_packets(output, Track(codec, track.layout, track.rate), 2.5)
        if chapters:
            output.set_chapters([_chapter(number, *each) for number, each in enumerate(CHAPTERS, 1)])
        if cover and path.suffix == ".mka":
            output.add_attachment("cover.png", "image/png", png())
        elif cover:
            output.mux(list(_cover(output)))
        for packet in sound:
            output.mux(packet)
    return path


def _cover(output: Any) -> Iterator[Any]:
    stream = output.add_mux_stream("png", width=32, height=32, time_base=Fraction(1, 1000))
    stream.disposition = av.stream.Disposition.attached_pic
    packet = av.Packet(png())
    packet.stream, packet.time_base, packet.pts, packet.dts = stream, Fraction(1, 1000), 0, 0
    packet.is_keyframe = True
    yield packet


def _chapter(number: int, start: float, end: float, title: str) -> Any:
    times = {"start": round(start * 1000), "end": round(end * 1000), "time_base": Fraction(1, 1000)}
    return {"id": number, **times, "metadata": {"title": title}}


def tags(path: Path) -> dict[str, str]:
    with av.open(str(path)) as container:
        found = dict(container.metadata)
        for stream in container.streams.audio:
            found |= stream.metadata
    return {key.lower(): value for key, value in found.items()}


def covers(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        wanted = [s for s in container.streams if s.disposition & av.stream.Disposition.attached_pic]
        return [bytes(packet) for packet in container.demux(*wanted) if packet.size] if wanted else []


def heard(path: Path) -> Any:
    return np.concatenate(list(read_pcm(path, RATE)))


@pytest.mark.parametrize("edits", [(), EDITS], ids=["plain", "muted"])
@pytest.mark.parametrize("name", OWN)
def test_a_copy_of_the_same_kind_has_everything(
    tmp_path: Path, name: str, edits: tuple[SoundEdit, ...]
) -> None:
    file, codec, track, cover, chapters = OWN[name]
    source = make(tmp_path / file, codec, track, cover=cover, chapters=chapters)
    target = tmp_path / f"clean{source.suffix}"

    report = render(source, target, edits)

    was, now = probe(source), probe(target)
    assert verify_render(source, target, edits, report) == []
    assert report.plan.dropped == ()
    assert {key: tags(target).get(key) for key in TAGS} == {key: tags(source).get(key) for key in TAGS}
    assert [each.title for each in now.chapters] == [each.title for each in was.chapters]
    assert len(now.chapters) == 2 * chapters
    assert covers(target) == covers(source) == [png()] * cover
    before, after = heard(source), heard(target)
    frame = 2048 / track.rate
    assert now.duration == pytest.approx(was.duration, abs=frame)
    assert len(after) == pytest.approx(len(before), abs=frame * RATE)
    assert abs(delay(after, RATE, 1.5, 2.0) - delay(before, RATE, 1.5, 2.0)) < 0.5
    assert decibels(before[50400:60000]) > -20
    assert (decibels(after[50400:60000]) < -90) is bool(edits)


OTHER: dict[str, tuple[str, str, bool, list[str]]] = {
    "flac to mp3": ("a.flac", "a.mp3", True, []),
    "mp3 to ogg": ("a.mp3", "a.ogg", True, []),
    "mp3 to opus": ("a.mp3", "a.opus", True, []),
    "flac to m4a": ("a.flac", "a.m4a", True, []),
    "opus to mp3": ("a.opus", "a.mp3", False, []),
    "m4a to mka": ("a.m4a", "a.mka", True, []),
    "m4a to aac": ("a.m4a", "a.aac", True, ["video", "the chapters"]),
    "mp3 to wav": ("a.mp3", "a.wav", True, ["video", "the chapters"]),
    "m4a to flac": ("a.m4a", "a.flac", True, ["the chapters"]),
}
CODECS = {".flac": "flac", ".mp3": "libmp3lame", ".opus": "libopus", ".m4a": "aac"}


@pytest.mark.parametrize("edits", [(), EDITS], ids=["plain", "muted"])
@pytest.mark.parametrize("name", OTHER)
def test_a_copy_of_another_kind_is_in_time_and_tells_what_it_lacks(
    tmp_path: Path, name: str, edits: tuple[SoundEdit, ...]
) -> None:
    file, to, cover, lacks = OTHER[name]
    suffix = Path(file).suffix
    source = make(tmp_path / f"film{suffix}", CODECS[suffix], STEREO, cover=cover, chapters=suffix != ".flac")
    target = tmp_path / to

    report = render(source, target, edits)

    assert [each.kind for each in report.plan.dropped] == lacks
    assert verify_render(source, target, edits, report) == []
    assert tags(target)["title"] == "A talk"
    assert covers(target) == ([] if "video" in lacks or not cover else [png()])
    assert abs(delay(heard(target), RATE, 1.5, 2.0) - delay(heard(source), RATE, 1.5, 2.0)) < 0.5


def test_a_second_copy_of_a_copy_does_not_wander(tmp_path: Path) -> None:
    path = make(tmp_path / "0.aac", "aac", STEREO)
    first = delay(heard(path), RATE, 1.5, 2.0)
    for number in range(1, 4):
        path = render(path, tmp_path / f"{number}.aac", EDITS).output

    assert abs(delay(heard(path), RATE, 1.5, 2.0) - first) < 0.1


def test_a_length_that_only_was_guessed_is_read(tmp_path: Path) -> None:
    source = make(tmp_path / "a.aac", "aac", STEREO)
    with source.open("ab") as stream:
        stream.write(source.read_bytes())

    assert probe(source).duration == pytest.approx(5.0, abs=0.1)
