from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from tests.support.media_clips import Captions, Clip, Track, make_clip
from tests.video_censor_personal.render.made import edits_of, plan_streams
from tests.video_censor_personal.render.spoilt import Spoil, spoilt
from video_censor_personal.config.values import SubtitleRemediation
from video_censor_personal.edits.values import HiddenWord
from video_censor_personal.errors import OutputRefused
from video_censor_personal.media.errors import RenderError
from video_censor_personal.media.probe import probe
from video_censor_personal.render import mux
from video_censor_personal.render.mux import RenderOptions, RenderReport
from video_censor_personal.render.texts import plan_texts
from video_censor_personal.render.verify import Told, verify_render

WORDS = (HiddenWord(0.5, 0.7, "fuck", "*fuck*"),)
STYLE = struct.pack(">HHH8s", 1, 9, 13, b"\0\1\2\x12\xff\xff\xff\xff")
"""Bold, from the word on."""
STYLED = struct.pack(">HHH8s", 1, 9, 14, b"\0\1\2\x12\xff\xff\xff\xff")
FORCED = 0x40

Said = tuple[tuple[float, float, bytes], ...]


def timed(payload: bytes, other: bytes) -> Said:
    """A cue in which the word is said, one a second after, and one so late that it is not meant."""
    return ((0.3, 0.9, payload), (1.1, 1.6, b"Hello, hell."), (3.4, 3.8, other))


def boxed(text: bytes, style: bytes) -> bytes:
    return text + struct.pack(">I4s", 8 + len(style), b"styl") + style


KINDS: dict[str, tuple[str, str, str, Said, Said]] = {
    "srt in mkv": (
        ".mkv",
        ".mkv",
        "srt",
        timed(b"<i>What the f</i>uck?\r\nNow", b"Fuck off"),
        timed(b"<i>What the ****</i>?\r\nNow", b"Fuck off"),
    ),
    "ass in mkv": (
        ".mkv",
        ".mkv",
        "ass",
        timed(b"{\\an8}What,\\Nthe f{\\b1}u{\\b0}ck", b"Fuck"),
        timed(b"{\\an8}What,\\Nthe ****{\\b1}{\\b0}", b"Fuck"),
    ),
    "webvtt in mkv": (
        ".mkv",
        ".mkv",
        "webvtt",
        timed(b"<v Bob>What the <c.x>fuck</c>", b"Fuck"),
        timed(b"<v Bob>What the <c.x>****</c>", b"Fuck"),
    ),
    "webvtt in webm": (
        ".webm",
        ".webm",
        "webvtt",
        timed(b"<v Bob>What the <c.x>fuck</c>", b"Fuck"),
        timed(b"<v Bob>What the <c.x>****</c>", b"Fuck"),
    ),
    "mov_text in mp4": (
        ".mp4",
        ".mp4",
        "mov_text",
        timed(b"What the fuck, he said", b"Fuck"),
        timed(b"What the ****, he said", b"Fuck"),
    ),
    "mov_text in mov": (
        ".mov",
        ".mov",
        "mov_text",
        timed("\u00c9h, fuck".encode(), b"Fuck"),
        timed("\u00c9h, ****".encode(), b"Fuck"),
    ),
    "srt to mp4": (".mkv", ".mp4", "srt", timed(b"What the fuck", b"Fuck"), timed(b"What the ****", b"Fuck")),
    "srt to webm": (
        ".mkv",
        ".webm",
        "srt",
        timed(b"What the fuck", b"Fuck"),
        timed(b"What the ****", b"Fuck"),
    ),
    "ass to mp4": (
        ".mkv",
        ".mp4",
        "ass",
        timed(b"What the f{\\b1}uck", b"Fuck"),
        timed(b"What the ****", b"Fuck"),
    ),
    "mov_text to mkv": (
        ".mp4",
        ".mkv",
        "mov_text",
        timed(b"What the fuck", b"Fuck"),
        timed(b"What the ****", b"Fuck"),
    ),
    "mov_text to webm": (
        ".mp4",
        ".webm",
        "mov_text",
        timed(b"What the fuck", b"Fuck"),
        timed(b"What the ****", b"Fuck"),
    ),
}


