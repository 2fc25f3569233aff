"""What is newer than what is pinned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modeltasks.errors import ModelTasksError, RevisionGone
from modeltasks.registry import Registry
from modeltasks.resolve.lockfile import Lock, LockEntry
from modeltasks.sources.huggingface import is_commit
from modeltasks.spec import HubRef, ModelSpec
from modeltasks.support.text import one_line

_SHORT = 12
_WIDEST = 200
OUTDATED_HEADINGS = ("model", "pinned", "newest", "behind by", "superseded by")


@dataclass(frozen=True, slots=True)
class OutdatedRow:
    """One model of a hub: the commit that is pinned, and what its branch has now.

    Args:
        name: of the model.
        pinned: None: neither lock nor config names a commit.
        newest: None: the hub does not say.
        behind: how many commits lie between them; None: unknown.
        superseded_by: the repository that its authors recommend in its place.
        error: why the hub does not say, or that the branch or tag is gone: `newest` is then that of `main`.
    """

    name: str
    pinned: str | None
    newest: str | None = None
    behind: int | None = None
    superseded_by: str | None = None
    error: ModelTasksError | None = None

    def cells(self) -> tuple[str, ...]:
        """Return the text under each of `OUTDATED_HEADINGS`."""
        if self.error is not None:
            behind = self.error.kind
        elif self.pinned is None:
            behind = "not pinned"
        elif self.pinned == self.newest:
            behind = "up to date"
        else:
            behind = "?" if self.behind is None else f"{self.behind} commit{'s' if self.behind != 1 else ''}"
        return (
            self.name,
            (self.pinned or "-")[:_SHORT],
            (self.newest or "-")[:_SHORT],
            behind,
            self.superseded_by or "-",
        )


def outdated(specs: Iterable[ModelSpec], lock: Lock, registry: Registry) -> list[OutdatedRow]:
    """Compare what is pinned of each model of a hub with what the hub has: one call a day, or two.

    Raises:
        Cancelled: a stop was asked for.
    """
    return [
        _row(spec.name, spec.hub, _pinned(spec.hub, lock.models.get(spec.name)), registry)
        for spec in specs
        if spec.hub is not None
    ]


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Lay out text in columns; the first line holds the headings."""
    lines = [tuple(one_line(cell, _WIDEST) for cell in row) for row in (headings, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]


def _pinned(hub: HubRef, entry: LockEntry | None) -> str | None:
    if entry is not None and (entry.repo, entry.revision) == (hub.repo, hub.revision):
        return entry.commit
    return hub.revision if is_commit(hub.revision) else None


def _row(name: str, hub: HubRef, pinned: str | None, registry: Registry) -> OutdatedRow:
    branch = "main" if is_commit(hub.revision) else hub.revision
    try:
        found = registry.query(hub.repo, branch)
        newest = found.commit
        commits = (newest,) if pinned in {None, newest} else registry.commits(found.id, branch)
        successors = registry.successors(found)
    except RevisionGone as error:
        return OutdatedRow(name, pinned, _newest(hub.repo, registry), error=error)
    except ModelTasksError as error:
        return OutdatedRow(name, pinned, error=error)
    behind = commits.index(pinned) if pinned in commits else None
    return OutdatedRow(name, pinned, newest, behind, successors[-1] if successors else None)


def _newest(repo: str, registry: Registry) -> str | None:
    """Return the newest commit of the main branch, where there is one."""
    try:
        return registry.query(repo).commit
    except ModelTasksError:
        return None
