"""The up-to-date rule, end to end: a real config, a real server, a real store."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modeltasks.errors import ConfigError
from modeltasks.report.results import ModelResult
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.support.file_host import FileHost, sha256
from video_censor_personal.model_manager import ModelDownloadError, ModelManager

A, B = b"model a " * 1000, b"model b " * 1000
Write = Callable[..., Path]


def provide(config: Path) -> dict[str, ModelResult]:
    return {result.name: result for result in ModelManager(config).provide()}


def statuses(config: Path) -> dict[str, str]:
    return {name: result.status for name, result in provide(config).items()}


def set_back(path: Path) -> None:
    """Give a file an old time, as if it had been changed long ago."""
    old = time.time() - 3600
    os.utime(path, (old, old))


def test_the_first_run_fetches_and_the_second_does_nothing(host: FileHost, config_file: Write) -> None:
    config = config_file(host.entry("a", A), host.entry("b", B))
    first = provide(config)
    assert {name: (result.status, result.bytes_fetched) for name, result in first.items()} == {
        "a": ("fetched", len(A)),
        "b": ("fetched", len(B)),
    }
    assert Path(first["a"].path).read_bytes() == A
    before = list(host.asked)
    assert statuses(config) == {"a": "current", "b": "current"}
    assert host.asked == before


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text + "# a comment\n",
        lambda text: text.replace(
            "version: 1", "processing: {frame_sampling: {sample_rate: 0.5}}\nversion: 1"
        ),
        lambda text: "\n".join(line for line in text.splitlines()) + "\n\n\n",
    ],
    ids=["comment", "another section", "white space"],
)
def test_an_edit_elsewhere_fetches_and_hashes_nothing(
    host: FileHost, config_file: Write, edit: Callable[[str], str]
) -> None:
    config = config_file(host.entry("a", A))
    path = Path(provide(config)["a"].path)
    read_at = path.stat().st_atime_ns
    config.write_text(edit(config.read_text()))
    before = list(host.asked)
    assert statuses(config) == {"a": "current"}
    assert host.asked == before
    assert path.stat().st_atime_ns == read_at


def test_a_reordered_config_changes_nothing(host: FileHost, config_file: Write) -> None:
    a, b = host.entry("a", A), host.entry("b", B)
    provide(config_file(a, b))
    before = list(host.asked)
    reordered = dict(reversed(list(b.items())))
    assert statuses(config_file(reordered, a)) == {"a": "current", "b": "current"}
    assert host.asked == before


def test_a_new_checksum_rebuilds_that_model_alone_and_going_back_fetches_it_again(
    host: FileHost, config_file: Write
) -> None:
    a, b = host.entry("a", A), host.entry("b", B)
    provide(config_file(a, b))
    new = b"another model a"
    changed = {**a, "url": host.put("a2/a.bin", new), "checksum": sha256(new)}
    assert statuses(config_file(changed, b)) == {"a": "fetched", "b": "current"}
    assert statuses(config_file(changed, b)) == {"a": "current", "b": "current"}
    assert statuses(config_file(a, b)) == {"a": "fetched", "b": "current"}


def test_a_new_url_for_the_same_bytes_fetches_nothing(host: FileHost, config_file: Write) -> None:
    a = host.entry("a", A)
    provide(config_file(a))
    moved = {**a, "url": host.put("elsewhere/a.bin", A)}
    before = list(host.asked)
    assert statuses(config_file(moved))["a"] in {"current", "kept"}
    assert host.asked == before


def alter(path: Path) -> None:
    path.write_bytes(b"X" + A[1:])


def alter_and_set_back(path: Path) -> None:
    alter(path)
    set_back(path)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "truncated": lambda path: path.write_bytes(A[:100]),
    "emptied": lambda path: path.write_bytes(b""),
    "altered, same size": alter,
    "altered, same size and time": alter_and_set_back,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_model_alone_is_repaired(
    host: FileHost, config_file: Write, damage: Callable[[Path], object]
) -> None:
    config = config_file(host.entry("a", A), host.entry("b", B))
    path = Path(provide(config)["a"].path)
    damage(path)
    assert statuses(config) == {"a": "fetched", "b": "current"}
    assert path.read_bytes() == A
    assert statuses(config) == {"a": "current", "b": "current"}


def test_a_touched_model_is_hashed_once_and_not_fetched(host: FileHost, config_file: Write) -> None:
    config = config_file(host.entry("a", A))
    path = Path(provide(config)["a"].path)
    set_back(path)
    before = list(host.asked)
    assert statuses(config) == {"a": "kept"}
    assert statuses(config) == {"a": "current"}
    assert host.asked == before


def test_lost_receipts_cost_a_hash_and_no_fetch(host: FileHost, config_file: Write, cache_dir: Path) -> None:
    config = config_file(host.entry("a", A), host.entry("b", B))
    provide(config)
    for number, receipt in enumerate(sorted((cache_dir / ".modeltasks" / "receipts").iterdir())):
        receipt.unlink() if number else receipt.write_text("{garbage")
    before = list(host.asked)
    assert statuses(config) == {"a": "kept", "b": "kept"}
    assert host.asked == before


def test_one_failure_leaves_the_others_alone_and_is_tried_again(host: FileHost, config_file: Write) -> None:
    config = config_file(host.entry("a", A), host.entry("b", B))
    host.statuses["a.bin"] = 404
    first = provide(config)
    assert {name: result.status for name, result in first.items()} == {"a": "failed", "b": "fetched"}
    assert first["a"].error is not None
    assert first["a"].error.kind == "file-gone"
    del host.statuses["a.bin"]
    assert statuses(config) == {"a": "fetched", "b": "current"}


def test_wrong_bytes_are_never_published(host: FileHost, config_file: Write, cache_dir: Path) -> None:
    config = config_file(host.entry("a", A))
    host.files["a.bin"] = b"X" + A[1:]
    result = provide(config)["a"]
    assert result.error is not None
    assert result.error.kind == "checksum"
    assert list(cache_dir.glob("a/*")) == []


def test_a_good_model_stays_while_its_successor_fails(host: FileHost, config_file: Write) -> None:
    a = host.entry("a", A)
    path = Path(provide(config_file(a))["a"].path)
    newer = {**a, "checksum": sha256(b"newer")}
    assert statuses(config_file(newer)) == {"a": "failed"}
    assert path.read_bytes() == A


def test_an_optional_model_that_fails_is_skipped_and_tried_again(host: FileHost, config_file: Write) -> None:
    config = config_file(host.entry("a", A, optional=True), host.entry("b", B))
    host.statuses["a.bin"] = 404
    assert statuses(config) == {"a": "skipped", "b": "fetched"}
    assert ModelManager(config).verify_models() == {"a": False, "b": True}
    del host.statuses["a.bin"]
    assert statuses(config) == {"a": "fetched", "b": "current"}


def test_force_fetches_what_is_current(host: FileHost, config_file: Write) -> None:
    config = config_file(host.entry("a", A))
    provide(config)
    (result,) = ModelManager(config).provide(force=True)
    assert (result.status, result.bytes_fetched) == ("fetched", len(A))
    assert statuses(config) == {"a": "current"}


def test_a_model_of_several_files_fetches_only_the_missing_one(
    host: FileHost, config_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {"one.bin": b"1" * 1000, "sub/two.bin": b"2" * 1000}
    for path, content in contents.items():
        host.put(f"m/{path}", content)
    entry = {
        "name": "m",
        "repo": "owner/m",
        "files": [{"path": path, "checksum": f"sha256:{sha256(c)}"} for path, c in contents.items()],
        "mirrors": [host.url("m/")],
    }
    config = config_file(entry, network={"connect_timeout": 1})
    monkeypatch.setenv("HF_ENDPOINT", host.url("hub"))
    folder = Path(provide(config)["m"].path)
    assert (folder / "sub" / "two.bin").read_bytes() == contents["sub/two.bin"]
    (folder / "one.bin").unlink()
    before = host.requests("m/sub/two.bin")
    assert provide(config)["m"].bytes_fetched == 1000
    assert host.requests("m/sub/two.bin") == before


def test_two_managers_at_once_fetch_each_model_once(host: FileHost, config_file: Write) -> None:
    config = config_file(host.entry("a", A), host.entry("b", B))
    found: list[dict[str, str]] = []
    threads = [threading.Thread(target=lambda: found.append(statuses(config))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert host.requests("a.bin") == 1
    assert host.requests("b.bin") == 1


def test_a_stop_is_raised_and_leaves_nothing_half_done(host: FileHost, config_file: Write) -> None:
    cancel = CancelToken()
    cancel.set()
    config = config_file(host.entry("a", A))
    with pytest.raises(Cancelled):
        ModelManager(config, cancel=cancel).provide()
    assert statuses(config) == {"a": "fetched"}


def test_a_pickle_that_is_not_trusted_any_more_is_refused(host: FileHost, config_file: Write) -> None:
    import pickle

    entry = host.entry("a", pickle.dumps({"weights": [1.0] * 99}))
    assert provide(config_file(entry))["a"].error is not None
    assert statuses(config_file({**entry, "allow_pickle": True})) == {"a": "fetched"}
    result = provide(config_file(entry))["a"]
    assert result.error is not None
    assert result.error.kind == "unsafe-format"
    assert statuses(config_file({**entry, "allow_pickle": True})) == {"a": "current"}


def test_a_program_asks_for_one_model_by_name(host: FileHost, config_file: Write) -> None:
    manager = ModelManager(config_file(host.entry("a", A, size_bytes=len(A))))
    assert not manager.is_model_valid("a")
    calls: list[tuple[str, int, int]] = []
    path = manager._download_model("a", lambda *call: calls.append(call))
    assert path == manager.get_model_path("a")
    assert path.read_bytes() == A
    assert calls[-1] == ("a", len(A), len(A))
    assert manager.is_model_valid("a")
    alter(path)
    assert not manager.is_model_valid("a"), "looked at again"
    assert not manager.is_model_valid("unknown")


def test_a_model_that_its_fallback_stands_in_for_is_not_valid(host: FileHost, config_file: Write) -> None:
    a = host.entry("a", A, on_unavailable="fallback", fallback=["b"])
    host.statuses["a.bin"] = 404
    manager = ModelManager(config_file(a, host.entry("b", B)))
    assert manager.provide()[0].used == "b"
    assert manager.readiness()["a"].used == "b"
    assert not manager.is_model_valid("a")


def test_one_model_that_cannot_be_had_is_raised(host: FileHost, config_file: Write) -> None:
    host.statuses["a.bin"] = 404
    manager = ModelManager(config_file(host.entry("a", A)))
    with pytest.raises(ModelDownloadError, match="has no file"):
        manager._download_model("a")
    with pytest.raises(ConfigError, match="no model b"):
        manager._download_model("b")
