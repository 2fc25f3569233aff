"""Where the results of each content are, so that a film which is moved or renamed keeps its decisions."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from modeltasks.errors import LocalError
from modeltasks.store.locks import file_lock
from modeltasks.support.cancel import CancelToken
from modeltasks.support.files import write_whole
from video_censor_personal.export.results_lock import TIMEOUT

_FORMAT = 1

_Kind = Literal["results", "copies"]
_Known = dict[str, dict[str, str]]
"""Of each kind, the place of what belongs to a path."""


@dataclass(frozen=True, slots=True)
class Places:
    """Notes in a folder: where the results of each film with a content are, and the copies of these."""

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, fingerprint: str, profile: str, film: Path, results: Path) -> None:
        """Note where the results of a film are; without the note a moved film has none, no more than that."""
        self._note(fingerprint, profile, "results", film, results)

    def note_copy(self, fingerprint: str, profile: str, results: Path, copy: Path) -> None:
        """Note where the newest clean copy is that was made of results."""
        self._note(fingerprint, profile, "copies", results, copy)

    def left_behind(self, fingerprint: str, profile: str) -> Path | None:
        """Return the newest results of a film with this content that is no more; None for none."""
        found = {}
        for film, place in self._read(fingerprint, profile)["results"].items():
            with suppress(OSError):
                if not os.path.lexists(film):
                    found[Path(place)] = os.stat(place).st_mtime_ns  # noqa: PTH116
        return max(found, key=lambda place: found[place], default=None)

    def films_of(self, fingerprint: str, profiles: Iterable[str]) -> Iterator[tuple[Path, Path]]:
        """Yield each film that had this content, and where its results are, or were."""
        for profile in profiles:
            for film, place in self._read(fingerprint, profile)["results"].items():
                yield Path(film), Path(place)

    def results_of(self, fingerprint: str, profile: str, film: Path) -> Path | None:
        """Return where the results of a film with this content are; None for none."""
        return self._place(fingerprint, profile, "results", film)

    def copy_of(self, fingerprint: str, profile: str, results: Path) -> Path | None:
        """Return where the newest clean copy is that was made of results; None for none."""
        return self._place(fingerprint, profile, "copies", results)

    def _place(self, fingerprint: str, profile: str, kind: _Kind, path: Path) -> Path | None:
        place = self._read(fingerprint, profile)[kind].get(str(path.absolute()))
        return Path(place) if place is not None and os.path.lexists(place) else None

    def _note(self, fingerprint: str, profile: str, kind: _Kind, path: Path, place: Path) -> None:
        """Note it, and forget what is no more."""
        key, value = str(path.absolute()), str(place.absolute())
        if self._read(fingerprint, profile)[kind].get(key) == value:
            return
        with self._held(fingerprint, profile):
            known = self._read(fingerprint, profile)
            kept: _Known = {
                each: {of: there for of, there in places.items() if os.path.lexists(there)}
                for each, places in known.items()
            }
            kept[kind][key] = value
            with suppress(OSError):
                document = {"format": _FORMAT, **kept}
                write_whole(self._path(fingerprint, profile), json.dumps(document) + "\n")

    @contextmanager
    def _held(self, fingerprint: str, profile: str) -> Iterator[None]:
        """Hold the notes of a content during the block, so that nobody's note is lost by another's.

        Where no lock can be made, or not in time, the block runs all the same: the file is written whole.
        """
        note = self._path(fingerprint, profile)
        lock = self.folder / "locks" / f"places-{note.stem}.lock"
        # Among threads first: who waits for a lock of the system wakes up late.
        with self._lock, ExitStack() as stack:
            with suppress(OSError, LocalError):
                lock.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(file_lock(lock, note.name, CancelToken(), TIMEOUT))
            yield

    def _read(self, fingerprint: str, profile: str) -> _Known:
        found: _Known = {"results": {}, "copies": {}}
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            document = json.loads(self._path(fingerprint, profile).read_bytes())
            if document["format"] == _FORMAT:
                for kind in found:
                    noted = document.get(kind, {})
                    found[kind] = {str(path): str(place) for path, place in noted.items()}
        return found

    def _path(self, fingerprint: str, profile: str) -> Path:
        name = hashlib.sha256(f"{fingerprint}\0{profile}".encode()).hexdigest()[:32]
        return self.folder / "places" / f"{name}.json"
