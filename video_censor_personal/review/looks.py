"""What is found out of films beside the page: what is in them, and their checksums, which take long."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from modeltasks.errors import Failure, Unexpected
from modeltasks.report.progress import NoProgress
from modeltasks.support.cancel import Cancelled, CancelToken
from video_censor_personal.media.errors import MediaError, read_failure
from video_censor_personal.media.notes import FilmNotes
from video_censor_personal.review.playing import Inspect, Inspected
from video_censor_personal.runners.runner import Runner
from video_censor_personal.targets.jobs import Look, LookedAt

_AT_ONCE = 2
"""Films that are looked into at once; the page is for one of them."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a film: what is in it, its SHA-256 in hex, and what kept either from being found."""

    inspected: Inspected | None = None
    fingerprint: str | None = None
    error: Failure | None = None


_Key = tuple[Path, tuple[int, ...]]


class Looks:
    """Looks into films, in processes of their own; the answers hold while a file stays as it is.

    Args:
        runner: who does it.
        folder: where it is noted.
    """

    def __init__(self, runner: Runner, folder: Path) -> None:
        self._runner = runner
        self._folder = folder
        self._cancel = CancelToken()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="look")
        self._guard = threading.Lock()
        self._known: dict[_Key, Known] = {}
        self._first: dict[_Key, Future[None]] = {}

    def known(self, film: Path) -> Known:
        """Return what is known of a film now; nothing is opened for that. Raises MediaError: it is gone."""
        key = _key(film)
        with self._guard:
            known = self._known.get(key, Known())
        if known.fingerprint is not None:
            return known
        noted = FilmNotes(film, self._folder).fingerprint()
        with self._guard:
            known = replace(self._known.get(key, known), fingerprint=noted)
            if noted is not None:
                self._known[key] = known
        return known

    def look(self, film: Path, seconds: float) -> Known:
        """Begin to look into a film, and return what is known after so many seconds at most.

        What failed is tried again: a disk that was away for a moment must not be a film that stays unread.

        Raises:
            MediaError: it is gone.
        """
        key = _key(film)
        with self._guard:
            begun = self._first.get(key)
            if begun is None:
                begun = self._first[key] = Future()
                self._threads.submit(self._look, key, begun)
        with suppress(TimeoutError):
            begun.result(seconds)
        return self.known(film)

    def close(self) -> None:
        """Stop."""
        self._cancel.set()
        self._threads.shutdown(cancel_futures=True)

    def _look(self, key: _Key, inspected: Future[None]) -> None:
        film, _ = key
        found: Inspected | None = None
        try:
            found = self._runner.run(Inspect(film, self._folder), NoProgress(), self._cancel)
            self._keep(key, Known(found))
            inspected.set_result(None)
            if FilmNotes(film, self._folder).fingerprint() is None:
                looked: LookedAt = self._runner.run(Look(film, self._folder), NoProgress(), self._cancel)
                self._keep(key, Known(found, looked.facts.fingerprint))
        except Failure as error:
            if _is_there(key):
                self._failed(key, Known(found, error=error))
            else:  # it was moved away meanwhile, and is looked into again when it is back
                self._forget(key)
        except Cancelled:
            logger.debug("%s was not looked into to the end", film)
        except Exception as error:  # a mistake of ours
            logger.exception("%s", film)
            why = f"{type(error).__name__}: {error}"
            self._failed(key, Known(found, error=Unexpected(f"The look into {film}", why)))
        finally:
            if not inspected.done():
                inspected.set_result(None)

    def _forget(self, key: _Key) -> None:
        with self._guard:
            self._known.pop(key, None)
            self._first.pop(key, None)

    def _keep(self, key: _Key, known: Known) -> None:
        with self._guard:
            self._known[key] = known

    def _failed(self, key: _Key, known: Known) -> None:
        with self._guard:
            self._known[key] = known
            self._first.pop(key, None)


def _is_there(key: _Key) -> bool:
    """Whether a file is still the one that was looked into."""
    try:
        return _key(key[0]) == key
    except MediaError:
        return False


def _key(film: Path) -> _Key:
    try:
        found = film.stat()
    except OSError as error:
        raise read_failure(film, error) from error
    return film, (found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev)
