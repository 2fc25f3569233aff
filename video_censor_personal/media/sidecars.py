"""Files of subtitles beside a film: which there are, what their names say, and what is in them."""

from __future__ import annotations

import hashlib
import os
import re
import time
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from video_censor_personal.findings.languages import is_language, language_code
from video_censor_personal.findings.texts import TextSource
from video_censor_personal.media.encodings import decoded
from video_censor_personal.media.errors import FilmChanged, MediaError, read_failure
from video_censor_personal.media.subtitles import Cue, WrittenText, in_order, plain

if TYPE_CHECKING:
    from pysubs2 import SSAFile

_FORMATS = {
    **{".srt": "srt", ".vtt": "vtt", ".ass": "ass", ".ssa": "ssa", ".sub": "microdvd", ".smi": "sami"},
    **{".sami": "sami", ".ttml": "ttml", ".dfxp": "ttml"},
}
"""The suffixes of files that are read, and what the library calls their form."""
_PICTURES = {".sup": "PGS", ".idx": "VobSub"}
_FILMS = frozenset((".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".ts", ".webm", ".wmv"))
_OURS = "hidden"
"""The last part of the name of what this program itself writes beside films."""
_NAMES = {
    **{"arabic": "ar", "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en"},
    **{"finnish": "fi", "french": "fr", "german": "de", "greek": "el", "hebrew": "he", "hindi": "hi"},
    **{"hungarian": "hu", "italian": "it", "japanese": "ja", "korean": "ko", "norwegian": "no"},
    **{"polish": "pl", "portuguese": "pt", "romanian": "ro", "russian": "ru", "spanish": "es"},
    **{"swedish": "sv", "turkish": "tr", "ukrainian": "uk"},
}
_FORCED = frozenset({"forced", "foreign"})
_FLAGS = frozenset({"cc", "sdh", "hi", "default", "full"})
LARGEST = 16 * 2**20
"""Bytes. A file of subtitles for a long film has a tenth of one."""
_RACY = 2.0
"""Seconds: a folder that changed this short ago may change again without its time telling so."""
_TIME_LINE = re.compile(r"^.*-->.*$", re.MULTILINE)
_COUNTED = re.compile(r"\s*\{\d+\}\{\d+\}(?:(\d+(?:\.\d+)?)\s*$)?", re.MULTILINE)
_VOBSUB = b"\x00\x00\x01\xba"
FRAMES_A_SECOND = 23.976
"""What a file that counts pictures is made for, where nothing tells."""


class UnreadableText(MediaError):
    """A file of subtitles in which nothing can be read."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot be read as subtitles", why, "Replace it, or take it away")


def sidecars(film: Path, digest: Callable[[Path], str]) -> tuple[TextSource, ...]:
    """Return the files of subtitles beside a film that are called as it is.

    Args:
        film: the film.
        digest: gives the SHA-256 of a file.
    """
    stem = _folded(film.stem)
    listing = _listing(film.parent)
    # What belongs to "film.extended.mkv" does not belong to "film.mkv".
    longer = [base for base, _, _ in _called(listing.films, stem) if base != stem]
    found = []
    for base, suffix, name in sorted(_called(listing.texts, stem), key=lambda each: each[2]):
        parts = base[len(stem) :].strip(".").split(".")
        belongs = parts[-1] != _OURS and not any(f"{base}.".startswith(f"{each}.") for each in longer)
        if belongs and not (film.parent / name).is_dir():
            found.append(_described(film.parent / name, suffix, parts, digest))
    # The pictures of VobSub are in a .sub, and the .idx beside it says when each is shown.
    indexed = {each.file[:-4] for each in found if each.file and each.file.lower().endswith(".idx")}
    return tuple(
        each
        for each in found
        if not (each.file and each.file.lower().endswith(".sub") and each.file[:-4] in indexed)
    )


def _described(path: Path, suffix: str, parts: list[str], digest: Callable[[Path], str]) -> TextSource:
    """Return what the name of a file says, of which `parts` come between that of the film and the suffix."""
    languages = [_NAMES.get(part) or language_code(part) for part in parts if _is_tag(part, parts)]
    why = content = ""
    if suffix in _PICTURES:
        why = f"it consists of pictures ({_PICTURES[suffix]}), which this program cannot read"
    else:
        # One that cannot be read has no digest; whoever reads it says why.
        with suppress(OSError, MediaError):
            content = digest(path) if path.stat().st_size <= LARGEST else ""
    return TextSource(
        file=path.name,
        language=languages[-1] if languages else None,
        is_forced=not _FORCED.isdisjoint(parts),
        unreadable=why,
        digest=content,
    )


def _is_tag(part: str, parts: list[str]) -> bool:
    if part in _FLAGS and (part != "hi" or len(parts) > 1):
        return False
    return part in _NAMES or is_language(part)


def read_sidecar(path: Path, source: TextSource, rate: Callable[[], float | None]) -> WrittenText:
    """Return what a file of subtitles says.

    Args:
        path: the file.
        source: what is known of it.
        rate: tells how many pictures a second the film has, for files that count them.

    Raises:
        MediaError: it is not the file that it was, or is no longer there.
        UnreadableText: nothing can be read in it.
    """
    read = _read(content_of(path, source), path, language_code(source.language), rate)
    notes = [] if read.encoding.startswith("utf") else [f"it is not UTF-8, and was read as {read.encoding}"]
    if read.times > read.understood:
        missed = read.times - read.understood
        notes.append(f"{missed} of its {read.times} times cannot be understood")
    return WrittenText(in_order(cue for cue in read.cues if cue.text), (), tuple(notes))


def cues_in(
    content: bytes, path: Path, language: str | None, rate: Callable[[], float | None]
) -> tuple[Cue, ...]:
    """Return all cues of what is, or is to be, in a file of subtitles, as they stand in it.

    Raises:
        UnreadableText: nothing can be read in it.
    """
    return _read(content, path, language, rate).cues


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read in a file: of so many lines that look like `times`, so many were `understood`."""

    cues: tuple[Cue, ...]
    encoding: str
    times: int
    understood: int


def _read(content: bytes, path: Path, language: str | None, rate: Callable[[], float | None]) -> _Read:
    try:
        text, encoding = decoded(content, language)
        parsed, form = _parsed(text, path.suffix.lower(), rate)
    except Exception as error:  # the library raises whatever its parsers stumble on
        raise UnreadableText(path, str(error).partition("\n")[0] or type(error).__name__) from error
    lines = [line for line in parsed if not line.is_comment]
    if form == "vtt":
        # Behind an empty line comes the name of the next cue, or a note.
        for line in lines:
            line.text = line.text.partition("\\N\\N")[0]
    found = tuple(
        Cue(max(line.start, 0) / 1000, max(line.end, line.start, 0) / 1000, plain(line.text))
        for line in lines
    )
    if not any(cue.text for cue in found):
        raise UnreadableText(path, "there is no text with a time in it")
    return _Read(found, encoding, len(_TIME_LINE.findall(text)), len(parsed))


def content_of(path: Path, source: TextSource) -> bytes:
    """Return the bytes of a file of subtitles. Raises as `read_sidecar`."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        if source.digest:  # it was read before: here, or on another machine
            raise read_failure(path, error) from error
        raise UnreadableText(path, error.strerror or str(error)) from error
    if len(content) > LARGEST:
        raise UnreadableText(path, f"it is larger than {LARGEST >> 20} MiB")
    if hashlib.sha256(content).hexdigest() != source.digest:
        raise FilmChanged(path)
    if content.startswith(_VOBSUB):
        raise UnreadableText(path, "it consists of pictures (VobSub), which this program cannot read")
    if not content.strip():
        raise UnreadableText(path, "it is empty")
    return content


def form_of(text: str, suffix: str) -> str:
    """Return the form that a text has, as the library names it, whatever its file's suffix says."""
    form = _FORMATS[suffix]
    head = text.lstrip("\ufeff \t\r\n")
    if _COUNTED.match(text.removeprefix("\ufeff")):
        return "microdvd"
    if head.startswith("WEBVTT"):
        return "vtt"
    if head.startswith("[Script Info]"):
        return "ass"
    return "srt" if form != "vtt" and _TIME_LINE.search(text) else form


def _parsed(text: str, suffix: str, rate: Callable[[], float | None]) -> tuple[SSAFile, str]:
    """Return what the library makes of a text, and the form that the text has."""
    from pysubs2 import SSAFile

    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    form = form_of(lines, suffix)
    if form != "microdvd":
        return SSAFile.from_string(lines, format_=form), form
    counted = _COUNTED.match(lines)
    # Where the first line says how many a second, that is no text, and what counts.
    known = None if counted is None or counted[1] else rate() or FRAMES_A_SECOND
    return SSAFile.from_string(lines, format_=form, fps=known), form


def _parted(name: str) -> tuple[str, str]:
    """A file's name without its suffix, and that; comparable."""
    return os.path.splitext(_folded(name))  # noqa: PTH122


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def name_beside(film: Path, file: str, copy: Path) -> str:
    """Return what a file of subtitles that is called as a film is is called beside a copy of that film."""
    stem = unicodedata.normalize("NFC", film.stem)
    return copy.stem + unicodedata.normalize("NFC", file)[len(stem) :]


_Name = tuple[str, str, str]
"""A file's name without its suffix and that suffix, both comparable; and the name as it is."""


@dataclass(frozen=True, slots=True)
class _Listing:
    """The files of subtitles in a folder, and the films, each in the order of their comparable names."""

    texts: tuple[_Name, ...] = ()
    films: tuple[_Name, ...] = ()


def _called(names: Sequence[_Name], stem: str) -> Iterator[_Name]:
    """Yield those of the names that are a stem, or begin with it and a dot.

    A folder of thousands is searched for each film in it, so it is not gone through each time.
    """
    for low, high in ((stem, f"{stem}\0"), (f"{stem}.", f"{stem}/")):  # in no name, and what follows the dot
        yield from names[bisect_left(names, (low,)) : bisect_left(names, (high,))]


def _listing(folder: Path) -> _Listing:
    """What is in a folder; listed once for all films in it, while it stays the same."""
    try:
        changed = folder.stat().st_mtime_ns
        if time.time() - changed / 1e9 < _RACY:
            return _listed.__wrapped__(str(folder), changed)
        return _listed(str(folder), changed)
    except OSError:
        return _Listing()


@lru_cache(maxsize=256)
def _listed(folder: str, changed: int) -> _Listing:
    names = sorted((*_parted(name), name) for name in os.listdir(folder))  # noqa: PTH208
    return _Listing(
        tuple(each for each in names if each[1] in _FORMATS or each[1] in _PICTURES),
        tuple(each for each in names if each[1] in _FILMS),
    )
