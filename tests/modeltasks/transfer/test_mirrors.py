"""Rounds of mirrors: what a dead one costs, when each is asked again, which error is raised in the end."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import BinaryIO

import pytest

from modeltasks.errors import (
    ChecksumMismatch,
    ConfigError,
    ConnectionRefused,
    DnsFailure,
    FileGone,
    HtmlInsteadOfModel,
    HttpStatus,
    ModelTasksError,
    Offline,
    RateLimited,
    SizeMismatch,
    Stalled,
    Timeout,
    TlsFailure,
    TokenRefused,
    WheelUnavailable,
)
from modeltasks.settings import NetworkSettings
from modeltasks.transfer.mirror import Failed, StreamMirror, UrlMirror
from modeltasks.transfer.mirrors import ENOUGH_PROGRESS, LONGEST_WAIT, MirrorRounds, delay
from tests.modeltasks.transfer.conftest import Bench, wanted_of
from tests.modeltasks.transfer.servers import Reply, black_hole, files, head, script
from tests.support.waiting import AGES, PROMPT

BODY = b"the very same bytes from every mirror"
GOOD = {"/file": BODY}
RESET = ConnectionRefused("h", "reset")


def stream(content: bytes = BODY, label: str = "local:/somewhere/file") -> StreamMirror:
    return StreamMirror(label, lambda: io.BytesIO(content))


@pytest.mark.parametrize(
    "bad",
    [Reply(404), Reply(500), Reply(403), Reply(200, BODY[::-1]), Reply(200, b"short"), Reply(200, b"<html>")],
)
def test_the_next_mirror_is_asked_at_once(bench: Bench, bad: Reply) -> None:
    bench.tune(backoff=(30.0,))
    first, second = bench.serve(script(bad)), bench.serve(files(GOOD))

    fetched = bench.fetch(wanted_of(BODY), first, second)

    assert fetched.path.read_bytes() == BODY
    assert fetched.source == second.url()
    assert len(first.requests) == 1


def test_bytes_of_one_mirror_are_kept_for_the_next(bench: Bench) -> None:
    first = bench.serve(script(Reply(200, BODY[:20], length=len(BODY), then="close")))
    second = bench.serve(files(GOOD))

    fetched = bench.fetch(wanted_of(BODY), first, second)

    assert fetched.path.read_bytes() == BODY
    assert second.ranges == [(20, None)]


def test_wrong_bytes_of_one_mirror_do_not_spoil_the_next(bench: Bench) -> None:
    first = bench.serve(script(Reply(200, b"x" * 20, length=len(BODY), then="close")))
    second = bench.serve(files(GOOD))

    assert bench.fetch(wanted_of(BODY), first, second).path.read_bytes() == BODY
    assert second.ranges == [(20, None), None]


def test_a_fatal_failure_drops_a_mirror_from_later_rounds(bench: Bench) -> None:
    gone, flaky = (
        bench.serve(script(Reply(404))),
        bench.serve(script(Reply(503), Reply(503), Reply(200, BODY))),
    )

    assert bench.fetch(wanted_of(BODY), gone, flaky).source == flaky.url()
    assert (len(gone.requests), len(flaky.requests)) == (1, 3)


def test_the_first_mirrors_reason_is_told_with_the_others_as_notes(bench: Bench, closed_port: int) -> None:
    first, second = bench.serve(script(Reply(404))), bench.serve(script(Reply(200, BODY[::-1])))

    with pytest.raises(FileGone) as caught:
        bench.fetch(wanted_of(BODY), first, second, f"http://127.0.0.1:{closed_port}/x")

    wrong, refused = caught.value.__notes__
    assert "wrong content" in wrong
    assert "refused" in refused


def test_local_bytes_come_like_any_others(bench: Bench) -> None:
    server = bench.serve(script(Reply(500)))

    fetched = bench.fetch(wanted_of(BODY), server, stream())

    assert (fetched.path.read_bytes(), fetched.source, fetched.bytes_fetched) == (
        BODY,
        "local:/somewhere/file",
        len(BODY),
    )


class Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("make", [io.BytesIO, Unseekable])
@pytest.mark.parametrize(
    ("before", "fetched"), [(BODY[:10], len(BODY) - 10), (b"x" * 10, 2 * len(BODY) - 10)]
)
def test_a_stream_resumes(bench: Bench, make: type[io.BytesIO], before: bytes, fetched: int) -> None:
    wanted = wanted_of(BODY)
    bench.put_partial(wanted, before)

    result = bench.fetch(wanted, StreamMirror("local:x", lambda: make(BODY)))

    assert (result.path.read_bytes(), result.bytes_fetched) == (BODY, fetched)


@pytest.mark.parametrize(
    ("content", "kind"), [(BODY[:-1], "size"), (BODY + b"!", "size"), (BODY[::-1], "checksum"), (b"", "size")]
)
def test_a_stream_of_other_bytes_is_refused(bench: Bench, content: bytes, kind: str) -> None:
    with pytest.raises(ModelTasksError) as caught:
        bench.fetch(wanted_of(BODY), stream(content))

    assert caught.value.kind == kind


def refusing(error: Exception) -> Callable[[], AbstractContextManager[BinaryIO]]:
    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        raise error
        yield

    return opened


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (WheelUnavailable("m==1", "no such release"), "wheel"),
        (PermissionError(13, "Permission denied"), "permission"),
        (OSError(5, "Input/output error"), "system"),
    ],
)
def test_a_stream_that_cannot_be_opened_costs_that_mirror_only(
    bench: Bench, error: Exception, kind: str
) -> None:
    broken = StreamMirror("wheel:m==1/x", refusing(error))

    with pytest.raises(ModelTasksError) as caught:
        bench.fetch(wanted_of(BODY), broken)
    assert caught.value.kind == kind
    assert bench.fetch(wanted_of(BODY), broken, stream()).path.read_bytes() == BODY


def test_no_mirror_at_all(bench: Bench) -> None:
    with pytest.raises(ConfigError):
        bench.fetch(wanted_of(BODY))


@pytest.mark.parametrize("switch", ["setting", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_uses_what_is_on_this_machine_only(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    server = bench.serve(files(GOOD))
    if switch == "setting":
        bench.tune(offline=True)
    else:
        monkeypatch.setenv(switch, "1")

    with pytest.raises(Offline):
        bench.fetch(wanted_of(BODY), server, replace(stream(), needs_network=True))
    assert bench.fetch(wanted_of(BODY), server, stream()).source == "local:/somewhere/file"
    bench.put_partial(wanted_of(BODY), BODY)
    assert bench.fetch(wanted_of(BODY), server).source == "partial"
    assert server.requests == []


def test_an_unreachable_host_costs_little_and_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.tune(connect_timeout=AGES)
    real, asked_for = socket.getaddrinfo, list[str]()

    def noting(host: str, *args: object, **kwargs: object) -> object:
        asked_for.append(host)
        return real("127.0.0.1" if host == "dead.test" else host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", noting)
    server = bench.serve(files({"/file": BODY, "/other": BODY + b"2"}))
    with black_hole() as port:
        dead = f"http://dead.test:{port}/file"
        transfer = bench.transfer()
        started = time.monotonic()
        transfer.fetch(wanted_of(BODY), [UrlMirror(dead, "dead"), UrlMirror(server.url(), "good")])
        took = time.monotonic() - started
        transfer.fetch(
            wanted_of(BODY + b"2"), [UrlMirror(dead, "dead"), UrlMirror(server.url("/other"), "good")]
        )

    assert 1.0 < took < PROMPT
    assert asked_for.count("dead.test") == 1


def test_an_unreachable_host_is_warned_of_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bodies = {f"/{number}": BODY + b"%d" % number for number in range(4)}
    server, transfer = bench.serve(files(bodies)), bench.transfer()
    with black_hole() as port, ThreadPoolExecutor() as pool:

        def fetch(path: str) -> None:
            dead = UrlMirror(f"http://127.0.0.1:{port}{path}", "dead")
            transfer.fetch(wanted_of(bodies[path]), [dead, UrlMirror(server.url(path), "good")])

        list(pool.map(fetch, bodies))
    warnings = [each.message for each in caplog.records if each.levelname == "WARNING"]
    assert ["next mirror" in each for each in warnings] == [True]


def test_a_name_server_that_does_not_answer_costs_little(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.tune(connect_timeout=AGES)
    real, released = socket.getaddrinfo, threading.Event()

    def slow(host: str, *args: object, **kwargs: object) -> object:
        if host == "nowhere.test":
            released.wait(AGES)
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return real(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    server = bench.serve(files(GOOD))
    started = time.monotonic()
    try:
        bench.fetch(wanted_of(BODY), "http://nowhere.test/file", server)
        assert time.monotonic() - started < PROMPT
    finally:
        released.set()


def test_a_host_that_came_back_is_trusted_again(bench: Bench) -> None:
    transfer = bench.transfer()
    other = bench.serve(files(GOOD))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        first = f"http://127.0.0.1:{listener.getsockname()[1]}/file"
        mirrors = [UrlMirror(first, "first"), UrlMirror(other.url(), "second")]
        assert transfer.fetch(wanted_of(BODY), mirrors).source == "second"
        listener.listen()

        def serve_once() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(head(200, {"Content-Length": str(len(BODY))}) + BODY)

        threading.Thread(target=serve_once, daemon=True).start()
        assert transfer.fetch(wanted_of(BODY), mirrors[:1]).source == "first"


def run_rounds(
    failures: list[list[ModelTasksError | float]], retries: int = 3, gained: int = 0
) -> tuple[list[list[int]], list[float | None]]:
    """Play rounds with a clock that only pauses move; a number is a 429 that asks to wait so long."""
    mirrors = [stream(label=str(index)) for index in range(len(failures))]
    network = NetworkSettings(retries=retries, backoff=(2.0, 4.0, 8.0))
    rounds = MirrorRounds(mirrors, (), network, lambda: 0.0)
    now, asked, pauses = 0.0, list[list[int]](), list[float | None]()
    while True:
        due = rounds.due(now)
        asked.append([int(each.mirror.label) for each in due])
        for each in due:
            what = failures[int(each.mirror.label)]
            error = what.pop(0) if len(what) > 1 else what[0]
            failure = Failed(RateLimited("h", error), error) if isinstance(error, float) else Failed(error)
            rounds.failed(each, failure, now)
        pauses.append(pause := rounds.pause(gained, now))
        if pause is None or len(asked) > 9:
            return asked, pauses
        now += pause


def test_rounds_pause_once_for_all_mirrors() -> None:
    assert run_rounds([[RESET], [RESET]]) == ([[0, 1]] * 4, [2.0, 4.0, 8.0, None])


def test_rounds_leave_out_what_is_useless() -> None:
    gone = FileGone("h", "p")
    assert run_rounds([[gone], [RESET]], retries=1) == ([[0, 1], [1]], [2.0, None])
    assert run_rounds([[gone], [gone]]) == ([[0, 1]], [None])


def test_rounds_respect_who_asks_to_wait() -> None:
    assert run_rounds([[5.0], [RESET]], retries=2) == ([[0, 1], [1], [0, 1]], [2.0, 4.0, None])
    assert run_rounds([[5.0]], retries=2) == ([[0], [0], [0]], [5.0, 5.0, None])
    assert run_rounds([[3600.0]]) == ([[0]], [None])


def test_rounds_that_bring_much_are_not_counted() -> None:
    asked, pauses = run_rounds([[RESET]], retries=2, gained=ENOUGH_PROGRESS)
    assert (len(asked), set(pauses)) == (10, {2.0})


def test_rounds_begin_with_hosts_that_were_reachable() -> None:
    mirrors = [UrlMirror(f"http://host{index}/file", str(index)) for index in range(3)]
    rounds = MirrorRounds(mirrors, [each.origin for each in mirrors[:2]], NetworkSettings())
    assert [each.mirror.label for each in rounds.due(0.0)] == ["2", "0", "1"]


def test_a_failed_round_is_followed_by_the_pause_of_the_settings(bench: Bench) -> None:
    bench.tune(backoff=(0.2, 0.4), retries=2)
    server = bench.serve(script(Reply(503)))
    started = time.monotonic()

    with pytest.raises(HttpStatus):
        bench.fetch(wanted_of(BODY), server)

    assert 0.6 <= time.monotonic() - started < PROMPT
    assert len(server.requests) == 3


def test_retry_after_is_the_floor(bench: Bench) -> None:
    server = bench.serve(script(Reply(429, headers={"Retry-After": "1"}), Reply(200, BODY)))
    started = time.monotonic()

    bench.fetch(wanted_of(BODY), server)

    assert 1.0 <= time.monotonic() - started < PROMPT


def test_a_wrong_checksum_names_both_digests(bench: Bench) -> None:
    server = bench.serve(script(Reply(200, BODY[::-1])))
    wanted = wanted_of(BODY)

    with pytest.raises(ChecksumMismatch) as caught:
        bench.fetch(wanted, server)

    assert caught.value.expected == str(wanted.checksum)
    assert caught.value.actual == str(wanted_of(BODY[::-1]).checksum)


BACKOFF = (2.0, 4.0, 8.0)


@pytest.mark.parametrize(
    ("failed", "error", "retry_after", "jitter", "expected"),
    [
        (1, RESET, None, 0.0, 2.0),
        (2, RESET, None, 0.0, 4.0),
        (3, RESET, None, 0.0, 8.0),
        (4, RESET, None, 0.0, 8.0),
        (1, RESET, None, 1.0, 2.5),
        (3, RESET, None, 0.5, 9.0),
        (1, DnsFailure("h", "d"), None, 0.0, 2.0),
        (1, Timeout("h", 1), None, 0.0, 2.0),
        (1, Stalled("f", 1, 2), None, 0.0, 2.0),
        (1, HttpStatus("u", 503), None, 0.0, 2.0),
        (1, HttpStatus("u", 408), None, 0.0, 2.0),
        (1, HttpStatus("u", 503), 1.0, 0.0, 2.0),
        (1, HttpStatus("u", 503), 30.0, 0.0, 30.0),
        (1, HttpStatus("u", 503), 30.0, 1.0, 30.5),
        (1, RateLimited("h", 295), 295.0, 0.0, 295.0),
        (1, RateLimited("h", 0), 0.0, 0.0, 2.0),
        (1, RateLimited("h", LONGEST_WAIT), LONGEST_WAIT, 0.0, LONGEST_WAIT),
        (1, RateLimited("h", 3600), 3600.0, 0.0, None),
        (1, HttpStatus("u", 403), None, 0.0, None),
        (1, HttpStatus("u", 401), None, 0.0, None),
        (1, HttpStatus("u", 501), None, 0.0, None),
        (1, FileGone("h", "p"), None, 0.0, None),
        (1, FileGone("h", "p"), 1.0, 0.0, None),
        (1, TlsFailure("h", "d"), None, 0.0, None),
        (1, TokenRefused("h"), None, 0.0, None),
        (1, ChecksumMismatch("f", "a", "b", "o"), None, 0.0, None),
        (1, SizeMismatch("f", 1, 2, "o"), None, 0.0, None),
        (1, HtmlInsteadOfModel("u"), None, 0.0, None),
        (1, Offline("f", "s"), None, 0.0, None),
    ],
)
def test_delay(
    failed: int, error: ModelTasksError, retry_after: float | None, jitter: float, expected: float | None
) -> None:
    assert delay(failed, error, retry_after, BACKOFF, jitter) == expected


def test_no_backoff_means_no_pause() -> None:
    assert delay(1, RESET, None, (), 1.0) == 0.0
