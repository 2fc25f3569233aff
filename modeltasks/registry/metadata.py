"""What a hub says about a model, checked, as values that can be kept on disk."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modeltasks.errors import ConfigError
from modeltasks.report.notice import Notice
from modeltasks.sources.huggingface import is_commit
from modeltasks.spec import Checksum, ModelFile, check_path, is_repository
from modeltasks.support.text import is_plain

_LONGEST_TEXT = 10_000
_LONGEST_NAME = 255
_LONGEST_PATH = 1024
_LARGEST_FILE = 10**14
"""Bytes. No file of a model has 100 TB; one that claims to would be reported as a full disk."""


class Malformed(Exception):
    """A hub or a record says what cannot be so; the text says what."""


@dataclass(frozen=True, slots=True)
class ModelMetadata:
    """A repository at a revision, as the hub described it at `fetched_at` (Unix time).

    `repo` and `revision` are as asked; `id` is the hub's name for it now and `uid` its identity, which
    survives a rename. `commit` is what the revision stood for. Files in LFS carry a SHA-256, all others
    git's blob id. `unportable` are names of further files that not every system can keep. `moved_from`
    and `replaced_uid` are the commit and identity of the record before this one, where they differ.
    `stale` says why the hub could not be asked for anything newer; it is no part of the record.
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
    unportable: tuple[str, ...] = ()
    stale: Notice | None = field(default=None, compare=False)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What a user should know of it, most important first."""
        repo, found = self.repo, [] if self.stale is None else [self.stale]
        if self.disabled:
            why = "is disabled by the hub; its files can no longer be fetched there"
            found.append(Notice("disabled", f"{repo} {why}"))
        if self.replaced_uid:
            why = f"now leads to another repository ({self.id}) than it did before; check before you trust it"
            found.append(Notice("replaced", f"{repo} {why}"))
        if self.renamed_to:
            found.append(Notice("renamed", f"{repo} is now called {self.id}; change `repo` in the config"))
        if self.new_version:
            why = f"the authors of {repo} recommend {self.new_version} in its place"
            found.append(Notice("superseded", why))
        if self.gated:
            why = "is gated: its files need an account that has accepted its terms"
            found.append(Notice("gated", f"{repo} {why}"))
        if self.moved_from:
            way = f"from {self.moved_from[:12]} to {self.commit[:12]}"
            found.append(Notice("moved", f"{self.revision} of {repo} moved {way}"))
        return tuple(found)

    @property
    def renamed_to(self) -> str | None:
        """The hub's name for the repository, when it is not the one asked for."""
        return self.id if self.id != self.repo else None

    def as_dict(self) -> dict[str, Any]:
        """Return the record's JSON form."""
        plain = {name: getattr(self, name) for name in (*_TEXTS, *_OPTIONAL_TEXTS, *_FLAGS)}
        files = [{"path": f.path, "checksum": str(f.checksum), "size": f.size} for f in self.files]
        names = list(self.unportable)
        return plain | {"fetched_at": self.fetched_at, "files": files, "unportable": names}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> ModelMetadata:
        """Read and check the JSON form, from disk or made from a response of the hub.

        Raises:
            Malformed: says what is wrong.
        """
        texts = {name: _text(name, record.get(name)) for name in _TEXTS}
        if not is_repository(texts["id"]):
            raise Malformed(f"id is {_shown(texts['id'])}, not owner/name")
        if not is_commit(texts["commit"]):
            raise Malformed(f"commit is {_shown(texts['commit'])}, not 40 hex digits")
        optional = {name: _optional_text(name, record.get(name)) for name in _OPTIONAL_TEXTS}
        _check_date(optional["last_modified"])
        files, unportable = _files(record.get("files"), record.get("unportable", []))
        flags = {name: _flag(name, record.get(name)) for name in _FLAGS}
        plain: dict[str, Any] = {**texts, **optional, **flags}
        return cls(**plain, files=files, unportable=unportable, fetched_at=moment(record.get("fetched_at")))


_TEXTS = ("repo", "revision", "id", "commit")
_OPTIONAL_TEXTS = (
    "uid",
    "gated",
    "license",
    "library",
    "pipeline_tag",
    "new_version",
    "last_modified",
    "moved_from",
    "replaced_uid",
)
_FLAGS = ("disabled", "private")


@dataclass(frozen=True, slots=True)
class Versions:
    """The branches and tags of a repository, each with its commit."""

    branches: Mapping[str, str]
    tags: Mapping[str, str]
    fetched_at: float

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"branches": dict(self.branches), "tags": dict(self.tags), "fetched_at": self.fetched_at}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Versions:
        """Read the JSON form.

        Raises:
            Malformed: says what is wrong.
        """
        named = {}
        for kind in ("branches", "tags"):
            commits = record.get(kind)
            if not isinstance(commits, dict):
                raise Malformed(f"{kind} is {_shown(commits)}")
            named[kind] = {
                _text("a name", n): _text(f"the commit of {_shown(n)}", c) for n, c in commits.items()
            }
        return cls(**named, fetched_at=moment(record.get("fetched_at")))


