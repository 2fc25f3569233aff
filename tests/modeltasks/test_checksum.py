from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest

from modeltasks.checksum import BUFFER, Hashed, HashJob, hash_file, hash_files, new_hasher
from modeltasks.spec import DIGEST_LENGTHS
from modeltasks.support.cancel import Cancelled, CancelToken

ABC = {
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "sha512": "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    "sha384": "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
    "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    "blake2b": "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
    "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
    "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "md5": "900150983cd24fb0d6963f7d28e17f72",
    "git-sha1": "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f",
}
"""Published test vectors for b"abc" (FIPS 180, RFC 1321, RFC 7693; `git hash-object` for the last)."""


def test_every_algorithm_of_the_config_has_a_vector() -> None:
    assert set(ABC) == set(DIGEST_LENGTHS)


@pytest.mark.parametrize(("algorithm", "digest"), ABC.items())
def test_streamed_in_pieces(algorithm: str, digest: str) -> None:
    hasher = new_hasher(algorithm, 3)
    for piece in (b"a", bytearray(b"b"), memoryview(b"c")):
        hasher.update(piece)
    assert hasher.hexdigest() == digest


@pytest.mark.parametrize(("algorithm", "digest"), ABC.items())
def test_file(algorithm: str, digest: str, tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert hash_file(path, algorithm) == digest


def test_git_sha1_needs_the_size() -> None:
    with pytest.raises(ValueError, match="size"):
        new_hasher("git-sha1", None)


@pytest.mark.parametrize("size", [0, 1, BUFFER - 1, BUFFER, BUFFER + 1, 20 * BUFFER + 7])
def test_file_sizes_around_the_buffer(size: int, tmp_path: Path) -> None:
    content = os.urandom(size)
    path = tmp_path / "file"
    path.write_bytes(content)
    counts: list[int] = []
    assert hash_file(path, "sha256", on_bytes=counts.append) == hashlib.sha256(content).hexdigest()
    assert sum(counts) == size


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        hash_file(tmp_path / "absent", "sha256")


def sparse(path: Path, size: int) -> Path:
    with path.open("wb") as stream:
        stream.truncate(size)
    return path


def test_cancel_stops_in_the_middle(tmp_path: Path) -> None:
    path = sparse(tmp_path / "large", 64 << 30)
    cancel = CancelToken()
    counts: list[int] = []

    def stop(count: int) -> None:
        counts.append(count)
        cancel.set()

    with pytest.raises(Cancelled):
        hash_file(path, "sha256", cancel=cancel, on_bytes=stop)
    assert len(counts) == 1


def test_many_files_give_each_its_own_digest(tmp_path: Path) -> None:
    contents = [os.urandom(1000 * index) for index in range(12)]
    jobs = []
    for index, content in enumerate(contents):
        path = tmp_path / str(index)
        path.write_bytes(content)
        jobs.append(HashJob(path, "sha256"))
    jobs.append(HashJob(tmp_path / "absent", "sha256"))
    results = dict(hash_files(jobs, cancel=CancelToken(), workers=4))
    for index, content in enumerate(contents):
        result = results[index]
        assert isinstance(result, Hashed)
        assert result.hexdigest == hashlib.sha256(content).hexdigest()
        assert result.stat.st_size == len(content)
    assert isinstance(results[len(contents)], FileNotFoundError)


def test_largest_first(tmp_path: Path) -> None:
    sizes = [10, 3_000_000, 500, 1_000_000]
    order: list[int] = []
    jobs = []
    for size in sizes:
        path = sparse(tmp_path / str(size), size)
        jobs.append(HashJob(path, "sha256", order.append))
    list(hash_files(jobs, cancel=CancelToken(), workers=1))
    assert order == sorted(sizes, reverse=True)


def test_leaving_early_stops_the_threads(tmp_path: Path) -> None:
    small = sparse(tmp_path / "small", 1)
    large = [sparse(tmp_path / f"large{index}", 64 << 30) for index in range(2)]
    before = set(threading.enumerate())
    counts: list[int] = []
    results = hash_files(
        [HashJob(path, "sha256", counts.append) for path in (*large, small)], cancel=CancelToken(), workers=3
    )
    assert next(results)[0] == 2
    results.close()  # type: ignore[attr-defined]
    assert sum(counts) < 64 << 30
    assert set(threading.enumerate()) <= before


def test_cancel_stops_all(tmp_path: Path) -> None:
    cancel = CancelToken()
    counts: list[int] = []

    def stop(count: int) -> None:
        counts.append(count)
        cancel.set()

    jobs = [HashJob(sparse(tmp_path / str(index), 64 << 30), "sha256", stop) for index in range(3)]
    with pytest.raises(Cancelled):
        list(hash_files(jobs, cancel=cancel, workers=2))
    assert len(counts) <= 4


def test_the_stat_is_of_before_reading(tmp_path: Path) -> None:
    path = sparse(tmp_path / "file", 8 << 20)
    before = path.stat()

    def grow(_count: int) -> None:
        with path.open("ab") as stream:
            stream.write(b"x")

    [(_, result)] = hash_files([HashJob(path, "sha256", grow)], cancel=CancelToken())
    assert isinstance(result, Hashed)
    assert result.stat.st_size == before.st_size < path.stat().st_size
