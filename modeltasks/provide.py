"""A model as a run wants it: resolved, fetched, or replaced by its fallback."""

from __future__ import annotations

import logging
from dataclasses import replace
from time import monotonic

from modeltasks.errors import ConfigError, LocalError, ModelTasksError
from modeltasks.fetch import bring_up_to_date
from modeltasks.notice import Notice
from modeltasks.readiness import FindSpec
from modeltasks.registry.advice import advise, alternatives
from modeltasks.results import ModelResult
from modeltasks.spec import ModelSpec
from modeltasks.store.examine import examine
from modeltasks.workshop import Workshop

logger = logging.getLogger(__name__)


def provide(spec: ModelSpec, workshop: Workshop, find: FindSpec, *, force: bool = False) -> ModelResult:
    """Bring a model up to date, or where its entry allows that, a model to use in its place.

    Args:
        spec: the model's entry.
        workshop: store and network.
        find: the entry of another model, by name.
        force: fetch again what is right.

    Raises:
        Cancelled: a stop was asked for. Any other failure is a result.
    """
    started = monotonic()
    try:
        return _resolved(spec, workshop, force=force)
    except ModelTasksError as caught:
        error = caught
    if spec.on_unavailable == "fallback" and not isinstance(error, LocalError | ConfigError):
        for name in spec.fallback:
            result = _fallback(spec, error, find(name), workshop)
            if result is not None:
                return replace(result, seconds=monotonic() - started)
    if not isinstance(error, LocalError | ConfigError):
        advise(error, alternatives(spec, error, workshop.registry))
    return ModelResult(
        spec.name,
        "skipped" if spec.optional else "failed",
        str(workshop.store.directory(spec.name)),
        seconds=monotonic() - started,
        error=error,
    )


def _resolved(spec: ModelSpec, workshop: Workshop, *, force: bool) -> ModelResult:
    resolver = workshop.resolver
    before = resolver.known(spec)
    resolved = resolver.resolve(spec)
    try:
        result = bring_up_to_date(resolved.spec, workshop, force=force)
    except ModelTasksError as error:
        if before.entry_digest == resolved.spec.entry_digest or not _still_whole(before, workshop):
            raise
        notice = Notice("not-updated", f"the files of {spec.name} from before stay in use: {error}")
        path = str(workshop.store.opened(before))
        return ModelResult(spec.name, "current", path, warnings=(*resolved.notices, notice))
    resolver.note_installed(resolved)
    _remove_superseded(before, resolved.spec, workshop)
    return replace(result, warnings=(*resolved.notices, *result.warnings))


def _remove_superseded(before: ModelSpec, now: ModelSpec, workshop: Workshop) -> None:
    """Remove what a branch no longer has: a program that opens the folder would find two versions there.

    Files that an edit of the config left over stay, since the edit may be taken back; `prune` knows them.
    """
    store = workshop.store
    gone = {store.path(before, file) for file in before.files} - {store.path(now, file) for file in now.files}
    if not gone:
        return
    from modeltasks.store.prune import plan_prune

    try:
        for item in plan_prune(store.usage(), [now], partial_age=float("inf"), now=0.0):
            if item.kind == "superseded" and item.name == now.name:
                files = tuple(file for file in item.files if file.path in gone)
                store.prune([replace(item, files=files)], workshop.cancel)
    except ModelTasksError as error:
        # What is new is in place all the same.
        logger.warning("%s: files of an older version stay: %s", now.name, error)


def _still_whole(spec: ModelSpec, workshop: Workshop) -> bool:
    """Whether the files of before are all there, after an attempt to replace them; says so in the receipt."""
    if not spec.files:
        return False
    return not examine(workshop.store, spec, workshop.cancel, workshop.progress).wrong


def _fallback(
    spec: ModelSpec, error: ModelTasksError, other: ModelSpec | None, workshop: Workshop
) -> ModelResult | None:
    if other is None:
        return None
    try:
        result = _resolved(other, workshop, force=False)
    except ModelTasksError:
        return None
    notice = Notice("fallback", f"{other.name} is used in place of {spec.name}: {error}")
    return replace(result, name=spec.name, used=other.name, warnings=(notice, *result.warnings))
