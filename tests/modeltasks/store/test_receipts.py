from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modeltasks.spec import ModelSpec
from modeltasks.store.links import stage_equal
from modeltasks.store.prune import plan_clean, prune
from modeltasks.store.store import Store
from modeltasks.store.usage import take_inventory
from modeltasks.support.cancel import CancelToken
from tests.modeltasks.store.models import LINUX, fetch, publish, sha256, spec_of, stored

TOUCHED = "file touched since it was hashed"


def two_sharing(root: Path) -> tuple[Store, ModelSpec, ModelSpec]:
    store, first = stored(root, {"f": b"same"}, "first")
    second = spec_of({"f": b"same"}, "second")
    assert fetch(store, second, {}) == ["linked"]
    return store, first, second


def test_removing_one_name_does_not_bless_an_edit_of_the_other(tmp_path: Path) -> None:
    store, first, second = two_sharing(tmp_path)
    path = store.path(first, first.files[0])
    status = path.stat()
    path.write_bytes(b"SAME")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert store.why_stale(first) == TOUCHED
    prune(store, [plan_clean(take_inventory(store).models[1], second)], CancelToken())
    assert store.why_stale(first) == TOUCHED


def test_an_edit_while_a_name_comes_is_not_blessed(tmp_path: Path) -> None:
    store, first = stored(tmp_path, {"f": b"same"})
    path = store.path(first, first.files[0])
    with store.receipts.preserving(path.stat().st_ino):
        path.write_bytes(b"SAME")
    assert store.why_stale(first) == TOUCHED


def test_the_record_is_kept_also_when_the_link_fails(tmp_path: Path) -> None:
    store, first = stored(tmp_path, {"f": b"same"})
    path = store.path(first, first.files[0])
    try:
        with store.receipts.preserving(path.stat().st_ino):
            path.with_name("other").hardlink_to(path)
            raise KeyError
    except KeyError:
        pass
    assert store.why_stale(first) is None


def test_a_link_to_a_file_that_nobody_waited_for_is_not_believed_after_a_restart(tmp_path: Path) -> None:
    store, _, second = two_sharing(tmp_path)
    assert store.why_stale(second) is None
    later = Store(tmp_path, type(LINUX).of("linux", boot="the next boot"))
    assert later.why_stale(second) == "machine restarted since it was written"


def test_threads_that_stamp_files_of_one_model_lose_nothing(tmp_path: Path) -> None:
    contents = {f"f{number}": bytes([number]) for number in range(16)}
    store, spec = Store(tmp_path, LINUX), spec_of(contents)
    parts = [ModelSpec("model", (file,), ()) for file in spec.files]
    threads = [threading.Thread(target=publish, args=(store, part, contents)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.why_file_stale(spec, file) for file in spec.files] == [None] * 16
    assert [path.name for path in store.layout.receipts.iterdir()] == ["model.json"]


def test_records_of_models_whose_names_look_like_others(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, {"f": b"1"}, "a")
    publish(store, spec_of({"f": b"2"}, "a.json"), {"f": b"2"})
    for content, name in ((b"1", "a"), (b"2", "a.json")):
        assert [record.model for record in store.receipts.with_checksum(sha256(content))] == [name]


HOLD = """
import sys
from pathlib import Path
from modeltasks.support.cancel import CancelToken
from modeltasks.store.store import Store
with Store(Path(sys.argv[1])).locks.model_lock(sys.argv[2], CancelToken()):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_receipt_of_a_model_that_another_process_holds_is_not_written(tmp_path: Path) -> None:
    store, first, second = two_sharing(tmp_path)
    third = spec_of({"f": b"same"}, "third")
    before = (store.layout.receipts / "first.json").read_bytes()
    command = [sys.executable, "-c", HOLD, str(tmp_path), "first"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert fetch(store, third, {}) == ["linked"]
        assert (store.layout.receipts / "first.json").read_bytes() == before
        holder.communicate()
    assert store.why_stale(second) is store.why_stale(third) is None
    assert store.why_stale(first) == TOUCHED
    assert fetch(store, first, {}) == ["kept"], "in doubt: hashed once, and nothing is fetched"
    assert store.why_stale(first) is None


def test_the_receipt_of_a_model_that_another_thread_holds_is_kept_up_to_date(tmp_path: Path) -> None:
    store, first, _ = two_sharing(tmp_path)
    third = spec_of({"f": b"same"}, "third")
    with store.locks.model_lock("first", CancelToken()):
        thread = threading.Thread(target=fetch, args=(store, third, {}))
        thread.start()
        thread.join()
    assert store.why_stale(first) is store.why_stale(third) is None


def test_a_users_own_receipt_on_disk_counts_more_than_one_that_could_not_be_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store, spec = stored(tmp_path / "store", {"f": b"same"})
    known = store.evidence(spec)
    assert isinstance(known, dict)
    (tmp_path / "cache").write_text("in the way")
    store.own_receipts.stamp(spec, known)
    (tmp_path / "cache").unlink()
    assert store.own_receipts.evidence(spec) == known
    store.own_receipts.drop("model", "f")
    assert store.own_receipts.evidence(spec) == "never verified"


def test_nothing_new_writes_nothing(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, {"f": b"same"})
    before = (store.layout.receipts / "model.json").stat()
    store.receipts.stamp(spec, {})
    assert (store.layout.receipts / "model.json").stat() == before


@contextmanager
def receipts_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Collect what is read of receipts during the block."""
    read: list[bytes] = []
    loads = json.loads

    def counting(content: bytes) -> object:
        read.append(content)
        return loads(content)

    with monkeypatch.context() as patch:
        patch.setattr(json, "loads", counting)
        yield read


def fetch_models(store: Store, start: int, count: int) -> None:
    """Fetch models of a file each."""
    for number in range(start, start + count):
        contents = {"f": b"%d" % number}
        assert fetch(store, spec_of(contents, f"m{number}"), contents) == ["fetched"]


def test_a_receipt_is_read_once_until_somebody_replaces_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, spec = stored(tmp_path, {"f": b"1"})
    store = Store(tmp_path, LINUX)
    with receipts_read(monkeypatch) as read:
        for _ in range(3):
            assert store.why_stale(spec) is None
            assert store.receipts.record("model", "f") is not None
        assert len(read) == 1
        Store(tmp_path, LINUX).receipts.drop("model", "f")
        assert store.why_stale(spec) == "never verified"


def test_what_a_file_costs_does_not_grow_with_the_models_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path, LINUX)
    with receipts_read(monkeypatch) as first:
        fetch_models(store, 0, 1)
    with receipts_read(monkeypatch) as few:
        fetch_models(store, 1, 20)
    fetch_models(store, 21, 100)
    with receipts_read(monkeypatch) as later:
        fetch_models(store, 121, 20)
    assert len(first) < 10
    assert len(few) == len(later)


