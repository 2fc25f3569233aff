from __future__ import annotations

import os
import time
from pathlib import Path

from modeltasks.store.publish import quarantine
from modeltasks.store.usage import (
    take_inventory,
    total,
    touch_used,
)
from tests.modeltasks.store.models import fetch, publish, sha256, spec_of, stored

NOW = 1_800_000_000.0


def test_usage_tells_sizes_files_and_last_use(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, {"a": bytes(100), "sub/b": bytes(20)}, "first")
    publish(store, spec_of({"a": bytes(7)}, "second"), {"a": bytes(7)})
    before = time.time()
    touch_used(store.layout, ["second"])
    first, second = take_inventory(store).models
    assert (first.name, first.bytes, len(first.files), first.last_used) == ("first", 120, 2, None)
    assert set(first.recorded) == {"a", "sub/b"}
    assert second.last_used is not None
    assert before - 2 <= second.last_used <= time.time() + 2, "a file system may count in steps of 2 s"


def test_usage_counts_shared_bytes_once(tmp_path: Path) -> None:
    store, first = stored(tmp_path, {"a": bytes(5000)}, "first")
    fetch(store, spec_of({"b": bytes(5000)}, "second"), {})
    usage = take_inventory(store)
    assert [model.bytes for model in usage.models] == [5000, 5000]
    assert usage.bytes == 5000
    assert store.why_stale(first) is None


def test_usage_counts_everything_else_too(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, {"a": bytes(10)})
    (store.layout.prepare(store.layout.partials) / "p").write_bytes(bytes(200))
    quarantine(store, spec, spec.files[0], sha256(b"bad"))
    usage = take_inventory(store)
    assert {kind: total(files) for kind, files in usage.others.items() if files} == {
        "partials": 200,
        "quarantine": 10,
    }
    assert usage.bytes == 210


def test_last_use_moves(tmp_path: Path) -> None:
    store, _ = stored(tmp_path, {"a": b""})
    touch_used(store.layout, ["model"])
    os.utime(store.layout.used / "model", (NOW, NOW))
    touch_used(store.layout, ["model"])
    assert take_inventory(store).models[0].last_used != NOW
