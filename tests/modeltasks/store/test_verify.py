from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from modeltasks.report.progress import FileProgress, NoProgress, Unit
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store.platform import Platform
from modeltasks.store.store import Store
from modeltasks.store.verify import Verification, verify_files
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.modeltasks.store.conftest import Unprivileged
from tests.modeltasks.store.models import LINUX, fetch, publish, sha256, spec_of, stored
from tests.support.waiting import PROMPT

CONTENTS = {"model.bin": b"m" * 50_000, "config.json": b"{}", "sub/vocab.txt": b"a b c"}


def verify(store: Store, *specs: ModelSpec, older_than: float = 0.0) -> dict[str, Verification]:
    found = verify_files(store, specs, cancel=CancelToken(), progress=NoProgress(), older_than=older_than)
    return {f"{result.model}/{result.path}": result for result in found}


def states(results: dict[str, Verification]) -> dict[str, str]:
    return {name: result.state for name, result in results.items()}


def rot(path: Path) -> None:
    """Change content as a failing disk does: no stat field moves."""
    status = path.stat()
    path.write_bytes(b"X" + path.read_bytes()[1:])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_all_right(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, CONTENTS)
    other = spec_of({"weights": b"w"}, "other")
    publish(store, other, {"weights": b"w"})
    results = verify(store, spec, other)
    assert set(states(results).values()) == {"ok"}
    assert set(results) == {"model/model.bin", "model/config.json", "model/sub/vocab.txt", "other/weights"}
    assert results["other/weights"].actual == sha256(b"w")


def test_a_wrong_file_is_quarantined_and_the_next_fetch_repairs_only_it(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, CONTENTS)
    bad = store.path(spec, spec.files[2])
    rot(bad)
    result = verify(store, spec)["model/sub/vocab.txt"]
    assert result.state == "mismatch"
    assert result.expected == sha256(b"a b c")
    assert result.actual == sha256(b"X b c")
    assert not bad.exists()
    assert result.quarantined is not None
    assert result.quarantined.read_bytes() == b"X b c"
    assert result.quarantined.name == f"model--sub__vocab.txt.sha256-{sha256(b'X b c').hexdigest}"
    assert store.why_stale(spec) == "missing: sub/vocab.txt"
    assert fetch(store, spec, CONTENTS) == ["current", "current", "fetched"]
    assert set(states(verify(store, spec)).values()) == {"ok"}


def test_a_file_taken_back_from_quarantine_is_not_believed(tmp_path: Path) -> None:
    store, spec = Store(tmp_path, Platform.of("win32")), spec_of({"f": b"right"})
    publish(store, spec, {"f": b"right"})
    rot(store.path(spec, spec.files[0]))
    moved = verify(store, spec)["model/f"].quarantined
    assert moved is not None
    moved.rename(store.path(spec, spec.files[0]))
    assert store.why_stale(spec) == "never verified"


def test_the_same_wrong_bytes_twice_are_quarantined_once(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, CONTENTS)
    for _ in range(2):
        rot(store.path(spec, spec.files[1]))
        assert verify(store, spec)["model/config.json"].state == "mismatch"
        fetch(store, spec, CONTENTS)
    assert len(list(store.layout.quarantine.iterdir())) == 1


def test_a_missing_file(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, CONTENTS)
    store.path(spec, spec.files[0]).unlink()
    assert states(verify(store, spec)) == {
        "model/model.bin": "missing",
        "model/config.json": "ok",
        "model/sub/vocab.txt": "ok",
    }


def test_a_right_file_that_was_touched_is_stamped(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, CONTENTS)
    os.utime(store.path(spec, spec.files[0]))
    store.receipts.forget("model")
    assert set(states(verify(store, spec)).values()) == {"ok"}
    assert store.why_stale(spec) is None


def test_one_of_two_names_of_rotten_bytes(tmp_path: Path) -> None:
    store, first = stored(tmp_path, {"f": b"same"}, "first")
    second = spec_of({"f": b"same"}, "second")
    assert fetch(store, second, {}) == ["linked"]
    rot(store.path(first, first.files[0]))
    assert set(states(verify(store, first, second)).values()) == {"mismatch"}
    assert fetch(store, first, {"f": b"same"}) == ["fetched"]
    assert fetch(store, second, {}) == ["linked"]


