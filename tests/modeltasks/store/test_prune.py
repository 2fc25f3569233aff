from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.errors import LockTimeout
from modeltasks.spec import ModelSpec
from modeltasks.store.prune import PruneItem, plan_clean, plan_evictions, plan_extra, plan_prune, prune
from modeltasks.store.publish import quarantine
from modeltasks.store.store import Store
from modeltasks.store.usage import (
    Extra,
    Inventory,
    StoredFile,
    StoredModel,
    files_of,
    take_inventory,
    touch_used,
)
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.modeltasks.store.models import LINUX, fetch, publish, sha256, spec_of, stored

WEEK = 7 * 86400.0
NOW = 1_800_000_000.0


def plan(store: Store, *specs: ModelSpec) -> list[PruneItem]:
    return plan_prune(take_inventory(store), specs, partial_age=WEEK, now=time.time())


def brief(items: list[PruneItem]) -> list[tuple[str, str, int]]:
    return [(item.kind, item.name, item.frees) for item in items]


def file_of(name: str, size: int, *, inode: int = 0, links: int = 1, modified: float = NOW) -> StoredFile:
    return StoredFile(Path("/store", name), size, (0, inode or hash(name)), links, modified)


def model_of(name: str, *files: StoredFile, last_used: float | None = None) -> StoredModel:
    return StoredModel(name, files, {file.path.name: file for file in files}, last_used)


def inventory(*models: StoredModel, partials: tuple[StoredFile, ...] = ()) -> Inventory:
    return Inventory(models, {"partials": partials})


def test_nothing_to_prune(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, {"a": b"a"})
    (store.layout.prepare(store.layout.partials) / "fresh").write_bytes(b"x")
    assert plan(store, spec) == []


def test_a_model_that_the_config_no_longer_names(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, {"sub/a": bytes(100)}, "old")
    new = spec_of({"a": b"b"}, "new")
    publish(store, new, {"a": b"b"})
    items = plan(store, new)
    assert brief(items) == [("model", "old", 100)]
    assert store.layout.directory("old").exists(), "a plan removes nothing"
    assert prune(store, items, CancelToken()) == 100
    assert not store.layout.directory("old").exists()
    assert not (store.layout.receipts / "old.json").exists()
    assert store.why_stale(new) is None


def test_what_the_user_keeps_in_the_folder_stays(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, {"sub/a": b"a"}, "old")
    note = store.layout.directory("old") / "sub/note.txt"
    note.write_text("mine")
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "1.jpg").write_bytes(b"jpeg")
    prune(store, plan(store), CancelToken())
    assert note.read_text() == "mine"
    assert not note.with_name("a").exists()
    assert (photos / "1.jpg").exists()


def test_files_that_a_model_no_longer_has(tmp_path: Path) -> None:
    store, old = stored(tmp_path, {"keep": b"k", "sub/gone": bytes(50)})
    new = ModelSpec("model", old.files[:1], ())
    store.receipts.stamp(new, {})
    items = plan(store, new)
    assert brief(items) == [("superseded", "model", 50)]
    prune(store, items, CancelToken())
    assert store.why_stale(new) is None
    assert not (store.layout.directory("model") / "sub").exists()
    assert plan(store, new) == []


def test_old_partials_leftovers_and_quarantine(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, {"a": b"bad"})
    moved = quarantine(store, spec, spec.files[0], sha256(b"worse"))
    old, fresh = store.layout.prepare(store.layout.partials) / "old", store.layout.partials / "fresh"
    leftover = store.layout.staging / "leftover"
    for path in (old, fresh, leftover):
        path.write_bytes(b"12345")
    long_ago = time.time() - 8 * 86400
    os.utime(old, (long_ago, long_ago))
    os.utime(leftover, (long_ago, long_ago))
    items = plan(store, spec)
    assert [(item.kind, item.name) for item in items] == [
        ("partial", "old"),
        ("leftover", "leftover"),
        ("quarantine", moved.name),
    ]
    assert items[0].why == "no byte for 8 days"
    prune(store, items, CancelToken())
    assert fresh.exists()
    assert not any(path.exists() for path in (old, leftover, moved))


def test_a_shared_file_frees_nothing_and_the_other_model_stays_current(tmp_path: Path) -> None:
    store, first = stored(tmp_path, {"a": bytes(5000)}, "first")
    second = spec_of({"a": bytes(5000)}, "second")
    fetch(store, second, {})
    items = plan(store, first)
    assert brief(items) == [("model", "second", 0)]
    prune(store, items, CancelToken())
    assert store.why_stale(first) is None
    assert not store.layout.directory("second").exists()


def test_clean_removes_one_model(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, {"a": b"a"})
    touch_used(store.layout, ["model"])
    prune(store, [plan_clean(take_inventory(store).models[0], spec)], CancelToken())
    assert store.why_stale(spec) == "missing"
    assert take_inventory(store).models == ()
    assert list(store.layout.used.iterdir()) == []


def test_clean_removes_what_the_config_names_without_a_receipt(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, {"a": b"a", "sub/b": b"b"})
    (store.layout.directory("model") / "mine.txt").touch()
    store.receipts.forget("model")
    prune(store, [plan_clean(take_inventory(store).models[0], spec)], CancelToken())
    assert [path.name for path in store.layout.directory("model").iterdir()] == ["mine.txt"]


