"""A model as a run wants it: resolved, fetched, or replaced by its fallback."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from modeltasks.errors import (
    ChecksumMismatch,
    ConfigError,
    ContentError,
    FileGone,
    LocalError,
    ModelTasksError,
    RevisionGone,
    SizeMismatch,
)
from modeltasks.provision.session import Session
from modeltasks.provision.update import bring_up_to_date
from modeltasks.registry.advice import advise, alternatives
from modeltasks.report.notice import Notice
from modeltasks.report.results import ModelResult
from modeltasks.resolve.resolver import Resolved
from modeltasks.spec import ModelSpec
from modeltasks.store.examine import examine
from modeltasks.store.prune import plan_prune, prune
from modeltasks.store.usage import take_inventory

logger = logging.getLogger(__name__)


def provide(
    spec: ModelSpec, session: Session, find: Callable[[str], ModelSpec | None], *, force: bool = False
) -> ModelResult:
    """Bring a model up to date, or where its entry allows that, a model to use in its place.

    Args:
        spec: the model's entry.
        session: store and network.
        find: returns the entry of another model, by name.
        force: fetch again what is right.

    Raises:
        Cancelled: a stop was asked for. Any other failure is a result.
    """
    started = monotonic()
    try:
        return _update(spec, session, force=force)
    except ModelTasksError as caught:
        error = caught
    # Another model helps neither against this machine's troubles nor against mistakes in the config.
    if not isinstance(error, LocalError | ConfigError):
        entries = map(find, spec.fallback if spec.on_unavailable == "fallback" else ())
        for other in entries:
            if other is not None and (result := _fallback(spec, error, other, session)) is not None:
                return replace(result, seconds=monotonic() - started)
        advise(error, alternatives(spec, error, session.registry))
    return ModelResult(
        spec.name,
        "skipped" if spec.optional else "failed",
        str(session.store.layout.directory(spec.name)),
        seconds=monotonic() - started,
        error=error,
    )


def _fallback(
    spec: ModelSpec, error: ModelTasksError, other: ModelSpec, session: Session
) -> ModelResult | None:
    try:
        result = _update(other, session, force=False)
    except ModelTasksError:
        return None
    notice = Notice("fallback", f"{other.name} is used in place of {spec.name}: {error}")
    return replace(result, name=spec.name, used=other.name, warnings=(notice, *result.warnings))


def _update(spec: ModelSpec, session: Session, *, force: bool) -> ModelResult:
    """Resolve a model and bring its files; where that fails, whole installed ones stay in use."""
    before = session.resolver.known(spec)
    try:
        resolved = session.resolver.resolve(spec, force=force)
    except ModelTasksError as error:
        if force or isinstance(error, ConfigError):
            raise
        return _not_updated(before, error, (), session)
    try:
        resolved, result = _bring_resolved(spec, resolved, session, force=force)
    except ModelTasksError as error:
        if isinstance(error, ConfigError) or before.entry_digest == resolved.spec.entry_digest:
            raise
        return _not_updated(before, error, resolved.notices, session)
    session.resolver.note_installed(resolved)
    _remove_superseded(before, resolved.spec, session)
    return replace(result, warnings=(*resolved.notices, *result.warnings))


def _not_updated(
    before: ModelSpec, error: ModelTasksError, notices: tuple[Notice, ...], session: Session
) -> ModelResult:
    """Return the result for the installed files, which stay in use; raise `error` if they are not whole."""
    if not before.files or examine(session.store, before, session.cancel, session.progress).wrong:
        raise error
    notice = Notice("not-updated", f"the files of {before.name} from before stay in use: {error}")
    path = str(session.store.opened(before))
    return ModelResult(before.name, "current", path, warnings=(*notices, notice))


_CONTRADICTIONS = (RevisionGone, FileGone, ChecksumMismatch, SizeMismatch)
"""What shows that a listing does not, or no longer, describe what the hub has."""


def _bring_resolved(
    spec: ModelSpec, resolved: Resolved, session: Session, *, force: bool
) -> tuple[Resolved, ModelResult]:
    """Bring the files that a model was resolved to; if they contradict the hub, ask it again, once."""
    resolver = session.resolver
    try:
        return resolved, bring_up_to_date(resolved.spec, session, force=force)
    except _CONTRADICTIONS as error:
        try:
            again = resolver.resolve_again(spec, resolved)
        except ModelTasksError as why:
            raise _attributed(error, resolved, f"the hub could not be asked once more: {why.what}") from error
        if again is None:
            resolver.doubt(resolved)
            raise _attributed(error, resolved, "the hub was asked once more, and says the same") from error
    try:
        return again, bring_up_to_date(again.spec, session, force=force)
    except _CONTRADICTIONS as error:
        resolver.doubt(again)
        raise _attributed(error, again, "the hub was asked once more") from error


def _attributed(error: ModelTasksError, resolved: Resolved, asked: str) -> ModelTasksError:
    """Say in an error what stated what the bytes contradict."""
    if resolved.stated_by is None:
        return error
    if isinstance(error, ChecksumMismatch):
        error.why = (
            f"its checksum is {error.actual}; according to {resolved.stated_by} it should be {error.expected}"
        )
    else:
        error.why = f"{error.why}; it was expected because of {resolved.stated_by}"
    if resolved.metadata is not None:
        error.why = f"{error.why} ({asked})"
    if isinstance(error, ContentError):
        error.fix = (
            "Nothing was installed. Run again later, use another mirror, or list the file under `files` in "
            "the config with a checksum that you trust"
        )
    return error


def _remove_superseded(before: ModelSpec, now: ModelSpec, session: Session) -> None:
    """Remove files that a branch no longer has: who opens the folder would find two versions there.

    Files that an edit of the config left over stay, since the edit may be taken back; `prune` knows them.
    """
    store = session.store
    gone = {store.path(before, file) for file in before.files} - {store.path(now, file) for file in now.files}
    if not gone:
        return
    try:
        for item in plan_prune(take_inventory(store), [now], partial_age=float("inf"), now=0.0):
            if item.kind == "superseded" and item.name == now.name:
                files = tuple(file for file in item.files if file.path in gone)
                prune(store, [replace(item, files=files)], session.cancel)
    except ModelTasksError as error:
        # What is new is in place all the same.
        logger.warning("%s: files of an older version stay: %s", now.name, error)