def film_with(folder: Path, suffix: str, *captions: Captions) -> Path:
    codecs = ("libvpx-vp9", "libopus") if suffix == ".webm" else ("libx264", "aac")
    sound = Track(codecs[1], bit_rate=64_000)
    clip = Clip(4.0, codecs[0], (64, 48), 10, audio=(sound,), subtitles=captions)
    return make_clip(folder / f"film{suffix}", clip)


def copied(film: Path, copy: Path, style: SubtitleRemediation | None = None, **more: Any) -> RenderReport:
    """Render a copy that passes its check."""
    options = RenderOptions(subtitles=style or SubtitleRemediation(), **more)
    report = mux.render(plan_streams(film, copy), edits_of((), WORDS), options)
    assert problems(report) == []
    return report


def problems(report: RenderReport, copy: Path | None = None) -> list[str]:
    return verify_render(report.plan, copy or report.output, report.work, Told(report.copied))


def said(path: Path, track: int = 0) -> Said:
    """Return what a track of text says, the lengths and numbers of its packets left out."""
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[track]
        name = stream.codec_context.name
        for packet in container.demux(stream):
            text = bytes(packet)
            if name == "mov_text":
                text = text[2:]
            if name in ("ass", "ssa"):
                text = text.split(b",", 8)[-1]
            if text and packet.pts is not None and packet.duration is not None:
                start = float(packet.pts * packet.time_base)
                end = start + float(packet.duration * packet.time_base)
                found.append((round(start, 3), round(end, 3), text))
    return tuple(found)


@pytest.mark.parametrize("name", KINDS)
def test_the_word_is_masked_and_all_else_is_as_it_was(tmp_path: Path, name: str) -> None:
    suffix, target, codec, cues, expected = KINDS[name]
    film = film_with(tmp_path, suffix, Captions(codec, "eng", cues))

    copied(film, tmp_path / f"copy{target}")

    assert said(tmp_path / f"copy{target}") == expected


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_the_styles_of_an_mp4_begin_and_end_where_they_did(tmp_path: Path, suffix: str) -> None:
    text = b"What the fuck, he said"
    # The text comes with its length, to which the boxes do not belong.
    cue = (len(text).to_bytes(2, "big") + boxed(text, STYLE)).removeprefix(b"\0\x16")
    film = film_with(tmp_path, suffix, Captions("mov_text", "eng", ((0.3, 0.9, cue),)))
    shorten(film, len(cue), len(text))
    report = mux.render(
        plan_streams(film, tmp_path / f"copy{suffix}"),
        edits_of((), WORDS),
        RenderOptions(subtitles=SubtitleRemediation(mask="[***]")),
    )

    assert problems(report) == []
    assert said(report.output)[0][2] == boxed(b"What the [***], he said", STYLED)


def shorten(film: Path, before: int, after: int) -> None:
    """Have a text be as long as it is without its boxes."""
    content = film.read_bytes()
    whole = before.to_bytes(2, "big") + b"What the fuck"
    assert content.count(whole) == 1
    film.write_bytes(content.replace(whole, after.to_bytes(2, "big") + b"What the fuck"))


@pytest.mark.parametrize(
    "name", ["srt in mkv", "ass in mkv", "webvtt in webm", "mov_text in mp4", "srt to mp4"]
)
def test_a_cue_is_dropped(tmp_path: Path, name: str) -> None:
    suffix, target, codec, cues, expected = KINDS[name]
    film = film_with(tmp_path, suffix, Captions(codec, "eng", cues))

    copied(film, tmp_path / f"copy{target}", SubtitleRemediation(mode="drop"))

    assert said(tmp_path / f"copy{target}") == expected[1:]


def test_texts_are_left_where_that_is_wanted(tmp_path: Path) -> None:
    film = film_with(tmp_path, ".mkv", Captions("srt", "eng", KINDS["srt in mkv"][3]))
    report = copied(film, tmp_path / "copy.mkv", SubtitleRemediation(mode="leave"))
    assert said(report.output) == said(film)
    assert any("is copied as it is, with the words" in warning for warning in report.warnings)


