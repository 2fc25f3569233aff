"""What the page shows of a film: taken from the cache, or made in another process while the page waits."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from modeltasks.errors import Failure, Unexpected
from modeltasks.report.progress import FileProgress, NoProgress, Unit
from modeltasks.support.cancel import Cancelled, CancelToken
from video_censor_personal.clips.cache import MediaCache
from video_censor_personal.clips.jobs import Listen, MakeClip, MakeStill
from video_censor_personal.clips.newest_first import NewestFirst
from video_censor_personal.locations import review_folder
from video_censor_personal.media.errors import write_failure
from video_censor_personal.media.notes import FilmNotes

if TYPE_CHECKING:
    from video_censor_personal.clips.request import ClipRequest
    from video_censor_personal.runners.runner import Runner

_AT_ONCE = 2
"""Clips and stills that are made at once; beside them waveforms, one after the other."""


@dataclass(frozen=True, slots=True)
class Waveform:
    """How loud a film is (see `peaks`); None while it is measured, and then how far that is, from 0 to 1."""

    peaks: bytes | None
    share: float = 1.0


class MediaWork:
    """Has clips, stills and waveforms made by processes, and keeps them.

    What is awaited is for the event loop, which is never held up. When its task is cancelled, so is what is
    made, unless others wait for the same.

    Args:
        notes: the folder where it is noted what is known of films.
        runner: who makes them.
    """

    def __init__(self, notes: Path, runner: Runner) -> None:
        self._notes = notes
        self._cache = MediaCache(review_folder(notes), notes)
        self._runner = runner
        self._shown = NewestFirst(_AT_ONCE)
        self._listening: dict[str, _Listening] = {}
        self._guard = threading.Lock()
        self._listener = threading.Lock()

    async def clip(self, film: Path, wanted: ClipRequest) -> Path:
        """Return an MP4 with a part of a film (see `write_clip`).

        Raises:
            Failure: it cannot be made.
            Cancelled: this object was closed.
        """
        if wanted.copy is not None:  # a decision elsewhere makes no other clip
            near = wanted.copy.within(wanted.start, wanted.start + wanted.seconds)
            wanted = replace(wanted, copy=near)
        found = await asyncio.to_thread(self._known_clip, film, wanted)
        if isinstance(found, Path):
            return found
        path: Path = await self._shown.done(found, partial(self._make_clip, film, wanted, found))
        return path

    async def still(self, film: Path, moment: float, width: int) -> bytes | None:
        """Return a JPEG of the picture at a moment, so wide at most; None where there is none then.

        Raises: as `clip`.
        """
        keys = await asyncio.to_thread(self._cache.keys, film, "still", moment, width)
        found = await asyncio.to_thread(self._read, keys, ".jpg")
        if found is None:
            job = MakeStill(film, self._notes, moment, width)
            found = await self._shown.done(keys[0], partial(self._make_still, job, keys[0]))
        return found

    def waveform(self, film: Path) -> Waveform:
        """Return the waveform of a film; when it is not known, it is begun to be measured. Reads files.

        Raises:
            Failure: it cannot be measured.
        """
        keys = self._cache.keys(film, "waveform")
        by_stat = keys[-1]  # the one that stays the same when the content is noted meanwhile
        with self._guard:
            listening = self._listening.get(by_stat)
            if listening is not None and listening.error is not None:
                del self._listening[by_stat]  # who asks once more has it tried once more
            if listening is None:
                if (known := self._read(keys, ".peaks")) is not None:
                    return Waveform(known)
                listening = self._listening[by_stat] = _Listening(Listen(film, self._notes))
                threading.Thread(target=self._listen, args=(listening, keys[0]), daemon=True).start()
        return listening.result()

    def tag(self, film: Path, *asked: object) -> str:
        """Return what is another text when a film's file is another, or what is asked of it. Reads files.

        Raises:
            MediaError: the film cannot be read.
        """
        return self._cache.keys(film, *asked)[-1]  # the one that holds until the content is noted, and after

    def close(self) -> None:
        """Stop all that is made."""
        self._shown.close()
        for each in list(self._listening.values()):
            each.cancel.set()
        self._cache.close()

    def _known_clip(self, film: Path, wanted: ClipRequest) -> Path | str:
        """Return a clip that was made before; or the key of one that was not."""
        edits = None if wanted.copy is None else wanted.copy.digest
        keys = self._cache.keys(film, "clip", wanted.start, wanted.seconds, wanted.track, edits)
        return self._cache.find(keys, ".mp4") or keys[0]

    def _make_clip(self, film: Path, wanted: ClipRequest, key: str, cancel: CancelToken) -> Path:
        notes = FilmNotes(film, self._notes)
        try:
            with self._cache.being_made(key, ".mp4") as path:
                self._runner.run(MakeClip(film, self._notes, wanted, path), NoProgress(), cancel)
                notes.require_same_film()
        except OSError as error:
            raise write_failure(self._cache.folder, error) from error
        return self._cache.folder / f"{key}.mp4"

    def _make_still(self, job: MakeStill, key: str, cancel: CancelToken) -> bytes | None:
        notes = FilmNotes(job.film, self._notes)
        found: bytes | None = self._runner.run(job, NoProgress(), cancel)
        notes.require_same_film()
        if found is not None:
            self._keep(key, ".jpg", found)
        return found

    def _listen(self, listening: _Listening, key: str) -> None:
        try:
            with self._listener:
                notes = FilmNotes(listening.job.film, self._notes)
                found: bytes = self._runner.run(listening.job, listening, listening.cancel)
                notes.require_same_film()
            self._keep(key, ".peaks", found)
            listening.peaks = found
        except (Failure, Cancelled) as error:
            listening.error = error
        except BaseException as error:
            listening.error = Unexpected(f"The waveform of {listening.job.film}", str(error))
            raise

    def _read(self, keys: tuple[str, ...], suffix: str) -> bytes | None:
        path = self._cache.find(keys, suffix)
        with suppress(OSError):
            return None if path is None else path.read_bytes()
        return None

    def _keep(self, key: str, suffix: str, content: bytes) -> None:
        """Put something into the cache; where that fails, it is made again the next time."""
        with suppress(OSError), self._cache.being_made(key, suffix) as path:
            path.write_bytes(content)


class _Listening:
    """A waveform that is measured: how far that is, and what came of it; it is its job's progress."""

    def __init__(self, job: Listen) -> None:
        self.job = job
        self.cancel = CancelToken()
        self.peaks: bytes | None = None
        self.error: Exception | None = None
        self._total: float | None = None
        self._done = 0.0

    def result(self) -> Waveform:
        """Return what there is of it. Raises what it failed by."""
        if self.error is not None:
            raise self.error
        if self.peaks is not None:
            return Waveform(self.peaks)
        return Waveform(None, min(self._done / self._total, 1.0) if self._total else 0.0)

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        """Show how far it is, as far as that is told in seconds of film."""
        if unit == "seconds":
            self._total, self._done = total, done
            return self
        return NoProgress().begin(label, total, done, unit)

    def advance(self, count: float) -> None:
        """Take in that it is further."""
        self._done += count

    def close(self) -> None:
        """Nothing more comes."""
