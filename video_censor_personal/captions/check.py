"""Measures the texts of a copy: is all there at its time but for masks, and can no hidden word be read?"""

from __future__ import annotations

import hashlib
import html
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from video_censor_personal.captions.finding import Wanted, as_written
from video_censor_personal.captions.hiding import Texts
from video_censor_personal.captions.packets import PacketEditor, text_of
from video_censor_personal.edits.cuts import NO_CUTS, Cuts
from video_censor_personal.edits.values import HiddenWord, exact
from video_censor_personal.findings.languages import language_code
from video_censor_personal.findings.texts import TextSource
from video_censor_personal.media.encodings import NotText, decoded
from video_censor_personal.media.info import MediaInfo, StreamInfo
from video_censor_personal.media.reader import is_flush, open_film
from video_censor_personal.media.sidecars import UnreadableText, content_of, cues_in
from video_censor_personal.media.subtitles import Cue, cues, is_filler
from video_censor_personal.words.spelling import normalise

_SLACK = 0.0021
"""Seconds; containers round times to a millisecond, and may have been written twice."""
_FORCED = 0x40
"""The bit of a stream's disposition by which it is shown without being asked for."""
_TAG = re.compile(r"</?[a-zA-Z0-9][^<>\n]*>|\{\\[^{}]*\}")
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class TextTrack:
    """A track of text that was written: the film's `stream`, and `made`, the number of the copy's.

    `is_recoded`: as another codec, so that only what is seen can be compared. `is_changed_only`: with nothing
    but the cues in which words are hidden.
    """

    stream: StreamInfo
    made: int
    is_recoded: bool
    is_changed_only: bool = False


@dataclass(slots=True)
class _Cues:
    """The cues of a track: when each begins and ends, in seconds of the copy; a digest of what it says."""

    starts: array[float] = field(default_factory=lambda: array("d"))
    ends: array[float] = field(default_factory=lambda: array("d"))
    digests: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, start: float, end: float, said: bytes) -> None:
        """Add a cue."""
        self.starts.append(start)
        self.ends.append(end)
        self.digests.append(int.from_bytes(hashlib.sha256(said).digest()[:8], "big"))


def text_problems(
    film: MediaInfo, made: MediaInfo, tracks: Sequence[TextTrack], texts: Texts, cuts: Cuts
) -> list[str]:
    """Return what is wrong with the texts of a copy; nothing wrong: an empty list.

    Each cue of the film must be there at its time, with all of its bytes but those of hidden words; and as
    the library reads it, no word may be in it that is hidden in the sound around it. Memory does not grow
    with what is written.

    Raises:
        MediaError: one of the files cannot be read.
    """
    if not tracks:
        return []
    problems: list[str] = []
    expected = _expected(film, tracks, texts, cuts)
    found, readable = _found(made, tracks, texts, cuts)
    for track in tracks:
        problems += _differences(track.stream, expected[track.made], found[track.made])
        problems += readable[track.made][:_MOST_TOLD]
        if track.is_changed_only and not _is_forced(made, track.made):
            problems.append(f"the changed lines of {track.stream} are not flagged as forced")
    return problems


def changed_tracks(film: MediaInfo, streams: Iterable[int], texts: Texts) -> frozenset[int]:
    """Return those of some tracks of text in which a word is hidden, and the cue stays.

    Raises:
        MediaError: the film cannot be read.
    """
    wanted = set(streams)
    found: set[int] = set()
    with open_film(film) as source:
        editors = {index: PacketEditor(source.stream(index), film.origin, texts) for index in wanted}
        for packet in source.packets(*wanted) if wanted else ():
            index = packet.stream.index
            if index not in found and not is_flush(packet):
                edited = editors[index].edited(packet)
                if edited is not None and edited is not packet:
                    found.add(index)
            if found == wanted:
                break
    return frozenset(found)


class NotHidden(Exception):
    """In a file of subtitles a word can be read that was to be hidden, or something else was changed."""


def require_hidden(
    path: Path, source: TextSource, content: bytes, texts: Texts, rate: Callable[[], float | None]
) -> None:
    """Make sure that what is to lie beside a copy in place of a file says the same at the same times.

    Args:
        path: the file.
        source: what is known of it.
        content: what takes its place.
        texts: what is hidden.
        rate: tells how many pictures a second the film has, for files that count them.

    Raises:
        MediaError: one of them cannot be read.
        NotHidden: a word can be read that is said then, or another cue or another time is there.
    """
    language = language_code(source.language)
    before = cues_in(content_of(path, source), path, language, rate)
    after = _cues_left(content, path, language, rate)
    if texts.style.mode == "mask":
        times = [(each.start, each.end) for each in before]
        if times != [(each.start, each.end) for each in after]:
            raise NotHidden("its cues would be shown at other times")
    for cue in after:
        for word in readable_words(cue, texts.words, texts.style.mask):
            raise NotHidden(f"'{word}' can be read at {cue.start:.3f} s")


