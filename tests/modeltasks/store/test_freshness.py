from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modeltasks.spec import ModelSpec
from modeltasks.store.platform import Platform
from modeltasks.store.store import Store
from modeltasks.store.usage import take_inventory
from tests.modeltasks.store.models import LINUX, fetch, publish, spec_of, stored

ONE = {"weights.bin": b"weights"}
FOUR = {
    "model.bin": b"m" * 1000,
    "config.json": b"{}",
    "vocab/tokens.txt": b"a b c",
    "vocab/merges.txt": b"ab c",
}

RESTARTED = "machine restarted since it was written"

Change = Callable[[Path, Path], object]


def edit_receipt(receipt: Path, **changes: object) -> None:
    value = json.loads(receipt.read_text())
    value["files"]["weights.bin"].update(changes)
    receipt.write_text(json.dumps(value))


def hashed_after_mtime(path: Path, receipt: Path, nanoseconds: int) -> None:
    edit_receipt(receipt, hashed_ns=path.stat().st_mtime_ns + nanoseconds)


def same_size_same_mtime(path: Path) -> None:
    status = path.stat()
    path.write_bytes(b"WEIGHTS")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced_by_equal_stat(path: Path) -> None:
    status = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"WEIGHTS")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


def test_a_published_model_is_current_at_once(tmp_path: Path) -> None:
    for contents in (ONE, FOUR):
        store, spec = stored(tmp_path, contents)
        assert store.why_stale(spec) is None
        assert [store.why_file_stale(spec, file) for file in spec.files] == [None] * len(spec.files)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path, _: path.unlink(), "missing"),
        (lambda path, _: (path.unlink(), path.mkdir()), "missing"),
        (lambda path, _: (path.unlink(), path.symlink_to(path)), "missing"),
        (lambda _, receipt: receipt.unlink(), "never verified"),
        (lambda path, _: path.write_bytes(b"WEIGHTS"), "file touched since it was hashed"),
        (lambda path, _: path.write_bytes(b"more weights"), "file touched since it was hashed"),
        (lambda path, _: os.utime(path), "file touched since it was hashed"),
        (lambda path, _: same_size_same_mtime(path), "file touched since it was hashed"),
        (lambda path, _: replaced_by_equal_stat(path), "file touched since it was hashed"),
        (lambda path, receipt: hashed_after_mtime(path, receipt, 1_999_999_999), "racy timestamp"),
        (lambda path, receipt: hashed_after_mtime(path, receipt, 2_000_000_000), None),
        (lambda _, receipt: edit_receipt(receipt, checksum="sha256:" + "0" * 64), "checksum differs"),
        (lambda _, receipt: edit_receipt(receipt, unsynced="earlier"), RESTARTED),
        (lambda _, receipt: edit_receipt(receipt, unsynced=None), None),
        (lambda path, _: path.chmod(0o600), "file touched since it was hashed"),
    ],
)  # fmt: skip
def test_reasons(change: Change, reason: str | None, tmp_path: Path) -> None:
    store, spec = stored(tmp_path, ONE)
    change(store.path(spec, spec.files[0]), (store.layout.receipts / "model.json"))
    assert store.why_stale(spec) == reason
    assert store.why_file_stale(spec, spec.files[0]) == reason


