"""What is known of a film, noted while the file stays the same: its SHA-256, and what is in it.

To read all of a large film takes a minute. Without a note it is read again, no more than that.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

from modeltasks.checksum import hash_file
from modeltasks.report.progress import NoProgress, Progress
from modeltasks.support.cancel import CancelToken
from modeltasks.support.files import write_whole
from modeltasks.support.filesystem import mark_used
from modeltasks.support.identity import stat_identity
from video_censor_personal.findings.coverage import Span
from video_censor_personal.media.errors import FilmChanged, read_failure
from video_censor_personal.media.info import Chapter, MediaInfo, StreamInfo
from video_censor_personal.media.progress import HASHING
from video_censor_personal.media.timeline import StreamLine, Timeline

_FORMAT = 3
"""Changes when the same film would be described otherwise."""
_RACY, _RACY_COARSE = 0.1, 2.0
"""Seconds. A file changed this short before it was read may change again within one tick of its
times, so what was noted about it is not trusted (git calls such an entry racily clean). A tick is some
milliseconds; on file systems that keep no fractions of one, up to two seconds."""
_FINE = 1_000_000
"""Nanoseconds. Times that are no multiple of this come from a file system that keeps fractions."""


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """What is known of a film: its SHA-256 in hex, and what is in it."""

    fingerprint: str
    info: MediaInfo


class FilmNotes:
    """The notes on one film; make it before the film is read, for they hold for the file as it is then.

    Raises:
        MediaError: the film cannot be read.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._digest = _Note(path, folder / "fingerprints")
        self._scan = self._digest.beside(folder / "scans")

    def fingerprint(self) -> str | None:
        """Return the SHA-256 of the film, if it was noted and the file is still the same."""
        digest = self._digest.read().get("sha256")
        return digest if isinstance(digest, str) else None

    def read(self) -> FilmFacts | None:
        """Return what was noted, if all of it was, and the file is still the same."""
        digest, info = self.fingerprint(), _noted_info(self._path, self._scan)
        return None if digest is None or info is None else FilmFacts(digest, info)

    def require_same_film(self) -> None:
        """Make sure that the file is still the same.

        Raises:
            FilmChanged: it is another one.
            MediaError: it cannot be read.
        """
        self._digest.require_same_film()

    def write(self, facts: FilmFacts) -> None:
        """Note what was found, if the file is still the same."""
        self._digest.write({"path": str(self._digest.film), "sha256": facts.fingerprint})
        self._scan.write({"format": _FORMAT, "info": _as_json(facts.info)})


def fingerprint(
    path: Path,
    folder: Path,
    *,
    cancel: CancelToken | None = None,
    progress: Progress | None = None,
) -> str:
    """Return the SHA-256 of a file in hex, from the notes in `folder` while its stat is the same.

    `progress` is where hashing is shown, when it begins.

    Raises:
        MediaError: the file cannot be read.
        Cancelled: a stop was asked for.
    """
    note = _Note(path, folder / "fingerprints")
    if isinstance(digest := note.read().get("sha256"), str):
        return digest
    shown = (progress or NoProgress()).begin(HASHING, note.size)
    try:
        digest = hash_file(note.film, "sha256", cancel=cancel, on_bytes=shown.advance)
    except OSError as error:
        raise read_failure(path, error) from error
    finally:
        shown.close()
    note.write({"path": str(note.film), "sha256": digest})
    return digest


def described(path: Path, folder: Path, describe: Callable[[Path], MediaInfo]) -> MediaInfo:
    """Return what is in a film: from the notes in `folder` while its stat is the same, else as described.

    Raises:
        MediaError: the file cannot be read, or from `describe`; failures are not noted.
    """
    note = _Note(path, folder / "scans")
    known = _noted_info(path, note)
    if known is not None:
        return known
    info = describe(path)
    note.write({"format": _FORMAT, "info": _as_json(info)})
    return info


def _noted_info(path: Path, note: _Note) -> MediaInfo | None:
    with suppress(ValueError, KeyError, TypeError):
        known = note.read()
        if known.get("format") == _FORMAT:
            return _as_info(path, known["info"])
    return None


class _Note:
    """A JSON file about one film, valid for the stat that it had before it was read.

    Raises:
        MediaError: the film cannot be read.
    """

    def __init__(self, film: Path, folder: Path) -> None:
        try:
            self._stat = _stat(film)
        except OSError as error:
            raise read_failure(film, error) from error
        self.film = film.resolve()
        self._given = film
        self._path = folder / f"{hashlib.sha256(os.fsencode(self.film)).hexdigest()[:32]}.json"
        self._begun = time.time()

    def beside(self, folder: Path) -> _Note:
        """Return another note on the same file, as it was when this one was made."""
        other = copy(self)
        other._path = folder / self._path.name
        return other

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._stat[0]

    def require_same_film(self) -> None:
        """Make sure that the file is the one that it was. Raises MediaError."""
        try:
            size, mtime, inode, _, device = _stat(self._given)
        except OSError as error:
            raise read_failure(self._given, error) from error
        before = self._stat
        # Without the ctime: other rights, or another name for it, make no other film.
        if (size, mtime, inode, device) != (before[0], before[1], before[2], before[4]):
            raise FilmChanged(self._given)

    def read(self) -> dict[str, Any]:
        """Return what was noted of this very file; nothing for no note."""
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        mark_used(self._path)
        return known if isinstance(known, dict) and known.get("stat") == self._stat else {}

    def write(self, facts: Mapping[str, object]) -> None:
        """Note what was found, unless the file changed meanwhile or shortly before."""
        _, mtime, _, ctime, _ = self._stat
        racy = _RACY if mtime % _FINE or ctime % _FINE else _RACY_COARSE
        with suppress(OSError):
            if _stat(self.film) == self._stat and self._begun - max(mtime, ctime) / 1e9 > racy:
                document = {"stat": self._stat, **facts}
                write_whole(self._path, json.dumps(document, separators=(",", ":")) + "\n")


def _stat(path: Path) -> list[int]:
    found = path.stat()
    return [*stat_identity(found), found.st_dev]


def _as_json(info: MediaInfo) -> dict[str, object]:
    return {
        "format": info.format,
        "duration": info.duration,
        "origin": str(info.origin),
        "streams": [asdict(each) for each in info.streams],
        "chapters": [asdict(each) for each in info.chapters],
        "options": dict(info.options),
        "plan": info.plan,
        "timeline": [
            asdict(line) | {"moved": [[number, *stamps] for number, stamps in line.moved.items()]}
            for line in info.timeline.streams.values()
        ],
    }


def _as_info(path: Path, entry: Mapping[str, Any]) -> MediaInfo:
    lines = map(_as_line, entry["timeline"])
    return MediaInfo(
        path=path,
        format=str(entry["format"]),
        duration=float(entry["duration"]),
        origin=Fraction(entry["origin"]),
        streams=tuple(StreamInfo(**each) for each in entry["streams"]),
        chapters=tuple(Chapter(**each) for each in entry["chapters"]),
        timeline=Timeline({line.index: line for line in lines}),
        options=MappingProxyType(dict(entry["options"])),
        plan=entry["plan"],
    )


def _as_line(entry: Mapping[str, Any]) -> StreamLine:
    return StreamLine(
        index=int(entry["index"]),
        packets=int(entry["packets"]),
        span=None if entry["span"] is None else Span(**entry["span"]),
        shifts=tuple((int(first), int(ticks)) for first, ticks in entry["shifts"]),
        moved={int(number): (int(dts), int(pts)) for number, dts, pts in entry["moved"]},
    )
