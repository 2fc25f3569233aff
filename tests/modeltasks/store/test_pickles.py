from __future__ import annotations

import bz2
import collections
import gzip
import json
import lzma
import pickle
import random
import struct
import tracemalloc
import wave
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from modeltasks.errors import UnsafeFormat
from modeltasks.store.pickles import pickle_in, refuse_pickle
from tests.modeltasks.store.dangerous_files import (
    NAMES,
    corrupted,
    lzma_alone,
    numpy_file,
    numpy_header,
    patched,
    samples,
    tarred,
    with_zip64_end,
    zipped,
)

STATE = collections.OrderedDict(weight=list(range(50)))
# The first three pickles of torch.save before version 1.6: magic number, protocol, system.
LEGACY_TORCH = (
    pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little": True}, 2)
)
TEXT = b"the quick brown fox " * 200
DEFLATED = zipfile.ZIP_DEFLATED


def deepened(content: bytes, levels: int) -> bytes:
    for level in range(levels):
        content = zipped((f"level{level}", content))
    return content


def fake_zip64_locator(content: bytes) -> bytes:
    """Let the locator lead to a second record, which one half of all readers obeys."""
    long = with_zip64_end(content)
    record = long[long.rfind(b"PK\6\6") : long.rfind(b"PK\6\7")]
    return patched(record + long, b"PK\6\7", 8, "<Q", 0, last=True)


PICKLES = {
    **{f"a state dict, protocol {p}": pickle.dumps(STATE, p) for p in range(6)},
    **{f"a list, protocol {p}": pickle.dumps([1, 2, 3], p) for p in range(2, 6)},
    "older than torch 1.6": LEGACY_TORCH + b"\x00" * 1000,
    "torch 1.6 and later": zipped(
        ("archive/data.pkl", pickle.dumps(STATE, 2)), ("archive/data/0", b"\x00" * 64)
    ),
    "one large string of bytes": pickle.dumps(b"\x07" * 3_000_000, 4),
    "an import alone": b"\x80\x02cantigravity\nfly\n",
    "more steps than we follow": b"N0" * 300_000,
}

UNREADABLE = {
    "LZ4": b"\x04\x22\x4d\x18" + TEXT,
    "Zstandard": b"\x28\xb5\x2f\xfd" + TEXT,
    "a skippable frame": b"\x53\x2a\x4d\x18" + TEXT,
    "7z": b"7z\xbc\xaf\x27\x1c" + TEXT,
    "RAR": b"Rar!\x1a\x07\x01\x00" + TEXT,
    "gzip, cut off": gzip.compress(TEXT)[:-12],
    "bzip2, cut off": bz2.compress(TEXT)[:-12],
    "xz, damaged": corrupted(lzma.compress(TEXT), 60),
    "zlib, cut off": zlib.compress(TEXT * 50)[:-12],
    "LZMA, cut off": lzma_alone(random.Random(1).randbytes(5000))[:-500],
    "a zip without its end": zipped(("a", TEXT))[:2000],
    "a zip whose end is damaged": corrupted(zipped(("a", TEXT)), -10),
    "a zip with a damaged member": corrupted(zipped(("a", TEXT), method=DEFLATED), 45),
    "a zip with a wrong checksum": patched(zipped(("a", TEXT)), b"PK\1\2", 16, "<L", 7),
    "a zip with two methods for one member": patched(zipped(("a", TEXT)), b"PK\3\4", 8, "<H", 8),
    "a zip with two sizes for one member": patched(zipped(("a", TEXT)), b"PK\1\2", 24, "<L", 7),
    "a zip with two names for one member": patched(zipped(("a", TEXT)), b"PK\3\4", 30, "<B", 66),
    "a zip encrypted strongly": patched(zipped(("a", TEXT)), b"PK\1\2", 8, "<H", 0x41),
    "a zip with a member beyond its end": patched(zipped(("a", TEXT)), b"PK\1\2", 42, "<L", 9999),
    "a zip with two directories": fake_zip64_locator(zipped(("a", TEXT))),
    "a zip with a directory and another": patched(
        with_zip64_end(zipped(("a", TEXT))), b"PK\5\6", 16, "<L", 5, last=True
    ),
    "a tar file, cut off": tarred(("a", TEXT))[:1000],
    "a tar file with something after it": tarred(("a", TEXT)) + pickle.dumps(STATE, 2),
    "a tar file with a damaged header": corrupted(tarred(("a", TEXT), ("b", TEXT)), 512 + 4096 + 10),
    "an array with a damaged header": numpy_header("'<f8'", b"")[:60],
    "an array with a header of nonsense": numpy_header("(" * 90, b""),
    "an array with a negative shape": numpy_file(np.arange(9.0)).replace(b"(9,)", b"(-9)"),
    "an array of an unknown version": patched(numpy_file(np.arange(9.0)), b"\x93", 6, "<B", 9),
    "zips nine deep": deepened(TEXT, 9),
}

BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: gzip.compress(bytes(400_000_000)),
    "gzip in gzip": lambda: gzip.compress(gzip.compress(bytes(400_000_000))),
    "a zip": lambda: zipped(*[(f"{n}", bytes(100_000_000)) for n in range(4)], method=DEFLATED),
    "a tar file": lambda: gzip.compress(tarred(("a", bytes(400_000_000)))),
    "too many members": lambda: zipped(*[(f"{n}", b"") for n in range(25_000)]),
}
"""They are made where they are needed: it takes a second or two."""

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
    "BZh, in words": b"BZhang\nLi\n",
    "Rarotonga": b"Rarotonga\n",
    "words that begin like zlib": b"x^2\nhC\nx\x9c\n" + TEXT,
    "safetensors": struct.pack("<Q", 64)
    + b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(64)
    + b"\0" * 4,
    "safetensors with a header of 128 bytes": struct.pack("<Q", 128) + b"{}".ljust(128),
    "safetensors with a header of 640 bytes": struct.pack("<Q", 640) + b"{}".ljust(640),
    "gguf": b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + b"\0" * 100,
    "onnx": b"\x08\x08\x12\x07pytorch\x1a\x052.1.0" + b"\0" * 100,
    "CTranslate2": struct.pack("<IH", 6, 12) + b"WhisperSpec\0" + struct.pack("<III", 3, 1, 7) + b"\0" * 300,
    "ggml": b"lmgg" + b"\0" * 50,
    "flac": b"fLaC\0\0\0\x22" + b"\x10\0" * 100,
    "integers": struct.pack("<400q", *range(400)),
    "short integers": struct.pack("<400i", *range(93, 493)),
    "a zip of text": zipped(("a", b"hello"), ("b", b"{}"), method=DEFLATED),
    "a zip of nothing": zipped(),
    "a zip with something before it": zipped(("a", TEXT), before=b"#!/bin/sh\n"),
    "a zip with a long directory": with_zip64_end(zipped(("a", TEXT))),
    "a zip with the same name twice": zipped(("a", b"1"), ("a", b"2")),
    "the end of a zip in the middle": b"\1" * 100 + b"PK\5\6" + b"\1" * 500,
    "a tar of text": tarred(("a", b"hello"), ("b/c", TEXT)),
    "a tar of nothing": tarred(),
    "text, gzip": gzip.compress(TEXT),
    "text, bzip2": bz2.compress(TEXT),
    "text, xz": lzma.compress(TEXT),
    "text, LZMA": lzma_alone(TEXT),
    "text, zlib": zlib.compress(TEXT),
    "text in a zip in a tar file in gzip": gzip.compress(
        tarred(("a", b"1"), ("b.zip", zipped(("t", TEXT), ("u", TEXT), method=DEFLATED)))
    ),
    "an array of numbers": numpy_file(np.arange(9.0)),
    "an array of records": numpy_file(np.zeros(3, dtype=[("object", "<f4"), ("O", "S3", (2,))])),
    "an array with names in Unicode": numpy_file(np.zeros(3, dtype=[("größe", "<f4")])),
    "an array of dates": numpy_file(np.zeros(3, dtype="datetime64[ns]")),
    "an array from Python 2": numpy_file(np.arange(9.0)).replace(b"(9,)  ", b"(9L,) "),
    "two arrays": numpy_file(np.arange(9.0)) + numpy_file(np.arange(3)),
    "an array of nothing": numpy_file(np.zeros((0, 5))),
    "zeros": b"\0" * 2_000_000,
    "tex": b"\x80\x01 nothing",
    "a list as text": pickle.dumps([1, "a", None], 0),
}


