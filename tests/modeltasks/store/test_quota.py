from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.errors import DiskFull
from modeltasks.spec import Checksum, ModelSpec
from modeltasks.store.quota import Download, Need, Quota, bytes_needed, refusals
from modeltasks.store.store import Store
from modeltasks.store.usage import touch_used
from modeltasks.support.cancel import CancelToken
from tests.modeltasks.store.models import LINUX, publish, spec_of


def need(name: str, *files: tuple[str, int, int], optional: bool = False) -> Need:
    """A model's need; each file by what its content is, the bytes to come, and its size."""
    coming = {
        Checksum("sha256", hashlib.sha256(content.encode()).hexdigest()): Download(bytes, size)
        for content, bytes, size in files
    }
    return Need(name, coming, optional)


A, B, C = (need(name, (name, 8, 8)) for name in "abc")

JOINED = Need("joined", {Checksum("md5", "1" * 32): Download(8, 8, parts=8)})
HALF_JOINED = Need("half-joined", {Checksum("md5", "2" * 32): Download(6, 8, parts=3)})
HALF = need("half", ("half", 4, 8))
HERE = need("here")
WHOLE_PARTIAL = need("whole", ("whole", 0, 8))
SAME_AS_A = need("same", ("a", 8, 8), ("own", 1, 1))
EXTRA = need("extra", ("extra", 8, 8), optional=True)
SMALL_EXTRA = need("small-extra", ("small", 1, 1), optional=True)
UNKNOWN = need("unknown", ("?", 0, 0))


@pytest.mark.parametrize(
    ("needs", "needed"),
    [
        ((), 0),
        ((A,), 16),
        ((A, B, C), 32),
        ((HALF,), 12),
        ((A, HALF), 20),
        ((HERE, WHOLE_PARTIAL), 0),
        ((A, WHOLE_PARTIAL), 16),
        ((A, SAME_AS_A), 17),
        ((need("m", ("big", 100, 100), ("little", 1, 1)),), 201),
        ((UNKNOWN,), 0),
        ((JOINED,), 16),
        ((HALF_JOINED,), 9),
        ((JOINED, HALF_JOINED), 25),
        ((JOINED, need("m", ("big", 100, 100))), 208),
    ],
)
def test_bytes_needed_are_those_to_come_and_the_largest_file_once_more(
    needs: tuple[Need, ...], needed: int
) -> None:
    assert bytes_needed(needs) == needed


@pytest.mark.parametrize(
    ("needs", "free", "refused"),
    [
        ((A, B, C), 32, {}),
        ((A, B, C), 31, {"a": 32, "b": 32, "c": 32}),
        ((A, B, C), 0, {"a": 32, "b": 32, "c": 32}),
        ((A, B, C), None, {}),
        ((A, HERE), 10, {"a": 16}),
        ((HERE, WHOLE_PARTIAL, UNKNOWN), 0, {}),
        ((A, EXTRA), 16, {"extra": 24}),
        ((EXTRA, A, SMALL_EXTRA), 17, {"extra": 24}),
        ((A, EXTRA), 24, {}),
        ((A, EXTRA), 15, {"a": 16, "extra": 16}),
        ((EXTRA,), 15, {"extra": 16}),
    ],
)
def test_who_is_refused(needs: tuple[Need, ...], free: int | None, refused: dict[str, int]) -> None:
    assert refusals(needs, free) == refused


@pytest.mark.parametrize(
    ("new", "planned", "exceeds"),
    [
        (A, A, False),
        (HALF, HALF, False),
        (A, None, True),
        (HERE, None, False),
        (A, HERE, True),
        (HERE, A, False),
    ],
)
def test_whether_more_comes_than_was_planned_for(new: Need, planned: Need | None, exceeds: bool) -> None:
    assert new.exceeds(planned) is exceeds


def test_what_is_on_this_disk_needs_no_space() -> None:
    assert bytes_needed([SAME_AS_A.without(A.files)]) == 2


