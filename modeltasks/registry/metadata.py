"""What a hub says about a model, as values that can be kept on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from modeltasks.notice import Notice
from modeltasks.spec import Checksum, ModelFile


@dataclass(frozen=True, slots=True)
class ModelMetadata:
    """A repository at a revision, as the hub described it at `fetched_at` (Unix time).

    `repo` and `revision` are as asked; `id` is the hub's name for it now and `uid` its identity, which
    survives a rename. `commit` is what the revision stood for. Files in LFS carry a SHA-256, all others
    git's blob id. `moved_from` and `replaced_uid` are the commit and identity of the record before this
    one, where they differ. `notices` belong to the answer given, not to the record.
    """

    repo: str
    revision: str
    id: str
    commit: str
    files: tuple[ModelFile, ...]
    fetched_at: float
    uid: str | None = None
    gated: str | None = None
    disabled: bool = False
    private: bool = False
    license: str | None = None
    library: str | None = None
    pipeline_tag: str | None = None
    new_version: str | None = None
    last_modified: str | None = None
    moved_from: str | None = None
    replaced_uid: str | None = None
    notices: tuple[Notice, ...] = field(default=(), compare=False)

    @property
    def renamed_to(self) -> str | None:
        """The hub's name for the repository, when it is not the one asked for."""
        return self.id if self.id != self.repo else None

    def as_dict(self) -> dict[str, Any]:
        """Return the record's JSON form."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        files = [{"path": f.path, "checksum": str(f.checksum), "size": f.size} for f in self.files]
        return plain | {"files": files}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> ModelMetadata:
        """Read the JSON form.

        Raises:
            ValueError: it is not one (TypeError, KeyError and ConfigError likewise).
        """
        for name, value in ((name, record[name]) for name in ("repo", "revision", "id", "commit")):
            if not isinstance(value, str):
                raise TypeError(f"{name} is {value!r}")
        files = tuple(
            ModelFile(
                str(f["path"]), Checksum.parse(f["checksum"]), None if f["size"] is None else int(f["size"])
            )
            for f in record["files"]
        )
        plain = {name: record[name] for name in _PLAIN if name in record}
        return cls(**(plain | {"files": files, "fetched_at": float(record["fetched_at"])}))


_PLAIN = tuple(name for name in ModelMetadata.__dataclass_fields__ if name not in {"files", "notices"})


@dataclass(frozen=True, slots=True)
class Versions:
    """The branches and tags of a repository, each with its commit."""

    branches: Mapping[str, str]
    tags: Mapping[str, str]
    fetched_at: float


def notices_of(metadata: ModelMetadata) -> tuple[Notice, ...]:
    """Return what the record itself warns of, in the order of its weight."""
    repo, commit = metadata.repo, metadata.commit[:12]
    found: list[tuple[object, str, str]] = [
        (
            metadata.disabled,
            "disabled",
            f"{repo} is disabled by the hub; its files can no longer be fetched there",
        ),
        (
            metadata.replaced_uid,
            "replaced",
            f"{repo} now leads to another repository ({metadata.id}) than it did before; check before "
            "you trust it",
        ),
        (
            metadata.renamed_to,
            "renamed",
            f"{repo} is now called {metadata.id}; change `repo` in the config",
        ),
        (
            metadata.new_version,
            "superseded",
            f"the authors of {repo} recommend {metadata.new_version} in its place",
        ),
        (
            metadata.gated,
            "gated",
            f"{repo} is gated: its files need an account that has accepted its terms",
        ),
        (
            metadata.moved_from,
            "moved",
            f"{metadata.revision} of {repo} moved from {(metadata.moved_from or '')[:12]} to {commit}",
        ),
    ]
    return tuple(Notice(kind, message) for applies, kind, message in found if applies)


def license_of(card: Mapping[str, Any], tags: Iterable[str]) -> str | None:
    """Return the licence that a model card or, failing that, a `license:` tag names."""
    named = card.get("license")
    if named == "other":
        named = card.get("license_name") or named
    if isinstance(named, list):
        named = ", ".join(map(str, named))
    if named:
        return str(named)
    return next((tag.partition(":")[2] for tag in tags if tag.startswith("license:")), None)
