"""Files that run code in a loader: the bytes, and the loader in which they do."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return (open, (str(self.mark), "w"))


@dataclass(frozen=True)
class Sample:
    content: bytes
    load: Callable[[Path], object]


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED, before: bytes = b"") -> bytes:
    buffer = io.BytesIO(before)
    with zipfile.ZipFile(buffer, "a", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(*members: tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def tarred_as_v7(content: bytes) -> bytes:
    """Without the word `ustar`, as tar wrote before 1988."""
    data = bytearray(tarred(("a", content), form=tarfile.USTAR_FORMAT))
    data[257:265] = bytes(8)
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


def numpy_file(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def numpy_header(descr: str, after: bytes) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,)}}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + after


def patched(data: bytes, magic: bytes, offset: int, form: str, value: int, *, last: bool = False) -> bytes:
    """Write a number at `offset` from where `magic` is."""
    changed = bytearray(data)
    struct.pack_into(form, changed, (data.rfind if last else data.find)(magic) + offset, value)
    return bytes(changed)


def with_zip64_end(data: bytes) -> bytes:
    end = data.rfind(b"PK\5\6")
    count, _, size, offset = struct.unpack("<HHLL", data[end + 8 : end + 20])
    record = b"PK\6\6" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = b"PK\6\7" + struct.pack("<LQL", 0, end, 1)
    short = b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:end] + record + locator + short


def corrupted(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :]


def lzma_alone(data: bytes) -> bytes:
    return lzma.compress(data, lzma.FORMAT_ALONE)


def _pickles(path: Path) -> None:
    with path.open("rb") as file:
        while True:
            pickle.load(file)


def _numpy(path: Path) -> None:
    with path.open("rb") as file:
        for _ in range(5):
            loaded: Any = np.load(file, allow_pickle=True)
            for name in getattr(loaded, "files", ()):
                loaded[name]


def _through(open_it: Callable[[Path], Any]) -> Callable[[Path], object]:
    return lambda path: pickle.load(open_it(path))


def _member(name: str | int) -> Callable[[Path], object]:
    def load(path: Path) -> object:
        with zipfile.ZipFile(path) as archive:
            member = archive.infolist()[name] if isinstance(name, int) else name
            return pickle.load(archive.open(member))

    return load


def _tar_member(open_it: Callable[[Path], Any]) -> Callable[[Path], object]:
    def load(path: Path) -> object:
        with tarfile.open(fileobj=open_it(path)) as archive:
            return pickle.load(archive.extractfile(archive.getmembers()[-1]))  # type: ignore[arg-type]

    return load


def _plain(path: Path) -> io.BytesIO:
    return io.BytesIO(path.read_bytes())


def samples(mark: Path) -> Iterator[tuple[str, Sample]]:
    """Yield name and sample; each makes the file `mark` when it is loaded."""
    evil = pickle.dumps(Evil(mark), 2)
    text = pickle.dumps(Evil(mark), 0)
    objects = np.array([Evil(mark)], dtype=object)
    for protocol in range(6):
        yield f"protocol {protocol}", Sample(pickle.dumps(Evil(mark), protocol), _pickles)
    yield from _unusual_pickles(mark, text)
    yield from _numpy_files(objects, evil, text)
    yield from _compressed(evil)
    yield from _zips(evil)
    yield from _archives_in_archives(evil, objects)


def _unusual_pickles(mark: Path, text: bytes) -> Iterator[tuple[str, Sample]]:
    for name, before in {
        "after a harmless one": b"I1\n.",
        "after a string of 2 MiB": b"T" + struct.pack("<i", 2 << 20) + b"x" * (2 << 20) + b"0",
        "after a line of 2 MiB": b"V" + b"x" * (2 << 20) + b"\n0",
        "after text that is not ASCII": b"V\xe9\n0",
        "after a hexadecimal number": b"I0x1\n0",
        "after a number with a NUL": b"I1\0?\n0",
        "after a mark that is dropped": b"(0",
        "after many steps": b"N0" * 60_000,
    }.items():
        yield f"a pickle {name}", Sample(before + text, _pickles)
    inst = b"(S'" + str(mark).encode() + b"'\nS'w'\nibuiltins\nopen\n."
    yield "a call without the usual mark", Sample(inst, _pickles)
    yield "a call, then garbage", Sample(text[:-1] + b"\xff" * 100, _pickles)


def _numpy_files(objects: np.ndarray, evil: bytes, text: bytes) -> Iterator[tuple[str, Sample]]:
    record = np.zeros(2, dtype=[("a", "f4"), ("b", "O")])
    record["b"][0] = objects[0]
    numbers = numpy_file(np.arange(5.0))
    archive = io.BytesIO()
    np.savez(archive, a=np.arange(3), b=objects)
    listed = pickle.dumps([objects[0]], 2)
    for name, content in {
        "of objects": numpy_file(objects),
        "of records with objects": numpy_file(record),
        "of numbers, then one of objects": numbers + numpy_file(objects),
        "whose type is escaped": numpy_header(r"'\x4f'", listed),
        "whose type is a list in text": numpy_header("'i4,O'", listed),
        "whose type is spelt out": numpy_header("'object'", listed),
        "with objects in a zip": archive.getvalue(),
        "that is no array": evil,
    }.items():
        yield f"an array {name}", Sample(content, _numpy)
    yield "an array, then a pickle", Sample(numbers + text, _numpy)


def _compressed(evil: bytes) -> Iterator[tuple[str, Sample]]:
    long = evil + bytes(range(256)) * 4000
    cut = bytes(memoryview(zlib.compress(long, 0))[:700_000])
    old_joblib = b"ZF" + hex(len(evil)).encode().ljust(19) + zlib.compress(evil)
    odd = patched(lzma_alone(evil), b"\x5d", 1, "<L", 0x12345)
    for name, content, opener in (
        ("gzip", gzip.compress(evil), gzip.open),
        ("gzip, cut off", gzip.compress(long, 0)[:700_000], gzip.open),
        ("gzip, after nothing", gzip.compress(b"") + gzip.compress(evil), gzip.open),
        ("bzip2", bz2.compress(evil), bz2.open),
        ("xz", lzma.compress(evil), lzma.open),
        ("xz, damaged at its end", corrupted(lzma.compress(long, preset=0), -40), lzma.open),
        ("LZMA", lzma_alone(evil), lzma.open),
        ("LZMA with an odd dictionary", odd, partial(lzma.open, format=lzma.FORMAT_ALONE)),
        ("zlib", zlib.compress(evil), lambda p: io.BytesIO(zlib.decompress(p.read_bytes()))),
        ("zlib, cut off", cut, lambda p: io.BytesIO(zlib.decompressobj().decompress(p.read_bytes()))),
        ("joblib before 0.10", old_joblib, lambda p: io.BytesIO(zlib.decompress(p.read_bytes()[21:]))),
    ):
        yield name, Sample(content, _through(opener))


def _zips(evil: bytes) -> Iterator[tuple[str, Sample]]:
    harmless = ("a.txt", b"hello " * 50)
    two = zipped(harmless, ("b.pkl", evil), method=zipfile.ZIP_DEFLATED)
    for name, method in (("stored", 0), ("deflated", 8), ("bzip2", 12), ("LZMA", 14)):
        yield f"a zip, {name}", Sample(zipped(harmless, ("w", evil), method=method), _member("w"))
    unknown = patched(patched(two, b"PK\3\4", 8, "<H", 99), b"PK\1\2", 10, "<H", 99)
    encrypted = patched(patched(two, b"PK\3\4", 6, "<H", 1), b"PK\1\2", 8, "<H", 1)
    zip64 = io.BytesIO()
    with zipfile.ZipFile(zip64, "w") as archive, archive.open("w", "w", force_zip64=True) as member:
        member.write(evil)
    for name, content, member_name in (
        ("with a damaged member before", corrupted(two, 40), "b.pkl"),
        ("with a wrong checksum before", patched(two, b"PK\1\2", 16, "<L", 7), "b.pkl"),
        ("with an unknown compression before", unknown, "b.pkl"),
        ("with an encrypted member before", encrypted, "b.pkl"),
        ("with the same name twice", zipped(("w", evil), ("w", b"x")), 0),
        ("with the same name twice, other order", zipped(("w", b"x"), ("w", evil)), 1),
        ("with something before it", zipped(("w", evil), before=b"MZ" + b"\x90" * 3000), "w"),
        ("in a member like a folder", zipped(("w/", evil)), "w/"),
        ("with a long member", zip64.getvalue(), "w"),
        ("with a long directory", with_zip64_end(zipped(("w", evil))), "w"),
        ("with a comment", zipped(("w", evil))[:-2] + struct.pack("<H", 60_000) + b"c" * 60_000, "w"),
    ):
        yield f"a zip {name}", Sample(content, _member(member_name))


def _archives_in_archives(evil: bytes, objects: np.ndarray) -> Iterator[tuple[str, Sample]]:
    for name, content, opener in (
        ("plain", tarred(("a", b"1"), ("b", evil)), _plain),
        ("of 1979", tarred_as_v7(evil), _plain),
        ("with a long name", tarred(("ä" * 200, evil)), _plain),
        ("of GNU with a long name", tarred(("a" * 300, evil), form=tarfile.GNU_FORMAT), _plain),
        ("compressed", gzip.compress(tarred(("a", evil))), gzip.open),
        ("compressed with zlib", zlib.compress(tarred(("a", evil))), _inflated),
    ):
        yield f"a tar file, {name}", Sample(content, _tar_member(opener))

    inner = zipped(("t", b"x"), ("d.pkl", evil), method=zipfile.ZIP_DEFLATED)

    def zip_in_tar(path: Path) -> object:
        with gzip.open(path) as plain, tarfile.open(fileobj=plain) as archive:
            held = archive.extractfile("m/b.zip")
            assert held is not None
            with zipfile.ZipFile(held) as innermost:
                return pickle.load(innermost.open("d.pkl"))

    yield (
        "a zip in a tar file in gzip",
        Sample(gzip.compress(tarred(("m/a", b"x"), ("m/b.zip", inner))), zip_in_tar),
    )

    def array_in_zip(path: Path) -> object:
        with zipfile.ZipFile(path) as archive, archive.open("x.npy") as member:
            return np.load(io.BytesIO(member.read()), allow_pickle=True)

    yield (
        "objects in a zip in a zip",
        Sample(
            zipped(("y.zip", zipped(("x.npy", numpy_file(objects))))),
            lambda path: array_in_zip(_unzipped(path, "y.zip")),
        ),
    )


def _inflated(path: Path) -> io.BytesIO:
    return io.BytesIO(zlib.decompress(path.read_bytes()))


def _unzipped(path: Path, name: str) -> Path:
    with zipfile.ZipFile(path) as archive:
        inner = path.with_name("inner")
        inner.write_bytes(archive.read(name))
    return inner


NAMES = [name for name, _ in samples(Path("/nowhere"))]