def sized(name: str, size: int, *, optional: bool = False) -> ModelSpec:
    """A model of one file, whose bytes are those of `content(name, size)`."""
    return replace(spec_of({"f": content(name, size)}, name), optional=optional)


def content(name: str, size: int) -> bytes:
    return (name[0].encode() * size)[:size]


def stored_models(root: Path, *models: tuple[str, int]) -> Store:
    """A store of models, the one used last first."""
    store = Store(root, LINUX)
    for age, (name, size) in enumerate(models):
        publish(store, sized(name, size), {"f": content(name, size)})
        touch_used(store.layout, [name])
        os.utime(store.layout.used / name, (NOW - age, NOW - age))
    return store


def here(store: Store) -> list[str]:
    return sorted(path.name for path in store.root.iterdir() if path.is_dir() and path.name != ".modeltasks")


NOW = 1_800_000_000.0
TOO_LARGE = 2 << 20


@pytest.mark.parametrize(
    ("expected", "refused"),
    [
        ([("a", 1000, False)], []),
        ([("a", TOO_LARGE, False)], ["a"]),
        ([("a", TOO_LARGE, False), ("b", 1000, False)], ["a", "b"]),
        ([("a", TOO_LARGE, True), ("b", 1000, False)], ["a"]),
    ],
    ids=["it fits", "too large", "all required or none", "an optional one goes without"],
)
def test_the_disk_is_looked_at_for_the_whole_run(
    small_disk: Path, expected: list[tuple[str, int, bool]], refused: list[str]
) -> None:
    store = Store(small_disk / "store", LINUX)
    specs = [sized(name, size, optional=optional) for name, size, optional in expected]
    quota = Quota(store, CancelToken(), None, ())
    quota.expect(lambda: [(spec, False) for spec in specs])
    failed = []
    for spec in specs:
        try:
            with quota.reserved(spec):
                pass
        except DiskFull:
            failed.append(spec.name)
    assert failed == refused


def test_bytes_that_another_model_has_need_no_space(small_disk: Path) -> None:
    store = stored_models(small_disk / "store", ("a", 400_000))
    file = sized("a", 400_000).files[0]
    same, other = ModelSpec("b", (file,), ()), sized("c", 400_000)
    for spec, fits in ((same, True), (other, False)):
        try:
            with Quota(store, CancelToken(), None, ()).reserved(spec):
                assert fits
        except DiskFull:
            assert not fits


@pytest.mark.parametrize(
    ("max_size", "protected", "left", "notices"),
    [
        (None, (), ["a", "b", "c"], []),
        (4000, (), ["a", "b", "c"], []),
        (3000, (), ["a", "b"], ["evicted"]),
        (2000, (), ["a"], ["evicted", "evicted"]),
        (3000, ("c",), ["a", "c"], ["evicted"]),
        (2000, ("a", "b", "c"), ["a", "b", "c"], ["over-size"]),
        (500, (), [], ["evicted", "evicted", "evicted", "over-size"]),
    ],
)
def test_what_was_unused_for_longest_goes_for_what_comes(
    tmp_path: Path, max_size: int | None, protected: tuple[str, ...], left: list[str], notices: list[str]
) -> None:
    store = stored_models(tmp_path, ("a", 1000), ("b", 1000), ("c", 1000))
    with Quota(store, CancelToken(), max_size, protected).reserved(sized("new", 1000)) as given:
        assert [notice.kind for notice in given] == notices
    assert here(store) == left


def test_models_that_come_at_the_same_time_are_counted_together(tmp_path: Path) -> None:
    store = stored_models(tmp_path, ("a", 1000), ("b", 1000))
    quota = Quota(store, CancelToken(), 3500, ())
    with quota.reserved(sized("first", 1000)) as notices:
        assert notices == ()
        with quota.reserved(sized("second", 1000)) as more:
            assert [notice.kind for notice in more] == ["evicted"]
    assert here(store) == ["a"]
