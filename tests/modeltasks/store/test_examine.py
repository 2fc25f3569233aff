from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from modeltasks.report.progress import FileProgress, NoProgress, Unit
from modeltasks.spec import ModelFile, ModelSpec
from modeltasks.store.examine import examine
from modeltasks.store.store import Store
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.modeltasks.store.models import LINUX, fetch, sha256, spec_of, stored

WEIGHTS = "deep/er/weights.bin"


OLD, NEW = {WEIGHTS: b"old"}, {WEIGHTS: b"new bytes"}


def test_the_source_is_on_record_and_survives_a_rehash(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, OLD)
    os.utime(store.path(spec, spec.files[0]))
    assert fetch(store, spec, {}) == ["kept"]
    record = store.receipts.record("model", spec.files[0].path)
    assert record is not None
    assert record.evidence.source == "test"


def test_a_file_that_was_copied_in_by_hand_is_kept(tmp_path: Path) -> None:
    store, spec = Store(tmp_path, LINUX), spec_of(OLD)
    target = store.path(spec, spec.files[0])
    target.parent.mkdir(parents=True)
    target.write_bytes(b"old")
    assert store.why_stale(spec) == "never verified"
    assert fetch(store, spec, {}) == ["kept"]
    assert store.why_stale(spec) is None


def test_a_wrong_file_stays_until_its_successor_is_verified(tmp_path: Path) -> None:
    store, old = stored(tmp_path, OLD)
    new = spec_of(NEW)
    assert examine(store, new, CancelToken(), NoProgress()).wrong == {WEIGHTS: "checksum differs"}
    assert store.path(old, old.files[0]).read_bytes() == b"old"


class Shown(NoProgress):
    """Calls a function for all that is hashed."""

    def __init__(self, on_bytes: Callable[[float], None]) -> None:
        self.advance = on_bytes
        self.closed = False

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        return self

    def close(self) -> None:
        self.closed = True


def test_what_is_known_to_be_something_else_is_not_read(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, OLD)
    counts: list[float] = []
    assert examine(store, spec_of(NEW), CancelToken(), Shown(counts.append)).wrong
    assert counts == []


def test_a_stop_closes_what_is_shown(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, {"f": bytes(9 << 20)})
    os.utime(store.path(spec, spec.files[0]))
    cancel = CancelToken()
    shown = Shown(lambda _count: cancel.set())
    with pytest.raises(Cancelled):
        examine(store, spec, cancel, shown)
    assert shown.closed


@pytest.mark.parametrize(("writes", "wrong"), [(1, {}), (99, {"f": "another program is writing to it"})])
def test_a_file_that_is_written_to_while_it_is_hashed_is_hashed_again(
    writes: int, wrong: dict[str, str], tmp_path: Path
) -> None:
    content = b"x" * (5 << 20)
    store, spec = Store(tmp_path, LINUX), ModelSpec("model", (ModelFile("f", sha256(content)),), ())
    target = store.path(spec, spec.files[0])
    target.parent.mkdir(parents=True)
    target.write_bytes(content)
    written = 0

    def scribble(_count: float) -> None:
        nonlocal written
        if written < writes:
            written += 1
            with target.open("r+b") as stream:
                stream.write(b"x")

    assert examine(store, spec, CancelToken(), Shown(scribble)).wrong == wrong
    assert (store.why_stale(spec) is None) == (not wrong)