GARBAGE = [
    b"",
    b"\0" * 100,
    b"not json",
    b"[]",
    b"null",
    b"[" * 100_000,
    b'{"format": 2, "entry": "", "files": {}}',
    b'{"format": 1, "entry": 7, "files": {}}',
    b'{"format": 1, "entry": "", "files": []}',
    b'{"format": 1, "entry": "", "files": {"weights.bin": 3}}',
    b'{"format": 1, "entry": "", "files": {"weights.bin": {}}}',
    b'{"format": 1, "entry": "", "files": {"weights.bin": {"checksum": [], "stat": {}, "hashed_ns": "0"}}}',
    b'{"format": 1, "entry": "", "files": {"weights.bin": {"hashed_ns": 1e999, "stat": [NaN]}}}',
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_a_garbage_receipt_is_no_receipt(garbage: bytes, tmp_path: Path) -> None:
    store, spec = stored(tmp_path, ONE)
    (store.layout.receipts / "model.json").write_bytes(garbage)
    assert store.why_stale(spec) in ("never verified", "config entry changed")
    assert store.receipts.with_checksum(spec.files[0].checksum) == []
    assert fetch(store, spec, {}) == ["kept"]
    assert store.why_stale(spec) is None


def test_a_folder_in_place_of_the_receipt_is_no_receipt(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, ONE)
    (store.layout.receipts / "model.json").unlink()
    (store.layout.receipts / "model.json").mkdir()
    assert store.why_stale(spec) == "never verified"


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    store = Store(tmp_path / "absent", LINUX)
    assert store.why_stale(spec_of(ONE)) == "missing"
    assert take_inventory(store).bytes == 0
    assert not (tmp_path / "absent").exists()


def test_only_the_broken_file_of_several_is_stale(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, FOUR)
    store.path(spec, spec.files[2]).write_bytes(b"x y z")
    assert store.why_stale(spec) == "file touched since it was hashed: vocab/tokens.txt"
    assert fetch(store, spec, FOUR) == ["current", "current", "fetched", "current"]
    assert store.why_stale(spec) is None


def test_what_is_missing_is_told_first(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, FOUR)
    os.utime(store.path(spec, spec.files[0]))
    store.path(spec, spec.files[3]).unlink()
    assert store.why_stale(spec) == "missing: vocab/merges.txt"


def test_another_checksum_of_one_file_fetches_that_file_only_and_reverting_fetches_nothing(
    tmp_path: Path,
) -> None:
    store, old = stored(tmp_path, FOUR)
    contents = {**FOUR, "config.json": b'{"new": 1}'}
    new = spec_of(contents)
    assert store.why_stale(new) == "config entry changed"
    assert fetch(store, new, contents) == ["current", "fetched", "current", "current"]
    assert store.why_stale(new) is None
    assert store.why_stale(old) == "config entry changed"
    assert fetch(store, old, FOUR) == ["current", "fetched", "current", "current"]


def test_a_file_taken_out_of_the_entry_and_put_back_is_not_even_hashed(tmp_path: Path) -> None:
    store, whole = stored(tmp_path, FOUR)
    part = ModelSpec("model", whole.files[:2], ())
    assert store.why_stale(part) == "config entry changed"
    assert fetch(store, part, {}) == ["current", "current"]
    assert store.why_stale(part) is None
    assert fetch(store, whole, {}) == ["current"] * 4
    assert store.why_stale(whole) is None


def test_sources_size_and_licence_do_not_make_a_model_stale(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, ONE)
    assert (
        store.why_stale(dataclasses.replace(spec, sources=("http://x/y",), license="MIT", optional=True))
        is None
    )


def test_touched_only_is_hashed_once_and_never_fetched(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, ONE)
    os.utime(store.path(spec, spec.files[0]))
    assert fetch(store, spec, {}) == ["kept"]
    assert store.why_stale(spec) is None


def test_a_time_stamp_of_the_future_heals(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, ONE)
    future = time.time() + 86400
    os.utime(store.path(spec, spec.files[0]), (future, future))
    assert fetch(store, spec, {}) == ["kept"]
    assert store.why_stale(spec) is None


def test_mtime_put_back_is_not_seen_without_ctime(tmp_path: Path) -> None:
    platform = Platform.of("win32")
    store, spec = Store(tmp_path, platform), spec_of(ONE)
    publish(store, spec, ONE)
    same_size_same_mtime(store.path(spec, spec.files[0]))
    assert store.why_stale(spec) is None  # what `verify` is for
    store.path(spec, spec.files[0]).chmod(0o600)
    assert store.why_stale(spec) is None


def test_after_a_restart_a_published_file_is_read_once(tmp_path: Path) -> None:
    _, spec = stored(tmp_path, ONE)
    later = Store(tmp_path, Platform.of("linux", boot="the next boot"))
    assert later.why_stale(spec) == RESTARTED
    assert fetch(later, spec, {}) == ["kept"]
    assert later.why_stale(spec) is None
    assert Store(tmp_path, Platform.of("linux", boot="yet another")).why_stale(spec) is None


def test_where_starts_have_no_name_the_disk_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    store, spec = Store(tmp_path, Platform.of("darwin")), spec_of(ONE)
    publish(store, spec, ONE)
    assert synced == [store.path(spec, spec.files[0]).stat().st_ino]
    assert store.why_stale(spec) is None
    record = store.receipts.record("model", "weights.bin")
    assert record is not None
    assert record.evidence.unsynced is None


@pytest.mark.parametrize(
    ("imported", "heavy"),
    [
        ("modeltasks.store.snapshot", {"dataclasses", "json", "pathlib", "typing", "contextlib", "hashlib"}),
        (
            "modeltasks.store.store",
            {"doit", "yaml", "requests", "urllib.request", "concurrent.futures"},
        ),
    ],
)
def test_what_is_imported_to_find_nothing_to_do(imported: str, heavy: set[str]) -> None:
    def modules(code: str) -> set[str]:
        command = [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"]
        return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())

    assert heavy & modules(f"import {imported}") <= modules("pass")
