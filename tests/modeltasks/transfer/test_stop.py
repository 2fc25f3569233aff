"""Ctrl-C, SIGKILL and several processes at once: what is left, and what the next one makes of it."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from modeltasks.checksum import BLOCK
from modeltasks.support.cancel import Cancelled
from modeltasks.transfer.byte_ranges import held_bytes
from modeltasks.transfer.mirror import StreamMirror
from tests.modeltasks.transfer.conftest import MIB, Bench, wanted_of
from tests.modeltasks.transfer.processes import child, result_of
from tests.modeltasks.transfer.servers import (
    Handler,
    Quota,
    Reply,
    Request,
    black_hole,
    files,
    hang,
    script,
)
from tests.support.waiting import AGES, PROMPT, once, wait_until

BODY = b"0123456789" * 50_000
Noise = Callable[[int], bytes]


def cancel_once(bench: Bench, happened: Callable[[], object]) -> list[float]:
    """Ask to stop as soon as something has happened; the list gets the moment."""
    moment: list[float] = []

    def cancel() -> None:
        moment.append(time.monotonic())
        bench.cancel.set()

    once(happened, cancel)
    return moment


def received(bench: Bench) -> float:
    return sum(bar.done for bar in bench.bars.bars)


def holds(bench: Bench, count: float) -> bool:
    return sum(held_bytes(path) for path in bench.folder.glob("*")) > count


def mute(_request: Request, connection: socket.socket) -> bool:
    hang(connection)
    return False


@pytest.mark.parametrize(
    ("handler", "left"),
    [
        (script(Reply(200, BODY[:300_000], length=len(BODY), then="hang")), 300_000),
        (mute, 0),
        (script(Reply(503, headers={"Retry-After": "100"})), 0),
    ],
    ids=["in the body", "before the answer", "between rounds"],
)
def test_ctrl_c_ends_at_once_and_keeps_what_came(bench: Bench, handler: Handler, left: int) -> None:
    bench.tune(idle_timeout=AGES, connect_timeout=AGES)
    wanted = wanted_of(BODY)
    server = bench.serve(handler)
    moment = cancel_once(bench, lambda: server.requests and received(bench) == left)

    with pytest.raises(Cancelled):
        bench.fetch(wanted, server)

    assert time.monotonic() - moment[0] < PROMPT
    assert bench.left == ([bench.partial(wanted).name] if left else [])
    if left:
        assert bench.partial(wanted).read_bytes() == BODY[:left]
    assert bench.bars.bars[0].closed


def test_ctrl_c_while_connecting(bench: Bench) -> None:
    bench.tune(connect_timeout=AGES)
    moment = cancel_once(bench, lambda: bench.bars.bars)

    with black_hole() as port, pytest.raises(Cancelled):
        bench.fetch(wanted_of(BODY), f"http://127.0.0.1:{port}/file")

    assert time.monotonic() - moment[0] < PROMPT


def test_ctrl_c_while_a_stream_opens_or_blocks(bench: Bench, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    keep_open = os.open(fifo, os.O_RDWR)
    opened = threading.Event()

    def open_it() -> BinaryIO:
        opened.set()
        return fifo.open("rb")

    moment = cancel_once(bench, opened.is_set)
    try:
        with pytest.raises(Cancelled):
            bench.fetch(wanted_of(BODY), StreamMirror("local:fifo", open_it))
        assert time.monotonic() - moment[0] < PROMPT
    finally:
        os.write(keep_open, b"x")
        os.close(keep_open)


def test_ctrl_c_with_ranges_under_way(bench: Bench, noise: Noise) -> None:
    content = noise(48 * MIB)
    wanted = wanted_of(content)
    server = bench.serve(files({"/file": content}, rate=20e6, quota=Quota(16 * MIB)))
    moment = cancel_once(bench, lambda: received(bench) > 12 * MIB)

    with pytest.raises(Cancelled):
        bench.fetch(wanted, server)
    assert time.monotonic() - moment[0] < PROMPT
    came = received(bench)
    assert came < len(content)
    held = held_bytes(bench.partial(wanted))
    assert came - 4 * BLOCK <= held <= came

    bench.cancel = type(bench.cancel)()
    fetched = bench.fetch(wanted, bench.serve(files({"/file": content})))
    assert fetched.path.read_bytes() == content
    assert fetched.bytes_fetched == len(content) - held


def test_nothing_begins_after_ctrl_c(bench: Bench) -> None:
    server = bench.serve(files({"/file": BODY}))
    bench.cancel.set()

    with pytest.raises(Cancelled):
        bench.fetch(wanted_of(BODY), server)
    assert server.requests == []


def test_a_worker_that_was_left_connecting_does_nothing_later(bench: Bench) -> None:
    """A worker that was left behind in `connect` must not touch the partial when it gets there."""
    bench.tune(connect_timeout=0.2, retries=0)
    late = bench.serve(files({"/file": BODY[::-1]}))
    good = bench.serve(files({"/file": BODY}))
    released = threading.Event()
    left_behind: list[threading.Thread] = []
    real = socket.getaddrinfo

    def slow(host: str, *args: Any, **kwargs: Any) -> Any:
        if host == "slow.test":
            left_behind.append(threading.current_thread())
            released.wait(AGES)
            host = "127.0.0.1"
        return real(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", slow)
        fetched = bench.fetch(wanted_of(BODY), f"http://slow.test:{late.port}/file", good)
        released.set()
        for thread in left_behind:
            thread.join(PROMPT)
    assert [thread.is_alive() for thread in left_behind] == [False]
    assert fetched.path.read_bytes() == BODY
    assert late.requests == []


@pytest.mark.parametrize("size", [3 * MIB, 48 * MIB], ids=["one connection", "ranges"])
def test_kill_9_loses_a_block_per_connection_at_most(bench: Bench, noise: Noise, size: int) -> None:
    content = noise(size)
    wanted = wanted_of(content)
    server = bench.serve(files({"/file": content}, rate=size / 4, quota=Quota(size // 2)))
    process = child(server, bench, wanted)
    wait_until(partial(holds, bench, size / 4), process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (left,) = bench.folder.iterdir()
    held = held_bytes(left)
    assert left.name != bench.partial(wanted).name

    good = bench.serve(files({"/file": content}))
    path, count, _source = result_of(child(good, bench, wanted))

    assert path.read_bytes() == content
    assert count == size - held
    assert bench.left == [path.name]


def test_killed_again_and_again(bench: Bench, noise: Noise) -> None:
    content = noise(40 * MIB)
    wanted = wanted_of(content)
    for kill in range(4):
        server = bench.serve(files({"/file": content}, rate=16e6, quota=Quota(8 * MIB)))
        process = child(server, bench, wanted)
        wait_until(partial(holds, bench, (kill + 1) * 4 * MIB), process)
        process.send_signal(signal.SIGKILL)
        process.wait()

    fetched = bench.fetch(wanted, bench.serve(files({"/file": content})))

    assert fetched.path.read_bytes() == content
    assert fetched.bytes_fetched < len(content)
    assert bench.left == [fetched.path.name]


def test_eight_processes_on_one_folder(bench: Bench, noise: Noise) -> None:
    content = noise(2 * MIB)
    wanted = wanted_of(content)
    bench.put_partial(wanted, content[:MIB])
    server = bench.serve(files({"/file": content}, rate=8e6))

    results = [result_of(process) for process in [child(server, bench, wanted) for _ in range(8)]]

    assert all(path.read_bytes() == content for path, _, _ in results if path.exists())
    # One of them got the beginning that was there; each that ended left a verified file, which a later
    # one may have taken over since nobody published it.
    assert min(count for _, count, _ in results) <= MIB
    assert all(count in {0, MIB, 2 * MIB} for _, count, _ in results)
    assert any(path.exists() for path, _, _ in results)
