from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modeltasks.errors import ChecksumMismatch, DiskFull, LocalError, PermissionRefused
from modeltasks.spec import ModelSpec
from modeltasks.store.layout import Layout
from modeltasks.store.platform import Platform
from modeltasks.store.publish import damaged_version, quarantine
from modeltasks.store.publish import publish as publish_file
from modeltasks.store.store import Store
from modeltasks.store.usage import touch_used
from modeltasks.support.cancel import CancelToken
from tests.modeltasks.store.conftest import Unprivileged
from tests.modeltasks.store.models import LINUX, fetch, publish, sha256, spec_of, stored

WEIGHTS = "deep/er/weights.bin"
OLD, NEW = {WEIGHTS: b"old"}, {WEIGHTS: b"new bytes"}


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664), (0o027, 0o640)])
def test_mode_is_what_the_umask_gives(umask: int, mode: int, tmp_path: Path) -> None:
    code = (
        f"import os; os.umask({umask}); from pathlib import Path\n"
        "from tests.modeltasks.store.models import stored\n"
        f"stored(Path({str(tmp_path)!r}), {{'folder/file': b'x'}})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (tmp_path / "model/folder/file").stat().st_mode & 0o777 == mode
    assert (tmp_path / "model/folder").stat().st_mode & 0o777 == 0o777 & ~umask


def test_a_private_temp_file_becomes_readable(tmp_path: Path) -> None:
    store, spec = Store(tmp_path, LINUX), spec_of(OLD)
    temp = store.layout.prepare(store.layout.partials) / "temp"
    temp.write_bytes(b"old")
    temp.chmod(0o600)
    expected = store.layout.partials / "expected"
    expected.touch()
    assert publish_file(store, temp, spec, spec.files[0], "test").stat().st_mode == expected.stat().st_mode


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, OLD)
    assert [path.name for path in store.path(spec, spec.files[0]).parent.iterdir()] == ["weights.bin"]
    assert list(store.layout.partials.iterdir()) == []
    assert list(store.layout.staging.iterdir()) == []


def test_mtime_lies_back_so_that_the_next_write_shows(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, OLD)
    assert store.path(spec, spec.files[0]).stat().st_mtime < time.time() - 9


def test_an_open_reader_keeps_the_old_bytes(tmp_path: Path) -> None:
    store, old = stored(tmp_path, OLD)
    with store.path(old, old.files[0]).open("rb") as reader:
        publish(store, spec_of(NEW), NEW)
        assert reader.read() == b"old"
    assert store.path(old, old.files[0]).read_bytes() == b"new bytes"


def test_a_link_in_place_of_the_file_is_replaced_not_followed(tmp_path: Path) -> None:
    store, spec = stored(tmp_path / "store", OLD)
    elsewhere = tmp_path / "precious"
    elsewhere.write_bytes(b"mine")
    target = store.path(spec, spec.files[0])
    target.unlink()
    target.symlink_to(elsewhere)
    publish(store, spec, OLD)
    assert elsewhere.read_bytes() == b"mine"
    assert not target.is_symlink()


