"""How the models of a run stand, looked at once: one read of a receipt and one stat of each file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from modeltasks.checksum import usable_cores
from modeltasks.errors import ModelTasksError, NotInstalled
from modeltasks.provision.readiness import Readiness
from modeltasks.provision.session import Session
from modeltasks.spec import ModelSpec
from modeltasks.store.examine import examine
from modeltasks.support.commands import command
from modeltasks.support.threads import in_threads


def assess(
    specs: Sequence[ModelSpec], find: Callable[[str], ModelSpec | None], session: Session
) -> dict[str, Readiness]:
    """Return how each model stands, by name; what is in doubt is hashed, on all cores, and noted.

    Args:
        specs: the models' entries.
        find: returns the entry of a fallback, by name.
        session: the store, and what is known of models whose files the config leaves open.

    Raises:
        Cancelled: a stop was asked for. Any other failure is part of the result.
    """
    current: dict[str, Readiness] = {}
    for spec in specs:
        known = session.resolver.known(spec)
        evidence = session.store.evidence(known)
        if isinstance(evidence, dict):
            current[spec.name] = Readiness(spec.name, known, evidence)
    work = [partial(_assess, spec, find, current, session) for spec in specs if spec.name not in current]
    assessed = [future.result() for future in in_threads(work, usable_cores(), "hash")]
    found = current | {readiness.name: readiness for readiness in assessed}
    return {spec.name: found[spec.name] for spec in specs}


def _assess(
    spec: ModelSpec,
    find: Callable[[str], ModelSpec | None],
    current: Mapping[str, Readiness],
    session: Session,
) -> Readiness:
    """Return how a model stands that is not `current`, or else the first of its fallbacks that is ready."""
    own = _examined(spec, session)
    if own.ready or spec.on_unavailable != "fallback":
        return own
    entries = (entry for name in spec.fallback if (entry := find(name)) is not None)
    others = (current.get(entry.name) or _examined(entry, session) for entry in entries)
    return next((replace(other, name=spec.name) for other in others if other.ready), own)


def _examined(spec: ModelSpec, session: Session) -> Readiness:
    known = session.resolver.known(spec)
    if not known.files:
        return Readiness(spec.name, known, error=_missing(spec, "it was never fetched"))
    try:
        found = examine(session.store, known, session.cancel, session.progress)
    except ModelTasksError as error:
        return Readiness(spec.name, known, error=error)
    if not found.wrong:
        return Readiness(spec.name, known, found.right, found.doubted)
    why = "; ".join(why if len(known.files) == 1 else f"{path}: {why}" for path, why in found.wrong.items())
    return Readiness(spec.name, known, {}, found.doubted, _missing(spec, why))


def _missing(spec: ModelSpec, why: str) -> NotInstalled:
    fetch = command(f"models:{spec.name}")
    return NotInstalled(spec.name, why, f"Fetch it with {fetch}" if fetch else "Fetch it first")
