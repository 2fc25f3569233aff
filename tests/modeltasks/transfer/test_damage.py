"""Bytes that come to harm on their way or on the disk: what is fetched again, and who is blamed."""

from __future__ import annotations

import itertools
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from modeltasks.checksum import BLOCK, BlockDigests
from modeltasks.errors import ChecksumMismatch, ModelTasksError
from modeltasks.support.cancel import Cancelled
from modeltasks.transfer.byte_ranges import held_bytes, read_journal
from modeltasks.transfer.mirror import Wanted
from modeltasks.transfer.mirrors import REFETCHES
from modeltasks.transfer.partial import JOURNALED
from modeltasks.transfer.repair import DamagedContent
from tests.modeltasks.transfer.conftest import MIB, Bench, wanted_of
from tests.modeltasks.transfer.processes import child
from tests.modeltasks.transfer.servers import Reply, Request, files, head, script, spoiling
from tests.support.blocks import digests_of
from tests.support.waiting import PROMPT, wait_until

Noise = Callable[[int], bytes]

SMALL = 3 * MIB + 77
LARGE = JOURNALED + MIB + 77
LINK = 60e6
"""Bytes per second, so that the hash keeps up."""

UNTIL_SEEN = 12 * MIB
"""Bytes that several connections may have brought until the hash has come to what they brought."""


def spoilt(content: bytes, *offsets: int) -> bytes:
    wrong = bytearray(content)
    for offset in offsets:
        wrong[offset] ^= 0x10
    return bytes(wrong)


@dataclass
class Harm:
    """What happens to the bytes on their way, and what may be fetched again at the most."""

    harm: dict[int, Iterable[int]]
    again: int
    size: int = SMALL
    known: bool = False
    ranges: bool = True
    options: dict[str, object] = field(default_factory=dict)


HARMS: dict[str, Callable[[], Harm]] = {
    "the first byte": lambda: Harm({0: [1]}, SMALL),
    "the last byte": lambda: Harm({SMALL - 1: [1]}, SMALL),
    "one in the middle, no retries": lambda: Harm({MIB: [1]}, SMALL, options={"retries": 0}),
    "one in the middle, no ranges": lambda: Harm({MIB: [1]}, SMALL, ranges=False),
    "two far apart": lambda: Harm({5: [4], SMALL - 5: [4]}, SMALL),
    "another one when it comes again, before": lambda: Harm({MIB: [0, 8], 2 * MIB: [8]}, SMALL + 2 * BLOCK),
    "another one when it comes again, behind": lambda: Harm({MIB: [8], 2 * MIB: [0, 8]}, SMALL + 2 * BLOCK),
    "the same byte otherwise": lambda: Harm({MIB: [8, 4]}, SMALL + BLOCK),
    "every block of it": lambda: Harm({at: [1] for at in range(9, SMALL, BLOCK)}, SMALL),
    "where the blocks are known": lambda: Harm({MIB: [1]}, BLOCK, known=True),
    "where the blocks are known, two": lambda: Harm({0: [1], SMALL - 1: [1]}, 2 * BLOCK, known=True),
    "where the blocks are known, no ranges": lambda: Harm({MIB: [1]}, SMALL, known=True, ranges=False),
    "a large file, early": lambda: Harm({MIB: [1]}, UNTIL_SEEN + MIB, LARGE),
    "a large file, late": lambda: Harm({30 * MIB: [1]}, LARGE, LARGE),
    "a large file whose blocks are known": lambda: Harm({30 * MIB: [1]}, BLOCK, LARGE, known=True),
    "a large file, two whose blocks are known": lambda: Harm(
        {MIB: [1, 1], 30 * MIB: [1]}, 3 * BLOCK, LARGE, known=True
    ),
    "a large file by one connection": lambda: Harm(
        {9 * MIB: [1]}, UNTIL_SEEN + 9 * MIB, LARGE, options={"connections": 1}
    ),
}


