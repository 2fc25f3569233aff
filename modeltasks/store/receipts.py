"""Receipts: what was verified, and what the file looked like then. One small JSON file a model."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeltasks.errors import LocalError
from modeltasks.report.os_errors import told
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store import freshness
from modeltasks.store.index import RecordIndex
from modeltasks.store.layout import Layout
from modeltasks.store.locks import StoreLocks
from modeltasks.support.files import write_whole


@dataclass(frozen=True, slots=True)
class Evidence:
    """That a file has the content it should.

    Args:
        stat: `freshness.stat_key` of the file before it was hashed, or just after our own rename.
        hashed_ns: when hashing began, in nanoseconds since 1970.
        source: where its bytes came from.
        unsynced: the start of the machine after which nobody waited for the disk to have the bytes. A
            crash may have lost them, so this is believed until the next start only. None: they are there.
    """

    stat: list[int]
    hashed_ns: int
    source: str
    unsynced: str | None = None

    @property
    def inode(self) -> int:
        """The number of the file."""
        return self.stat[2]


@dataclass(frozen=True, slots=True)
class Record:
    """What a receipt says of one file; `file` is a key of the receipt."""

    model: str
    file: str
    checksum: str
    evidence: Evidence


class Receipts:
    """The receipts of one store. Whoever writes that of a model holds its lock; readers need none.

    Args:
        layout: of the store.
        locks: of its models.
        directory: where they are, unless in the store itself.
    """

    def __init__(self, layout: Layout, locks: StoreLocks, directory: Path | None = None) -> None:
        self.layout = layout
        self._directory = directory or layout.receipts
        self._platform = layout.platform
        self._locks = locks
        self._index = RecordIndex(self._directory, self._read)

    def load(self, model: str) -> dict[str, Any] | None:
        """Return a receipt, or None when there is none that can be used. Never raises."""
        return freshness.load(str(self._path(model)))

    def evidence(self, spec: ModelSpec) -> dict[str, Evidence] | str:
        """Return what proves each file of a model right, by path, or why it is not current. Never raises."""
        receipt = self.load(spec.name)
        reason = freshness.why_stale(
            receipt,
            spec.entry_digest,
            [
                (file.path, str(self.layout.file(spec.name, file.path)), str(file.checksum))
                for file in spec.files
            ],
            has_ctime=self._platform.has_ctime,
            boot=self._platform.boot,
        )
        if reason is not None or receipt is None:
            return reason or "never verified"
        records = [_record(spec.name, file.path, receipt["files"].get(file.path)) for file in spec.files]
        found = {record.file: record.evidence for record in records if record is not None}
        return found if len(found) == len(spec.files) else "never verified"

    def why_file_stale(self, model: str, file: ModelFile) -> str | None:
        """Return why one file is not current, or None. Never raises."""
        receipt = self.load(model)
        record = receipt["files"].get(file.path) if receipt else None
        status = freshness.status_of(str(self.layout.file(model, file.path)))
        return freshness.why_file_stale(
            status, record, str(file.checksum), self._platform.has_ctime, self._platform.boot
        )

    def record(self, model: str, path: str) -> Record | None:
        """Return what is on record for a file, current or not. Never raises."""
        receipt = self.load(model)
        return _record(model, path, receipt["files"].get(path)) if receipt else None

    def is_current(self, record: Record) -> bool:
        """Return whether what the record says still holds. Never raises."""
        status = freshness.status_of(str(self.layout.file(record.model, record.file)))
        entry = _as_json(record)
        return not freshness.why_file_stale(
            status, entry, record.checksum, self._platform.has_ctime, self._platform.boot
        )

    def with_checksum(self, checksum: Checksum) -> list[Record]:
        """Return the records of all files that have had this content. Never raises."""
        with self._locks.guard:
            return self._index.with_checksum(str(checksum))

    def _read(self, model: str) -> Iterator[Record]:
        receipt = self.load(model)
        for path, value in receipt["files"].items() if receipt else ():
            if record := _record(model, path, value):
                yield record

    def stamp(self, spec: ModelSpec, verified: Mapping[str, tuple[Checksum, Evidence]]) -> None:
        """Note that files were verified, beside what is on record already.

        Records of files that the model no longer has stay: an edit of the config that is taken back
        finds them again, and `prune` knows what is ours.

        Args:
            spec: whose files; its entry is what the receipt answers for from now on.
            verified: by path. May be empty, when only the entry changed.

        Raises:
            LocalError: the receipt cannot be written.
        """
        with self._locks.guard:
            receipt = self.load(spec.name)
            if receipt and not verified and receipt["entry"] == spec.entry_digest:
                return
            files = receipt["files"] if receipt else {}
            for path, (checksum, evidence) in verified.items():
                files[path] = _as_json(Record(spec.name, path, str(checksum), evidence))
            self._write(spec.name, spec.entry_digest, files)

    def drop(self, model: str, *paths: str) -> None:
        """Take back what is on record for some files.

        Raises:
            LocalError: the receipt cannot be written.
        """
        with self._locks.guard:
            receipt = self.load(model)
            if receipt and any(path in receipt["files"] for path in paths):
                files = {path: value for path, value in receipt["files"].items() if path not in paths}
                self._write(model, receipt["entry"], files)

    def forget(self, model: str) -> None:
        """Remove a receipt.

        Raises:
            LocalError: it cannot be removed.
        """
        path = self._path(model)
        with told(path), self._locks.guard, self._index.changing(model):
            path.unlink(missing_ok=True)

    @contextmanager
    def preserving(self, inode: int) -> Iterator[None]:
        """Keep what is on record for an inode while the block adds or removes names of it.

        That changes its ctime and not its content; without this, models that share a file would each
        be hashed again when another of them comes or goes.

        A model that another process holds is left alone: that one hashes the file at its next use.

        Args:
            inode: its number; 0 for none, then nothing is done.
        """
        with self._locks.guard:
            names = self._index.of_inode(inode) if inode else []
        known = [record for record in names if self.is_current(record)]
        try:
            yield
        finally:
            for record in known:
                self._restat(record)

    def _restat(self, record: Record) -> None:
        status = freshness.status_of(str(self.layout.file(record.model, record.file)))
        if status is None:
            return
        key = freshness.stat_key(status, self._platform.has_ctime)
        if key[:3] != record.evidence.stat[:3] or key == record.evidence.stat:
            return
        with self._locks.receipt_lock(record.model) as allowed:
            receipt = self.load(record.model) if allowed else None
            if receipt and receipt["files"].get(record.file) == _as_json(record):
                receipt["files"][record.file]["stat"] = key
                self._write(record.model, receipt["entry"], receipt["files"])

    def _path(self, model: str) -> Path:
        return self._directory / f"{model}.json"

    def _write(self, model: str, entry: str, files: Mapping[str, object]) -> None:
        receipt = {
            "format": freshness.FORMAT,
            "entry": entry,
            "files": files,
            "verified_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        self._save(model, receipt)

    def _save(self, model: str, receipt: dict[str, Any]) -> None:
        path = self._path(model)
        with told(path, needed=4096), self._index.changing(model):
            self._prepare(path.parent)
            write_whole(path, json.dumps(receipt, indent=1))

    def _prepare(self, directory: Path) -> None:
        self.layout.prepare(directory)


class PersonalReceipts(Receipts):
    """What one user verified in a store that he cannot write: a read-only mount, or another user's.

    Where he can write nowhere at all, they last as long as the process.
    """

    def __init__(self, layout: Layout, locks: StoreLocks) -> None:
        import hashlib

        import platformdirs

        store = hashlib.sha256(os.fsencode(layout.root)).hexdigest()[:32]
        base = platformdirs.user_cache_path("modeltasks", appauthor=False)
        super().__init__(layout, locks, base / "verified" / store)
        self._unsaved: dict[str, dict[str, Any]] = {}

    def load(self, model: str) -> dict[str, Any] | None:
        """Return a receipt, or None when there is none that can be used. Never raises."""
        return self._unsaved.get(model) or super().load(model)

    def _save(self, model: str, receipt: dict[str, Any]) -> None:
        try:
            super()._save(model, receipt)
        except LocalError:
            self._unsaved[model] = receipt

    def _prepare(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)


def _as_json(record: Record) -> dict[str, object]:
    evidence = record.evidence
    value: dict[str, object] = {
        "checksum": record.checksum,
        "stat": evidence.stat,
        "hashed_ns": evidence.hashed_ns,
        "source": evidence.source,
    }
    return value if evidence.unsynced is None else {**value, "unsynced": evidence.unsynced}


def _record(model: str, path: str, value: object) -> Record | None:
    """Read one entry of a receipt; None when it is not one that we wrote."""
    if not isinstance(value, dict):
        return None
    checksum, stat, hashed_ns = value.get("checksum"), value.get("stat"), value.get("hashed_ns")
    source, unsynced = value.get("source"), value.get("unsynced")
    if not isinstance(checksum, str) or not isinstance(hashed_ns, int) or not isinstance(source, str):
        return None
    if not isinstance(stat, list) or len(stat) != 4 or not all(isinstance(number, int) for number in stat):
        return None
    if unsynced is not None and not isinstance(unsynced, str):
        return None
    return Record(model, path, checksum, Evidence(stat, hashed_ns, source, unsynced))
