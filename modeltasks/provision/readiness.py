"""How a model stands for a run that fetches nothing: the one answer behind every door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from modeltasks.checksum import usable_cores
from modeltasks.errors import ModelTasksError, NotInstalled
from modeltasks.provision.session import Session
from modeltasks.spec import ModelSpec
from modeltasks.store.examine import examine
from modeltasks.support.threads import in_threads

FindSpec = Callable[[str], ModelSpec | None]
"""The entry of another model, by name; None: there is none."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a model can be used as it is on this machine.

    Args:
        name: what the config calls it.
        spec: what is used under that name, with its files: itself, or an installed fallback.
        doubted: files had to be hashed to tell.
        error: why it cannot be used: `NotInstalled` where bytes are absent or wrong; None: it can.
    """

    name: str
    spec: ModelSpec
    doubted: bool = False
    error: ModelTasksError | None = None

    @property
    def ready(self) -> bool:
        """Whether its files are all there and right."""
        return self.error is None


def assess(specs: Sequence[ModelSpec], find: FindSpec, session: Session) -> dict[str, Readiness]:
    """Return how each model stands, by name; what is in doubt is hashed, on all cores, and noted.

    Args:
        specs: the models' entries.
        find: where the entry of a fallback is.
        session: the store, and what is known of models whose files the config leaves open.

    Raises:
        Cancelled: a stop was asked for. Any other failure is part of the answer.
    """
    known = {spec.name: session.resolver.known(spec) for spec in specs}
    doubtful = [spec for spec in specs if session.store.why_stale(known[spec.name]) is not None]
    work = [partial(_assess, spec, find, session) for spec in doubtful]
    futures = in_threads(work, usable_cores(), "hash")
    found = {name: Readiness(name, spec) for name, spec in known.items()}
    return found | {spec.name: future.result() for spec, future in zip(doubtful, futures, strict=True)}


def _assess(spec: ModelSpec, find: FindSpec, session: Session) -> Readiness:
    own = _alone(spec, session)
    if own.ready or spec.on_unavailable != "fallback":
        return own
    fallbacks = (other for name in spec.fallback if (other := find(name)) is not None)
    others = (_alone(other, session) for other in fallbacks)
    ready = next((other for other in others if other.ready), None)
    return own if ready is None else replace(ready, name=spec.name)


def _alone(spec: ModelSpec, session: Session) -> Readiness:
    known = session.resolver.known(spec)
    if not known.files:
        return Readiness(spec.name, known, error=_missing(spec, "it was never fetched"))
    try:
        found = examine(session.store, known, session.cancel, session.progress)
    except ModelTasksError as error:
        return Readiness(spec.name, known, error=error)
    if not found.wrong:
        return Readiness(spec.name, known, found.doubted)
    why = "; ".join(why if len(known.files) == 1 else f"{path}: {why}" for path, why in found.wrong.items())
    return Readiness(spec.name, known, found.doubted, _missing(spec, why))


def _missing(spec: ModelSpec, why: str) -> NotInstalled:
    return NotInstalled(spec.name, why, f"Fetch it with `doit models:{spec.name}`")
