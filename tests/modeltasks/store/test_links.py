from __future__ import annotations

import os
import pwd
from collections import Counter
from pathlib import Path

import pytest

from modeltasks.errors import DiskFull
from modeltasks.report.progress import NoProgress
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store.examine import examine
from modeltasks.store.links import huggingface_blobs, huggingface_cache
from modeltasks.store.store import Store
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.modeltasks.store.models import (
    LINUX,
    Contents,
    fetch,
    git_sha1,
    link_equal,
    publish,
    sha256,
    spec_of,
    stored,
)

WEIGHTS = b"weights" * 1000
ONE = {"weights.bin": WEIGHTS}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the Hugging Face client."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def add_blob(hub: Path, checksum: Checksum, content: bytes, repo: str = "models--acme--m") -> Path:
    blob = hub / repo / "blobs" / checksum.hexdigest
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(content)
    os.utime(blob, (1e9, 1e9))
    return blob


def test_two_models_with_the_same_bytes_share_them(tmp_path: Path) -> None:
    store, first = stored(tmp_path, ONE, "first")
    second = spec_of({"sub/other-name.bin": WEIGHTS}, "second")
    assert fetch(store, second, {}) == ["linked"]
    paths = [store.path(spec, spec.files[0]) for spec in (first, second)]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    on_disk = paths[0].stat().st_ino == paths[1].stat().st_ino
    assert on_disk, "this file system has no reflinks, hence a hard link"
    assert store.why_stale(first) is None, "the new name must not cost the first model a hash"
    assert store.why_stale(second) is None


def test_two_files_of_one_model_share_their_bytes(tmp_path: Path) -> None:
    store, spec = Store(tmp_path, LINUX), spec_of({"a": WEIGHTS, "b": WEIGHTS, "c": b"other"})
    assert fetch(store, spec, {"a": WEIGHTS, "c": b"other"}) == ["fetched", "linked", "fetched"]
    assert store.why_stale(spec) is None


