"""Servers that say what is not so: one attempt, a kind of its own, and the next mirror."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from modeltasks.errors import BadAnswer, DiskFull, ModelTasksError, SizeMismatch
from modeltasks.transfer.workers import LARGEST
from tests.modeltasks.transfer.conftest import Bench, wanted_of
from tests.modeltasks.transfer.servers import Handler, Request, files, hang, script
from tests.modeltasks.transfer.servers import Reply as Good
from tests.support.waiting import PROMPT

BODY = bytes(range(256)) * 4
SIZE = len(BODY)
NUMBERS = [
    *("²", "१२", "9" * 5000, "1e5", "+5", "-1", "0x10", "NaN", "inf", "5, 6", "", "1_0", "0", "5", "5, 5"),
    *(str(10**12), str(10**15), "9" * 18, "9" * 20),
]


def raw(status: int, headers: list[tuple[str, str]], body: bytes, then: bytes = b"") -> Handler:
    """Answer with headers as they are given, and close."""
    lines = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers)
    head = b"HTTP/1.1 %d Reason\r\n" % status

    def handle(_request: Request, connection: socket.socket) -> bool:
        connection.sendall(head + lines + b"\r\n" + body + then)
        return False

    return handle


def rest(start: int, end: int = SIZE, total: object = SIZE) -> tuple[str, str]:
    return "Content-Range", f"bytes {start}-{end - 1}/{total}"


def number_lies(number: str) -> dict[str, Handler]:
    tail = BODY[10:]
    length = ("Content-Length", str(len(tail)))
    waits = [("Retry-After", number), ("RateLimit", f'"api";r=0;t={number}'), ("RateLimit-Reset", number)]
    return {
        "length": raw(200, [("Content-Length", number)], BODY[:20]),
        "length of a part": raw(206, [rest(10), ("Content-Length", number)], tail[:20]),
        "first byte": raw(206, [("Content-Range", f"bytes {number}-{SIZE - 1}/{SIZE}"), length], tail[:20]),
        "last byte": raw(206, [("Content-Range", f"bytes 10-{number}/{SIZE}"), length], tail[:20]),
        "total": raw(206, [rest(10, total=number), length], tail[:20]),
        "wait": raw(429, [*waits, ("X-RateLimit-Reset", number), ("Content-Length", number)], b""),
        "redirect": raw(302, [("Location", f"http://127.0.0.1:{number}/x"), ("Content-Length", number)], b""),
    }


@pytest.mark.parametrize("size", [SIZE, None])
@pytest.mark.parametrize("place", number_lies("1"))
@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:20])
def test_a_number_that_is_none_or_a_lie(bench: Bench, number: str, place: str, size: int | None) -> None:
    bench.tune(retries=0)
    liar = bench.serve(number_lies(number)[place])
    wanted = wanted_of(BODY, size)
    bench.put_partial(wanted, BODY[:10])

    with pytest.raises(ModelTasksError) as caught:
        bench.fetch(wanted, liar)
    assert caught.value.kind != "disk-full"
    assert "bug" not in str(caught.value)
    assert len(str(caught.value)) < 700

    bench.tune(retries=3, backoff=(30.0,))
    before, started = len(liar.requests), time.monotonic()
    good = bench.serve(files({"/file": BODY}))
    assert bench.fetch(wanted, liar, good).path.read_bytes() == BODY
    assert time.monotonic() - started < PROMPT
    # The second request asks for the whole where a part made no sense; a redirect may lead back.
    assert len(liar.requests) - before <= 2


def test_a_connection_that_brought_a_lie_is_closed(bench: Bench) -> None:
    closed = threading.Event()

    def handle(_request: Request, connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 10-1023/1024\r\n")
        connection.sendall("Content-Length: ²\r\n\r\n".encode())
        hang(connection)
        closed.set()
        return False

    wanted = wanted_of(BODY)
    bench.put_partial(wanted, BODY[:10])
    with pytest.raises(BadAnswer, match="Content-Length") as caught:
        bench.fetch(wanted, bench.serve(handle))
    assert closed.wait(PROMPT), caught


@pytest.mark.parametrize("length", [str(10**15), str(LARGEST + 1)])
def test_an_impossible_length_is_named(bench: Bench, length: str) -> None:
    server = bench.serve(raw(200, [("Content-Length", length)], b"x"))

    with pytest.raises(BadAnswer, match=f"{int(length):,} bytes"):
        bench.fetch(wanted_of(BODY, None), server)
    with pytest.raises(SizeMismatch):
        bench.fetch(wanted_of(BODY), server)
    assert len(server.requests) == 2


def test_a_length_that_does_not_fit_is_a_word_against_the_next_mirrors(bench: Bench) -> None:
    liar = bench.serve(raw(200, [("Content-Length", str(LARGEST))], b"x"))

    with pytest.raises(DiskFull, match="the config names none"):
        bench.fetch(wanted_of(BODY, None), bench.serve(script(Good(404))), liar)
    good = bench.serve(files({"/file": BODY}))
    assert bench.fetch(wanted_of(BODY, None), liar, good).path.read_bytes() == BODY


@pytest.mark.parametrize("announced", [20, 100, 5000])
@pytest.mark.parametrize("second", ["length", "chunked", "close", "ranges"])
def test_a_size_that_one_mirror_told_is_not_held_against_the_next(
    bench: Bench, announced: int, second: str
) -> None:
    liar = bench.serve(script(Good(200, BODY[:20], length=announced, then="close")))
    replies = {
        "length": files({"/file": BODY}, ranges=False),
        "ranges": files({"/file": BODY}),
        "close": raw(200, [], BODY),
        "chunked": raw(200, [("Transfer-Encoding", "chunked")], b"400\r\n" + BODY + b"\r\n0\r\n\r\n"),
    }
    good = bench.serve(replies[second])

    assert bench.fetch(wanted_of(BODY, None), liar, good).path.read_bytes() == BODY
    assert len(good.requests) == 1


def test_an_empty_answer_is_named_unless_nothing_is_wanted(bench: Bench) -> None:
    server = bench.serve(script(Good(200, b"")))

    with pytest.raises(BadAnswer, match="empty"):
        bench.fetch(wanted_of(BODY, None), server)
    assert bench.fetch(wanted_of(b"", None), server).path.read_bytes() == b""


SLICES = {
    "200 with a slice": (raw(200, [rest(10)], BODY[10:]), 1),
    "200 with a slice that begins early": (raw(200, [rest(3)], BODY[3:]), 1),
    "200 with a slice of everything": (raw(200, [rest(0)], BODY), 1),
    "206 of everything": (raw(206, [rest(0)], BODY), 1),
    "206 that begins early": (raw(206, [rest(9)], BODY[9:]), 1),
    "the same header twice": (raw(206, [rest(10), rest(10)], BODY[10:]), 1),
    "more bytes than it says": (raw(206, [rest(10)], BODY[10:], b"and more"), 1),
    "more bytes than it says, 200": (raw(200, [rest(10)], BODY[10:], b"and more"), 1),
    "the whole file longer than it says": (raw(200, [("Content-Length", str(SIZE))], BODY, b"more"), 1),
}


@pytest.mark.parametrize("size", [SIZE, None])
@pytest.mark.parametrize("name", SLICES)
def test_a_slice_is_what_its_content_range_says(bench: Bench, name: str, size: int | None) -> None:
    handler, requests = SLICES[name]
    server = bench.serve(handler)
    wanted = wanted_of(BODY, size)
    bench.put_partial(wanted, BODY[:10])

    assert bench.fetch(wanted, server).path.read_bytes() == BODY
    assert server.ranges[0] == (10, None)
    assert len(server.requests) == requests


@pytest.mark.parametrize("status", [200, 206])
def test_slices_with_any_status_go_on_to_the_end(bench: Bench, status: int) -> None:
    def piecemeal(request: Request, connection: socket.socket) -> bool:
        start = request.range[0] if request.range else 0
        end = min(start + 300, SIZE)
        headers = {"Content-Range": f"bytes {start}-{end - 1}/{SIZE}"}
        return Good(status, BODY[start:end], headers).send(connection)

    fetched = bench.fetch(wanted_of(BODY), bench.serve(piecemeal))

    assert fetched.path.read_bytes() == BODY
    assert fetched.bytes_fetched == SIZE


UNUSABLE = {
    "begins late": ([rest(20)], BODY[20:], "from 20 up to 1,024"),
    "ends before": ([rest(0, 10)], BODY[:10], "from 0 up to 10"),
    "no Content-Range": ([], BODY[10:], "Content-Range is ''"),
    "contradicts its length": ([rest(10), ("Content-Length", "5")], BODY[10:15], "contradict each other"),
    "several ranges": ([("Content-Type", "multipart/byteranges; boundary=x")], b"--x", "several ranges"),
}


@pytest.mark.parametrize("size", [SIZE, None])
@pytest.mark.parametrize("name", UNUSABLE)
def test_a_slice_that_is_of_no_use_is_named(bench: Bench, name: str, size: int | None) -> None:
    headers, body, why = UNUSABLE[name]
    server = bench.serve(raw(206, headers, body))
    wanted = wanted_of(BODY, size)
    bench.put_partial(wanted, BODY[:10])

    with pytest.raises(BadAnswer, match=why):
        bench.fetch(wanted, server)
    assert server.ranges == [(10, None), None]
    assert bench.partial(wanted).read_bytes() == BODY[:10]
    fetched = bench.fetch(wanted, server, bench.serve(files({"/file": BODY})))
    assert fetched.bytes_fetched == SIZE - 10


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: " + b"," * 9000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: \xff=\xfe; max-age=\xb2\r\nContent-Type: \xff; charset=\xfe\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"F" * 5000 + b"\r\nabc",
        b"HTTP/1.1 302 Found\r\nLocation: http://" + b"a" * 70 + b".test/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://x..y/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: //[::1%25z]/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe://\x00\r\n\r\n",
        b"\x00" * 5000,
    ],
)
def test_a_head_that_is_none_costs_that_mirror_only(bench: Bench, head: bytes) -> None:
    bench.tune(retries=0)

    def handle(_request: Request, connection: socket.socket) -> bool:
        connection.sendall(head)
        return False

    server = bench.serve(handle)
    with pytest.raises(ModelTasksError) as caught:
        bench.fetch(wanted_of(BODY), server)
    assert caught.value.kind in {"refused", "bad-answer", "http-status", "size", "dns"}
    assert bench.fetch(wanted_of(BODY), server, bench.serve(files({"/file": BODY}))).source.startswith("http")


def test_a_redirect_in_utf_8_is_followed(bench: Bench) -> None:
    def handle(request: Request, connection: socket.socket) -> bool:
        if request.path == "/mod%C3%A8le":
            return Good(200, BODY).send(connection)
        connection.sendall("HTTP/1.1 302 F\r\nLocation: /modèle\r\nContent-Length: 0\r\n\r\n".encode())
        return True

    assert bench.fetch(wanted_of(BODY), bench.serve(handle)).path.read_bytes() == BODY


def test_a_failed_mirror_is_told_when_the_next_one_helps(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    liar = bench.serve(raw(200, [("Content-Length", "²")], b""))

    wanted = wanted_of(BODY)
    bench.fetch(wanted, liar, bench.serve(files({"/file": BODY})))

    (record,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert record.message.startswith(f"{wanted.label}: ")
    assert "next mirror" in record.message
