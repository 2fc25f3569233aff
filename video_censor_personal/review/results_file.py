"""A results file while a person looks through it: read when it changed, changed and saved as one."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath

from modeltasks.report.os_errors import explained
from modeltasks.support.files import replacing
from modeltasks.support.identity import StatIdentity, same_but_names, stat_identity
from video_censor_personal.config.values import OutputConfig
from video_censor_personal.errors import OutputRefused
from video_censor_personal.export.json_fields import SegmentsError, load_bytes
from video_censor_personal.export.results_film import mismatches
from video_censor_personal.export.results_json import Results, render_results, segment_text
from video_censor_personal.export.results_lock import ResultsBusy, results_lock
from video_censor_personal.export.results_reader import not_kept, parse_results
from video_censor_personal.review.applying import Applied, apply, version_of
from video_censor_personal.review.changes import Change
from video_censor_personal.review.errors import SAVING, AnotherFilm, NoLongerRead

_MOST_COPIES = 100
_TRIES = 5
"""How often a file may be changed by somebody who asks for no lock, between our reading and writing it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a results file says.

    `revision` is another one when its content is. `versions` are those of its segments, also of the weak and
    the retired ones, by their ids. `warnings` are for the user, before he changes anything.
    """

    results: Results
    revision: str
    versions: Mapping[str, str]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """What a results file says after changes, what they did, and the revision that they were applied to."""

    snapshot: Snapshot
    applied: Applied
    previous: str


@dataclass(frozen=True, slots=True)
class _Written:
    """A segment as it stands in the file, and its version."""

    text: str
    version: str


@dataclass(frozen=True, slots=True)
class _Held:
    """What was read, the file's stat then, how it is written, and so each segment, by its `id()`."""

    snapshot: Snapshot
    identity: StatIdentity | None
    style: OutputConfig
    known: Mapping[int, _Written]


class _ChangedMeanwhile(Exception):
    """Somebody wrote the file between our reading and our writing it."""