def test_every_track_is_masked_and_what_nobody_read_is_named(tmp_path: Path) -> None:
    cues = timed(b"fuck", b"Fuck")
    film = film_with(tmp_path, ".mkv", Captions("srt", "eng", cues), Captions("srt", "rus", cues))

    report = copied(film, tmp_path / "copy.mkv", read=frozenset({2}))

    assert [said(report.output, track)[0][2] for track in (0, 1)] == [b"****", b"****"]
    # Of a text that was read, nobody said that the last one stays.
    assert [said(report.output, track)[2][2] for track in (0, 1)] == [b"****", b"Fuck"]
    unread = [warning for warning in report.warnings if "no detector read" in warning]
    assert unread == [
        "no detector read stream 3 (subtitle, subrip, rus): "
        "only words that were found elsewhere are hidden in it"
    ]


def test_text_in_another_encoding_is_masked(tmp_path: Path) -> None:
    cues = timed("\u041d\u0443, \u0431\u043b\u044f!".encode("cp1251"), b"x")
    film = film_with(tmp_path, ".mkv", Captions("srt", "rus", cues))
    words = (HiddenWord(0.5, 0.7, "\u0431\u043b\u044f"),)
    report = mux.render(plan_streams(film, tmp_path / "copy.mkv"), edits_of((), words))
    assert problems(report) == []
    assert said(report.output)[0][2] == "\u041d\u0443, ****!".encode("cp1251")


FORCED_IN = {
    "mkv": (".mkv", "srt"),
    "ass": (".mkv", "ass"),
    "webm": (".webm", "webvtt"),
    "mp4": (".mp4", "mov_text"),
}


@pytest.mark.parametrize("name", FORCED_IN)
def test_a_forced_track_has_the_changed_lines_alone(tmp_path: Path, name: str) -> None:
    suffix, codec = FORCED_IN[name]
    others = ((0.3, 0.9, b"Nothing"),)
    film = film_with(
        tmp_path,
        suffix,
        Captions(codec, "eng", timed(b"The fuck", b"Fuck")),
        Captions(codec, "spa", others),
    )

    report = copied(film, tmp_path / f"copy{suffix}", SubtitleRemediation(forced=True))

    assert [said(report.output, track) for track in (0, 1, 2)] == [
        timed(b"The ****", b"Fuck"),
        ((0.3, 0.9, b"The ****"),),
        others,
    ]
    with av.open(str(report.output)) as container:
        tracks = container.streams.subtitles
        assert [bool(track.disposition & FORCED) for track in tracks] == [False, True, False]
        assert [track.language for track in tracks] == ["eng", "eng", "spa"]
        title = tracks[1].metadata.get("title") or tracks[1].metadata.get("name")
    assert title == "English (changed lines)"


def test_a_forced_track_without_lines_is_not_made(tmp_path: Path) -> None:
    film = film_with(tmp_path, ".mkv", Captions("srt", "eng", ((0.3, 0.9, b"Nothing"),)))
    report = copied(film, tmp_path / "copy.mkv", SubtitleRemediation(forced=True))
    with av.open(str(report.output)) as container:
        assert len(container.streams.subtitles) == 1


def test_a_container_without_forced_tracks_is_refused_with_advice_that_works(tmp_path: Path) -> None:
    film = film_with(tmp_path, ".mkv", Captions("srt", "eng", timed(b"The fuck", b"Fuck")))
    style = SubtitleRemediation(forced=True)
    with pytest.raises(OutputRefused, match=r"copy\.mov") as caught:
        plan_texts(plan_streams(film, tmp_path / "copy.mov"), style)
    assert ".mkv" in caught.value.fix
    plan_texts(plan_streams(film, tmp_path / "copy.mkv"), style)
    plan_texts(plan_streams(film, tmp_path / "copy.mov"), SubtitleRemediation())


def test_a_mask_that_is_a_hidden_word_is_refused(tmp_path: Path) -> None:
    film = film_with(tmp_path, ".mkv", Captions("srt", "eng", timed(b"The fuck", b"Fuck")))
    style = SubtitleRemediation(mask="f*ck")
    with pytest.raises(RenderError, match="'fuck' cannot be hidden"):
        mux.render(
            plan_streams(film, tmp_path / "copy.mkv"), edits_of((), WORDS), RenderOptions(subtitles=style)
        )
    assert [each.name for each in tmp_path.iterdir()] == ["film.mkv"]


