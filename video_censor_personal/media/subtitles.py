"""Subtitles inside a film: which of its tracks are text, and what they say when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.languages import language_code
from video_censor_personal.findings.texts import TextSource
from video_censor_personal.media.encodings import NotText, decoded
from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.info import MediaInfo, StreamInfo
from video_censor_personal.media.reader import open_film

_OVERRIDE = re.compile(r"\{[^}]*\}")
_DRAWING = re.compile(r"\{[^}]*\\p[1-9][^}]*\}.*?(?=\{[^}]*\\p0|$)", re.DOTALL)
_BREAK = re.compile(r"\\[Nn]")
_FIELDS = 8
"""Commas before the text of a dialogue line."""
_PICTURES = {
    "hdmv_pgs_subtitle": "PGS",
    "dvd_subtitle": "VobSub",
    "dvb_subtitle": "DVB",
    "xsub": "XSUB",
}
"""Codecs of subtitles that are pictures, and what people call them."""
_FORCED = 0x40
"""The bit of a stream's disposition by which it is shown without being asked for."""
_ROLLING = 0.5
"""Seconds between two cues of which the second goes on with the first."""
_LEAST_ROLLED = 3
_LOOKED_AT = 30
"""Pictures among which one with closed captions would be."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A text and when it is shown, in seconds."""

    start: float
    end: float
    text: str


def is_text(stream: Any) -> bool:
    """Whether `stream` holds subtitles as text, not as pictures."""
    context = stream.codec_context
    return bool(stream.type == "subtitle" and context is not None and context.codec.text_sub)


def is_filler(stream: Any, packet: Any) -> bool:
    """Whether `packet` is an empty subtitle between two cues of an MP4; the muxer writes those itself."""
    return bool(packet.size == 2 and stream.codec_context and stream.codec_context.name == "mov_text")


def cues(packets: Iterable[Any], origin: Fraction) -> Iterator[Cue]:
    """Yield what the packets of a track of text say; gaps and empty texts are left out."""
    for packet in packets:
        if packet.pts is None or not packet.size or is_filler(packet.stream, packet):
            continue
        start = packet.pts * packet.time_base - origin
        if text := _text(packet.stream.codec_context.decode(packet)):
            yield Cue(float(start), float(start + (packet.duration or 0) * packet.time_base), text)


def plain(text: str) -> str:
    """Return the text of a line of ASS without its styles, drawings and codes for breaks and spaces."""
    bare = _OVERRIDE.sub("", _DRAWING.sub("", text))
    return _BREAK.sub("\n", bare).replace("\\h", " ").strip()


def _text(parts: Iterable[Any]) -> str:
    lines = [part.ass.decode("utf-8", "replace").split(",", _FIELDS)[-1] for part in parts]
    return "\n".join(map(plain, lines)).strip()


def track_sources(info: MediaInfo) -> tuple[TextSource, ...]:
    """Return the tracks of subtitles in a film; of those that cannot be read, with why."""
    return tuple(_source(each) for each in info.of_kind("subtitle"))


def _source(stream: StreamInfo) -> TextSource:
    title = (stream.title or "").casefold()
    return TextSource(
        stream=stream.index,
        language=stream.language,
        title=stream.title,
        is_forced=bool(stream.disposition & _FORCED) or "forced" in title,
        unreadable=_why_unreadable(stream.codec),
    )


def _why_unreadable(codec: str) -> str:
    if (name := _PICTURES.get(codec)) is not None:
        return f"it consists of pictures ({name}), which this program cannot read"
    from av.codec import Codec

    try:
        if Codec(codec, "r").text_sub:
            return ""
    except ValueError:  # there is no decoder of that name
        pass
    return f"this program cannot read its kind ({codec or 'such as teletext'})"


@dataclass(frozen=True, slots=True)
class WrittenText:
    """What a track or a file says, in time order.

    `lost` is where it says something that could not be read. `notes` tell what was odd.
    """

    cues: tuple[Cue, ...]
    lost: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()


