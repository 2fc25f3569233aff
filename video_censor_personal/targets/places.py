"""Where the results of each content are, so that a film which is moved or renamed keeps its decisions."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from modeltasks.support.files import write_whole

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Places:
    """Notes in a folder: for each content and profile, its films, each with its results file."""

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, fingerprint: str, profile: str, film: Path, results: Path) -> None:
        """Note where the results of a film are; without the note a moved film has none, no more than that."""
        with self._lock:
            known = self._read(fingerprint, profile)
            if known.get(str(film.absolute())) == str(results.absolute()):
                return
            kept = {path: place for path, place in known.items() if os.path.lexists(place)}
            kept[str(film.absolute())] = str(results.absolute())
            document = {"format": _FORMAT, "results": kept}
            with suppress(OSError):
                write_whole(self._path(fingerprint, profile), json.dumps(document) + "\n")

    def left_behind(self, fingerprint: str, profile: str) -> Path | None:
        """Return the newest results of a film with this content that is no more; None for none."""
        known = self._read(fingerprint, profile)
        found = {}
        for film, place in known.items():
            with suppress(OSError):
                if not os.path.lexists(film):
                    found[Path(place)] = os.stat(place).st_mtime_ns  # noqa: PTH116
        return max(found, key=lambda place: found[place], default=None)

    def film_of(self, fingerprint: str, profiles: Iterable[str]) -> Path | None:
        """Return a film with this content that is where it was; None for none."""
        known = (Path(film) for profile in profiles for film in self._read(fingerprint, profile))
        return next((film for film in known if film.is_file()), None)

    def results_of(self, fingerprint: str, profile: str, film: Path) -> Path | None:
        """Return where the results of a film with this content are; None for none."""
        place = self._read(fingerprint, profile).get(str(film.absolute()))
        return Path(place) if place is not None and os.path.lexists(place) else None

    def _read(self, fingerprint: str, profile: str) -> dict[str, str]:
        try:
            document = json.loads(self._path(fingerprint, profile).read_bytes())
            found = document["results"] if document["format"] == _FORMAT else {}
            return {str(film): str(place) for film, place in found.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _path(self, fingerprint: str, profile: str) -> Path:
        name = hashlib.sha256(f"{fingerprint}\0{profile}".encode()).hexdigest()[:32]
        return self.folder / "places" / f"{name}.json"
