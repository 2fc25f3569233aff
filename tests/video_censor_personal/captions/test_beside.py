from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from video_censor_personal.captions.beside import edited_file
from video_censor_personal.captions.check import NotHidden, require_hidden
from video_censor_personal.captions.hiding import Texts
from video_censor_personal.config.values import SubtitleRemediation
from video_censor_personal.edits.values import HiddenWord
from video_censor_personal.findings.texts import TextSource
from video_censor_personal.media.errors import FilmChanged, MediaError
from video_censor_personal.media.sidecars import UnreadableText

WORDS = (HiddenWord(1.2, 1.5, "fuck", "*fuck*"),)
"""Said at 1.2 s; what is said at 9 s is not hidden."""
BOM = "\ufeff"

SRT = """1
00:00:01,000 --> 00:00:02,000 X1:10
{\\an8}<i>What the f</i>uck?

2
00:00:09,000 --> 00:00:10,000
Fuck off.
"""
VTT = """WEBVTT - fuck

STYLE
::cue(v[voice="fuck"]) { color: red }

first
00:01.000 --> 00:02.000 align:start position:10%
<v Bob>What the <c.loud>fuck</c>?

NOTE fuck

00:09.000 --> 00:10.000
Fuck off.
"""
ASS = """[Script Info]
Title: fuck
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname
Style: Fuck,Arial

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:01.00,0:00:02.00,Fuck,,0,0,0,,fuck
Dialogue: 0,0:00:01.00,0:00:02.00,Fuck,,0,0,0,,{\\pos(1,2)}What, the\\Nf{\\b1}uck{\\b0}?
Dialogue: 0,0:00:09.00,0:00:10.00,Fuck,,0,0,0,,Fuck off.
"""
SSA = """[Script Info]
ScriptType: v4.00

[Events]
Format: Marked, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,,0,0,0,,What the fuck?
Dialogue: Marked=0,0:00:09.00,0:00:10.00,Default,,0,0,0,,Fuck off.
"""
SUB = """{1}{1}25.000
{25}{50}{y:i}What the|fuck?
{225}{250}Fuck off.
"""
SAMI = """<SAMI><HEAD><TITLE>fuck</TITLE></HEAD><BODY>
<SYNC Start=1000><P Class=ENCC>What the<br>f&#117;ck?
<SYNC Start=2000><P Class=ENCC>&nbsp;
<SYNC Start=9000><P Class=ENCC>Fuck off.
<SYNC Start=10000><P Class=ENCC>&nbsp;
</BODY></SAMI>
"""
TTML = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml"><head><metadata>fuck</metadata></head><body><div>
<p begin="00:00:01.000" end="00:00:02.000">What the<br/><span>fuck</span>?</p>
<p begin="9s" end="10.0s">Fuck off.</p>
</div></body></tt>
"""

FILES: dict[str, tuple[str, str, str, str]] = {
    "srt": (".srt", SRT, "f</i>uck", "****</i>"),
    "srt without numbers": (".srt", SRT.replace("2\n0", "0").replace("1\n0", "0"), "f</i>uck", "****</i>"),
    "srt with points": (".srt", SRT.replace(",000", ".000"), "f</i>uck", "****</i>"),
    "srt, called vtt": (".srt", VTT, "fuck</c>", "****</c>"),
    "vtt": (".vtt", VTT, "fuck</c>", "****</c>"),
    "ass": (".ass", ASS, "f{\\b1}uck", "****{\\b1}"),
    "ssa": (".ssa", SSA, "fuck?", "****?"),
    "microdvd": (".sub", SUB, "fuck?", "****?"),
    "sami": (".smi", SAMI, "f&#117;ck", "****"),
    "ttml": (".ttml", TTML, "<span>fuck", "<span>****"),
}
"""By name: the suffix, what is in the file, what is replaced in it, and by what."""
ENCODINGS = {
    "utf-8": "utf-8",
    "a byte order mark": "utf-8-sig",
    "utf-16": "utf-16",
    "cp1252": "cp1252",
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", FILES)
def test_all_but_the_word_stays(tmp_path: Path, name: str, line_end: str) -> None:
    suffix, written, word, masked = FILES[name]
    written = written.replace("\n", line_end)

    content = cleaned(tmp_path, suffix, written.encode())

    assert content.decode() == written.replace(word, masked, 1)
    assert content != written.encode()


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_encoding_stays(tmp_path: Path, name: str) -> None:
    written = SRT.replace("What", "D\u00e9j\u00e0 vu, what")
    encoded = written.encode(ENCODINGS[name])

    content = cleaned(tmp_path, ".srt", encoded)

    assert content == written.replace("f</i>uck", "****</i>").encode(ENCODINGS[name])


def test_damaged_bytes_stay(tmp_path: Path) -> None:
    written = SRT.replace("What", "D\u00e9j\u00e0 " * 9 + "what").encode().replace(b"off", b"o\xfff")
    assert cleaned(tmp_path, ".srt", written) == written.replace(b"f</i>uck", b"****</i>")


def test_a_mask_that_the_encoding_has_not_becomes_asterisks(tmp_path: Path) -> None:
    style = SubtitleRemediation(mask="\u25a0\u25a0")
    written = SRT.replace("off", "\u00e0 vous").encode("cp1252")
    assert b"****</i>?" in cleaned(tmp_path, ".srt", written, style)


DROPPED = {
    ".srt": (SRT, SRT[SRT.index("2\n00:00:09") :]),
    ".vtt": (VTT, VTT[: VTT.index("first")] + VTT[VTT.index("NOTE") :]),
    ".ass": (ASS, "".join(line for line in ASS.splitlines(keepends=True) if "What" not in line)),
    ".sub": (SUB, SUB.replace("{25}{50}{y:i}What the|fuck?\n", "")),
    ".smi": (SAMI, SAMI.replace("<P Class=ENCC>What the<br>f&#117;ck?\n", "&nbsp;")),
    ".ttml": (
        TTML,
        TTML.replace('<p begin="00:00:01.000" end="00:00:02.000">What the<br/><span>fuck</span>?</p>', ""),
    ),
}


@pytest.mark.parametrize("suffix", DROPPED)
def test_a_cue_is_dropped_whole(tmp_path: Path, suffix: str) -> None:
    written, expected = DROPPED[suffix]
    content = cleaned(tmp_path, suffix, written.encode(), SubtitleRemediation(mode="drop"))
    assert content.decode() == expected


def test_all_cues_may_be_dropped(tmp_path: Path) -> None:
    written = SRT[: SRT.index("2\n00:00:09")]
    assert cleaned(tmp_path, ".srt", written.encode(), SubtitleRemediation(mode="drop")) == b""


def test_words_are_left_where_that_is_wanted(tmp_path: Path) -> None:
    assert cleaned(tmp_path, ".srt", SRT.encode(), SubtitleRemediation(mode="leave")) == SRT.encode()


def test_what_is_shown_late_is_masked_in_a_text_that_was_read(tmp_path: Path) -> None:
    late = SRT.replace("00:00:01", "00:00:31").replace("00:00:02", "00:00:32")
    assert b"f</i>uck" in cleaned(tmp_path, ".srt", late.encode())
    assert b"f</i>uck" not in cleaned(tmp_path, ".srt", late.encode(), read=True)


def test_what_was_found_and_stays_is_not_masked_in_a_text_that_was_read(tmp_path: Path) -> None:
    spared = (HiddenWord(9.2, 9.5, "fuck", "*fuck*"),)
    content = cleaned(tmp_path, ".srt", SRT.encode(), read=True, spared=spared)
    assert content.decode() == SRT.replace("f</i>uck", "****</i>")


UNREADABLE: dict[str, tuple[bytes, type[MediaError]]] = {
    "no text": (bytes(range(256)) * 20, UnreadableText),
    "no times": (b"What the fuck?\n", UnreadableText),
    "empty": (b"", UnreadableText),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_never_called_clean(tmp_path: Path, name: str) -> None:
    content, error = UNREADABLE[name]
    with pytest.raises(error):
        cleaned(tmp_path, ".srt", content)


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    path, source = file_of(tmp_path, ".srt", SRT.encode())
    path.write_text(SRT.replace("What", "Who"))
    with pytest.raises(FilmChanged):
        edited_file(path, source, Texts(WORDS), lambda: 25.0)


SPOILT: dict[str, tuple[Callable[[str], str], str]] = {
    "a word that can be read": (lambda text: text, "can be read"),
    "another time": (lambda text: text.replace("f</i>uck", "****</i>").replace("01,000", "01,100"), "times"),
    "a cue less": (lambda text: text.replace("f</i>uck", "****</i>").partition("\n2\n")[0], "times"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_file_is_found(tmp_path: Path, name: str) -> None:
    spoil, why = SPOILT[name]
    path, source = file_of(tmp_path, ".srt", SRT.encode())
    with pytest.raises(NotHidden, match=why):
        require_hidden(path, source, spoil(SRT).encode(), Texts(WORDS), lambda: 25.0)


def file_of(folder: Path, suffix: str, content: bytes) -> tuple[Path, TextSource]:
    path = folder / f"film.en{suffix}"
    path.write_bytes(content)
    return path, TextSource(file=path.name, language="en", digest=hashlib.sha256(content).hexdigest())


def cleaned(
    folder: Path,
    suffix: str,
    content: bytes,
    style: SubtitleRemediation | None = None,
    *,
    read: bool = False,
    spared: tuple[HiddenWord, ...] = (),
) -> bytes:
    """Return what is made of a file, which passes the check."""
    path, source = file_of(folder, suffix, content)
    names = frozenset({source.name}) if read else frozenset()
    texts = Texts(WORDS, spared, style or SubtitleRemediation(), names)
    made = edited_file(path, source, texts, lambda: 25.0)
    if texts.is_edited:
        require_hidden(path, source, made.content, texts, lambda: 25.0)
    return made.content