def test_older_than_leaves_out_what_was_hashed_lately(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, CONTENTS)
    assert verify(store, spec, older_than=3600) == {}
    assert len(verify(store, spec, older_than=1e-9)) == 3
    assert verify(store, spec, older_than=3600) == {}


def test_older_than_does_not_leave_out_what_is_stale(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, CONTENTS)
    os.utime(store.path(spec, spec.files[1]))
    assert list(verify(store, spec, older_than=3600)) == ["model/config.json"]


def test_other_algorithms(tmp_path: Path) -> None:
    content = b"abc"
    files = (
        ModelFile("git", Checksum("git-sha1", "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f")),
        ModelFile("md5", Checksum("md5", "900150983cd24fb0d6963f7d28e17f72")),
    )
    store, spec = Store(tmp_path, LINUX), ModelSpec("m", files, ())
    publish(store, spec, {"git": content, "md5": content})
    assert set(states(verify(store, spec)).values()) == {"ok"}


def test_progress_counts_every_byte_and_ends(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, CONTENTS)
    progress = Recorder()
    list(verify_files(store, [spec], cancel=CancelToken(), progress=progress))
    assert progress.totals == {f"model/{path}": len(content) for path, content in CONTENTS.items()}
    assert progress.done == progress.totals
    assert progress.closed == 3


def test_cancel_keeps_what_was_found(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, {"small": b"s"})
    large = ModelSpec("large", (ModelFile("f", sha256(b"")),), ())
    path = store.path(large, large.files[0])
    path.parent.mkdir()
    with path.open("wb") as stream:
        stream.truncate(1 << 40)
    os.utime(store.path(spec, spec.files[0]))
    cancel, progress = CancelToken(), Recorder()
    results = verify_files(store, [large, spec], cancel=cancel, progress=progress)
    if (os.cpu_count() or 1) == 1:
        pytest.skip("one core hashes the large file first")
    assert next(results).model == "model"
    cancel.set()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        next(results)
    assert time.monotonic() - started < PROMPT
    assert store.why_stale(spec) is None
    assert progress.closed == len(progress.totals)


def test_a_file_replaced_meanwhile_is_not_quarantined(tmp_path: Path) -> None:
    store, old = stored(tmp_path, {"f": b"old"})
    new = spec_of({"f": b"new"})

    class Replacing(NoProgress):
        def begin(
            self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes"
        ) -> FileProgress:
            publish(store, new, {"f": b"new"})
            return super().begin(label, total, done)

    [result] = list(verify_files(store, [new], cancel=CancelToken(), progress=Replacing()))
    assert result.state == "changing"
    assert store.path(new, new.files[0]).read_bytes() == b"new"
    assert store.why_stale(old) == "config entry changed"


def test_a_model_that_is_being_fetched_is_verified_but_not_stamped(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, {"f": b"content"})
    os.utime(store.path(spec, spec.files[0]))
    with store.locks.model_lock("model", CancelToken()):
        assert states(verify(store, spec)) == {"model/f": "ok"}
    assert store.why_stale(spec) == "file touched since it was hashed"


def test_a_wrong_file_of_a_busy_model_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELTASKS_LOCK_TIMEOUT", "0.1")
    store, spec = stored(tmp_path, {"f": b"content"})
    rot(store.path(spec, spec.files[0]))
    with store.locks.model_lock("model", CancelToken()):
        result = verify(store, spec)["model/f"]
    assert result.state == "mismatch"
    assert result.quarantined is None
    assert result.error is not None
    assert result.error.kind == "lock-timeout"


def test_a_file_that_may_not_be_read(open_folder: Path, unprivileged: Unprivileged) -> None:
    store, spec = stored(open_folder, {"f": b"content"})
    store.path(spec, spec.files[0]).chmod(0)
    with unprivileged():
        result = verify(store, spec)["model/f"]
    assert result.state == "unreadable"
    assert result.error is not None
    assert result.error.kind == "permission"


class Recorder:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.totals: dict[str, float | None] = {}
        self.done: dict[str, float] = {}
        self.closed = 0
        self._lock = threading.Lock()

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        self.totals[label] = total
        self.done[label] = done
        recorder = self

        class One:
            def advance(self, count: float) -> None:
                with recorder._lock:
                    recorder.done[label] += count

            def close(self) -> None:
                recorder.closed += 1

        return One()
