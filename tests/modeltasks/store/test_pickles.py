from __future__ import annotations

import bz2
import collections
import gzip
import io
import json
import lzma
import os
import pickle
import random
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from modeltasks.errors import UnsafeFormat
from modeltasks.store.pickles import pickle_in, refuse_pickle

# pickletools tries to read noise as text with escapes.
pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")


class Evil:
    """Runs `touch` when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, (f"touch '{self.target}'",))


STATE = collections.OrderedDict(weight=list(range(50)))
# The first three pickles of torch.save before version 1.6: magic number, protocol, system.
LEGACY_TORCH = (
    pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little": True}, 2)
)


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return buffer.getvalue()


def tarred(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("storages")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def numpy_file(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


PICKLES = {
    **{f"a state dict, protocol {p}": pickle.dumps(STATE, p) for p in range(6)},
    **{f"a list, protocol {p}": pickle.dumps([1, 2, 3], p) for p in range(2, 6)},
    "older than torch 1.6": LEGACY_TORCH + b"\x00" * 1000,
    "torch 1.6 and later": zipped(
        archive__data_dot_pkl=pickle.dumps(STATE, 2), archive__data__0=b"\x00" * 64
    ),
    "in a zip under another name": zipped(weights=pickle.dumps(STATE, 2)),
    "a zip with something before it": b"MZ" + b"\x90" * 500 + zipped(x=pickle.dumps(STATE, 2)),
    "in a tar": tarred(pickle.dumps(STATE, 2)),
    "in a compressed tar": gzip.compress(tarred(pickle.dumps(STATE, 2))),
    "gzip": gzip.compress(pickle.dumps(STATE, 2)),
    "bzip2": bz2.compress(pickle.dumps(STATE, 2)),
    "xz": lzma.compress(pickle.dumps(STATE, 2)),
    "an array of objects": numpy_file(np.array([{"a": 1}], dtype=object)),
    "a call, then garbage": b"cos\nsystem\n(S'true'\ntR" + b"\xff" * 100,
    "a call after a long string": b"S'" + b"a" * 3000 + b"'\n0cos\nsystem\n(S'true'\ntR.",
    "a call later than we look": b"S'a'\n0" + b"N0" * 600_000 + b"cos\nsystem\n(S'true'\ntR.",
    "a call without the usual mark": b"(S'true'\nios\nsystem\n.",
    "one large string of bytes": pickle.dumps(b"\x07" * 3_000_000, 4),
}

HARMLESS = {
    "empty": b"",
    "one byte": b"\x80",
    "the mark alone": b"\x80\x04",
    "json": json.dumps({"a": [1, 2], "b": "x"}).encode(),
    "yaml": b"config:\n  a: 1\n",
    "words": b"cat\ndog\nRat\n(tR\nhouse\n",
    "words that begin like a global": b"collections\nof\nwords\n(and more)\ntR\n",
    "a digit": b"I1\n",
    "none, in words": b"N.",
    "merges": b"#version: 0.2\ni n\nt h\n",
    "safetensors": struct.pack("<Q", 64)
    + b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(64)
    + b"\0" * 4,
    "safetensors with a header of 128 bytes": struct.pack("<Q", 128) + b"{}".ljust(128),
    "safetensors with a header of 640 bytes": struct.pack("<Q", 640) + b"{}".ljust(640),
    "gguf": b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + b"\0" * 100,
    "onnx": b"\x08\x08\x12\x07pytorch\x1a\x052.1.0" + b"\0" * 100,
    "CTranslate2": struct.pack("<IH", 6, 12) + b"WhisperSpec\0" + struct.pack("<III", 3, 1, 7) + b"\0" * 300,
    "ggml": b"lmgg" + b"\0" * 50,
    "a zip of text": zipped(a=b"hello", b=b"{}"),
    "a broken zip": zipped(weights=pickle.dumps(STATE, 2))[:60],
    "a tar of text": tarred(b"hello"),
    "broken gzip": gzip.compress(pickle.dumps(STATE, 2))[:12],
    "an array of numbers": numpy_file(np.arange(9.0)),
    "zeros": b"\0" * 2_000_000,
    "tex": b"\x80\x01 nothing",
}


@pytest.mark.parametrize("case", PICKLES)
def test_pickles_are_seen_whatever_their_name(tmp_path: Path, case: str) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(PICKLES[case])
    with pytest.raises(UnsafeFormat, match="allow_pickle: true") as caught:
        refuse_pickle(path, "acme/model.safetensors")
    assert "acme/model.safetensors" in str(caught.value)
    assert "pickle" in caught.value.why


@pytest.mark.parametrize("case", HARMLESS)
def test_what_is_no_pickle_passes_whatever_its_name(tmp_path: Path, case: str) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(HARMLESS[case])
    assert pickle_in(path) is None
    refuse_pickle(path)


def test_noise_is_no_pickle(tmp_path: Path) -> None:
    noise = random.Random(7)
    path = tmp_path / "model.bin"
    for _ in range(300):
        path.write_bytes(noise.randbytes(4096))
        assert pickle_in(path) is None


@pytest.mark.parametrize("protocol", range(6))
def test_looking_runs_nothing(tmp_path: Path, protocol: int) -> None:
    target = tmp_path / "touched"
    bare = pickle.dumps(Evil(target), protocol)
    for content in (bare, zipped(data_dot_pkl=bare), gzip.compress(bare), tarred(bare)):
        path = tmp_path / "model.pt"
        path.write_bytes(content)
        assert pickle_in(path) is not None
    assert not target.exists()


def test_a_large_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    with path.open("wb") as sparse:
        sparse.write(struct.pack("<IH", 6, 12) + b"WhisperSpec\0")
        sparse.truncate(1 << 40)
    assert pickle_in(path) is None
