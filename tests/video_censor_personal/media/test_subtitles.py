"""Tracks of subtitles in films: which can be read, and what they say when."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.support.media_clips import Captions, Clip, make_clip
from video_censor_personal.media.probe import probe
from video_censor_personal.media.subtitles import (
    Cue,
    WrittenText,
    pictures_a_second,
    read_tracks,
    track_sources,
    unread_captions,
)

FORCED = 0x40
SAID = (Cue(0.3, 0.8, "Hello, you"), Cue(1.1, 1.6, "- Yes\n- No"))


def film(path: Path, *tracks: Captions) -> Path:
    return make_clip(path, Clip(seconds=2.0, size=(64, 48), rate=5, subtitles=tracks))


def read(path: Path) -> list[WrittenText]:
    info = probe(path)
    return list(read_tracks(info, track_sources(info)).values())


def cues(
    first: str | bytes, second: str | bytes = "- Yes\n- No"
) -> tuple[tuple[float, float, str | bytes], ...]:
    return ((0.3, 0.8, first), (1.1, 1.6, second))


KINDS = {
    "SubRip": ("film.mkv", Captions("srt", cues=cues("<i>Hello</i>, you"))),
    "ASS": ("film.mkv", Captions("ass", cues=cues("{\\an8}Hello, {\\i1}you", "- Yes\\N- No"))),
    "ASS with a drawing": (
        "film.mkv",
        Captions("ass", cues=cues("{\\p1}m 0 0 l 9 9{\\p0}Hello, you", "- Yes\\N- No")),
    ),
    "karaoke": ("film.mkv", Captions("ass", cues=cues("{\\k20}Hel{\\k30}lo, {\\k9}you", "- Yes\\N- No"))),
    "WebVTT": ("film.webm", Captions("webvtt", cues=cues("<b>Hello</b>, you"))),
    "that of MP4": ("film.mp4", Captions("mov_text", cues=cues("Hello, you"))),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_text_is_read(tmp_path: Path, kind: str) -> None:
    name, track = KINDS[kind]
    clip = Clip(seconds=2.0, size=(64, 48), rate=5, subtitles=(track,))
    if name.endswith(".webm"):
        clip = Clip(seconds=2.0, size=(64, 48), rate=5, video="libvpx-vp9", audio=(), subtitles=(track,))
    (text,) = read(make_clip(tmp_path / name, clip))
    assert [(round(cue.start, 2), round(cue.end, 2), cue.text) for cue in text.cues] == [
        (cue.start, cue.end, cue.text) for cue in SAID
    ]
    assert text.lost == ()


@pytest.mark.parametrize(
    ("codec", "name"), [("srt", "film.mkv"), ("mov_text", "film.mp4"), ("ass", "film.mkv")]
)
def test_text_that_is_not_utf8_is_read_all_the_same(tmp_path: Path, codec: str, name: str) -> None:
    (text,) = read(
        film(tmp_path / name, Captions(codec, "spa", cues("¡Coño, señor!".encode("cp1252"), "Sí")))
    )
    assert [cue.text for cue in text.cues] == ["¡Coño, señor!", "Sí"]
    assert text.lost == ()


def test_a_line_that_is_no_text_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    (text,) = read(
        film(tmp_path / "film.mkv", Captions("srt", cues=cues(b"\xff\xfe\x00" + bytes(range(32)), "Yes")))
    )
    assert [cue.text for cue in text.cues] == ["Yes"]
    assert [(round(span.start, 1), round(span.end, 1)) for span in text.lost] == [(0.3, 0.8)]


def test_all_tracks_are_known_by_what_they_are(tmp_path: Path) -> None:
    path = film(
        tmp_path / "film.mkv",
        Captions("srt", "eng"),
        Captions("ass", "fre", title="Forced signs"),
        Captions("srt", disposition=FORCED),
        Captions("hdmv_pgs_subtitle", "eng", cues=((0.3, 0.8, b"\x16\x00\x00"),)),
        Captions("dvd_subtitle", "ger", cues=((0.3, 0.8, b"\x00\x10\x00"),)),
    )
    found = track_sources(probe(path))
    assert [(each.stream, each.language, each.title, each.is_forced) for each in found] == [
        (2, "eng", None, False),
        (3, "fre", "Forced signs", True),
        (4, None, None, True),
        (5, "eng", None, False),
        (6, "ger", None, False),
    ]
    assert [each.unreadable == "" for each in found] == [True, True, True, False, False]
    assert "PGS" in found[3].unreadable
    assert "VobSub" in found[4].unreadable


def test_pictures_are_counted(tmp_path: Path) -> None:
    assert pictures_a_second(probe(film(tmp_path / "film.mkv"))) == 5
    assert pictures_a_second(probe(make_clip(tmp_path / "sound.mka", Clip(video=None)))) is None


def with_captions(path: Path, target: Path) -> Path:
    """Copy a clip of H.264 into a broadcast's container, each key picture with a pair of caption bytes."""
    pair = b"\xb5\x00\x31GA94\x03\x41\xff\xfc\x80\x80\xff"
    message = b"\x00\x00\x00\x01\x06\x04" + bytes([len(pair)]) + pair + b"\x80"
    with av.open(str(path)) as source, av.open(str(target), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is None:
                continue
            content = bytes(packet)
            made = av.Packet(message + content if packet.is_keyframe else content)
            made.pts, made.dts, made.time_base = packet.pts, packet.dts, packet.time_base
            made.is_keyframe = packet.is_keyframe
            made.stream = stream
            output.mux(made)
    return target


def test_closed_captions_are_told(tmp_path: Path) -> None:
    plain = make_clip(tmp_path / "plain.ts", Clip(seconds=1.0, audio=()))
    assert unread_captions(probe(plain)) == ()
    (warning,) = unread_captions(probe(with_captions(plain, tmp_path / "captions.ts")))
    assert "closed captions" in warning
