"""A film's sound tracks, noted so that an edit of the config need not open the film."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from modeltasks.support.files import write_whole
from modeltasks.support.filesystem import set_times
from video_censor_personal.findings.tracks import SoundTrack
from video_censor_personal.media.probe import Film

_FORMAT = 1
"""Changes with the form of a note."""


def sound_tracks(film: Film, fingerprint: str, cache_dir: Path) -> tuple[SoundTrack, ...]:
    """Return the sound tracks of the film, from `cache_dir` if they were noted before.

    Raises:
        MediaError: the film cannot be read.
    """
    note = cache_dir / "tracks" / f"{fingerprint}.json"
    known = _read(note)
    if known is not None:
        with suppress(OSError):  # another run may have removed it since
            set_times(note)
        return known
    found = film.info.of_kind("audio")
    tracks = tuple(SoundTrack(each.index, each.language, each.title) for each in found)
    with suppress(OSError):  # without the note the film is looked into again next time, no more than that
        write_whole(note, json.dumps({"format": _FORMAT, "tracks": [_entry(each) for each in tracks]}) + "\n")
    return tracks


def _entry(track: SoundTrack) -> dict[str, object]:
    fields = asdict(track)
    return {name: fields[name] for name in ("stream", "language", "title")}


def _read(note: Path) -> tuple[SoundTrack, ...] | None:
    try:
        document = json.loads(note.read_text(encoding="utf-8"))
        known = document["format"] == _FORMAT
        return tuple(SoundTrack(**entry) for entry in document["tracks"]) if known else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