class ResultsFile:
    """One results file; any number of threads may use it.

    Args:
        path: the file.
        folder: where notes on films are kept.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self._folder = folder
        self._held: _Held | None = None
        self._failed: tuple[StatIdentity | None, SegmentsError] | None = None
        self._first: Results | None = None
        self._reading = threading.Lock()
        self._changing = threading.Lock()

    def read(self) -> Snapshot:
        """Return what the file says now; as long as nobody writes it that costs no more than a look.

        Raises:
            SegmentsError: it is gone, makes no sense, or is about another film now.
        """
        return self._read().snapshot

    @property
    def was_read(self) -> bool:
        """Whether it was there once, and made sense."""
        return self._first is not None

    def change(self, changes: Sequence[Change]) -> Saved:
        """Apply all changes, or none; on return they are on the disk.

        Raises:
            Conflict: somebody else changed one of the segments meanwhile.
            NotPossible: a change makes no sense.
            SegmentsError: as `read`.
            LocalError: the file cannot be written, or another process holds it.
            OutputRefused: it is a link, or has what would be lost and cannot be kept beside it.
        """
        if self.path.is_symlink():
            raise OutputRefused(self.path, f"it is a link to {self.path.readlink()}", "Open the file itself")
        with self._changing, results_lock(self.path, self._folder):
            for _ in range(_TRIES):
                held = self._read()
                previous = held.snapshot.revision
                applied = apply(held.snapshot.results, changes)
                if not applied.changed and not applied.removed:
                    return Saved(held.snapshot, applied, previous)
                self._keep_original(held)
                with suppress(_ChangedMeanwhile):
                    return Saved(self._write(held, applied.results), applied, previous)
        raise ResultsBusy(self.path, "another program writes it again and again")

    def _read(self) -> _Held:
        with self._reading:
            identity = self._identity()
            if self._held is not None and self._held.identity == identity:
                return self._held
            if self._failed is not None and self._failed[0] == identity:
                raise self._failed[1].with_traceback(None)
            try:
                self._held = self._load(identity)
            except SegmentsError as error:
                told = error if isinstance(error, AnotherFilm) or not self.was_read else self._no_more(error)
                self._failed = (identity, told)
                raise told from None
            self._failed = None
            return self._held

    def _no_more(self, error: SegmentsError) -> NoLongerRead:
        """Return that the file cannot be read any more, which is another thing than that it never could."""
        is_whole = error.what.startswith(f"{self.path} ")
        return NoLongerRead(self.path, error.why if is_whole else f"{error.what}: {error.why}")

    def _load(self, identity: StatIdentity | None) -> _Held:
        content = load_bytes(self.path)
        results = parse_results(self.path, content)
        self._first = self._first or results
        if not _is_same_film(self._first, results):
            raise AnotherFilm(self.path, _name(self._first), _name(results))
        held = _held(results, content, identity, _style_of(content, results), {})
        if not not_kept(results):
            return held
        warnings = results.doubts
        if (copy := self._copy_of(content)) is not None:
            warnings += (f"Before the first change is saved, the file is kept as {copy.name}, too",)
        return replace(held, snapshot=replace(held.snapshot, warnings=warnings))

    def _write(self, held: _Held, results: Results) -> Snapshot:
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        results = replace(results, processed_at=now, doubts=())
        known = _known(results, held.style, held.known)
        content = render_results(results, held.style, lambda each: known[id(each)].text).encode()
        with explained(self.path, use=SAVING), replacing(self.path, durable=True) as stream:
            stream.write(content)
            stream.flush()
            written = stat_identity(os.fstat(stream.fileno()))
            if self._identity() != held.identity:
                raise _ChangedMeanwhile
        with self._reading:
            identity = self._identity()
            is_ours = identity is not None and same_but_names(identity, written)
            new = _held(results, content, identity if is_ours else None, held.style, known)
            self._held = new
        return new.snapshot

    def _keep_original(self, held: _Held) -> None:
        """Keep a copy of a file that has more than what is written again, unless there is one.

        Raises: as `change`.
        """
        if not not_kept(held.snapshot.results):
            return
        content = load_bytes(self.path)
        copy = self._copy_of(content)
        if copy is None:
            raise OutputRefused(
                self.path,
                f"what of it is not written again would be lost: {_MOST_COPIES} copies lie there already",
                f"Move {self._copy_name('*')} elsewhere, then decide again",
            )
        if not os.path.lexists(copy):
            with explained(self.path, use=SAVING), replacing(copy, durable=True) as stream:
                stream.write(content)

    def _copy_of(self, content: bytes) -> Path | None:
        """Return the copy of a content, or the name that it may get; None where others have all names."""
        for number in ("", *range(2, _MOST_COPIES + 1)):
            copy = self.path.with_name(self._copy_name(number))
            if not os.path.lexists(copy):
                return copy
            with suppress(OSError):
                if copy.stat().st_size == len(content) and copy.read_bytes() == content:
                    return copy
        return None

    def _copy_name(self, number: object) -> str:
        return f"{self.path.stem}.before-review{number}{self.path.suffix}"

    def _identity(self) -> StatIdentity | None:
        try:
            return stat_identity(self.path.stat())
        except OSError:
            return None


def _held(
    results: Results,
    content: bytes,
    identity: StatIdentity | None,
    style: OutputConfig,
    known: Mapping[int, _Written],
) -> _Held:
    known = _known(results, style, known)
    everything = (*results.retired, *results.weak, *results.segments)
    versions = {each.id: known[id(each)].version for each in everything}
    snapshot = Snapshot(results, hashlib.sha256(content).hexdigest(), versions, results.doubts)
    return _Held(snapshot, identity, style, known)


def _known(results: Results, style: OutputConfig, known: Mapping[int, _Written]) -> dict[int, _Written]:
    """Return how each segment is written, made anew only for those that are not known."""
    return {
        id(each): known.get(id(each)) or _Written(segment_text(each, style), version_of(each))
        for each in (*results.segments, *results.weak, *results.retired)
    }


def _style_of(content: bytes, results: Results) -> OutputConfig:
    """Return how a file is written: on one line or on many, with scores or without."""
    has_scores = b'"confidence"' in content or not (results.segments or results.weak or results.retired)
    return OutputConfig(include_confidence=has_scores, pretty_print=b"\n" in content.strip())


def _is_same_film(before: Results, now: Results) -> bool:
    """The same bytes, or the same name and length, as far as the file says them."""
    if before.fingerprint is not None and before.fingerprint == now.fingerprint:
        return True
    name, duration = before.file or now.file or "film", before.duration or now.duration or 0.0
    return not mismatches(now, Path(PurePath(name).name), duration)


def _name(results: Results) -> str:
    return results.file or "a film without a name"
