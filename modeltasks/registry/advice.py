"""What to use instead of a model that cannot be had: its successors, the config's choice, a look-alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from modeltasks.errors import (
    AbsentOrPrivate,
    Disabled,
    FileGone,
    Gated,
    ModelTasksError,
    RevisionGone,
)
from modeltasks.registry import Registry
from modeltasks.registry.metadata import ModelMetadata
from modeltasks.spec import ModelSpec

_GONE = (AbsentOrPrivate, Disabled, RevisionGone, FileGone, Gated)
_MOST = 3
_A_PUBLISHERS_MODELS = 200
_ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Alternative:
    """Something to use instead: a repository, or (kind `fallback`) the name of a model of the config."""

    kind: Literal["successor", "fallback", "similar", "same-task"]
    name: str

    def __str__(self) -> str:
        return f"{_WORDS[self.kind]} {self.name}"

    def as_dict(self) -> dict[str, str]:
        """Return the JSON form."""
        return {"kind": self.kind, "name": self.name}


_WORDS = {
    "successor": "its authors recommend",
    "fallback": "the config falls back to",
    "similar": "did you mean",
    "same-task": "much used for the same task is",
}


def is_gone(error: ModelTasksError) -> bool:
    """Whether trying again cannot help: the hub itself says that the files are not to be had."""
    return isinstance(error, _GONE)


def alternatives(spec: ModelSpec, error: ModelTasksError, registry: Registry) -> tuple[Alternative, ...]:
    """Return what could be used in place of `spec`, best first; asks the hub only when `spec` is gone.

    The order: the chain of `new_version` that its authors left (the end of it first), the config's
    `fallback`, then the hub's own search, for repositories of a like name or for the same task.
    """
    found: list[Alternative] = []
    if spec.hub is not None and is_gone(error):
        known = registry.cached(spec.hub.repo, spec.hub.revision) or _page(spec.hub.repo, error, registry)
        chain = registry.successors(known) if known is not None else ()
        found += [Alternative("successor", repo) for repo in reversed(chain)]
    found += [Alternative("fallback", name) for name in spec.fallback]
    if spec.hub is not None and is_gone(error):
        named = {spec.hub.repo, *(alternative.name for alternative in found)}
        if known is None and isinstance(error, AbsentOrPrivate):
            found += [Alternative("similar", repo) for repo in similar(spec.hub.repo, registry)]
        elif known is not None and known.pipeline_tag:
            same = registry.search(_MOST + len(named), pipeline_tag=known.pipeline_tag)
            found += [Alternative("same-task", repo) for repo in same if repo not in named][:_MOST]
    return tuple(found)


def _page(repo: str, error: ModelTasksError, registry: Registry) -> ModelMetadata | None:
    """What the hub says of a repository from which what was wanted is not to be had."""
    if isinstance(error, AbsentOrPrivate):
        return registry.cached(repo)
    try:
        return registry.query(repo)
    except ModelTasksError:
        return registry.cached(repo)


def similar(repo: str, registry: Registry) -> tuple[str, ...]:
    """Return repositories that a mistyped `repo` may mean: of the same owner first, then of any."""
    owner, _, name = repo.rpartition("/")
    of_owner = registry.search(_A_PUBLISHERS_MODELS, author=owner) if owner else ()
    near = _nearest(repo, of_owner)
    if near:
        return near
    # A whole misspelt name finds nothing in a search; its first word often is spelt right.
    first_word = name.replace("_", "-").partition("-")[0]
    for text in dict.fromkeys((name, first_word)):
        found = [other for other in registry.search(20, search=text) if other != repo]
        by_name = {other.rpartition("/")[2]: other for other in reversed(found)}
        near = tuple(by_name[other] for other in _nearest(name, list(by_name)))
        if near:
            return near
    return ()


def advise(error: ModelTasksError, found: Sequence[Alternative]) -> ModelTasksError:
    """Add the alternatives to what the error tells the user to do, and return it."""
    if found:
        error.fix = f"{error.fix}. Alternatives: {'; '.join(map(str, found))}"
    return error


def _nearest(text: str, candidates: Sequence[str]) -> tuple[str, ...]:
    folded = {candidate.casefold(): candidate for candidate in reversed(candidates)}
    return tuple(folded[near] for near in get_close_matches(text.casefold(), list(folded), _MOST, _ALIKE))
