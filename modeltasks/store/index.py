"""Where bytes are on record, by their checksum and by their inode."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modeltasks.store.receipts import Record

_ENDING = ".json"

_Names = dict[tuple[str, str], "Record"]
"""Records by model and file."""


class RecordIndex:
    """The records of all receipts, each read once, and again when another process has replaced it.

    That is seen by the time of the folder. A write of another process in the same tick of its clock as
    one of our own is missed, which costs a fetch or a hash: what is found here is looked at before it is
    believed. Not safe for threads; `Receipts` guards it.

    Args:
        folder: of the receipts; it need not be there.
        read: returns the records of a model as they are on disk now.
    """

    def __init__(self, folder: Path, read: Callable[[str], Iterable[Record]]) -> None:
        self._folder = folder
        self._read = read
        self._seen: int | None = None
        self._receipts: dict[str, tuple[int, int]] = {}
        self._records: dict[str, tuple[Record, ...]] = {}
        self._by_checksum: defaultdict[str, _Names] = defaultdict(dict)
        self._by_inode: defaultdict[int, _Names] = defaultdict(dict)

    def with_checksum(self, checksum: str) -> list[Record]:
        """Return the records of files with this content, as `algorithm:hex`."""
        self._refresh()
        return list(self._by_checksum.get(checksum, {}).values())

    def of_inode(self, inode: int) -> list[Record]:
        """Return the records of files that are names of this inode."""
        self._refresh()
        return list(self._by_inode.get(inode, {}).values())

    @contextmanager
    def changing(self, model: str) -> Iterator[None]:
        """Learn of a receipt that the block writes or removes, without a look at any other."""
        before = self._time()
        yield
        if self._seen is None:
            return  # nobody has asked yet
        self._replace(model)
        if before == self._seen:
            self._seen = self._time()

    def _refresh(self) -> None:
        now = self._time()
        if now == self._seen:
            return
        found = dict(self._on_disk())
        for model in self._receipts.keys() | found.keys():
            if found.get(model) != self._receipts.get(model):
                self._replace(model)
        self._seen = now

    def _on_disk(self) -> Iterator[tuple[str, tuple[int, int]]]:
        with suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(_ENDING):
                    with suppress(FileNotFoundError):
                        yield entry.name.removesuffix(_ENDING), _key(entry.stat())

    def _replace(self, model: str) -> None:
        for record in self._records.pop(model, ()):
            self._by_checksum[record.checksum].pop((model, record.file), None)
            self._by_inode[record.evidence.inode].pop((model, record.file), None)
        try:
            self._receipts[model] = _key((self._folder / f"{model}{_ENDING}").stat())
        except OSError:
            self._receipts.pop(model, None)
            return
        self._records[model] = tuple(self._read(model))
        for record in self._records[model]:
            self._by_checksum[record.checksum][model, record.file] = record
            self._by_inode[record.evidence.inode][model, record.file] = record

    def _time(self) -> int:
        try:
            return self._folder.stat().st_mtime_ns
        except OSError:
            return 0


def _key(status: os.stat_result) -> tuple[int, int]:
    return status.st_mtime_ns, status.st_ino
