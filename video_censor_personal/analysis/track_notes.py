"""A film's tracks of sound and of subtitles, noted so that an edit of the config need not open the film."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from modeltasks.support.files import write_whole
from modeltasks.support.filesystem import mark_used
from video_censor_personal.findings.texts import TextSource
from video_censor_personal.findings.tracks import SoundTrack
from video_censor_personal.media.probe import Film

T = TypeVar("T")

_FORMAT = 1
"""Changes with the form of a note."""


def sound_tracks(film: Film, fingerprint: str, cache_dir: Path) -> tuple[SoundTrack, ...]:
    """Return the sound tracks of the film, from `cache_dir` if they were noted before.

    Raises:
        MediaError: the film cannot be read.
    """

    def found() -> Iterable[SoundTrack]:
        tracks = film.info.of_kind("audio")
        return (SoundTrack(each.index, each.language, each.title) for each in tracks)

    return _noted(cache_dir / "tracks" / f"{fingerprint}.json", found, _entry, SoundTrack)


def text_tracks(film: Film, fingerprint: str, cache_dir: Path) -> tuple[TextSource, ...]:
    """Return the tracks of subtitles in the film, from `cache_dir` if they were noted before.

    Raises:
        MediaError: the film cannot be read.
    """

    def found() -> Iterable[TextSource]:
        from video_censor_personal.media.subtitles import track_sources

        return track_sources(film.info)

    return _noted(cache_dir / "texts" / f"{fingerprint}.json", found, asdict, TextSource)


def _noted(
    note: Path,
    find: Callable[[], Iterable[T]],
    entry: Callable[[T], Mapping[str, object]],
    made: Callable[..., T],
) -> tuple[T, ...]:
    """Return tracks from their note, else found and noted."""
    known = _read(note, made)
    if known is not None:
        with suppress(OSError):  # another run may have removed it since
            mark_used(note)
        return known
    tracks = tuple(find())
    with suppress(OSError):  # without the note the film is looked into again next time, no more than that
        write_whole(note, json.dumps({"format": _FORMAT, "tracks": [*map(entry, tracks)]}) + "\n")
    return tracks


def _entry(track: SoundTrack) -> Mapping[str, object]:
    fields = asdict(track)
    return {name: fields[name] for name in ("stream", "language", "title")}


def _read(note: Path, made: Callable[..., T]) -> tuple[T, ...] | None:
    try:
        document: Any = json.loads(note.read_text(encoding="utf-8"))
        known = document["format"] == _FORMAT
        return tuple(made(**entry) for entry in document["tracks"]) if known else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