def test_a_model_folder_on_another_disk(small_disk: Path, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store/model").symlink_to(small_disk)
    store, spec = stored(tmp_path / "store", OLD)
    assert store.why_stale(spec) is None
    assert (small_disk / "deep/er/weights.bin").read_bytes() == b"old"
    assert [path.name for path in (small_disk / "deep/er").iterdir()] == ["weights.bin"]
    assert list(store.layout.partials.iterdir()) == []


def test_wrong_bytes_do_not_get_to_another_disk(small_disk: Path, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store/model").symlink_to(small_disk)
    store, spec = stored(tmp_path / "store", OLD)
    temp = store.layout.prepare(store.layout.partials) / "temp"
    temp.write_bytes(b"rotten")
    with pytest.raises(ChecksumMismatch):
        publish_file(store, temp, spec, spec.files[0], "test")
    assert (small_disk / "deep/er/weights.bin").read_bytes() == b"old"


def test_disk_full_while_publishing_to_another_disk(small_disk: Path, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store/model").symlink_to(small_disk)
    store, old = stored(tmp_path / "store", OLD)
    large = {"deep/er/weights.bin": bytes(2 << 20)}
    with pytest.raises(DiskFull) as caught:
        publish(store, spec_of(large), large)
    needed, free = map(int, re.findall(r"[0-9]+", caught.value.why.replace(",", "")))
    assert needed == 2 << 20
    assert free < 1 << 20
    assert (small_disk / "deep/er/weights.bin").read_bytes() == b"old"
    assert [path.name for path in (small_disk / "deep/er").iterdir()] == ["weights.bin"]
    assert fetch(store, old, {}) == ["kept"]


def test_disk_full_while_stamping(small_disk: Path) -> None:
    store, spec = stored(small_disk, OLD)
    with (small_disk / "filler").open("wb", buffering=0) as stream:
        while stream.write(bytes(1 << 20)) == 1 << 20:
            pass
    with pytest.raises(DiskFull):
        store.receipts.stamp(spec_of(NEW), {})
    assert store.why_stale(spec) is None
    assert [path.name for path in store.layout.receipts.iterdir()] == ["model.json"]


def test_a_folder_that_may_not_be_written(open_folder: Path, unprivileged: Unprivileged) -> None:
    store, spec = stored(open_folder / "store", OLD)
    with unprivileged():
        assert store.why_stale(spec) is None
        touch_used(store.layout, ["model"])
        with pytest.raises(PermissionRefused), store.locks.model_lock("model", CancelToken()):
            pass
        with pytest.raises(PermissionRefused):
            store.receipts.stamp(spec_of(NEW), {})
        inside = Layout(open_folder / "store/model/inside", LINUX)
        with pytest.raises(PermissionRefused):
            inside.prepare(inside.partials)
    assert store.why_stale(spec) is None


def test_a_read_only_disk(small_disk: Path) -> None:
    store, spec = stored(small_disk / "store", OLD)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert store.why_stale(spec) is None
    touch_used(store.layout, ["model"])
    with pytest.raises(PermissionRefused, match="Read-only"):
        store.receipts.stamp(spec_of(NEW), {})
    assert store.why_stale(spec) is None


@pytest.mark.parametrize(
    "put", [Path.mkdir, lambda path: path.parent.rmdir() or path.parent.write_bytes(b"")]
)
def test_something_else_in_the_way_is_told_and_left(put: Callable[[Path], object], tmp_path: Path) -> None:
    store, spec = Store(tmp_path, LINUX), spec_of(OLD)
    target = store.path(spec, spec.files[0])
    target.parent.mkdir(parents=True)
    put(target)
    with pytest.raises(LocalError):
        publish(store, spec, OLD)
    assert target.is_dir() or target.parent.is_file()
    assert store.why_stale(spec) == "missing"


@pytest.fixture
def unreplaceable(tmp_path: Path) -> Iterator[tuple[Store, ModelSpec]]:
    """A store whose file cannot be replaced, with the error that Windows gives for an open one."""
    store = Store(tmp_path, Platform.of("win32"))
    spec = spec_of(OLD)
    publish(store, spec, OLD)
    target = store.path(spec, spec.files[0])
    chattr = shutil.which("chattr")
    if not chattr or subprocess.run([chattr, "+i", target], capture_output=True, check=False).returncode:
        pytest.skip("files cannot be made immutable here")
    yield store, spec
    subprocess.run([chattr, "-i", target], check=True)


def test_where_an_open_file_cannot_be_replaced(unreplaceable: tuple[Store, ModelSpec]) -> None:
    store, old = unreplaceable
    started = time.monotonic()
    with pytest.raises(PermissionRefused, match="program has it open"):
        publish(store, spec_of(NEW), NEW)
    assert time.monotonic() - started > 0.5, "a virus scanner gets a moment to let go"
    assert store.path(old, old.files[0]).read_bytes() == b"old"


def test_the_cache_tag(tmp_path: Path) -> None:
    stored(tmp_path / "new", OLD)
    tag = (tmp_path / "new/CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


def test_a_folder_with_other_things_stays_in_backups(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").touch()
    stored(tmp_path, OLD)
    assert not (tmp_path / "CACHEDIR.TAG").exists()
    assert (tmp_path / ".modeltasks/CACHEDIR.TAG").exists()


def test_a_wrong_file_that_does_not_fit_into_quarantine_stays_and_leaves_nothing(
    small_disk: Path, tmp_path: Path
) -> None:
    store, spec = Store(small_disk / "store", LINUX), spec_of({"f": b"right"})
    store.layout.prepare(store.layout.staging)
    (tmp_path / "model").mkdir()
    store.layout.directory("model").symlink_to(tmp_path / "model")
    (tmp_path / "model/f").write_bytes(bytes(2 << 20))
    with pytest.raises(DiskFull):
        quarantine(store, spec, spec.files[0], sha256(bytes(2 << 20)))
    assert (tmp_path / "model/f").exists()
    assert list(store.layout.staging.iterdir()) == []


@pytest.mark.parametrize("path", ["a.bin", "sub/a.bin", "x" * 120, "a", "[a].bin"])
def test_a_wrong_file_is_found_in_place_else_in_quarantine(tmp_path: Path, path: str) -> None:
    store, spec = stored(tmp_path, {path: b"right"})
    (file,) = spec.files
    place = store.path(spec, file)
    assert damaged_version(store, spec, file) == place
    moved = quarantine(store, spec, file, sha256(b"rotten"))
    assert damaged_version(store, spec, file) == moved
    moved.unlink()
    assert damaged_version(store, spec, file) is None


def test_of_several_in_quarantine_the_last_is_taken(tmp_path: Path) -> None:
    store, spec = stored(tmp_path, {"a": b"right", "a.b": b"other"})
    file, neighbour = spec.files
    for content in (b"1", b"2", b"3"):
        store.path(spec, file).write_bytes(content)
        os.utime(store.path(spec, file), (0, 0))
        last = quarantine(store, spec, file, sha256(content))
    quarantine(store, spec, neighbour, sha256(b"4"))
    assert damaged_version(store, spec, file) == last