def test_a_model_with_a_garbage_receipt_is_left_alone(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, {"a": b"a"})
    (store.layout.receipts / "model.json").write_bytes(b"garbage")
    assert plan(store) == []


def test_a_model_in_use_by_a_fetch_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELTASKS_LOCK_TIMEOUT", "0.05")
    store, spec = stored(tmp_path, {"a": b"a"})
    with store.locks.model_lock("model", CancelToken()), pytest.raises(LockTimeout):
        prune(store, plan(store), CancelToken())
    assert store.why_stale(spec) is None


def test_cancelled_before_the_next(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, {"a": b"a"})
    cancel = CancelToken()
    cancel.set()
    with pytest.raises(Cancelled):
        prune(store, plan(store), cancel)
    assert store.why_stale(spec) is None


A = file_of("a", 100)
B = file_of("b", 200)
C = file_of("c", 300)
SHARED = [file_of("s1", 500, inode=9, links=2), file_of("s2", 500, inode=9, links=2)]


@pytest.mark.parametrize(
    ("max_size", "protected", "expected"),
    [
        (600, (), []),
        (599, (), ["b"]),
        (399, (), ["b", "a"]),
        (0, (), ["b", "a", "c"]),
        (0, ("a", "c"), ["b"]),
        (399, ("b",), ["a", "c"]),
        (0, ("a", "b", "c"), []),
    ],
)
def test_the_one_unused_for_longest_goes_first(
    max_size: int, protected: tuple[str, ...], expected: list[str]
) -> None:
    models = inventory(
        model_of("a", A, last_used=NOW - 20), model_of("b", B), model_of("c", C, last_used=NOW - 10)
    )
    items = plan_evictions(models, max_size, protected)
    assert [item.name for item in items] == expected
    assert all(item.frees == {"a": 100, "b": 200, "c": 300}[item.name] for item in items)


def test_shared_bytes_are_free_only_when_the_last_model_goes() -> None:
    models = inventory(
        model_of("x", SHARED[0], last_used=NOW - 20), model_of("y", SHARED[1], last_used=NOW - 10)
    )
    assert brief(plan_evictions(models, 500, ())) == []
    assert brief(plan_evictions(models, 499, ())) == [("model", "x", 0), ("model", "y", 500)]


def test_folders_that_are_not_ours_are_never_evicted() -> None:
    foreign = StoredModel("photos", (file_of("jpg", 10**9),), {}, None)
    assert brief(plan_evictions(inventory(foreign, model_of("a", A)), 10, ())) == [("model", "a", 100)]


DAY = 86400.0
NOTES = Extra("notes", Path("/store/.notes"), max_age=30 * DAY, max_size=250)
HALF = "x.0a-0b-77-cafe.part"


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ({}, []),
        ({"a": 1, "b": 2}, []),
        ({"a": 31, "b": 2}, [("1 file not used for 31 days", {"a"})]),
        ({"a": 3, "b": 2, "c": 1}, [("1 file unused for longest", {"a"})]),
        ({"a": 1, "b": 2, "c": 3, "d": 4}, [("2 files unused for longest", {"c", "d"})]),
        ({"a": 40, "b": 3, "c": 2}, [("1 file not used for 40 days", {"a"})]),
        ({HALF: 6, "b": 2, "c": 1}, [("1 file unused for longest", {"b"})]),
        ({HALF: 8, "b": 2, "c": 1}, [("1 file not used for 8 days", {HALF})]),
    ],
)
def test_what_goes_from_a_folder_beside_the_models(
    ages: dict[str, int], expected: list[tuple[str, set[str]]]
) -> None:
    files = [
        file_of(name, 100, inode=n, modified=NOW - age * DAY) for n, (name, age) in enumerate(ages.items(), 1)
    ]
    items = plan_extra(NOTES, files, now=NOW)
    assert [(item.kind, item.name, item.frees) for item in items] == [
        ("unused", "notes", 100 * len(names)) for _, names in expected
    ]
    assert [{file.path.name for file in item.files} for item in items] == [names for _, names in expected]
    assert all(item.why.startswith(why) for item, (why, _) in zip(items, expected, strict=True))


def test_a_link_in_place_of_a_folder_beside_the_models(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/mine").touch()
    (tmp_path / "notes").symlink_to("elsewhere")
    assert files_of(replace(NOTES, path=tmp_path / "notes")) == ()
    assert files_of(replace(NOTES, path=tmp_path / "absent")) == ()


def test_evicting_for_real(tmp_path: Path) -> None:
    store = Store(tmp_path, LINUX)
    specs = [spec_of({"f": bytes([number]) * 1000}, f"m{number}") for number in range(3)]
    for number, spec in enumerate(specs):
        publish(store, spec, {"f": bytes([number]) * 1000})
        touch_used(store.layout, [spec.name])
        os.utime(store.layout.used / spec.name, (NOW - number, NOW - number))
    assert prune(store, plan_evictions(take_inventory(store), 1500, {"m2"}), CancelToken()) == 2000
    assert [store.why_stale(spec) for spec in specs] == ["missing", "missing", None]
