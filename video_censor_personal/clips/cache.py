"""Clips, stills and waveforms that were made, kept for the next time they are asked for."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modeltasks.support.files import is_abandoned, is_half_written, owner_tag
from modeltasks.support.filesystem import mark_used, replace
from modeltasks.support.identity import stat_identity
from video_censor_personal.media.errors import read_failure
from video_censor_personal.media.notes import FilmNotes

MOST_BYTES = 500_000_000
_OFTEN = 60.0
"""Seconds within which it need not be noted again that a file was used."""
_FORMAT = 1
"""Changes when the same film and parameters would give another file."""


class MediaCache:
    """A folder of files, each named by the digest of all that it depends on; the longest unused go.

    Several processes may use one folder. Where it cannot be written, a temporary one is used instead, which
    is gone when `close` is called.

    Args:
        folder: where the files are.
        notes: where it is noted what is known of films.
        most: bytes that they may have.
    """

    def __init__(self, folder: Path, notes: Path, most: int = MOST_BYTES) -> None:
        self._notes = notes
        self._most = most
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._guard = threading.Lock()
        self.folder = folder if _is_writable(folder) else self._instead()

    def keys(self, film: Path, *parts: object) -> tuple[str, ...]:
        """Return the names that a file may have which depends on a film and on `parts`, the best first.

        They are digests of the film's content, as soon as that was noted, and of the file's stat: what was
        made before the content was noted must not be made again after that.

        Raises:
            MediaError: the film cannot be read.
        """
        try:
            stat = f"{film.resolve()} {stat_identity(film.stat())}"
        except OSError as error:
            raise read_failure(film, error) from error
        contents = filter(None, (FilmNotes(film, self._notes).fingerprint(), stat))
        return tuple(
            hashlib.sha256(repr((_FORMAT, content, *parts)).encode()).hexdigest() for content in contents
        )

    def find(self, keys: tuple[str, ...], suffix: str) -> Path | None:
        """Return the first file of these names that is there; it counts as used now."""
        paths = (self.folder / f"{key}{suffix}" for key in keys)
        return next((path for path in paths if mark_used(path, _OFTEN)), None)

    @contextmanager
    def being_made(self, key: str, suffix: str) -> Iterator[Path]:
        """Give a path to write a file to; when the block ends well, it gets its name, else it goes.

        Raises:
            OSError: it cannot get it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{key[:16]}.{owner_tag()}{suffix}"
        try:
            yield part
            replace(part, self.folder / f"{key}{suffix}")
        finally:
            with suppress(OSError):
                part.unlink()
        self._make_room()

    def close(self) -> None:
        """Remove what is only temporary."""
        if self._temporary is not None:
            self._temporary.cleanup()

    def _instead(self) -> Path:
        self._temporary = tempfile.TemporaryDirectory(prefix="video-censor-", ignore_cleanup_errors=True)
        return Path(self._temporary.name)

    def _make_room(self) -> None:
        """Remove the longest unused files, as long as there are too many bytes of them."""
        with self._guard, suppress(OSError):
            found = []
            for entry in os.scandir(self.folder):
                with suppress(OSError):
                    if not is_half_written(entry.name):
                        status = entry.stat(follow_symlinks=False)
                        found.append((status.st_mtime_ns, status.st_size, entry.path))
                    elif is_abandoned(Path(entry.path)):
                        Path(entry.path).unlink()
            left = sum(size for _, size, _ in found)
            for _, size, path in sorted(found)[:-1]:
                if left <= self._most:
                    break
                with suppress(OSError):
                    Path(path).unlink()
                left -= size


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Permissions do not tell the whole truth of a mount; a file without a name does.
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