@pytest.mark.parametrize(("film", "copy"), [(".mkv", ".mp4"), (".mp4", ".mkv"), (".mp4", ".mov")])
def test_titles_stay_in_every_container(tmp_path: Path, film: str, copy: str) -> None:
    codec = "srt" if film == ".mkv" else "mov_text"
    source = film_with(tmp_path, film, Captions(codec, "eng", timed(b"fuck", b"Fuck"), title="Full"))
    report = copied(source, tmp_path / f"copy{copy}")
    assert probe(report.output).of_kind("subtitle")[0].title == "Full"


def in_text(change: Callable[[bytes], bytes | None], after: float = 0.0) -> Callable[[Any], bytes | None]:
    def changed(packet: Any) -> bytes | None:
        is_text = packet.stream.type == "subtitle" and packet.pts * packet.time_base >= after
        return change(bytes(packet)) if is_text else bytes(packet)

    return changed


SPOILS: dict[str, tuple[Spoil, str]] = {
    "a word can be read": (Spoil(change=in_text(lambda text: text.replace(b"****", b"fuck"))), "can be read"),
    "another cue is changed": (
        Spoil(change=in_text(lambda text: text.replace(b"Hello", b"Hullo"))),
        "something else at 1.100 s",
    ),
    "a cue is missing": (Spoil(change=in_text(lambda _text: None, 3.0)), "2 texts instead of 3"),
    "a cue is late": (Spoil(move={2: 0.05}), "at 0.350 s what it should say at 0.300 s"),
}


@pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "srt"), (".mkv", "ass"), (".mp4", "mov_text")])
@pytest.mark.parametrize("name", SPOILS)
def test_a_spoilt_text_is_found(tmp_path: Path, name: str, suffix: str, codec: str) -> None:
    spoil, expected = SPOILS[name]
    film = film_with(tmp_path, suffix, Captions(codec, "eng", timed(b"The fuck", b"Fuck")))
    report = copied(film, tmp_path / f"copy{suffix}")
    assert expected in "; ".join(problems(report, spoilt(report.output, spoil)))


def test_a_line_too_many_in_the_changed_lines_is_found(tmp_path: Path) -> None:
    film = film_with(tmp_path, ".mkv", Captions("srt", "eng", timed(b"The fuck", b"Fuck")))
    report = copied(film, tmp_path / "copy.mkv", SubtitleRemediation(forced=True))

    def swapped(packet: Any) -> bytes | None:
        return bytes(packet) if packet.stream.index != 3 else b"Hello"

    assert "something else" in "; ".join(problems(report, spoilt(report.output, Spoil(change=swapped))))


PICTURES = Captions("hdmv_pgs_subtitle", "ger", ((0.3, 0.9, b"\x16\x00\x00\x00"),))


def test_subtitles_that_nobody_can_read_are_named_or_dropped(tmp_path: Path) -> None:
    film = film_with(tmp_path, ".mkv", Captions("srt", "eng", timed(b"fuck", b"Fuck")), PICTURES)
    plan = plan_streams(film, tmp_path / "copy.mkv")

    kept = mux.render(plan_texts(plan, SubtitleRemediation()), edits_of((), WORDS))
    assert problems(kept) == []
    assert any(
        warning.startswith("stream 3 (subtitle, hdmv_pgs_subtitle, ger) is copied as it is: ")
        for warning in kept.warnings
    )

    dropping = plan_texts(plan, SubtitleRemediation(picture_subtitles="drop"))
    assert [(each.index, "PGS" in each.why) for each in dropping.dropped] == [(3, True)]
    dropped = mux.render(dropping, edits_of((), WORDS))
    assert problems(dropped) == []
    with av.open(str(dropped.output)) as container:
        assert [track.language for track in container.streams.subtitles] == ["eng"]


def test_nothing_is_told_of_texts_where_no_word_is_hidden(tmp_path: Path) -> None:
    film = film_with(tmp_path, ".mkv", Captions("srt", "eng", timed(b"fuck", b"Fuck")), PICTURES)
    report = mux.render(plan_streams(film, tmp_path / "copy.mkv"), edits_of(()))
    assert report.warnings == ()
    assert said(report.output) == said(film)