def write(tmp_path: Path, content: bytes, name: str = "model.bin") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_what_runs_code_in_a_loader_is_refused(tmp_path: Path, name: str) -> None:
    mark = tmp_path / "ran"
    sample = dict(samples(mark))[name]
    path = write(tmp_path, sample.content)
    assert pickle_in(path) is not None
    assert not mark.exists(), "looking must run nothing"
    with suppress(Exception):
        sample.load(path)
    assert mark.exists(), "the sample proves nothing: its loader did not run it"


@pytest.mark.parametrize("case", PICKLES)
def test_pickles_are_seen_whatever_their_name(tmp_path: Path, case: str) -> None:
    path = write(tmp_path, PICKLES[case], "model.safetensors")
    with pytest.raises(UnsafeFormat, match="allow_pickle: true") as caught:
        refuse_pickle(path, "acme/model.safetensors")
    assert "acme/model.safetensors" in str(caught.value)
    assert "pickle" in caught.value.why


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_through_is_refused(tmp_path: Path, case: str) -> None:
    with pytest.raises(UnsafeFormat, match="cannot be read through"):
        refuse_pickle(write(tmp_path, UNREADABLE[case]))


@pytest.mark.parametrize("make", BOMBS.values(), ids=BOMBS)
def test_bombs_are_refused(tmp_path: Path, make: Callable[[], bytes]) -> None:
    with pytest.raises(UnsafeFormat, match="cannot be read through"):
        refuse_pickle(write(tmp_path, make()))


@pytest.mark.parametrize("case", HARMLESS)
def test_what_is_no_pickle_passes_whatever_its_name(tmp_path: Path, case: str) -> None:
    path = write(tmp_path, HARMLESS[case], "model.pt")
    assert pickle_in(path) is None
    refuse_pickle(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_of_arrays_passes(tmp_path: Path, save: Callable[..., None]) -> None:
    path = tmp_path / "model.npz"
    save(path, a=np.arange(1000.0), b=np.zeros((300, 300)), c=np.array(["x", "y"]))
    assert pickle_in(path) is None


def test_sound_passes(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes(random.Random(3).randbytes(20_000))
    assert pickle_in(tmp_path / "a.wav") is None


@pytest.mark.parametrize("start", [b"", b"(", b"c", b"i", b"x\x9c", b"\x82", b"]\0\0\x80\0"])
def test_noise_is_no_pickle(tmp_path: Path, start: bytes) -> None:
    noise = random.Random(start.hex())
    path = tmp_path / "model.bin"
    for _ in range(300):
        path.write_bytes(start + noise.randbytes(4096))
        assert pickle_in(path) is None


def test_a_large_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    with path.open("wb") as sparse:
        sparse.write(struct.pack("<IH", 6, 12) + b"WhisperSpec\0")
        sparse.truncate(1 << 40)
    assert pickle_in(path) is None


def test_memory_does_not_grow_with_what_is_unpacked(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(tarred(("a", bytes(120_000_000)))))
    tracemalloc.start()
    try:
        assert pickle_in(path) is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000


def test_a_file_that_cannot_be_read_is_no_pickle_but_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Is a directory"):
        pickle_in(tmp_path)