def read_tracks(info: MediaInfo, sources: Iterable[TextSource]) -> dict[int, WrittenText]:
    """Return what tracks of text say, by their numbers; the film is read once for all of them.

    Raises:
        MediaError: the film cannot be read.
    """
    languages = {each.stream: language_code(each.language) for each in sources if each.stream is not None}
    found: dict[int, list[Cue]] = {index: [] for index in languages}
    lost: dict[int, list[Span]] = {index: [] for index in languages}
    with open_film(info) as film:
        for packet in film.packets(*found) if found else ():
            index = packet.stream.index
            if packet.pts is None or not packet.size:
                continue
            try:
                found[index] += _said(packet, info.origin, languages[index])
            except NotText:
                start = packet.pts * packet.time_base - info.origin
                end = start + (packet.duration or 0) * packet.time_base
                lost[index].append(Span(float(start), float(end)))
    return {index: WrittenText(in_order(said), tuple(lost[index])) for index, said in found.items()}


def _said(packet: Any, origin: Fraction, language: str | None) -> list[Cue]:
    """Return what a packet says. Raises NotText where that cannot be read."""
    import av

    try:
        return list(cues([packet], origin))
    except (av.FFmpegError, UnicodeError):
        # Not UTF-8, as it should be.
        text = plain(decoded(_payload(packet), language)[0])
        start = packet.pts * packet.time_base - origin
        return [Cue(float(start), float(start + (packet.duration or 0) * packet.time_base), text)]


def _payload(packet: Any) -> bytes:
    """Return the bytes of a packet that are its text."""
    content, codec = bytes(packet), packet.stream.codec_context.codec.canonical_name
    if codec == "ass":
        return content.split(b",", _FIELDS)[-1]
    return content[2 : 2 + int.from_bytes(content[:2], "big")] if codec == "mov_text" else content


def in_order(found: Iterable[Cue]) -> tuple[Cue, ...]:
    """Return cues in time order, each once: shadows and outlines of ASS are cues of their own."""
    return _unrolled(tuple(dict.fromkeys(sorted(found, key=lambda cue: (cue.start, cue.end)))))


def _unrolled(found: tuple[Cue, ...]) -> tuple[Cue, ...]:
    """Cues that roll, each beginning with the last line of the one before, without what was said already.

    That one line is the same may be because it was said twice; that every third is has no other reason.
    """
    rolled = [
        one.text.split("\n")[-1] == other.text.split("\n")[0] and other.start - one.end < _ROLLING
        for one, other in pairwise(found)
    ]
    if sum(rolled) < max(_LEAST_ROLLED, len(found) // 3):
        return found
    fresh = (
        Cue(cue.start, cue.end, cue.text.partition("\n")[2] if repeats else cue.text)
        for cue, repeats in zip(found, (False, *rolled), strict=True)
    )
    return tuple(cue for cue in fresh if cue.text)


def pictures_a_second(info: MediaInfo) -> float | None:
    """Return how many pictures a second a film has; None for one without pictures, or where nobody says.

    Raises:
        MediaError: the film cannot be read.
    """
    pictures = info.of_kind("video")
    if not pictures:
        return None
    with open_film(info) as film:
        rate = film.stream(pictures[0].index).average_rate
    return float(rate) if rate else None


def unread_captions(info: MediaInfo) -> tuple[str, ...]:
    """Return a warning where the first pictures of a film carry captions, as broadcasts do; none is read."""
    from av.sidedata.sidedata import Type

    pictures = info.of_kind("video")
    if not pictures:
        return ()
    with suppress(MediaError), open_film(info) as film:  # who looks at the pictures says what is wrong
        for frame in islice(film.frames(pictures[0].index), _LOOKED_AT):
            if any(each.type == Type.A53_CC for each in frame.side_data):
                return ("its pictures carry closed captions (CEA-608/708), which this program cannot read",)
    return ()
