"""The index of records: what it reads, and what it sees of others."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from modeltasks.store import receipts
from modeltasks.store.links import stage_equal
from modeltasks.store.store import Store
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.modeltasks.store.models import LINUX, fetch, publish, sha256, spec_of, stored
from tests.support.promptly import PROMPT


def receipts_read(store: Store, models: int, start: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Fetch models of a file each, and return how many receipts were read meanwhile."""
    read = 0
    read_receipt = receipts.read_receipt

    def counting(path: Path, model: str) -> object:
        nonlocal read
        read += 1
        return read_receipt(path, model)

    with monkeypatch.context() as patch:
        patch.setattr(receipts, "read_receipt", counting)
        for number in range(start, start + models):
            contents = {"f": b"%d" % number}
            assert fetch(store, spec_of(contents, f"m{number}"), contents) == ["fetched"]
    return read


def test_what_a_file_costs_does_not_grow_with_the_models_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path, LINUX)
    assert receipts_read(store, 1, 0, monkeypatch) < 10
    few = receipts_read(store, 20, 1, monkeypatch)
    receipts_read(store, 100, 21, monkeypatch)
    assert receipts_read(store, 20, 121, monkeypatch) == few


def test_a_new_run_reads_each_receipt_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    receipts_read(Store(tmp_path, LINUX), 50, 0, monkeypatch)
    store = Store(tmp_path, LINUX)
    assert receipts_read(store, 1, 50, monkeypatch) < 50 + 10
    assert receipts_read(store, 1, 51, monkeypatch) < 10


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


def test_threads_that_want_the_same_bytes_take_turns(tmp_path: Path) -> None:
    store, checksum = Store(tmp_path, LINUX), sha256(b"1")
    inside: list[int] = []

    def work() -> None:
        with store.locks.content_lock(checksum, CancelToken()):
            inside.append(1)
            assert len(inside) == 1
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PROMPT)
    assert not any(thread.is_alive() for thread in threads)


def test_a_thread_that_waits_for_the_same_bytes_can_be_stopped(tmp_path: Path) -> None:
    store, checksum, cancel = Store(tmp_path, LINUX), sha256(b"1"), CancelToken()
    cancel.set()
    with store.locks.content_lock(checksum, CancelToken()):
        outcome: list[type[BaseException]] = []

        def wait() -> None:
            try:
                with store.locks.content_lock(checksum, cancel):
                    pass
            except Cancelled as error:
                outcome.append(type(error))

        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(PROMPT)
    assert outcome == [Cancelled]
