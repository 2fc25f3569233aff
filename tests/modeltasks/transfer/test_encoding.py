"""Servers that encode what they send, although they were asked for it as it is."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from modeltasks.errors import BadAnswer, ModelTasksError
from modeltasks.transfer.encoding import Decoder, EncodingError
from tests.modeltasks.transfer.conftest import MIB, Bench, wanted_of
from tests.modeltasks.transfer.servers import Reply, files, script

BODY = bytes(random.Random(7).choices(b"abcd", k=150_000))
GZIP = gzip.compress(BODY)
TWO_MEMBERS = gzip.compress(BODY[:777]) + gzip.compress(b"") + gzip.compress(BODY[777:]) + b"\0\0"


def bare_deflate(content: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeeze.compress(content) + squeeze.flush()


FORMS = {
    "gzip": GZIP,
    "GZIP, identity": GZIP,
    "x-gzip": TWO_MEMBERS,
    "deflate": zlib.compress(BODY),
    "deflate ": bare_deflate(BODY),
}


def encoded(sent: bytes, name: str = "gzip", **how: object) -> Reply:
    return Reply(200, sent, {"Content-Encoding": name}, **how)  # type: ignore[arg-type]


def chunked(sent: bytes, name: str = "gzip") -> Reply:
    pieces = [sent[at : at + 5000] for at in range(0, len(sent), 5000)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return Reply(200, body, {"Content-Encoding": name, "Transfer-Encoding": "chunked"})


def part(sent: bytes, start: int, name: str) -> Reply:
    headers = {"Content-Range": f"bytes {start}-{len(sent) - 1}/{len(sent)}", "Content-Encoding": name}
    return Reply(206, sent[start:], headers)


@pytest.mark.parametrize("reply", [encoded, chunked])
@pytest.mark.parametrize("size", [len(BODY), None])
@pytest.mark.parametrize("name", FORMS)
def test_it_is_undone(
    bench: Bench, name: str, size: int | None, reply: Callable[[bytes, str], Reply]
) -> None:
    server = bench.serve(script(reply(FORMS[name], name)))

    assert bench.fetch(wanted_of(BODY, size), server).path.read_bytes() == BODY
    assert bench.bars.bars[0].done == len(BODY)


@dataclass
class Case:
    """What is wanted, what is there before, what the server sends, and what comes of it."""

    replies: list[Reply]
    outcome: str = "ok"
    content: bytes = BODY
    before: bytes = b""
    sizes: tuple[bool, ...] = field(default=(True, False))


CASES = {
    "the encoded form is what is wanted": Case([encoded(GZIP)], content=GZIP),
    "the encoded form is resumed": Case(
        [part(GZIP, 10, "gzip"), encoded(GZIP)], content=GZIP, before=GZIP[:10]
    ),
    "a part of the encoded form is not taken for a part of the file": Case(
        [part(GZIP, 10, "gzip"), encoded(GZIP)], before=BODY[:10]
    ),
    "cut, and started over": Case([encoded(GZIP[:20_000], length=len(GZIP), then="close"), encoded(GZIP)]),
    "cut, and resumed without encoding": Case(
        [
            chunked(GZIP[:20_000]),
            Reply(206, BODY[10:], {"Content-Range": f"bytes 10-{len(BODY) - 1}/{len(BODY)}"}),
            Reply(200, BODY),
        ]
    ),
    "not encoded at all": Case([encoded(BODY)]),
    "not encoded at all, no length": Case([chunked(BODY)]),
    "an encoding that nobody knows, for nothing": Case([encoded(BODY, "aws-chunked")]),
    "damaged": Case([encoded(GZIP[:5000] + b"x" * 9 + GZIP[5009:])], "bad-answer"),
    "always cut": Case([encoded(GZIP[:5000])], "refused"),
    "brotli": Case([encoded(b"\x0b\x02\x80" * 50, "br")], "bad-answer"),
    "brotli, no length": Case([chunked(b"\x0b\x02\x80" * 50, "br")], "bad-answer"),
    "encoded twice": Case([encoded(gzip.compress(GZIP), "gzip, gzip")], "bad-answer"),
    "another file": Case([encoded(gzip.compress(BODY[::-1]))], "checksum"),
    "a web page": Case([encoded(gzip.compress(b"<!doctype html>Sign in"))], "html"),
    "a bomb": Case([encoded(gzip.compress(bytes(80 * MIB), 9))], "bad-answer", sizes=(False,)),
}


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_encodings(bench: Bench, name: str, known: bool) -> None:
    case = CASES[name]
    if known not in case.sizes:
        pytest.skip("the size bounds it")
    server = bench.serve(script(*case.replies))
    wanted = wanted_of(case.content, len(case.content) if known else None)
    if case.before:
        bench.put_partial(wanted, case.before)

    if case.outcome == "ok":
        assert bench.fetch(wanted, server).path.read_bytes() == case.content
    else:
        with pytest.raises(ModelTasksError) as caught:
            bench.fetch(wanted, server)
        assert caught.value.kind == case.outcome

    good = bench.serve(files({"/file": case.content}))
    assert bench.fetch(wanted, server, good).path.read_bytes() == case.content


@pytest.mark.parametrize("size", [len(BODY), None])
def test_an_encoding_that_cannot_be_undone_is_named(bench: Bench, size: int | None) -> None:
    server = bench.serve(script(encoded(b"\x28\xb5\x2f\xfd" * 99, "zstd")))

    with pytest.raises(BadAnswer, match="Content-Encoding: 'zstd'"):
        bench.fetch(wanted_of(BODY, size), server)
    assert len(server.requests) == 1


def test_no_piece_is_larger_than_asked_for() -> None:
    decoder = Decoder("gzip", gzip.compress(bytes(10 * MIB)))
    pieces = []
    while piece := decoder.take(4096):
        pieces.append(len(piece))
    assert max(pieces) <= 4096
    assert sum(pieces) == 10 * MIB
    assert decoder.finished


def test_a_body_does_not_grow_without_measure() -> None:
    decoder = Decoder("deflate", zlib.compress(bytes(200 * MIB), 9))
    made = 0
    with pytest.raises(EncodingError, match="became more than"):  # noqa: PT012 - it is the loop that ends so
        while piece := decoder.take(MIB):
            made += len(piece)
    assert made <= 65 * MIB
