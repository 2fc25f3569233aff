"""Brings the files of one model up to date: each is kept, linked or fetched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic

from modeltasks.errors import ConfigError, UnsafeFormat
from modeltasks.provision.session import Session
from modeltasks.report.notice import Notice
from modeltasks.report.results import ModelResult, Status
from modeltasks.sources import mirrors_of
from modeltasks.spec import ModelFile, ModelSpec
from modeltasks.store import blocks
from modeltasks.store.examine import examine
from modeltasks.store.links import EqualFile, discard, place, stage_equal
from modeltasks.store.publish import check_target, damaged_version, publish
from modeltasks.support.cancel import Cancelled
from modeltasks.support.threads import in_threads
from modeltasks.transfer.mirror import Fetched, Wanted
from modeltasks.transfer.partial import release


class LicenseNotAccepted(ConfigError):
    """A model whose licence must be accepted first; `terms` says what it obliges to."""

    kind = "license"

    def __init__(self, model: str, license: str, terms: str) -> None:
        super().__init__(
            f"{model} is not fetched",
            f"its licence, {license}, was not accepted: {terms}",
            f"If you accept it, write `accept_licenses: [{license}]` under `models` in the config",
        )


@dataclass(frozen=True, slots=True)
class _Verified:
    """A file that is verified: in place, or under a private name until it is placed."""

    file: ModelFile
    status: Status
    staged: EqualFile | None = None
    fetched: Fetched | None = None

    @property
    def bytes_fetched(self) -> int:
        return self.fetched.bytes_fetched if self.fetched is not None else 0

    @property
    def source(self) -> str | None:
        if self.fetched is not None:
            return self.fetched.source
        return self.staged.evidence.source if self.staged is not None else None


def bring_up_to_date(spec: ModelSpec, session: Session, *, force: bool = False) -> ModelResult:
    """Bring a model up to date and say how; files that are right already cost at most a hash.

    Where files replace others, all of them wait until every one is verified: until then, and for good
    when one cannot be had, the model is what it was.

    Args:
        spec: what its files should be.
        session: store and network.
        force: fetch files again that are right.

    Raises:
        ModelTasksError: a file could not be had; what came, and what there was before, stays.
        LicenseNotAccepted: there is something to fetch, and its licence was not accepted.
        Cancelled: a stop was asked for; what was fetched is kept for the next time.
    """
    started = monotonic()
    store = session.store
    if not force:
        found = examine(store, spec, session.cancel, session.progress)
        if not found.wrong:
            status: Status = "kept" if found.doubted else "current"
            return ModelResult(spec.name, status, str(store.opened(spec)), seconds=monotonic() - started)
    if spec.license_terms is not None:
        raise LicenseNotAccepted(spec.name, spec.license or "unknown", spec.license_terms)
    with (
        session.quota.reserved(spec, force=force) as notices,
        store.locks.model_lock(spec.name, session.cancel),
    ):
        # Whoever held the lock before may have done the work.
        due = [file for file in spec.files if force or store.why_file_stale(spec, file) is not None]
        replacing = any(store.path(spec, file).exists() for file in due)
        files = _Files(spec, session, force=force, at_once=not replacing)
        for file in spec.files:
            if file not in due:
                # Who put it there may have trusted it more than this entry does.
                files.check_format(file, store.path(spec, file))
        done = files.all(due)
        store.receipts.stamp(spec, {})
    return ModelResult(
        name=spec.name,
        status=_status(done),
        path=str(store.opened(spec)),
        bytes_fetched=sum(each.bytes_fetched for each in done),
        source=next((each.source for each in done if each.source), None),
        seconds=monotonic() - started,
        warnings=(*notices, *_refetched(done)),
    )


def _refetched(done: Iterable[_Verified]) -> Iterator[Notice]:
    for each in done:
        if each.fetched is not None and each.fetched.bytes_again:
            count = f"{each.fetched.bytes_again:,} bytes of {each.file.path}"
            yield Notice("refetched", f"{count} were fetched again, since some had arrived damaged")


def _status(done: Iterable[_Verified]) -> Status:
    """Return the status of the model: that of the file that took most."""
    found = {each.status for each in done}
    return "fetched" if "fetched" in found else "linked" if "linked" in found else "current"


class _Files:
    """Files of one model on their way into place; the model's lock is held.

    Args:
        spec: the model.
        session: store and network.
        force: fetch, whatever is here.
        at_once: put each file in place as soon as it is verified, not all of them at the end.
    """

    def __init__(self, spec: ModelSpec, session: Session, *, force: bool, at_once: bool) -> None:
        self._spec = spec
        self._session = session
        self._store = session.store
        self._force = force
        self._at_once = at_once

    def all(self, files: list[ModelFile]) -> list[_Verified]:
        """Bring files. All are tried, even when one fails: the next run has less to do."""
        largest_first = sorted(files, key=lambda file: file.size or 0, reverse=True)
        work = [partial(self._get, file) for file in largest_first]
        futures = in_threads(work, self._session.network.connections, f"files of {self._spec.name}")
        with self._releasing_on_error(futures):
            errors = [error for future in futures if (error := future.exception()) is not None]
            if errors:
                raise next((error for error in errors if isinstance(error, Cancelled)), errors[0])
            brought = [future.result() for future in futures]
            return brought if self._at_once else [self._place(each) for each in brought]

    @contextmanager
    def _releasing_on_error(self, futures: Iterable[Future[_Verified]]) -> Iterator[None]:
        """When the block fails, release what is not in place yet; fetched bytes serve the next attempt."""
        try:
            yield
        except BaseException as error:
            if not isinstance(error, Exception):
                # The model's lock must not be given up while a thread still works on the model.
                self._session.cancel.set()
            for future in futures:
                if future.exception() is None:
                    self._release(future.result())
            raise

    def _get(self, file: ModelFile) -> _Verified:
        self._session.cancel.check()
        check_target(self._store.layout, self._spec, file)
        # Another model, here or in another process, may be fetching the same bytes.
        with self._store.locks.content_lock(file.checksum, self._session.cancel):
            verified = self._link_or_fetch(file)
            return self._place(verified) if self._at_once else verified

    def _link_or_fetch(self, file: ModelFile) -> _Verified:
        if self._force:
            return self._fetch(file)
        staged = stage_equal(self._store, self._spec, file, self._session.cancel)
        if staged is None:
            return self._fetch(file)
        try:
            self.check_format(file, staged.path)
        except UnsafeFormat:
            discard(self._store, staged)
            raise
        return _Verified(file, "linked", staged=staged)

    def _fetch(self, file: ModelFile) -> _Verified:
        spec, session = self._spec, self._session
        layout = self._store.layout
        layout.prepare(layout.partials)
        digests = blocks.load(layout, file.checksum)
        base = None if self._force or digests is None else damaged_version(self._store, spec, file)
        wanted = Wanted(spec.label(file), file.checksum, file.size, digests, base)
        fetched = session.transfer.fetch(wanted, mirrors_of(spec, file, session.wheels))
        try:
            self.check_format(file, fetched.path)
        except UnsafeFormat:
            fetched.path.unlink()
            raise
        return _Verified(file, "fetched", fetched=fetched)

    def _place(self, verified: _Verified) -> _Verified:
        if verified.staged is not None and not place(self._store, verified.staged, self._spec, verified.file):
            verified = self._fetch(verified.file)
        if verified.fetched is not None:
            publish(self._store, verified.fetched.path, self._spec, verified.file, verified.fetched.source)
            blocks.save(self._store.layout, verified.file.checksum, verified.fetched.blocks)
        return verified

    def _release(self, verified: _Verified) -> None:
        if verified.staged is not None:
            discard(self._store, verified.staged)
        if verified.fetched is not None:
            release(verified.fetched.path, verified.file.checksum)

    def check_format(self, file: ModelFile, path: Path) -> None:
        """Refuse a file that would run code when it is opened, unless the config trusts it.

        Raises:
            UnsafeFormat: it would, or it cannot be read through and through.
        """
        if self._spec.allow_pickle:
            return
        from modeltasks.store.pickles import refuse_pickle

        refuse_pickle(path, f"{self._spec.name}/{file.path}")
