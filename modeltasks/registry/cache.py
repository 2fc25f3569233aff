"""Metadata on disk: one small JSON file for each repository and revision."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from modeltasks.registry.metadata import Malformed, ModelMetadata, Versions, moment
from modeltasks.report.os_errors import explained
from modeltasks.support.files import write_whole

logger = logging.getLogger(__name__)
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the last attempt failed: the error's `kind`, when, and with which credentials (a fingerprint)."""

    kind: str
    at: float
    credentials: str
    message: str


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a repository at a revision on one hub, and what went wrong since, if anything.

    `doubted`: downloaded files contradict it, so the hub is asked before it is used again.
    """

    endpoint: str
    metadata: ModelMetadata | None = None
    trouble: Trouble | None = None
    doubted: bool = False


class RegistryCache:
    """Records as files in `directory`, each replaced whole, so that processes may share them.

    A file that cannot be read counts as absent; one that cannot be written costs a request later, not
    the answer now.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, repo: str, revision: str) -> Path:
        """Where the record of `repo` at `revision` is kept."""
        return self._directory / f"{quote(repo, safe='')}@{quote(revision, safe='')}.json"

    def read(self, repo: str, revision: str, endpoint: str) -> Record:
        """Return what is known of the hub at `endpoint`."""
        content = self._load(self.path(repo, revision))
        if content.get("endpoint") != endpoint:
            return Record(endpoint)
        try:
            known, trouble = content.get("metadata"), content.get("trouble")
            metadata = None if known is None else ModelMetadata.from_dict(_mapping(known))
            if metadata is not None and (metadata.repo, metadata.revision) != (repo, revision):
                return Record(endpoint)  # a file system that ignores case gave us another one's record
            doubted = content.get("doubted") is True
            return Record(
                endpoint, metadata, None if trouble is None else _trouble(_mapping(trouble)), doubted
            )
        except Malformed as error:
            logger.debug("record of %s@%s cannot be used: %s", repo, revision, error)
            return Record(endpoint)

    def write(self, repo: str, revision: str, record: Record) -> None:
        """Keep `record`."""
        self._save(
            self.path(repo, revision),
            {
                "endpoint": record.endpoint,
                "metadata": None if record.metadata is None else record.metadata.as_dict(),
                "trouble": None if record.trouble is None else asdict(record.trouble),
                "doubted": record.doubted,
            },
        )

    def read_versions(self, repo: str, endpoint: str) -> Versions | None:
        """Return the branches and tags that are known."""
        content = self._load(self._versions_path(repo))
        try:
            return Versions.from_dict(content) if content.get("endpoint") == endpoint else None
        except Malformed as error:
            logger.debug("branches and tags of %s cannot be used: %s", repo, error)
            return None

    def write_versions(self, repo: str, endpoint: str, versions: Versions) -> None:
        """Keep branches and tags."""
        self._save(self._versions_path(repo), {"endpoint": endpoint, **versions.as_dict()})

    def forget(self, repo: str | None = None) -> int:
        """Delete what is known of `repo`, or of all; returns how many files that were.

        Raises:
            PermissionRefused, LocalError: the system does not let us.
        """
        files = list(self._files(repo))
        for file in files:
            with explained(file):
                file.unlink(missing_ok=True)
        return len(files)

    def _files(self, repo: str | None) -> Iterator[Path]:
        if not self._directory.is_dir():
            return
        prefix = None if repo is None else quote(repo, safe="")
        for file in self._directory.iterdir():
            name = file.name.removesuffix(".versions.json").partition("@")[0]
            if file.suffix == ".json" and prefix in {None, name}:
                yield file

    def _versions_path(self, repo: str) -> Path:
        return self._directory / f"{quote(repo, safe='')}.versions.json"

    def _load(self, path: Path) -> Mapping[str, Any]:
        try:
            content = json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) and content.get("format") == _FORMAT else {}

    def _save(self, path: Path, content: Mapping[str, Any]) -> None:
        try:
            write_whole(path, json.dumps({"format": _FORMAT, **content}, indent=1, sort_keys=True))
        except OSError as error:
            logger.debug("record %s cannot be kept: %s", path, error)


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("it is no object")
    return value


def _trouble(record: Mapping[str, Any]) -> Trouble:
    texts = {name: record.get(name) for name in ("kind", "credentials", "message")}
    if not all(isinstance(value, str) for value in texts.values()):
        raise Malformed("a key of the trouble is no text")
    return Trouble(at=moment(record.get("at")), **{name: str(value) for name, value in texts.items()})