def _cues_left(
    content: bytes, path: Path, language: str | None, rate: Callable[[], float | None]
) -> tuple[Cue, ...]:
    """Return the cues in a file of which all may have been dropped."""
    try:
        return cues_in(content, path, language, rate)
    except UnreadableText:
        return ()


def readable_words(cue: Cue, words: Iterable[HiddenWord], mask: str) -> Iterator[str]:
    """Yield the words that are said while a text is shown, and can be read in it."""
    said = [word for word in words if word.start < cue.end and word.end > cue.start]
    if said:
        seen = normalise(html.unescape(_TAG.sub("", cue.text))).replace(normalise(mask), " ")
        yield from (word.text for word in said if _is_written(word, seen))


def _is_written(word: HiddenWord, seen: str) -> bool:
    wanted = Wanted.of(word)
    pattern = None if wanted is None else as_written(wanted.text)
    return pattern is not None and pattern.search(seen) is not None


def _expected(film: MediaInfo, tracks: Sequence[TextTrack], texts: Texts, cuts: Cuts) -> Mapping[int, _Cues]:
    found = {track.made: _Cues() for track in tracks}
    with open_film(film) as source:
        indexes = {track.stream.index for track in tracks}
        editors = {index: PacketEditor(source.stream(index), film.origin, texts) for index in indexes}
        for packet in source.packets(*indexes):
            index = packet.stream.index
            if _says_nothing(packet):
                continue
            edited = editors[index].edited(packet)
            for track in tracks:
                is_wanted = not track.is_changed_only or edited is not packet
                if edited is not None and track.stream.index == index and is_wanted:
                    _add(found[track.made], edited, film.origin, track.is_recoded, cuts)
    return found


def _found(
    made: MediaInfo, tracks: Sequence[TextTrack], texts: Texts, cuts: Cuts
) -> tuple[Mapping[int, _Cues], Mapping[int, list[str]]]:
    found = {track.made: _Cues() for track in tracks}
    readable: dict[int, list[str]] = {track.made: [] for track in tracks}
    recoded = {track.made: track.is_recoded for track in tracks}
    words = [_in_copy(word, cuts) for word in texts.words]
    with open_film(made) as copy:
        for packet in copy.packets(*found):
            index = packet.stream.index
            if _says_nothing(packet):
                continue
            _add(found[index], packet, Fraction(0), recoded[index], NO_CUTS)
            for cue in _read(packet, Fraction(0), copy.info.streams[index].language):
                readable[index] += (
                    f"'{word}' can be read in {copy.info.streams[index]} at {cue.start:.3f} s"
                    for word in readable_words(cue, words, texts.style.mask)
                )
    return found, readable


def _in_copy(word: HiddenWord, cuts: Cuts) -> HiddenWord:
    start, end = (float(cuts.moved(exact(each))) for each in (word.start, word.end))
    return HiddenWord(start, end, word.text, word.entry)


def _says_nothing(packet: Any) -> bool:
    return packet.pts is None or not packet.size or is_filler(packet.stream, packet)


def _add(to: _Cues, packet: Any, origin: Fraction, is_recoded: bool, cuts: Cuts) -> None:
    if is_recoded:
        said = "\n".join(cue.text for cue in _read(packet, origin, None)).encode()
        if not said:
            return
    else:
        said = bytes(packet)
    start = packet.pts * packet.time_base - origin
    end = start + (packet.duration or 0) * packet.time_base
    if cuts.keeps(start, end):
        to.add(float(cuts.moved(start)), float(cuts.moved(end)), said)


def _read(packet: Any, origin: Fraction, language: str | None) -> list[Cue]:
    """Return what the library reads in a packet; one that is not UTF-8, as it should be, is read here."""
    try:
        return list(cues([packet], origin))
    except (av.FFmpegError, UnicodeError):
        start = float(packet.pts * packet.time_base - origin)
        end = start + float((packet.duration or 0) * packet.time_base)
        try:
            return [Cue(start, end, decoded(text_of(packet), language_code(language))[0])]
        except NotText:
            return []


def _differences(stream: StreamInfo, was: _Cues, now: _Cues) -> Iterator[str]:
    if len(was.starts) != len(now.starts):
        yield f"{stream} has {len(now.starts)} texts instead of {len(was.starts)}"
        return
    for number, start in enumerate(was.starts):
        if was.digests[number] != now.digests[number]:
            yield f"{stream} says something else at {start:.3f} s than what is left of it"
        elif abs(now.starts[number] - start) > _SLACK or abs(now.ends[number] - was.ends[number]) > _SLACK:
            yield f"{stream} says at {now.starts[number]:.3f} s what it should say at {start:.3f} s"
        else:
            continue
        return


def _is_forced(made: MediaInfo, index: int) -> bool:
    return bool(made.streams[index].disposition & _FORCED)
