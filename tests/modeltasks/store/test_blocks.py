"""The digests of right blocks, as they lie in the store."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from modeltasks.checksum import BLOCK
from modeltasks.spec import DIGEST_LENGTHS, Checksum
from modeltasks.store import blocks
from modeltasks.store.prune import PruneItem, plan_clean, plan_prune, prune
from modeltasks.store.publish import quarantine
from modeltasks.store.store import Store
from modeltasks.store.usage import take_inventory, total
from modeltasks.support.cancel import CancelToken
from tests.modeltasks.store.conftest import Unprivileged
from tests.modeltasks.store.models import LINUX, Contents, publish, sha256, spec_of, stored
from tests.support.blocks import digests_of

SIZE = 5 * BLOCK + 3
BODY, OTHER = b"a" * SIZE, b"b" * SIZE


def with_blocks(root: Path, contents: Contents, name: str = "model") -> Store:
    store, _ = stored(root, contents, name)
    for content in contents.values():
        blocks.save(store.layout, sha256(content), digests_of(content))
    return store


@pytest.mark.parametrize("algorithm", ["sha256", "git-sha1", "blake2b"])
def test_what_is_kept_is_found(tmp_path: Path, algorithm: str) -> None:
    store = Store(tmp_path, LINUX)
    checksum = Checksum(algorithm, "a" * DIGEST_LENGTHS[algorithm])
    assert blocks.load(store.layout, checksum) is None
    blocks.save(store.layout, checksum, digests_of(BODY))
    blocks.save(store.layout, checksum, digests_of(OTHER))
    assert blocks.load(store.layout, checksum) == digests_of(OTHER)
    assert [path.name for path in store.layout.blocks.iterdir()] == [f"{algorithm}-{checksum.hexdigest}"]


def test_small_files_need_none(tmp_path: Path) -> None:
    store = Store(tmp_path, LINUX)
    blocks.save(store.layout, sha256(b"a"), digests_of(b"a" * BLOCK))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:3],
        lambda data: data[:-1],
        lambda data: data + b"!",
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        lambda data: bytes(len(data)),
        lambda data: b"garbage" * 1000,
    ],
)
def test_what_is_damaged_is_not_known(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    store = with_blocks(tmp_path, {"a": BODY})
    (path,) = store.layout.blocks.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert blocks.load(store.layout, sha256(BODY)) is None


def test_a_store_that_cannot_be_written_goes_without(open_folder: Path, unprivileged: Unprivileged) -> None:
    store, spec = stored(open_folder, {"a": BODY})
    store.layout.meta.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with unprivileged():
        blocks.save(store.layout, spec.files[0].checksum, digests_of(BODY))
    assert blocks.load(store.layout, spec.files[0].checksum) is None


def test_a_link_there_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    store = with_blocks(tmp_path / "store", {"a": BODY})
    mine = tmp_path / "mine"
    mine.write_text("dear to me")
    (path,) = store.layout.blocks.iterdir()
    path.unlink()
    path.symlink_to(mine)
    blocks.save(store.layout, sha256(BODY), digests_of(BODY))
    assert (mine.read_text(), blocks.load(store.layout, sha256(BODY))) == ("dear to me", digests_of(BODY))


def plan(store: Store, *wanted: Contents) -> list[PruneItem]:
    return plan_prune(take_inventory(store), [spec_of(each) for each in wanted], partial_age=1e9, now=0.0)


def test_usage_counts_them(tmp_path: Path) -> None:
    store = with_blocks(tmp_path, {"a": BODY})
    before = take_inventory(store)
    assert 0 < total(before.others["blocks"]) < 100
    assert before.bytes == SIZE + total(before.others["blocks"])


def test_they_go_with_the_last_model_that_has_the_bytes(tmp_path: Path) -> None:
    store = with_blocks(tmp_path, {"a": BODY, "b": OTHER})
    publish(store, spec_of({"c": BODY}, "twin"), {"c": BODY})
    spec = spec_of({"a": BODY, "b": OTHER})
    for model in take_inventory(store).models:
        if model.name == "model":
            prune(store, [plan_clean(model, spec)], CancelToken())
    assert blocks.load(store.layout, sha256(OTHER)) is None
    assert blocks.load(store.layout, sha256(BODY)) == digests_of(BODY)
    prune(store, plan(store), CancelToken())
    assert list(store.layout.blocks.iterdir()) == []


def test_they_stay_while_a_repair_may_need_them(tmp_path: Path) -> None:
    store = with_blocks(tmp_path, {"a": BODY})
    spec = spec_of({"a": BODY})
    quarantine(store, spec, spec.files[0], sha256(b"rotten"))
    prune(store, [item for item in plan(store, {"a": BODY}) if item.kind == "leftover"], CancelToken())
    assert blocks.load(store.layout, sha256(BODY)) == digests_of(BODY)


def test_those_of_bytes_that_nobody_has_any_more_are_pruned(tmp_path: Path) -> None:
    store = with_blocks(tmp_path, {"a": BODY})
    publish(store, spec_of({"a": OTHER}), {"a": OTHER})
    items = plan(store, {"a": OTHER})
    assert [(item.kind, item.name) for item in items] == [("leftover", f"sha256-{sha256(BODY).hexdigest}")]
    prune(store, items, CancelToken())
    assert blocks.load(store.layout, sha256(BODY)) is None
    assert plan(store, {"a": OTHER}) == []