def test_a_new_run_reads_each_receipt_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch_models(Store(tmp_path, LINUX), 0, 50)
    store = Store(tmp_path, LINUX)
    for number, most in ((50, 50 + 10), (51, 10)):
        with receipts_read(monkeypatch) as read:
            fetch_models(store, number, 1)
        assert len(read) < most


def test_what_another_process_fetches_meanwhile_is_found(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, {"f": b"mine"}, "mine")
    assert store.receipts.with_checksum(sha256(b"theirs")) == []
    stored(tmp_path, {"f": b"theirs"}, "theirs")
    publish(store, spec_of({"f": b"mine too"}, "mine-too"), {"f": b"mine too"})
    assert fetch(store, spec_of({"g": b"theirs"}, "third"), {}) == ["linked"]


def test_what_another_process_removes_meanwhile_is_not_linked(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, {"f": b"1"}, "first")
    assert len(store.receipts.with_checksum(sha256(b"1"))) == 1
    other = Store(tmp_path, LINUX)
    other.receipts.forget("first")
    assert store.receipts.with_checksum(sha256(b"1")) == []
    assert fetch(store, spec_of({"f": b"1"}, "second"), {"f": b"1"}) == ["fetched"]


@pytest.mark.parametrize(
    "spoil", [os.unlink, lambda path: Path(path).write_bytes(b"2")], ids=["gone", "edited"]
)
def test_a_record_whose_file_is_not_what_it_was_gives_nothing(
    spoil: Callable[[str], object], tmp_path: Path
) -> None:
    store, first = stored(tmp_path, {"f": b"1"}, "first")
    assert len(store.receipts.with_checksum(sha256(b"1"))) == 1
    spoil(str(store.path(first, first.files[0])))
    assert stage_equal(store, spec_of({"f": b"1"}, "second"), first.files[0], CancelToken()) is None


def test_records_follow_the_model(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, {"f": b"1", "g": b"2"}, "m")
    publish(store, spec_of({"f": b"3"}, "m"), {"f": b"3"})
    found = [
        [r.file for r in store.receipts.with_checksum(sha256(content))] for content in (b"1", b"2", b"3")
    ]
    assert found == [[], ["g"], ["f"]]
    store.receipts.drop("m", "g")
    assert store.receipts.with_checksum(sha256(b"2")) == []
