"""Whether a browser plays a film as it is, and what is in it as the page tells it.

A browser that cannot play a codec need not say so: Chromium shows no picture of H.265, and gives no sound of
AC-3, without any error. So it is decided here, by codec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from video_censor_personal.media.info import MediaInfo, StreamInfo
from video_censor_personal.runners.runner import Job, JobContext

_PICTURES: Mapping[str, frozenset[str]] = {
    "h264": frozenset({"yuv420p", "yuvj420p"}),
    "vp8": frozenset({"yuv420p"}),
    "vp9": frozenset({"yuv420p", "yuvj420p", "yuv420p10le"}),
    "av1": frozenset({"yuv420p", "yuvj420p", "yuv420p10le"}),
}
"""The pixel formats of each codec that browsers play."""
_SOUNDS: Mapping[str, frozenset[str]] = {
    "mp4": frozenset({"aac", "mp3", "opus", "flac"}),
    "matroska": frozenset({"aac", "mp3", "opus", "vorbis", "flac"}),
    "ogg": frozenset({"opus", "vorbis", "flac"}),
    "mp3": frozenset({"mp3"}),
    "flac": frozenset({"flac"}),
    "wav": frozenset({"pcm_s16le", "pcm_u8"}),
}
"""The codecs of sound that browsers play in each format."""
_TYPES = {"mp4": "mp4", "ogg": "ogg", "mp3": "mpeg", "flac": "flac", "wav": "wav"}
_NAMES = {
    **{"hevc": "H.265, or HEVC", "h264": "H.264", "mpeg2video": "MPEG-2", "mpeg4": "MPEG-4, or DivX"},
    **{"ac3": "AC-3", "eac3": "E-AC-3", "opus": "Opus", "vorbis": "Vorbis", "truehd": "TrueHD"},
}
"""Of other codecs, what the library calls them says as much, in capitals."""
_PIECES = "so short pieces of it are made and shown"
_EARLIEST, _LATEST = -0.001, 0.05
"""Seconds at which the clock of a file may begin for that of a player to be ours."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """A stream of pictures as its decoder gives them; `rate` is how many a second, 0 where unknown."""

    pixel_format: str
    rate: float


@dataclass(frozen=True, slots=True)
class Inspected:
    """What is in a film; `pictures` by the numbers of their streams."""

    info: MediaInfo
    pictures: Mapping[int, Pictures]

    @property
    def why_not(self) -> str:
        """Why a browser does not play it as it is; empty where it does."""
        return _why_not(self)

    @property
    def media_type(self) -> str:
        """What a browser is told that the file is."""
        family, kind = _family(self.info), "video" if self.info.of_kind("video") else "audio"
        if family == "matroska":
            return f"{kind}/webm" if "webm" in self.info.path.suffix.lower() else f"{kind}/x-matroska"
        return f"{kind}/{_TYPES.get(family or '', 'mp4')}"

    def as_json(self) -> dict[str, Any]:
        """Return what the page is told."""
        why, videos = self.why_not, self.info.of_kind("video")
        return {
            "direct": not why,
            "why": why,
            "video": self._video(videos[0]) if videos else None,
            "audio": [
                {
                    "stream": each.index,
                    "codec": _name(each.codec),
                    "language": None if each.language == "und" else each.language,
                    "title": each.title,
                    "channels": each.channels,
                }
                for each in self.info.of_kind("audio")
            ],
        }

    def _video(self, stream: StreamInfo) -> dict[str, Any]:
        pictures = self.pictures.get(stream.index)
        return {
            "codec": _name(stream.codec),
            "width": stream.width,
            "height": stream.height,
            "rate": pictures.rate if pictures is not None else 0.0,
        }


@dataclass(frozen=True)
class Inspect(Job):
    """Find out what is in a film, for the page; `folder` is where that is noted."""

    film: Path
    folder: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folder of notes."""
        return (self.folder,)

    def run(self, context: JobContext) -> Inspected:
        """Return what was found. Raises MediaError."""
        from av.video.stream import VideoStream

        from video_censor_personal.media.probe import probe
        from video_censor_personal.media.reader import opened

        info = probe(self.film, self.folder)
        found: dict[int, Pictures] = {}
        with opened(self.film, info.options) as container:
            for stream in container.streams:
                if isinstance(stream, VideoStream):
                    rate = stream.average_rate or stream.guessed_rate or 0
                    found[stream.index] = Pictures(stream.codec_context.pix_fmt or "", float(rate))
        return Inspected(info, found)


def _why_not(film: Inspected) -> str:
    info = film.info
    family = _family(info)
    if family is None:
        return _told("browsers do not play this kind of file", info.format.split(",")[0])
    for stream in info.of_kind("video")[:1]:
        formats = _PICTURES.get(stream.codec)
        if formats is None:
            return _told("your browser may not play this film's picture", _name(stream.codec))
        pictures = film.pictures.get(stream.index)
        if pictures is None or pictures.pixel_format not in formats:
            return _told("your browser may not play this film's picture", f"a kind of {_name(stream.codec)}")
    # Which of several sound tracks is heard, is up to the browser, and is mostly the first.
    for stream in info.of_kind("audio")[:1]:
        if stream.codec not in _SOUNDS[family]:
            return _told("your browser may not play this film's sound", _name(stream.codec))
    if not _is_on_time(info):
        return _told("your browser would show other times than this page")
    return ""


def _told(why: str, technical: str = "") -> str:
    """Return what is said, in words that everybody knows; who wants to know more has it in brackets."""
    return f"{why}, {_PIECES}{f' ({technical})' if technical else ''}"


def _is_on_time(info: MediaInfo) -> bool:
    """Whether the time line of a player is ours."""
    lines = info.timeline.streams.values()
    jumps = any(line.moved or any(ticks for _, ticks in line.shifts) for line in lines)
    return _EARLIEST <= info.origin <= _LATEST and not jumps


def _family(info: MediaInfo) -> str | None:
    return next((name for name in _SOUNDS if name in info.formats), None)


def _name(codec: str) -> str:
    return _NAMES.get(codec, "PCM" if codec.startswith("pcm_") else codec.upper())