@pytest.mark.parametrize(
    ("name", "sized"),
    # Of a large file of unknown size, more is sent than is read.
    [(name, sized) for name in HARMS for sized in (True, False) if sized or "large" not in name],
)
def test_harm_on_the_way_is_mended_in_the_same_run(
    bench: Bench, noise: Noise, name: str, sized: bool
) -> None:
    case = HARMS[name]()
    bench.tune(**case.options)
    content = noise(case.size)
    rate = LINK if case.size == LARGE else 0
    server = bench.serve(spoiling(content, case.harm, ranges=case.ranges, rate=rate))
    wanted = wanted_of(content, len(content) if sized else None)

    fetched = bench.fetch(replace(wanted, blocks=digests_of(content) if case.known else None), server)

    assert fetched.path.read_bytes() == content
    assert 0 < fetched.bytes_again <= case.again
    assert fetched.bytes_fetched == len(content) + fetched.bytes_again
    assert fetched.blocks == digests_of(content)
    assert bench.left == [fetched.path.name]
    assert bench.bars.bars[0].done == len(content)


def test_what_comes_right_is_fetched_once(bench: Bench, noise: Noise) -> None:
    content = noise(SMALL)

    fetched = bench.fetch(wanted_of(content), bench.serve(files({"/file": content})))

    assert (fetched.bytes_fetched, fetched.bytes_again) == (SMALL, 0)


