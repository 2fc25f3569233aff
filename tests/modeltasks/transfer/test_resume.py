"""What is asked for and what comes of it, one row per way in which a server can answer."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from modeltasks.errors import ModelTasksError
from tests.modeltasks.transfer.conftest import Bench, wanted_of
from tests.modeltasks.transfer.servers import Reply, files, script
from tests.support.waiting import PROMPT

BODY = b"0123456789abcdefghijklmnopqrstuvwxyz"
SIZE = len(BODY)
Ranges = list[tuple[int, int | None] | None]


def part(start: int, end: int = SIZE, total: str = str(SIZE)) -> dict[str, str]:
    return {"Content-Range": f"bytes {start}-{end - 1}/{total}"}


def cut(at: int) -> Reply:
    return Reply(200, BODY[:at], length=SIZE, then="close")


@dataclass
class Case:
    """Bytes there before, replies in turn, ranges that must be asked for, bytes or the kind of error."""

    replies: list[Reply]
    ranges: Ranges
    before: bytes = b""
    outcome: str = "ok"
    size: int | None = SIZE
    left: bytes | None = None


FULL = Reply(200, BODY)
WRONG = BODY[::-1]

CASES = {
    "at once": Case([FULL], [None]),
    "at once, size unknown": Case([FULL], [None], size=None),
    "no length": Case([Reply(200, BODY, length=-1, then="close")], [None], size=None),
    "chunked": Case(
        [Reply(200, b"24\r\n" + BODY + b"\r\n0\r\n\r\n", {"Transfer-Encoding": "chunked"})], [None], size=None
    ),
    "resumed after a close": Case([cut(12), Reply(206, BODY[12:], part(12))], [None, (12, None)]),
    "resumed after a reset": Case(
        [Reply(200, BODY[:9], length=SIZE, then="reset"), Reply(206, BODY[9:], part(9))], [None, (9, None)]
    ),
    "resumed twice": Case(
        [
            cut(12),
            Reply(206, BODY[12:20], part(12), length=24, then="close"),
            Reply(206, BODY[20:], part(20)),
        ],
        [None, (12, None), (20, None)],
    ),
    "resumed from an earlier run": Case([Reply(206, BODY[10:], part(10))], [(10, None)], BODY[:10]),
    "resumed, size unknown": Case([Reply(206, BODY[10:], part(10))], [(10, None)], BODY[:10], size=None),
    "resumed, total unknown": Case([Reply(206, BODY[10:], part(10, total="*"))], [(10, None)], BODY[:10]),
    "resumed, no total anywhere": Case(
        [Reply(206, BODY[10:], part(10, total="*"))], [(10, None)], BODY[:10], size=None
    ),
    "ranges shorter than asked for": Case(
        [
            Reply(206, BODY[10:20], part(10, 20)),
            Reply(206, BODY[20:30], part(20, 30)),
            Reply(206, BODY[30:], part(30)),
        ],
        [(10, None), (20, 35), (30, 35)],
        BODY[:10],
    ),
    "chunked, cut": Case(
        [
            Reply(200, b"24\r\n" + BODY[:7], {"Transfer-Encoding": "chunked"}, then="close"),
            Reply(206, BODY[7:], part(7)),
        ],
        [None, (7, None)],
    ),
    "no length, cut": Case(
        [Reply(200, BODY[:7], length=-1, then="close"), Reply(206, BODY[7:], part(7))], [None, (7, None)]
    ),
    "200 to a range: starts over with that body": Case([FULL], [(10, None)], BODY[:10]),
    "200 to a range, wrong bytes before": Case([FULL], [(10, None)], b"x" * 10),
    "206 that begins early": Case([Reply(206, BODY[5:], part(5))], [(10, None)], BODY[:10]),
    "206 that begins late": Case([Reply(206, BODY[15:], part(15)), FULL], [(10, None), None], BODY[:10]),
    "206 without Content-Range": Case([Reply(206, BODY[10:]), FULL], [(10, None), None], BODY[:10]),
    "206 with an unreadable Content-Range": Case(
        [Reply(206, BODY[10:], {"Content-Range": "10 to the end"}), FULL], [(10, None), None], BODY[:10]
    ),
    "206 of a file of another size": Case(
        [Reply(206, BODY[10:], part(10, total="99"))], [(10, None)], BODY[:10], "size", left=BODY[:10]
    ),
    "206 of another size, none wanted": Case(
        [Reply(206, b"", part(10, total="5")), FULL], [(10, None), None], BODY[:10], size=None
    ),
    "206 with another body: once more from the start": Case(
        [Reply(206, WRONG[10:], part(10)), FULL], [(10, None), None], BODY[:10]
    ),
    "prefix of other bytes: once more from the start": Case(
        [Reply(206, BODY[10:], part(10)), FULL], [(10, None), None], b"x" * 10
    ),
    "wrong after a restart too": Case(
        [Reply(206, WRONG[10:], part(10)), Reply(200, WRONG)], [(10, None), None, None], BODY[:10], "checksum"
    ),
    "416, size known": Case(
        [Reply(416, headers={"Content-Range": f"bytes */{SIZE}"}), FULL], [(10, None), None], BODY[:10]
    ),
    "416, partial longer than the file": Case(
        [Reply(416, headers={"Content-Range": f"bytes */{SIZE}"}), FULL],
        [(40, None), None],
        b"y" * 40,
        size=None,
    ),
    "416, all bytes there but wrong": Case(
        [Reply(416, headers={"Content-Range": f"bytes */{SIZE}"}), FULL],
        [(SIZE, None), None],
        b"y" * SIZE,
        size=None,
    ),
    "416 without a size": Case([Reply(416), FULL], [(10, None), None], BODY[:10], size=None),
    "all there: no request": Case([FULL], [], BODY),
    "all there, size unknown: no request": Case([FULL], [], BODY, size=None),
    "all there but wrong": Case([FULL], [None], WRONG),
    "more than all there": Case([FULL], [None], BODY + b"!"),
    "wrong content": Case([Reply(200, WRONG)], [None, None], outcome="checksum"),
    "announces another size": Case([Reply(200, BODY + b"!")], [None], outcome="size"),
    "announces nothing": Case([Reply(200, b"")], [None], outcome="size"),
    "announces another size to a range": Case(
        [Reply(200, BODY + b"!")], [(10, None)], BODY[:10], "size", left=BODY[:10]
    ),
    "chunked and shorter": Case(
        [Reply(200, b"3\r\nabc\r\n0\r\n\r\n", {"Transfer-Encoding": "chunked"})], [None], outcome="size"
    ),
    "always cut at the same place": Case([cut(12)], [None, (12, None), (12, None)], outcome="refused"),
    "never more than before": Case(
        [Reply(206, b"", part(10), length=26, then="close")],
        [(10, None)] * 3,
        BODY[:10],
        "refused",
        left=BODY[:10],
    ),
    "stalls in the middle": Case(
        [Reply(200, BODY[:12], length=SIZE, then="hang"), Reply(206, BODY[12:], part(12))], [None, (12, None)]
    ),
    "stalls for ever": Case(
        [Reply(200, BODY[:12], length=SIZE, then="hang"), Reply(206, b"", part(12), length=24, then="hang")],
        [None, (12, None), (12, None)],
        outcome="stalled",
        left=BODY[:12],
    ),
    "never begins to answer": Case([Reply(100, then="hang")], [None] * 3, outcome="timeout"),
    "encoded against our wish, the bytes as sent are wanted": Case(
        [Reply(200, BODY, {"Content-Encoding": "gzip"})], [None]
    ),
    "error, then the file": Case([Reply(503), FULL], [None, None]),
    "web page in place of the rest": Case(
        [Reply(200, b"<!DOCTYPE html><p>Sign in")], [(10, None)], BODY[:10], "html", left=BODY[:10]
    ),
    "web page with white space": Case([Reply(200, b"\r\n <HTML>x")], [None], outcome="html", size=None),
    "web page of the very size": Case([Reply(200, b"<html>".ljust(SIZE))], [None], outcome="html"),
    "web page by its type only": Case(
        [Reply(200, b"x" * SIZE, {"Content-Type": "text/html"})], [None], outcome="html"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_resume(bench: Bench, name: str) -> None:
    case = CASES[name]
    if any(reply.then == "hang" for reply in case.replies):
        bench.tune(idle_timeout=0.5, connect_timeout=0.5 if case.outcome == "timeout" else PROMPT)
    server = bench.serve(script(*case.replies))
    wanted = wanted_of(BODY, case.size)
    if case.before:
        bench.put_partial(wanted, case.before)

    try:
        fetched = bench.fetch(wanted, server)
    except ModelTasksError as error:
        outcome = error.kind
        assert bench.left == (
            [] if case.left is None and outcome != "refused" else [bench.partial(wanted).name]
        )
        if case.left is not None:
            assert bench.partial(wanted).read_bytes() == case.left
    else:
        outcome = "ok"
        assert fetched.path.read_bytes() == BODY
        assert bench.left == [fetched.path.name]

    assert (outcome, server.ranges) == (case.outcome, case.ranges)
    assert bench.bars.bars[0].closed
    if outcome == "ok":
        assert bench.bars.bars[0].done == SIZE


@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha384", "blake2b", "sha1", "md5", "git-sha1"])
@pytest.mark.parametrize("size", [SIZE, None])
@pytest.mark.parametrize("before", [0, 10, SIZE])
def test_every_algorithm_resumes(bench: Bench, algorithm: str, size: int | None, before: int) -> None:
    server = bench.serve(files({"/file": BODY}))
    wanted = wanted_of(BODY, size, algorithm)
    bench.put_partial(wanted, BODY[:before])

    fetched = bench.fetch(wanted, server)

    assert fetched.path.read_bytes() == BODY
    assert fetched.bytes_fetched == SIZE - before
    assert fetched.source == ("partial" if before == SIZE else server.url())


def test_empty_file(bench: Bench) -> None:
    server = bench.serve(files({"/file": b""}))

    fetched = bench.fetch(wanted_of(b""), server)

    assert fetched.path.read_bytes() == b""
    assert fetched.bytes_fetched == 0


def test_html_is_fetched_where_html_is_wanted(bench: Bench) -> None:
    page = b"<!doctype html><title>a model card"
    server = bench.serve(files({"/file": page}))
    wanted = wanted_of(page, None)
    wanted = type(wanted)("model/card.html", wanted.checksum, None)

    assert bench.fetch(wanted, server).path.read_bytes() == page
