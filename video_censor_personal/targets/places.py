"""Where the results of each content are, so that a film which is moved or renamed keeps its decisions."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from modeltasks.support.files import write_whole

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class _Known:
    """What is noted of a content: the results file of each film, and the newest copy of each results file."""

    results: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Places:
    """Notes in a folder: for each content and profile, its films, their results files and clean copies."""

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, fingerprint: str, profile: str, film: Path, results: Path) -> None:
        """Note where the results of a film are; without the note a moved film has none, no more than that."""
        with self._lock:
            known = self._read(fingerprint, profile)
            if known.results.get(_text(film)) != _text(results):
                noted = {**known.results, _text(film): _text(results)}
                self._write(fingerprint, profile, replace(known, results=noted))

    def note_copy(self, fingerprint: str, profile: str, results: Path, copy: Path) -> None:
        """Note where the clean copy is that was made of results."""
        with self._lock:
            known = self._read(fingerprint, profile)
            if known.copies.get(_text(results)) != _text(copy):
                noted = {**known.copies, _text(results): _text(copy)}
                self._write(fingerprint, profile, replace(known, copies=noted))

    def left_behind(self, fingerprint: str, profile: str) -> Path | None:
        """Return the newest results of a film with this content that is no more; None for none."""
        found = {}
        for film, place in self._read(fingerprint, profile).results.items():
            with suppress(OSError):
                if not os.path.lexists(film):
                    found[Path(place)] = os.stat(place).st_mtime_ns  # noqa: PTH116
        return max(found, key=lambda place: found[place], default=None)

    def films_of(self, fingerprint: str, profiles: Iterable[str]) -> Iterator[tuple[Path, Path]]:
        """Yield each film that had this content, and where its results are, or were."""
        for profile in profiles:
            for film, place in self._read(fingerprint, profile).results.items():
                yield Path(film), Path(place)

    def results_of(self, fingerprint: str, profile: str, film: Path) -> Path | None:
        """Return where the results of a film with this content are; None for none."""
        place = self._read(fingerprint, profile).results.get(_text(film))
        return Path(place) if place is not None and os.path.lexists(place) else None

    def copy_of(self, fingerprint: str, profile: str, results: Path) -> Path | None:
        """Return where the newest clean copy is that was made of results; None for none."""
        place = self._read(fingerprint, profile).copies.get(_text(results))
        return Path(place) if place is not None and os.path.lexists(place) else None

    def _read(self, fingerprint: str, profile: str) -> _Known:
        try:
            document = json.loads(self._path(fingerprint, profile).read_bytes())
            if document["format"] != _FORMAT:
                return _Known()
            return _Known(*(_paths(document.get(name, {})) for name in ("results", "copies")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return _Known()

    def _write(self, fingerprint: str, profile: str, known: _Known) -> None:
        """Write what is known, without results that are no more."""
        results = {film: place for film, place in known.results.items() if os.path.lexists(place)}
        copies = {place: copy for place, copy in known.copies.items() if os.path.lexists(place)}
        document = {"format": _FORMAT, "results": results, "copies": copies}
        with suppress(OSError):
            write_whole(self._path(fingerprint, profile), json.dumps(document) + "\n")

    def _path(self, fingerprint: str, profile: str) -> Path:
        name = hashlib.sha256(f"{fingerprint}\0{profile}".encode()).hexdigest()[:32]
        return self.folder / "places" / f"{name}.json"


def _text(path: Path) -> str:
    return str(path.absolute())


def _paths(noted: Mapping[object, object]) -> Mapping[str, str]:
    return {str(path): str(place) for path, place in noted.items()}
