"""Several connections for one file and several files at once, under one budget."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from modeltasks.checksum import BLOCK
from modeltasks.errors import ChecksumMismatch, ConnectionRefused, HttpStatus
from modeltasks.transfer.byte_ranges import held_bytes
from modeltasks.transfer.http_download import PARALLEL_FROM, looks_like_html, piece_size
from modeltasks.transfer.mirror import UrlMirror
from modeltasks.transfer.partial import Partial
from tests.modeltasks.transfer.conftest import MIB, Bench, wanted_of
from tests.modeltasks.transfer.servers import Handler, Quota, Reply, Request, files, reset
from tests.support.waiting import PROMPT, once

SLOW = 40e6
BIG = 48 * MIB
Noise = Callable[[int], bytes]


def big(noise: Noise, odd: int = 12_345) -> bytes:
    return noise(BIG - odd)


def test_a_large_file_comes_over_several_connections(bench: Bench, noise: Noise) -> None:
    content = big(noise)
    server = bench.serve(files({"/file": content}, rate=SLOW))

    fetched = bench.fetch(wanted_of(content), server)

    assert fetched.path.read_bytes() == content
    assert fetched.bytes_fetched == len(content)
    assert server.most_at_once == 4
    assert bench.bars.bars[0].done == len(content)


def test_a_large_file_of_unknown_size_too(bench: Bench, noise: Noise) -> None:
    content = big(noise)
    server = bench.serve(files({"/file": content}, rate=SLOW))

    assert bench.fetch(wanted_of(content, None), server).path.read_bytes() == content
    assert server.most_at_once >= 4


@pytest.mark.parametrize("size", [PARALLEL_FROM - 1, 3 * MIB])
def test_a_small_file_comes_over_one(bench: Bench, noise: Noise, size: int) -> None:
    content = noise(size)
    server = bench.serve(files({"/file": content}, rate=SLOW))

    bench.fetch(wanted_of(content), server)

    assert len(server.requests) == 1


def test_a_server_without_ranges_is_asked_once(bench: Bench, noise: Noise) -> None:
    content = big(noise)
    server = bench.serve(files({"/file": content}, ranges=False, rate=SLOW))

    assert bench.fetch(wanted_of(content), server).path.read_bytes() == content
    assert len(server.requests) == 1


def test_one_connection_asks_once(bench: Bench, noise: Noise) -> None:
    bench.tune(connections=1)
    content = big(noise)
    server = bench.serve(files({"/file": content}))

    bench.fetch(wanted_of(content), server)

    assert server.ranges == [None]


def test_files_and_ranges_share_one_budget(bench: Bench, noise: Noise) -> None:
    contents = {f"/{n}": noise(BIG - n) for n in range(3)} | {f"/{n}": noise(n * 100) for n in range(3, 12)}
    server = bench.serve(files(contents, rate=SLOW))
    transfer = bench.transfer()

    with ThreadPoolExecutor(12) as pool:
        results = [
            pool.submit(transfer.fetch, wanted_of(content), [UrlMirror(server.url(path), path)])
            for path, content in contents.items()
        ]
        for result, content in zip(results, contents.values(), strict=True):
            assert result.result().path.read_bytes() == content

    assert server.most_at_once <= 4


def flaky(content: bytes, fails: Callable[[int, Request], bool], how: str) -> Handler:
    """Serve well, but let the requests fail that `fails` (how many are being served, request) says."""
    good = files({"/file": content}, rate=SLOW)
    lock = threading.Lock()
    serving = 0

    def handle(request: Request, connection: socket.socket) -> bool:
        nonlocal serving
        with lock:
            bad = fails(serving, request)
            serving += not bad
        if not bad:
            try:
                return good(request, connection)
            finally:
                with lock:
                    serving -= 1
        if how == "503":
            return Reply(503).send(connection)
        if how == "200":
            return files({"/file": content}, ranges=False, rate=SLOW)(request, connection)
        if how == "wrong":
            return files({"/file": content[::-1]}, rate=SLOW)(request, connection)
        reset(connection)
        return False

    return handle


@pytest.mark.parametrize("allowed", [1, 2])
@pytest.mark.parametrize("how", ["503", "reset", "200"])
def test_a_server_that_allows_few_connections(bench: Bench, noise: Noise, how: str, allowed: int) -> None:
    bench.tune(retries=0)
    content = big(noise)
    server = bench.serve(flaky(content, lambda serving, _request: serving >= allowed, how))

    fetched = bench.fetch(wanted_of(content), server)

    assert fetched.path.read_bytes() == content
    assert fetched.bytes_fetched == len(content)


def test_wrong_bytes_in_a_range_are_fetched_again_in_one_piece(bench: Bench, noise: Noise) -> None:
    content = big(noise)
    server = bench.serve(
        flaky(content, lambda _serving, request: bool(request.range and request.range[0]), "wrong")
    )

    assert bench.fetch(wanted_of(content), server).path.read_bytes() == content
    assert server.ranges[-1] is None


def test_wrong_bytes_everywhere(bench: Bench, noise: Noise) -> None:
    content = big(noise)
    server = bench.serve(files({"/file": content[::-1]}, rate=4 * SLOW))

    with pytest.raises(ChecksumMismatch):
        bench.fetch(wanted_of(content), server)
    assert bench.left == []


def test_gaps_survive_to_the_next_call(bench: Bench, noise: Noise) -> None:
    bench.tune(retries=0)
    content = big(noise)
    wanted = wanted_of(content)

    # Pieces that nobody brings: the server dies while several are under way.
    server = bench.serve(files({"/file": content}, rate=SLOW, quota=Quota(24 * MIB)))
    once(lambda: bench.bars.bars and bench.bars.bars[0].done > 16 * MIB, server.close)
    with pytest.raises(ConnectionRefused):
        bench.fetch(wanted, server)

    held = held_bytes(bench.partial(wanted))
    assert 8 * MIB < held < len(content)
    good = bench.serve(files({"/file": content}))
    fetched = bench.fetch(wanted, good)
    assert fetched.path.read_bytes() == content
    assert fetched.bytes_fetched == len(content) - held


def make_gaps(bench: Bench, content: bytes, *spans: tuple[int, int]) -> None:
    wanted = wanted_of(content)
    bench.put_partial(wanted, b"")
    partial = Partial(bench.partial(wanted), len(content))
    partial.allow_gaps()
    for start, end in spans:
        with partial.writer(start) as out:
            out.write(content[start:end])
        partial.mark_present(start, end)
    partial.close()


@pytest.mark.parametrize("size", [BIG - 12_345, None])
@pytest.mark.parametrize("connections", [1, 4])
def test_only_gaps_are_asked_for(bench: Bench, noise: Noise, connections: int, size: int | None) -> None:
    bench.tune(connections=connections)
    content = big(noise)
    make_gaps(bench, content, (0, 10 * MIB), (20 * MIB, 30 * MIB), (47 * MIB, len(content)))
    server = bench.serve(files({"/file": content}))

    fetched = bench.fetch(wanted_of(content, size), server)

    assert fetched.path.read_bytes() == content
    assert fetched.bytes_fetched == len(content) - held_of((0, 10), (20, 30)) - (len(content) - 47 * MIB)


def held_of(*spans: tuple[int, int]) -> int:
    return sum(end - start for start, end in spans) * MIB


def test_gaps_and_a_server_without_ranges(bench: Bench, noise: Noise) -> None:
    content = big(noise)
    make_gaps(bench, content, (0, 10 * MIB), (20 * MIB, 30 * MIB))
    server = bench.serve(files({"/file": content}, ranges=False))

    assert bench.fetch(wanted_of(content), server).path.read_bytes() == content
    assert bench.bars.bars[0].done == len(content)


def test_gaps_of_another_size_are_dropped(bench: Bench, noise: Noise) -> None:
    content = noise(100_000)
    bench.put_partial(wanted_of(content), b"")
    partial = Partial(bench.partial(wanted_of(content)), 3 * BLOCK)
    partial.allow_gaps()
    partial.close()

    assert (
        bench.fetch(wanted_of(content), bench.serve(files({"/file": content}))).path.read_bytes() == content
    )


def test_one_rate_over_all(bench: Bench, noise: Noise) -> None:
    bench.tune(max_rate=1_000_000)
    contents = {f"/{n}": noise(150_000 + n) for n in range(4)}
    server = bench.serve(files(contents))
    transfer = bench.transfer()
    started = time.monotonic()

    with ThreadPoolExecutor(4) as pool:
        for result in [
            pool.submit(transfer.fetch, wanted_of(content), [UrlMirror(server.url(path), path)])
            for path, content in contents.items()
        ]:
            result.result()

    assert 0.4 < time.monotonic() - started < PROMPT


def test_failing_extras_do_not_hide_a_failing_lead(bench: Bench, noise: Noise) -> None:
    bench.tune(retries=0)
    content = big(noise)
    server = bench.serve(flaky(content, lambda _serving, _request: True, "503"))

    with pytest.raises(HttpStatus):
        bench.fetch(wanted_of(content), server)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"<!DOCTYPE html>", True),
        (b"\xef\xbb\xbf\n <!doctype HTML>", True),
        (b"<HTML lang=en>", True),
        (b"<?xml version", False),
        (b"GGUF", False),
        (b"", False),
    ],
)
def test_looks_like_html(head: bytes, expected: bool) -> None:
    assert looks_like_html(head) is expected


@pytest.mark.parametrize(
    ("size", "connections", "expected"),
    [
        (PARALLEL_FROM, 8, 8 * MIB),
        (256 * MIB, 8, 16 * MIB),
        (4096 * MIB, 8, 32 * MIB),
        (100 * MIB + 7, 4, 12 * MIB + 2 * BLOCK),
    ],
)
def test_piece_size(size: int, connections: int, expected: int) -> None:
    assert piece_size(size, connections) == expected
    assert expected % BLOCK == 0