@pytest.mark.parametrize(("size", "most_names"), [(0, 4), (2000, 4), (1 << 20, 4), ((1 << 20) + 1, 10)])
def test_a_crowd_of_models_shares_large_files_and_copies_small_ones(
    size: int, most_names: int, tmp_path: Path
) -> None:
    content = b"x" * size
    store, first = stored(tmp_path, {"f": content}, "m0")
    specs = [first, *(spec_of({"f": content}, f"m{number}") for number in range(1, 10))]
    for spec in specs[1:]:
        assert fetch(store, spec, {}) == ["linked"]
    names = Counter(store.path(spec, spec.files[0]).stat().st_ino for spec in specs)
    assert max(names.values()) == most_names
    assert len(names) == -(-len(specs) // most_names)
    assert [store.why_stale(spec) for spec in specs] == [None] * len(specs)


def test_a_shared_file_is_replaced_not_written_through(tmp_path: Path) -> None:
    store, first = stored(tmp_path, ONE, "first")
    second = spec_of(ONE, "second")
    fetch(store, second, {})
    other = {"weights.bin": b"version 2"}
    publish(store, spec_of(other, "second"), other)
    assert store.path(first, first.files[0]).read_bytes() == WEIGHTS
    assert store.why_stale(first) is None, "losing a name must not cost the first model a hash"


def test_a_model_that_was_touched_is_not_believed(tmp_path: Path) -> None:
    store, first = stored(tmp_path, ONE, "first")
    path = store.path(first, first.files[0])
    status = path.stat()
    path.write_bytes(b"WEIGHTS" * 1000)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert link_equal(store, spec_of(ONE, "second"), first.files[0], CancelToken()) is None


def test_keeping_a_shared_file_leaves_its_time_alone(hub: Path, tmp_path: Path) -> None:
    blob = add_blob(hub, sha256(WEIGHTS), WEIGHTS)
    store, spec = Store(tmp_path / "s", LINUX), spec_of(ONE)
    fetch(store, spec, {})
    os.utime(blob)
    touched = blob.stat().st_mtime_ns
    assert not examine(store, spec, CancelToken(), NoProgress()).wrong
    assert blob.stat().st_mtime_ns == touched, "the file is the client's as well"


def test_a_wrong_file_in_place_is_replaced_by_the_link(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, ONE, "first")
    second, _ = spec_of(ONE, "second"), stored(tmp_path, {"weights.bin": b"old"}, "second")
    assert fetch(store, second, {}) == ["linked"]
    assert store.path(second, second.files[0]).read_bytes() == WEIGHTS


def test_linking_again_leaves_nothing_behind(tmp_path: Path) -> None:
    store, first = stored(tmp_path, ONE, "first")
    second = spec_of(ONE, "second")
    for _ in range(2):
        assert link_equal(store, second, second.files[0], CancelToken()) == "model first"
    assert list(store.layout.staging.iterdir()) == []
    assert store.why_stale(first) is store.why_stale(second) is None


@pytest.mark.parametrize("checksum", [sha256(WEIGHTS), git_sha1(WEIGHTS)], ids=str)
@pytest.mark.parametrize("size", [len(WEIGHTS), None])
def test_a_blob_of_the_hub_is_hashed_once_and_linked(
    checksum: Checksum, size: int | None, hub: Path, tmp_path: Path
) -> None:
    blob = add_blob(hub, checksum, WEIGHTS)
    store, spec = Store(tmp_path / "s", LINUX), ModelSpec("m", (ModelFile("f", checksum, size),), ())
    counts: list[int] = []
    assert link_equal(store, spec, spec.files[0], CancelToken(), counts.append) == "Hugging Face cache"
    store.receipts.stamp(spec, {})
    assert sum(counts) == len(WEIGHTS)
    assert store.path(spec, spec.files[0]).samefile(blob)
    assert store.why_stale(spec) is None


def test_a_blob_behind_a_symlink_is_linked_itself(hub: Path, tmp_path: Path) -> None:
    shared = hub / "blobs/ab/xet-hash"
    shared.parent.mkdir(parents=True)
    shared.write_bytes(WEIGHTS)
    os.utime(shared, (1e9, 1e9))
    shared.chmod(0o444)
    link = hub / "models--acme--m/blobs" / sha256(WEIGHTS).hexdigest
    link.parent.mkdir(parents=True)
    link.symlink_to("../../blobs/ab/xet-hash")
    store, spec = Store(tmp_path / "s", LINUX), spec_of(ONE)
    assert fetch(store, spec, {}) == ["linked"]
    target = store.path(spec, spec.files[0])
    assert not target.is_symlink()
    assert target.samefile(shared)
    assert shared.stat().st_mode & 0o777 == 0o444, "the client's file is not ours to change"
    link.unlink()
    shared.unlink()
    assert target.read_bytes() == WEIGHTS


def test_a_lying_blob_is_passed_over_for_the_next(hub: Path, tmp_path: Path) -> None:
    bad = add_blob(hub, sha256(WEIGHTS), b"WEIGHTS" * 1000, "models--a--bad")
    good = add_blob(hub, sha256(WEIGHTS), WEIGHTS, "models--b--good")
    store, spec = Store(tmp_path / "s", LINUX), spec_of(ONE)
    assert fetch(store, spec, {}) == ["linked"]
    assert store.path(spec, spec.files[0]).samefile(good)
    assert bad.read_bytes() == b"WEIGHTS" * 1000


@pytest.mark.parametrize("content", [b"WEIGHTS" * 1000, WEIGHTS[:-1], b""], ids=["flipped", "short", "empty"])
def test_a_wrong_blob_is_ignored_and_left(content: bytes, hub: Path, tmp_path: Path) -> None:
    blob = add_blob(hub, sha256(WEIGHTS), content)
    store, spec = Store(tmp_path / "s", LINUX), spec_of(ONE)
    assert link_equal(store, spec, spec.files[0], CancelToken()) is None
    assert blob.read_bytes() == content
    assert store.why_stale(spec) == "missing"


def test_blobs_that_are_no_files(hub: Path, tmp_path: Path) -> None:
    digest = sha256(WEIGHTS).hexdigest
    (hub / "models--a--folder/blobs" / digest).mkdir(parents=True)
    for number, goal in enumerate(["absent", "real.incomplete"]):
        link = hub / f"models--b--{number}/blobs" / digest
        link.parent.mkdir(parents=True)
        link.symlink_to(goal)
    (hub / "models--b--1/blobs/real.incomplete").write_bytes(WEIGHTS)
    (hub / "models--c--file").write_bytes(b"")
    assert list(huggingface_blobs(spec_of(ONE).files[0])) == []


def test_a_user_without_a_home_has_no_blobs(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_user: int) -> None:
        raise KeyError

    for name in ("HOME", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert list(huggingface_blobs(spec_of(ONE).files[0])) == []


def test_other_checksums_do_not_name_blobs(hub: Path) -> None:
    checksum = Checksum("sha1", "a" * 40)
    add_blob(hub, checksum, b"")
    assert list(huggingface_blobs(ModelFile("f", checksum))) == []


def test_a_blob_that_changes_while_it_is_linked_is_not_taken(hub: Path, tmp_path: Path) -> None:
    blob = add_blob(hub, sha256(WEIGHTS), WEIGHTS)
    store, spec = Store(tmp_path / "s", LINUX), spec_of(ONE)

    def scribble(_count: int) -> None:
        blob.write_bytes(b"x" * len(WEIGHTS))

    # The last report comes after the last byte was read: a write then is one between hash and link.
    assert link_equal(store, spec, spec.files[0], CancelToken(), scribble) is None
    assert not store.path(spec, spec.files[0]).exists()
    assert list(store.layout.staging.iterdir()) == []


def test_cancel_while_hashing_a_blob(hub: Path, tmp_path: Path) -> None:
    size = 64 << 20
    blob = add_blob(hub, Checksum("sha256", "a" * 64), b"")
    os.truncate(blob, size)
    store = Store(tmp_path / "s", LINUX)
    spec = ModelSpec("m", (ModelFile("f", Checksum("sha256", "a" * 64), size),), ())
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        link_equal(store, spec, spec.files[0], cancel, lambda _: cancel.set())


def test_another_disk_gets_a_copy(hub: Path, small_disk: Path) -> None:
    blob = add_blob(hub, sha256(WEIGHTS), WEIGHTS)
    store, spec = Store(small_disk / "s", LINUX), spec_of(ONE)
    assert fetch(store, spec, {}) == ["linked"]
    target = store.path(spec, spec.files[0])
    assert target.read_bytes() == WEIGHTS
    assert target.stat().st_dev != blob.stat().st_dev
    assert store.why_stale(spec) is None


def test_a_copy_that_does_not_fit_leaves_nothing(hub: Path, small_disk: Path) -> None:
    content = b"x" * (2 << 20)
    add_blob(hub, sha256(content), content)
    store, spec = Store(small_disk / "s", LINUX), spec_of({"f": content})
    with pytest.raises(DiskFull):
        link_equal(store, spec, spec.files[0], CancelToken())
    assert list(store.layout.staging.iterdir()) == []


def test_what_a_cleaning_of_the_hub_cache_leaves(hub: Path, tmp_path: Path) -> None:
    blob = add_blob(hub, sha256(WEIGHTS), WEIGHTS)
    store, spec = Store(tmp_path / "s", LINUX), spec_of(ONE)
    fetch(store, spec, {})
    blob.unlink()
    assert fetch(store, spec, {}) == ["kept"], "one hash, no byte fetched"
    assert store.why_stale(spec) is None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "/home/u/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x", "HF_HOME": "/h"}, "/h/hub"),
        ({"HF_HOME": "~/h"}, "/home/u/h/hub"),
        ({"HF_HOME": "~/$PLACE"}, "/home/u/h/hub"),
        ({"HF_HOME": "/h", "HUGGINGFACE_HUB_CACHE": "/old"}, "/old"),
        ({"HUGGINGFACE_HUB_CACHE": "/old", "HF_HUB_CACHE": "/c"}, "/c"),
        ({"HF_HUB_CACHE": ""}, "/home/u/.cache/huggingface/hub"),
    ],
)
def test_where_the_client_keeps_its_cache(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], expected: str
) -> None:
    monkeypatch.setenv("PLACE", "h")
    assert huggingface_cache(environ, Path("/home/u")) == Path(expected)


