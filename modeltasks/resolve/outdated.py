"""What is newer than what is pinned (`doit outdated`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from modeltasks.errors import ModelTasksError
from modeltasks.registry import Registry
from modeltasks.registry.metadata import ModelMetadata
from modeltasks.resolve.lockfile import Lock
from modeltasks.sources.huggingface import is_commit
from modeltasks.spec import ModelSpec
from modeltasks.support.text import one_line

_SHORT = 12
_WIDEST = 200
OUTDATED_HEADINGS = ("model", "pinned", "newest", "behind by", "superseded by")


@dataclass(frozen=True, slots=True)
class News:
    """What the hub says of a model's main line now; `error` when it says nothing."""

    newest: ModelMetadata | None = None
    commits: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()
    error: ModelTasksError | None = None


@dataclass(frozen=True, slots=True)
class OutdatedRow:
    """One model; `pinned` is None when neither lock nor config names a commit, `behind` counts commits."""

    name: str
    repo: str
    pinned: str | None
    newest: str | None
    behind: int | None
    superseded_by: str | None
    note: str = ""

    @property
    def is_outdated(self) -> bool:
        """Whether there is something newer, or something else, to use."""
        moved_on = None not in {self.pinned, self.newest} and self.pinned != self.newest
        return moved_on or self.superseded_by is not None

    def as_dict(self) -> dict[str, object]:
        """Return the JSON form."""
        return asdict(self)

    def cells(self) -> tuple[str, ...]:
        """Return the text under each of `OUTDATED_HEADINGS`."""
        if self.note:
            behind = self.note
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


def outdated(specs: Iterable[ModelSpec], lock: Lock, news: Mapping[str, News]) -> tuple[OutdatedRow, ...]:
    """Compare what is pinned with the news of each model; models without a hub are left out."""
    return tuple(_row(spec, lock, news.get(spec.name, News())) for spec in specs if spec.hub is not None)


def gather_news(specs: Iterable[ModelSpec], lock: Lock, registry: Registry) -> dict[str, News]:
    """Ask for the newest commit of each model (one call a day), and how far off it is where it differs."""
    found = {}
    for spec in specs:
        if spec.hub is None:
            continue
        line = "main" if is_commit(spec.hub.revision) else spec.hub.revision
        pinned = _pinned(spec, lock)
        try:
            newest = registry.query(spec.hub.repo, line)
            differs = pinned not in {None, newest.commit}
            commits = registry.commits(newest.id, line) if differs else ()
            found[spec.name] = News(newest, commits, registry.successors(newest))
        except ModelTasksError as error:
            found[spec.name] = News(error=error)
    return found


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Lay out text in columns; the first line holds the headings."""
    lines = [tuple(one_line(cell, _WIDEST) for cell in row) for row in (headings, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]


def _pinned(spec: ModelSpec, lock: Lock) -> str | None:
    entry = lock.models.get(spec.name)
    if spec.hub is None:
        return None
    if entry is not None and (entry.repo, entry.revision) == (spec.hub.repo, spec.hub.revision):
        return entry.commit
    return spec.hub.revision if is_commit(spec.hub.revision) else None


def _row(spec: ModelSpec, lock: Lock, news: News) -> OutdatedRow:
    pinned = _pinned(spec, lock)
    newest = news.newest.commit if news.newest is not None else None
    return OutdatedRow(
        name=spec.name,
        repo=spec.hub.repo if spec.hub is not None else "",
        pinned=pinned,
        newest=newest,
        behind=_distance(pinned, newest, news.commits),
        superseded_by=news.successors[-1] if news.successors else None,
        note=news.error.kind if news.error is not None else "",
    )


def _distance(pinned: str | None, newest: str | None, commits: tuple[str, ...]) -> int | None:
    if pinned is None or newest is None:
        return None
    if pinned == newest:
        return 0
    return commits.index(pinned) if pinned in commits else None