@pytest.mark.parametrize("known", [False, True], ids=["", "blocks known"])
@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("where", [[7], [MIB, 2 * MIB], range(0, SMALL, BLOCK // 2)])
def test_the_publisher_is_blamed_when_two_fetches_agree(
    bench: Bench, noise: Noise, where: Iterable[int], size: int, known: bool
) -> None:
    content = noise(size)
    server = bench.serve(spoiling(content, {at: itertools.repeat(1) for at in where}))
    wanted = wanted_of(content)

    with pytest.raises(ChecksumMismatch) as caught:
        bench.fetch(replace(wanted, blocks=digests_of(content) if known else None), server)

    assert type(caught.value) is ChecksumMismatch
    assert "publisher" in str(caught.value)
    whole = [each for each in server.ranges if each is None or each[0] == 0]
    assert len(whole) <= 3
    assert bench.left == []


def test_bytes_that_are_never_the_same_end_some_time(bench: Bench, noise: Noise) -> None:
    content = noise(SMALL)
    server = bench.serve(spoiling(content, {MIB: itertools.cycle(range(1, 256))}))
    wanted = wanted_of(content)

    with pytest.raises(DamagedContent) as caught:
        bench.fetch(wanted, server)

    assert caught.value.kind == "checksum"
    assert "publisher" not in str(caught.value)
    assert len(server.requests) == 1 + REFETCHES
    # What came twice the same need not come again.
    good = bench.serve(files({"/file": content}))
    assert 0 < bench.fetch(wanted, good).bytes_fetched <= BLOCK


GOOD, WRONG, OTHER, GONE = "good", "wrong", "other", "gone"


@pytest.mark.parametrize(
    ("mirrors", "asked", "outcome"),
    [
        ([WRONG, GOOD], [1, 1], 1),
        ([WRONG, GONE, GOOD], [1, 1, 1], 2),
        ([WRONG, OTHER, GOOD], [1, 1, 1], 2),
        ([WRONG, WRONG], [1, 1], "checksum"),
        ([WRONG, GONE], [2, 1], "checksum"),
        ([WRONG, OTHER], [2, 2], "checksum"),
        ([GONE, WRONG], [1, 2], "file-gone"),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, list) else str(value),
)
def test_the_next_mirror_gives_the_second_opinion(
    bench: Bench, mirrors: list[str], asked: list[int], outcome: int | str
) -> None:
    body = b"0123456789" * 1000
    replies = {
        GOOD: Reply(200, body),
        WRONG: Reply(200, spoilt(body, 5)),
        OTHER: Reply(200, body[::-1]),
        GONE: Reply(404),
    }
    servers = [bench.serve(script(replies[each])) for each in mirrors]
    bench.tune(retries=0)
    try:
        found: int | str = [server.url() for server in servers].index(
            bench.fetch(wanted_of(body), *servers).source
        )
    except ModelTasksError as error:
        found = error.kind
    assert (found, [len(server.requests) for server in servers]) == (outcome, asked)


def test_one_wrong_byte_of_a_mirror_that_is_the_only_one_left(bench: Bench, noise: Noise) -> None:
    content = noise(SMALL)
    bench.tune(retries=0)
    gone, flaky = bench.serve(script(Reply(404))), bench.serve(spoiling(content, {MIB: [1]}))

    fetched = bench.fetch(wanted_of(content), flaky, gone)

    assert fetched.path.read_bytes() == content
    assert (fetched.source, len(gone.requests)) == (flaky.url(), 1)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_second_fetch_that_is_stopped_is_resumed(bench: Bench, noise: Noise, size: int) -> None:
    content = noise(size)
    wanted = wanted_of(content)
    bench.tune(connections=1)
    harmed, stopping = size - 10, threading.Event()

    def handle(request: Request, connection: socket.socket) -> bool:
        if len(server.requests) == 1:
            return files({"/file": spoilt(content, harmed)})(request, connection)
        connection.sendall(head(200, {"Content-Length": str(size)}) + content[: size // 2])
        wait_for(bench, lambda path: marked(path) >= size // 2 - BLOCK)
        bench.cancel.set()
        stopping.wait(PROMPT)
        return False

    server = bench.serve(handle)
    with pytest.raises(Cancelled):
        bench.fetch(wanted, server)
    stopping.set()

    # All is there, though some of it is in doubt.
    assert held_bytes(bench.partial(wanted)) == size
    bench.cancel = type(bench.cancel)()
    good = bench.serve(files({"/file": content}))
    fetched = bench.fetch(wanted, good)
    assert fetched.path.read_bytes() == content
    assert fetched.bytes_fetched <= size - size // 2 + BLOCK
    assert bench.left == [fetched.path.name]


def test_rot_in_a_partial_costs_its_block(bench: Bench, noise: Noise) -> None:
    """The digests that were kept as the bytes came survive SIGKILL, and tell what has changed since."""
    content = noise(LARGE)
    wanted = wanted_of(content)
    reached = threading.Event()

    def handle(request: Request, connection: socket.socket) -> bool:
        first, last = request.range or (0, None)
        end = LARGE if last is None else last + 1
        most = min(end, 20 * MIB)
        part = {"Content-Range": f"bytes {first}-{end - 1}/{LARGE}", "Content-Length": str(end - first)}
        connection.sendall(head(206 if request.range else 200, part) + content[first:most])
        if most < end:
            reached.wait(PROMPT)
        return most == end

    server = bench.serve(handle)
    process = child(server, bench, wanted)
    (left,) = wait_for(bench, lambda path: digested(path) >= 16 * MIB // BLOCK)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached.set()
    held = held_bytes(left)
    with left.open("r+b") as stream:
        stream.seek(3 * MIB)
        stream.write(bytes([content[3 * MIB] ^ 1]))

    good = bench.serve(files({"/file": content}))
    fetched = bench.fetch(wanted, good)

    assert fetched.path.read_bytes() == content
    assert 0 < fetched.bytes_again <= BLOCK
    assert fetched.bytes_fetched == LARGE - held + fetched.bytes_again


def wait_for(bench: Bench, applies: Callable[[Path], bool]) -> list[Path]:
    """Return the partials to which something applies, once there are any."""
    found: list[Path] = []

    def look() -> bool:
        found.extend(path for path in bench.folder.glob("*") if applies(path))
        return bool(found)

    wait_until(look)
    return found


def marked(path: Path) -> int:
    journal = read_journal(path)
    return journal.ranges().total if journal else 0


def digested(path: Path) -> int:
    try:
        journal = read_journal(path)
    except OSError:  # renamed meanwhile
        return 0
    return sum(journal.crc(block) != 0 for block in range(LARGE // BLOCK)) if journal else 0


@dataclass
class Base:
    """A file that is not what it should be, and the most that must be fetched to mend it."""

    change: Callable[[bytes], bytes]
    most: int


BASES = {
    "one byte": Base(lambda body: spoilt(body, MIB), BLOCK),
    "the first byte": Base(lambda body: spoilt(body, 0), BLOCK),
    "the last byte": Base(lambda body: spoilt(body, len(body) - 1), BLOCK),
    "bytes on both sides of a border": Base(lambda body: spoilt(body, BLOCK - 1, BLOCK), 2 * BLOCK),
    "three far apart": Base(lambda body: spoilt(body, 1, MIB, 2 * MIB), 3 * BLOCK),
    "cut short": Base(lambda body: body[: 2 * MIB + 5], MIB + 77),
    "longer": Base(lambda body: body + b"tail", 0),
    "zeros in the middle": Base(
        lambda body: body[:MIB] + bytes(2 * BLOCK) + body[MIB + 2 * BLOCK :], 2 * BLOCK
    ),
    "shifted": Base(lambda body: b"!" + body, SMALL),
    "empty": Base(lambda body: b"", SMALL),
    "right": Base(lambda body: body, 0),
}


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no ranges"])
@pytest.mark.parametrize("name", BASES)
def test_a_wrong_file_is_mended_by_its_wrong_blocks(
    bench: Bench, noise: Noise, tmp_path: Path, name: str, ranges: bool
) -> None:
    content = noise(SMALL)
    case = BASES[name]
    base = tmp_path / "base"
    base.write_bytes(case.change(content))
    server = bench.serve(files({"/file": content}, ranges=ranges))

    fetched = bench.fetch(with_base(content, base), server)

    assert fetched.path.read_bytes() == content
    assert fetched.bytes_fetched <= (case.most if ranges else SMALL)
    assert base.read_bytes() == case.change(content)
    assert bench.bars.bars[0].done == SMALL
    if case.most == 0:
        assert server.requests == []


def with_base(content: bytes, base: Path, blocks: BlockDigests | None = None) -> Wanted:
    return replace(wanted_of(content), blocks=blocks or digests_of(content), base=base)


def test_what_is_there_of_a_repair_is_not_fetched_again(bench: Bench, noise: Noise, tmp_path: Path) -> None:
    content = noise(SMALL)
    base = tmp_path / "base"
    base.write_bytes(spoilt(content, 0, MIB, 2 * MIB))
    bench.tune(retries=0)
    first = bench.serve(
        script(
            Reply(206, content[:BLOCK], {"Content-Range": f"bytes 0-{BLOCK - 1}/{SMALL}"}),
            Reply(503),
        )
    )
    with pytest.raises(ModelTasksError):
        bench.fetch(with_base(content, base), first)

    second = bench.serve(files({"/file": content}))
    fetched = bench.fetch(with_base(content, base), second)

    assert fetched.path.read_bytes() == content
    assert all(asked is not None and asked[0] >= MIB for asked in second.ranges)
    # Less where the whole is right before the ends of the two blocks, which the base has, have come.
    assert 0 < fetched.bytes_fetched <= 2 * BLOCK


@pytest.mark.parametrize("where", ["absent", "folder"])
def test_a_base_that_cannot_be_read_does_no_harm(
    bench: Bench, noise: Noise, tmp_path: Path, where: str
) -> None:
    content = noise(SMALL)
    base = tmp_path / where
    if where == "folder":
        base.mkdir()
    fetched = bench.fetch(with_base(content, base), bench.serve(files({"/file": content})))
    assert (fetched.path.read_bytes(), fetched.bytes_fetched) == (content, SMALL)


@pytest.mark.parametrize(
    "blocks",
    [
        digests_of(bytes(SMALL)),
        digests_of(bytes(100)),
        BlockDigests(SMALL, (0,) * (-(-SMALL // BLOCK))),
    ],
    ids=["of other bytes", "of another size", "none known"],
)
@pytest.mark.parametrize("harm", [{}, {MIB: [1]}], ids=["", "harmed on the way"])
def test_wrong_digests_cost_bytes_at_the_most(
    bench: Bench, noise: Noise, tmp_path: Path, blocks: BlockDigests, harm: dict[int, Iterable[int]]
) -> None:
    content = noise(SMALL)
    base = tmp_path / "base"
    base.write_bytes(spoilt(content, 0))

    fetched = bench.fetch(with_base(content, base, blocks), bench.serve(spoiling(content, harm)))

    assert fetched.path.read_bytes() == content


def test_a_partial_whose_journal_has_no_digests_is_resumed(bench: Bench, noise: Noise) -> None:
    """As earlier versions left them."""
    content = noise(SMALL)
    wanted = wanted_of(content)
    count = -(-SMALL // BLOCK)
    bits = bytes([0b11111110, *[0b11111111] * ((count + 7) // 8 - 1)])
    footer = b"MTpiece1" + SMALL.to_bytes(8, "little")
    bench.put_partial(wanted, bytes(BLOCK) + content[BLOCK:] + bits + footer)

    fetched = bench.fetch(wanted, bench.serve(files({"/file": content})))

    assert (fetched.path.read_bytes(), fetched.bytes_fetched) == (content, BLOCK)