@pytest.mark.parametrize(
    ("mode", "umask", "shared", "gets"),
    [
        (0o644, 0o022, True, 0o644),
        (0o444, 0o022, True, 0o444),  # everybody reads it, and nobody writes to it
        (0o600, 0o022, False, 0o644),
        (0o640, 0o022, False, 0o644),
        (0o600, 0o077, True, 0o600),
        (0o644, 0o077, False, 0o600),
        (0o666, 0o022, False, 0o644),
    ],
)
def test_a_blob_is_shared_only_where_it_serves_as_a_file_of_the_store(
    hub: Path, tmp_path: Path, mode: int, umask: int, shared: bool, gets: int
) -> None:
    blob = add_blob(hub, sha256(WEIGHTS), WEIGHTS)
    blob.chmod(mode)
    before = blob.stat()
    old = os.umask(umask)
    try:
        store, spec = Store(tmp_path / "s", LINUX), spec_of(ONE)
        assert fetch(store, spec, {}) == ["linked"]
    finally:
        os.umask(old)
    target = store.path(spec, spec.files[0])
    assert target.samefile(blob) is shared
    assert target.stat().st_mode & 0o777 == gets
    assert (blob.stat().st_mode, blob.stat().st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert store.why_stale(spec) is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_another_users_blob_is_copied(hub: Path, tmp_path: Path) -> None:
    blob = add_blob(hub, sha256(WEIGHTS), WEIGHTS)
    os.chown(blob, 65534, 65534)
    store, spec = Store(tmp_path / "s", LINUX), spec_of(ONE)
    assert fetch(store, spec, {}) == ["linked"]
    target = store.path(spec, spec.files[0])
    assert (target.stat().st_uid, blob.stat().st_uid) == (os.geteuid(), 65534)


def test_no_cache_no_links(hub: Path, tmp_path: Path) -> None:
    contents: Contents = ONE
    store, spec = Store(tmp_path / "s", LINUX), spec_of(contents)
    assert link_equal(store, spec, spec.files[0], CancelToken()) is None
    assert not (tmp_path / "s").exists()