def moment(value: object) -> float:
    """Return a Unix time that was kept as JSON.

    Raises:
        Malformed: it is not a time.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(f"a time is {_shown(value)}")
    try:
        seconds = float(value)
    except OverflowError:  # JSON's whole numbers have no limit
        seconds = math.inf
    if not math.isfinite(seconds):
        raise Malformed(f"a time is {_shown(value)}")
    return seconds


def _files(listing: object, names: object) -> tuple[tuple[ModelFile, ...], tuple[str, ...]]:
    """Return the files of a listing, and the names of those that not every system can keep."""
    if not isinstance(listing, list) or not isinstance(names, list):
        raise Malformed(f"files is {_shown(listing)}")
    files: list[ModelFile] = []
    unportable = list(map(listed_path, names))
    for entry in listing:
        if not isinstance(entry, dict):
            raise Malformed(f"a file is {_shown(entry)}")
        path = listed_path(entry.get("path"))
        checksum, size = entry.get("checksum"), listed_size(path, entry.get("size"))
        if not isinstance(checksum, str):
            raise Malformed(f"the checksum of {path} is {_shown(checksum)}")
        try:
            digest = Checksum.parse(checksum)
        except ConfigError as error:
            raise Malformed(f"{path}: {error.what}") from error
        try:
            files.append(ModelFile(check_path(path), digest, size))
        except ConfigError:
            unportable.append(path)
    check_tree([*(file.path for file in files), *unportable])
    return tuple(files), tuple(unportable)


def listed_path(path: object) -> str:
    """Return the path of a file in a listing; git can hold it, and every file system can take its length.

    Raises:
        Malformed: it is no text, leads elsewhere, hides what it is, or is too long.
    """
    if not isinstance(path, str) or not is_plain(path) or "\\" in path:
        raise Malformed(f"the path of a file is {_shown(path)}")
    parts = path.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise Malformed(f"the path of a file is {_shown(path)}, which leads elsewhere")
    if len(path.encode()) > _LONGEST_PATH or any(len(part.encode()) > _LONGEST_NAME for part in parts):
        raise Malformed(f"the path of a file is {_shown(path)}, {len(path)} characters long")
    return path


def listed_size(path: str, size: object) -> int | None:
    """Return the bytes of a file in a listing, None when it does not say.

    Raises:
        Malformed: no file has that many.
    """
    if size is None or (type(size) is int and 0 <= size <= _LARGEST_FILE):
        return size
    raise Malformed(f"{path}: size is {_shown(size)}")


def check_tree(paths: Iterable[str]) -> None:
    """Refuse what no tree of git can hold: a path twice, or one that is a file and a folder.

    Raises:
        Malformed: names it.
    """
    files: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        if path in files:
            raise Malformed(f"{path} is listed twice")
        files.add(path)
        while (path := path.rpartition("/")[0]) and path not in folders:
            folders.add(path)
    both = files & folders
    if both:
        raise Malformed(f"{min(both)} is listed as a file and as a folder")


def _text(name: str, value: object) -> str:
    if isinstance(value, str) and value and len(value) <= _LONGEST_TEXT and _has_encoding(value):
        return value
    raise Malformed(f"{name} is {_shown(value)}")


def _optional_text(name: str, value: object) -> str | None:
    return None if value is None or value == "" else _text(name, value)


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool | None):
        return bool(value)
    raise Malformed(f"{name} is {_shown(value)}")


def _check_date(text: str | None) -> None:
    try:
        if text is not None:
            datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"last_modified is {_shown(text)}") from error


def _has_encoding(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def _shown(value: object) -> str:
    # Bounded in length and depth: `repr` of deeply nested input can run out of stack.
    return reprlib.repr(value)


def license_of(card: Mapping[str, Any], tags: Iterable[str]) -> str | None:
    """Return the licence that a model card or, failing that, a `license:` tag names."""
    named = card.get("license")
    if named == "other":
        named = card.get("license_name") or named
    if isinstance(named, list):
        named = ", ".join(text for text in named if isinstance(text, str))
    tagged = (tag.partition(":")[2] for tag in tags if tag.startswith("license:"))
    return card_text(named) or next(filter(card_text, tagged), None)


def card_text(value: object) -> str | None:
    """Return a text of a model card; None for anything else that its authors put there."""
    try:
        return _optional_text("", value)
    except Malformed:
        return None
