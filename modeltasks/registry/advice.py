"""What to use instead of a model that cannot be had: its successors, the config's choice, a look-alike."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

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


def is_gone(error: ModelTasksError) -> bool:
    """Whether trying again cannot help: the hub itself says that the files are not to be had."""
    return isinstance(error, _GONE)


def alternatives(spec: ModelSpec, error: ModelTasksError, registry: Registry) -> tuple[str, ...]:
    """Return what could be used in place of `spec`, best first; asks the hub only when `spec` is gone.

    The order: the chain of `new_version` that its authors left (the end of it first), the config's
    `fallback`, then the hub's own search, for repositories of a like name or for the same task.
    """
    fallbacks = [f"the config falls back to {name}" for name in spec.fallback]
    if spec.hub is None or not is_gone(error):
        return tuple(fallbacks)
    repo = spec.hub.repo
    known = registry.cached(repo, spec.hub.revision) or _page(repo, error, registry)
    chain = registry.successors(known) if known is not None else ()
    found = [*(f"its authors recommend {name}" for name in reversed(chain)), *fallbacks]
    if known is None and isinstance(error, AbsentOrPrivate):
        found += [f"did you mean {name}" for name in similar(repo, registry)]
    elif known is not None and known.pipeline_tag:
        named = {repo, *chain, *spec.fallback}
        same = registry.search(_MOST + len(named), pipeline_tag=known.pipeline_tag)
        others = [name for name in same if name not in named]
        found += [f"much used for the same task is {name}" for name in others[:_MOST]]
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
    # A misspelt name finds nothing in a search; its first word often is spelt right.
    first_word = name.replace("_", "-").partition("-")[0]
    for text in dict.fromkeys((name, first_word)):
        found = [other for other in registry.search(20, search=text) if other != repo]
        by_name = {other.rpartition("/")[2]: other for other in reversed(found)}
        near = tuple(by_name[other] for other in _nearest(name, list(by_name)))
        if near:
            return near
    return ()


def advise(error: ModelTasksError, found: Sequence[str]) -> ModelTasksError:
    """Add the alternatives to what the error tells the user to do, and return it."""
    if found:
        error.fix = f"{error.fix}. Alternatives: {'; '.join(found)}"
    return error


def _nearest(text: str, candidates: Sequence[str]) -> tuple[str, ...]:
    folded = {candidate.casefold(): candidate for candidate in reversed(candidates)}
    return tuple(folded[near] for near in get_close_matches(text.casefold(), list(folded), _MOST, _ALIKE))
