"""Files of subtitles beside a film: which are its own, what their names say, and what is read in them."""

from __future__ import annotations

import hashlib
import os
from itertools import pairwise
from pathlib import Path

import pytest

from video_censor_personal.findings.texts import TextSource
from video_censor_personal.media.errors import FilmChanged, NotFound
from video_censor_personal.media.sidecars import LARGEST, UnreadableText, read_sidecar, sidecars
from video_censor_personal.media.subtitles import Cue, WrittenText

SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello, <i>you</i>\n\n2\n00:00:03,000 --> 00:00:04,000\n- Yes\n- No\n"
CUES = (Cue(1.0, 2.5, "Hello, you"), Cue(3.0, 4.0, "- Yes\n- No"))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def beside(folder: Path, *names: str, film: str = "film.mkv") -> tuple[TextSource, ...]:
    for name in (film, *names):
        (folder / name).write_text(SRT)
    return sidecars(folder / film, digest)


def read(path: Path) -> WrittenText:
    source = TextSource(file=path.name, digest=digest(path))
    return read_sidecar(path, source, lambda: 25.0)


NAMES: dict[str, tuple[str | None, bool]] = {
    "film.srt": (None, False),
    "film.en.srt": ("en", False),
    "film.eng.sdh.srt": ("en", False),
    "film.pt-BR.srt": ("pt", False),
    "film.forced.en.srt": ("en", True),
    "film.en.forced.ass": ("en", True),
    "film.English.vtt": ("en", False),
    "film.hi.srt": ("hi", False),
    "film.en.hi.srt": ("en", False),
    "film.Directors Cut.fr.ssa": ("fr", False),
    "film.mkv.de.srt": ("de", False),
    "film.web.srt": (None, False),
    "FILM.EN.SRT": ("en", False),
    "film.en.sub": ("en", False),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_name_says_language_and_kind(tmp_path: Path, name: str) -> None:
    (found,) = beside(tmp_path, name)
    language, is_forced = NAMES[name]
    assert (found.file, found.language, found.is_forced, found.unreadable) == (name, language, is_forced, "")
    assert found.digest == digest(tmp_path / name)


@pytest.mark.parametrize(
    "name",
    [
        "other.srt",
        "film2.srt",
        "film-3.srt",
        "film.txt",
        "film.hidden.srt",
        "film.small.hidden.vtt",
        "film.nfo",
    ],
)
def test_what_is_not_of_the_film_or_of_our_making_is_left_out(tmp_path: Path, name: str) -> None:
    assert beside(tmp_path, name) == ()


def test_what_belongs_to_a_film_with_a_longer_name_is_left_to_it(tmp_path: Path) -> None:
    names = ("film.extended.mkv", "film.extended.srt", "film.extended.en.srt", "film.en.srt")
    assert [each.file for each in beside(tmp_path, *names)] == ["film.en.srt"]
    own = sidecars(tmp_path / "film.extended.mkv", digest)
    assert [each.file for each in own] == ["film.extended.en.srt", "film.extended.srt"]


@pytest.mark.parametrize(
    ("names", "kind"), [(("film.en.idx", "film.en.sub"), "VobSub"), (("film.sup",), "PGS")]
)
def test_pictures_are_named_as_such(tmp_path: Path, names: tuple[str, ...], kind: str) -> None:
    (found,) = beside(tmp_path, *names)
    assert found.file == names[0]
    assert kind in found.unreadable


def test_a_folder_is_no_subtitle(tmp_path: Path) -> None:
    (tmp_path / "film.srt").mkdir()
    assert beside(tmp_path) == ()


def test_a_file_that_comes_is_seen_though_the_folder_was_listed_before(tmp_path: Path) -> None:
    assert beside(tmp_path) == ()
    long_ago = (tmp_path.stat().st_atime, tmp_path.stat().st_mtime - 3600)
    os.utime(tmp_path, long_ago)
    assert sidecars(tmp_path / "film.mkv", digest) == ()
    (tmp_path / "film.srt").write_text(SRT)
    assert [each.file for each in sidecars(tmp_path / "film.mkv", digest)] == ["film.srt"]


ASS = (
    "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Comment: 0,0:00:00.50,0:00:01.00,Default,,0,0,0,,not said\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\an8\\i1}Hello,{\\i0} you\n"
    "Dialogue: 1,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\bord3}Hello, you\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\p1}m 0 0 l 100 0 100 100{\\p0}\n"
    "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,- Yes\\N- No\n"
)
VTT = (
    "WEBVTT\n\nSTYLE\n::cue { color: red }\n\n"
    "intro\n00:01.000 --> 00:02.500 line:0\n<v Bob>Hello, <c.x>you</c>\n\n"
    "NOTE not said\n\ntwo\n00:00:03.000 --> 00:00:04.000\n- Yes\n- No\n"
)
SAMI = (
    "<SAMI><BODY>\n<SYNC Start=1000><P>Hello, you\n<SYNC Start=2500><P>&nbsp;\n"
    "<SYNC Start=3000><P>- Yes<br>- No\n<SYNC Start=4000><P>&nbsp;\n</BODY></SAMI>\n"
)
FORMS: dict[str, tuple[str, str]] = {
    "SubRip": ("film.srt", SRT),
    "with times of another kind": ("film.srt", SRT.replace(",000", ".000")),
    "without numbers": ("film.srt", SRT.replace("1\n00", "00").replace("2\n00", "00")),
    "with the line ends of DOS": ("film.srt", SRT.replace("\n", "\r\n")),
    "with the line ends of old Macs": ("film.srt", SRT.replace("\n", "\r")),
    "ASS": ("film.ass", ASS),
    "WebVTT": ("film.vtt", VTT),
    "WebVTT called SubRip": ("film.srt", VTT),
    "ASS called SubRip": ("film.srt", ASS),
    "SubRip called ASS": ("film.ass", SRT),
    "counted pictures": ("film.sub", "{25}{62}{y:i}Hello, you\n{75}{100}- Yes|- No\n"),
    "counted pictures of another film": ("film.sub", "{1}{1}50\n{50}{125}Hello, you\n{150}{200}- Yes|- No\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_read(tmp_path: Path, form: str) -> None:
    name, text = FORMS[form]
    path = tmp_path / name
    path.write_bytes(text.encode())
    found = read(path)
    said = [(round(cue.start, 1), round(cue.end, 1), cue.text) for cue in found.cues]
    assert said == [(round(cue.start, 1), round(cue.end, 1), cue.text) for cue in CUES]
    assert found.notes == ()


def test_of_sami_the_text_is_read_and_when_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "film.smi"
    path.write_text(SAMI)
    said = [(cue.start, cue.text) for cue in read(path).cues if cue.text.strip()]
    assert said == [(cue.start, cue.text) for cue in CUES]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_another_encoding_is_read_and_said(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "film.es.srt"
    path.write_bytes(SRT.replace("Hello, <i>you</i>", "¡Coño, señor!").encode(encoding))
    found = read(path)
    assert found.cues[0].text == "¡Coño, señor!"
    assert found.notes == (() if encoding.startswith("utf") else ("it is not UTF-8, and was read as cp1252",))


def test_times_that_make_no_sense_are_told_and_no_word_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "film.srt"
    path.write_text(SRT + "\n3\n00:00:xx --> 00:00:07,000\nGone?\n")
    found = read(path)
    assert found.notes == ("1 of its 3 times cannot be understood",)
    assert "Gone?" in found.cues[-1].text


GARBAGE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "it is empty"),
    "white space": (b"\n \r\n", "it is empty"),
    "noise": (bytes(range(256)) * 20, "it is not text"),
    "a web page": (b"<!doctype html><html><body>404</body></html>", ""),
    "prose": (b"There are no times in this.\n" * 50, ""),
    "pictures": (b"\x00\x00\x01\xba" + b"\x44" * 2000, "pictures"),
    "times without words": (b"1\n00:00:01,000 --> 00:00:02,000\n\n", "no text with a time"),
    "far too much": (b"a" * (LARGEST + 1), "larger than 16 MiB"),
}


@pytest.mark.parametrize("suffix", ["srt", "ass", "sub", "vtt", "ttml", "smi"])
@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_refused_by_name(tmp_path: Path, garbage: str, suffix: str) -> None:
    content, why = GARBAGE[garbage]
    path = tmp_path / f"film.{suffix}"
    path.write_bytes(content)
    if garbage == "times without words" and suffix not in ("srt", "vtt"):
        why = ""
    with pytest.raises(UnreadableText) as refused:
        read(path)
    assert str(path) in refused.value.what
    assert why in refused.value.why


def test_a_file_that_is_gone_since_is_no_text_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_sidecar(tmp_path / "film.srt", TextSource(file="film.srt", digest="a" * 64), lambda: None)


def test_a_file_that_changed_since_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "film.srt"
    path.write_text(SRT)
    source = TextSource(file="film.srt", digest=digest(path))
    path.write_text(SRT.replace("Hello", "Hi"))
    with pytest.raises(FilmChanged):
        read_sidecar(path, source, lambda: None)


def test_a_link_that_leads_nowhere_is_named_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "film.srt").symlink_to(tmp_path / "gone.srt")
    (found,) = beside(tmp_path)
    assert (found.file, found.digest) == ("film.srt", "")
    with pytest.raises(UnreadableText):
        read_sidecar(tmp_path / "film.srt", found, lambda: None)


def test_lines_that_roll_are_read_once(tmp_path: Path) -> None:
    lines = ["one damn", "two", "three", "four", "five"]
    cues = [f"{first}\n{second}" for first, second in pairwise(lines)]
    path = tmp_path / "film.vtt"
    path.write_text(
        "WEBVTT\n\n"
        + "\n\n".join(f"00:0{at}.000 --> 00:0{at + 1}.000\n{cue}" for at, cue in enumerate(cues, 1))
    )
    assert [cue.text for cue in read(path).cues] == ["one damn\ntwo", "three", "four", "five"]


def test_a_line_that_is_said_twice_is_read_twice(tmp_path: Path) -> None:
    path = tmp_path / "film.srt"
    path.write_text(
        "00:00:01,000 --> 00:00:02,000\nDamn!\n\n00:00:02,000 --> 00:00:03,000\nDamn!\nGo!\n\n"
        "00:00:03,000 --> 00:00:04,000\nNow!\n"
    )
    assert [cue.text for cue in read(path).cues] == ["Damn!", "Damn!\nGo!", "Now!"]
