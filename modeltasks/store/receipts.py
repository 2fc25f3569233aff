"""Receipts: what was verified, and what the file looked like then. One small JSON file a model."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from modeltasks.errors import LocalError
from modeltasks.report.os_errors import explained
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store.freshness import Evidence, Record, status_of, why_stale
from modeltasks.store.layout import Layout
from modeltasks.store.locks import StoreLocks
from modeltasks.support.files import write_whole
from modeltasks.support.identity import StatIdentity, same_but_names, stat_identity

FORMAT = 1
"""Version of the file; one of any other is treated as no receipt."""

_LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is on record of a model.

    Args:
        entry: `ModelSpec.entry_digest` of the entry that it answers for.
        files: by path; also those that the entry no longer names.
    """

    entry: str
    files: Mapping[str, Record]


def read_receipt(path: Path, model: str) -> Receipt | None:
    """Return a receipt, or None when it is absent, garbage, or of another version. Never raises."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        return None
    entry, files = found.get("entry"), found.get("files")
    if not isinstance(entry, str) or not isinstance(files, dict):
        return None
    records = (_record(model, file, value) for file, value in files.items())
    return Receipt(entry, {record.file: record for record in records if record is not None})


def _record(model: str, file: str, value: object) -> Record | None:
    """Read what a receipt says of a file; None when we did not write that."""
    match value:
        case {
            "checksum": str() as checksum,
            "stat": [int() as size, int() as mtime, int() as inode, int() as ctime],
            "hashed_ns": int() as hashed_ns,
            "source": str() as source,
            **others,
        }:
            unsynced = others.get("unsynced")
            if unsynced is None or isinstance(unsynced, str):
                evidence = Evidence((size, mtime, inode, ctime), hashed_ns, source, unsynced)
                return Record(model, file, checksum, evidence)
    return None


def _as_json(record: Record) -> dict[str, object]:
    evidence = record.evidence
    value: dict[str, object] = {
        "checksum": record.checksum,
        "stat": evidence.stat,
        "hashed_ns": evidence.hashed_ns,
        "source": evidence.source,
    }
    return value if evidence.unsynced is None else {**value, "unsynced": evidence.unsynced}


class _Folder:
    """The receipts of a folder, each read once, and again when somebody has replaced it.

    New ones are seen by the time of the folder. A write of another process in the same tick of its clock as
    one of our own is missed, which costs a fetch or a hash: what is found here is looked at before it is
    believed. Not safe for threads; `Receipts` guards it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: int | None = None
        self._stats: dict[str, StatIdentity] = {}
        self._receipts: dict[str, Receipt] = {}
        self._by_checksum: defaultdict[str, dict[tuple[str, str], Record]] = defaultdict(dict)
        self._by_inode: defaultdict[int, dict[tuple[str, str], Record]] = defaultdict(dict)

    def path(self, model: str) -> Path:
        """Return where the receipt of a model is, there or not."""
        return self._path / f"{model}.json"

    def receipt(self, model: str) -> Receipt | None:
        """Return a receipt as it is on disk now."""
        self._look(model)
        return self._receipts.get(model)

    def with_checksum(self, checksum: str) -> list[Record]:
        """Return the records of files with this content."""
        self._look_for_others()
        return list(self._by_checksum[checksum].values())

    def of_inode(self, inode: int) -> list[Record]:
        """Return the records of files that are names of this inode."""
        self._look_for_others()
        return list(self._by_inode[inode].values())

    @contextmanager
    def changing(self, model: str) -> Iterator[None]:
        """Learn of a receipt that the block writes or removes, without a look at any other."""
        before = self._time()
        yield
        self._look(model)
        if before == self._seen:
            self._seen = self._time()

    def _look_for_others(self) -> None:
        now = self._time()
        if now == self._seen:
            return
        models = set(self._stats)
        with suppress(OSError):
            models.update(path.stem for path in self._path.iterdir() if path.suffix == ".json")
        for model in models:
            self._look(model)
        self._seen = now

    def _look(self, model: str) -> None:
        path = self.path(model)
        status = status_of(path)
        stat = stat_identity(status) if status is not None else None
        if stat == self._stats.get(model):
            return
        for record in self._records(model):
            self._by_checksum[record.checksum].pop((model, record.file), None)
            self._by_inode[record.evidence.inode].pop((model, record.file), None)
        self._stats.pop(model, None)
        self._receipts.pop(model, None)
        if stat is None:
            return
        self._stats[model] = stat
        receipt = read_receipt(path, model) if stat[0] <= _LARGEST else None
        if receipt is not None:
            self._receipts[model] = receipt
        for record in self._records(model):
            self._by_checksum[record.checksum][model, record.file] = record
            self._by_inode[record.evidence.inode][model, record.file] = record

    def _records(self, model: str) -> list[Record]:
        receipt = self._receipts.get(model)
        return list(receipt.files.values()) if receipt else []

    def _time(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0


class Receipts:
    """The receipts of one store. Whoever writes that of a model holds its lock; readers need none.

    Args:
        layout: of the store.
        locks: of its models.
        folder: where they are, unless in the store itself.
    """

    def __init__(self, layout: Layout, locks: StoreLocks, folder: Path | None = None) -> None:
        self._layout = layout
        self._locks = locks
        self._folder = _Folder(folder or layout.receipts)

    def load(self, model: str) -> Receipt | None:
        """Return a receipt, or None when there is none that can be used. Never raises."""
        with self._locks.guard:
            return self._folder.receipt(model)

    def record(self, model: str, path: str) -> Record | None:
        """Return what is on record for a file, current or not. Never raises."""
        receipt = self.load(model)
        return receipt.files.get(path) if receipt else None

    def with_checksum(self, checksum: Checksum) -> list[Record]:
        """Return the records of all files that have had this content. Never raises."""
        with self._locks.guard:
            return self._folder.with_checksum(str(checksum))

    def evidence(self, spec: ModelSpec) -> dict[str, Evidence] | str:
        """Return what proves each file of a model right, by path, or why it is not current. Never raises."""
        receipt = self.load(spec.name)
        found: dict[str, Evidence] = {}
        reasons: dict[str, str] = {}
        for file in spec.files:
            evidence = self._of_file(receipt, spec.name, file)
            if isinstance(evidence, str):
                reasons[file.path] = evidence
            else:
                found[file.path] = evidence
        # The reason that a user can make most of: what is not there, then what he edited, then the rest.
        missing = next((path for path in reasons if reasons[path] == "missing"), None)
        if missing is None and receipt is None:
            return "never verified"
        if missing is None and receipt is not None and receipt.entry != spec.entry_digest:
            return "config entry changed"
        if not reasons:
            return found
        path = missing or next(iter(reasons))
        return f"{reasons[path]}: {path}" if len(spec.files) > 1 else reasons[path]

    def file_evidence(self, model: str, file: ModelFile) -> Evidence | str:
        """Return what proves that one file is right, or why it is not current. Never raises."""
        return self._of_file(self.load(model), model, file)

    def _of_file(self, receipt: Receipt | None, model: str, file: ModelFile) -> Evidence | str:
        record = receipt.files.get(file.path) if receipt else None
        status = status_of(self._layout.file(model, file.path))
        reason = why_stale(status, record, str(file.checksum), self._layout.platform)
        return record.evidence if record is not None and reason is None else reason or "never verified"

    def is_current(self, record: Record) -> bool:
        """Return whether what the record says still holds. Never raises."""
        status = status_of(self._layout.file(record.model, record.file))
        return why_stale(status, record, record.checksum, self._layout.platform) is None

    def stamp(self, spec: ModelSpec, verified: Mapping[str, Evidence]) -> None:
        """Note that files have the checksums of their entry, beside what is on record already.

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
            if receipt and not verified and receipt.entry == spec.entry_digest:
                return
            new = {
                file.path: Record(spec.name, file.path, str(file.checksum), verified[file.path])
                for file in spec.files
                if file.path in verified
            }
            self._save(spec.name, Receipt(spec.entry_digest, {**(receipt.files if receipt else {}), **new}))

    def drop(self, model: str, *paths: str) -> None:
        """Take back what is on record for some files.

        Raises:
            LocalError: the receipt cannot be written.
        """
        with self._locks.guard:
            receipt = self.load(model)
            if receipt and any(path in receipt.files for path in paths):
                files = {path: record for path, record in receipt.files.items() if path not in paths}
                self._save(model, Receipt(receipt.entry, files))

    def forget(self, model: str) -> None:
        """Remove a receipt: each file is hashed before it is believed again.

        Raises:
            LocalError: it cannot be removed.
        """
        path = self._folder.path(model)
        with explained(path), self._locks.guard, self._folder.changing(model):
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
            records = self._folder.of_inode(inode) if inode else []
        known = [record for record in records if self.is_current(record)]
        try:
            yield
        finally:
            for record in known:
                self._renew(record)

    def _renew(self, record: Record) -> None:
        """Note the present stat of a file of which nothing but the ctime changed."""
        status = status_of(self._layout.file(record.model, record.file))
        if status is None:
            return
        stat = stat_identity(status, self._layout.platform.has_ctime)
        if stat == record.evidence.stat or not same_but_names(stat, record.evidence.stat):
            return
        with self._locks.receipt_lock(record.model) as allowed:
            receipt = self.load(record.model) if allowed else None
            if receipt and receipt.files.get(record.file) == record:
                renewed = replace(record, evidence=replace(record.evidence, stat=stat))
                self._save(record.model, Receipt(receipt.entry, {**receipt.files, record.file: renewed}))

    def _save(self, model: str, receipt: Receipt) -> None:
        content = {
            "format": FORMAT,
            "entry": receipt.entry,
            "files": {path: _as_json(record) for path, record in receipt.files.items()},
            "verified_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        path = self._folder.path(model)
        with explained(path, needed=4096), self._folder.changing(model):
            self._prepare(path.parent)
            write_whole(path, json.dumps(content, indent=1))

    def _prepare(self, folder: Path) -> None:
        self._layout.prepare(folder)


class PersonalReceipts(Receipts):
    """What one user verified in a store that he cannot write: a read-only mount, or another user's.

    Where he can write nowhere at all, they last as long as the process.
    """

    def __init__(self, layout: Layout, locks: StoreLocks) -> None:
        import platformdirs  # 5 ms, for those who cannot write the store

        store = hashlib.sha256(os.fsencode(layout.root)).hexdigest()[:32]
        base = platformdirs.user_cache_path("modeltasks", appauthor=False)
        super().__init__(layout, locks, base / "verified" / store)
        self._unsaved: dict[str, Receipt] = {}

    def load(self, model: str) -> Receipt | None:
        """Return a receipt, or None when there is none that can be used. Never raises."""
        return self._unsaved.get(model) or super().load(model)

    def _save(self, model: str, receipt: Receipt) -> None:
        try:
            super()._save(model, receipt)
        except LocalError:
            self._unsaved[model] = receipt
        else:
            self._unsaved.pop(model, None)

    def _prepare(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
