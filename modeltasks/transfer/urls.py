"""Bytes from a mirror on the network, by one connection or several."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from modeltasks.checksum import BUFFER
from modeltasks.errors import HtmlInsteadOfModel, ModelTasksError
from modeltasks.settings import NetworkSettings
from modeltasks.transfer.address import redact
from modeltasks.transfer.budget import ConnectionBudget, RateLimit
from modeltasks.transfer.classify import dropped, status_error
from modeltasks.transfer.exchange import Exchange
from modeltasks.transfer.extents import BLOCK, Span
from modeltasks.transfer.failure import Failed, Stopped
from modeltasks.transfer.http import Answer, Question, Web
from modeltasks.transfer.mirror import UrlMirror
from modeltasks.transfer.partial import local_trouble
from modeltasks.transfer.retry import asked_wait
from modeltasks.transfer.sink import Sink

PARALLEL_FROM = 32 * 1024 * 1024
"""Bytes: smaller files are served by one connection."""

_PIECE_LEAST = 8 * 1024 * 1024
_PIECE_MOST = 32 * 1024 * 1024

_CONTENT_RANGE = re.compile(r"bytes\s+(?:(\d+)-(\d+)|\*)/(\d+|\*)\s*\Z", re.IGNORECASE)
_PAGES = (".html", ".htm")
_PASSING = {401, 403, 404, 410}


@dataclass(frozen=True, slots=True)
class Means:
    """What all downloads of a run share."""

    network: NetworkSettings
    web: Web
    budget: ConnectionBudget
    rate: RateLimit


def content_range(headers: Mapping[str, str]) -> tuple[Span | None, int | None]:
    """Read a Content-Range (RFC 9110 §14.4): the bytes sent and the size of the whole, None where unknown."""
    match = _CONTENT_RANGE.match(headers.get("Content-Range", ""))
    if match is None:
        return None, None
    first, last, total = match.groups()
    span = (int(first), int(last) + 1) if first else None
    return span, None if total == "*" else int(total)


def looks_like_html(head: bytes) -> bool:
    """Say whether bytes begin as a web page does."""
    return head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))


def piece_size(size: int, connections: int) -> int:
    """Return the bytes to ask for at once, such that each connection gets two pieces or more.

    Large pieces waste fewer round trips, small ones let the hash follow closely.
    """
    piece = size // (2 * connections)
    return max(_PIECE_LEAST, min(_PIECE_MOST, piece // BLOCK * BLOCK))


class UrlSupply:
    """Fetches a `UrlMirror` into a sink, from where the partial has gaps."""

    def __init__(self, mirror: UrlMirror, sink: Sink, means: Means, *, whole: bool) -> None:
        self._mirror = mirror
        self._sink = sink
        self._means = means
        self._whole = whole
        self._ranges_work = False
        self._direct: str | None = None
        self._lock = threading.Lock()

    @property
    def free_parts(self) -> int:
        """How many more connections would find bytes to bring; the server must have shown that it can."""
        if not (self._ranges_work and self._parallel):
            return 0
        return -(-self._sink.free // self._piece)

    @property
    def _parallel(self) -> bool:
        large = (self._sink.partial.size or 0) >= PARALLEL_FROM
        return large and not self._whole and self._means.network.connections > 1

    def lead(self, exchange: Exchange) -> None:
        """Bring all bytes that are missing, or all that no other worker brings."""
        partial = self._sink.partial
        start = partial.prefix
        end = None
        parallel = self._parallel
        if parallel and (span := self._claim(exchange, start)):
            # Not all of the rest: others would have to break into it, and what is on its way be lost.
            end = span[1]
        expects_range = start > 0 or parallel
        asked = time.monotonic()
        answer = self._ask(exchange, start if expects_range else None, end)
        self._means.budget.answered(time.monotonic() - asked)
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self._already_complete(answer):
            answer.close()
            return
        if expects_range and not self._usable(answer, start):
            answer.close()
            answer = self._ask(exchange, None, None)
        with closing(answer):
            offset = self._accept(answer, start)
            self._pour(exchange, answer, offset)
        self._fill_gaps(exchange, lead=True)

    def extra(self, exchange: Exchange) -> None:
        """Bring some of the missing bytes, until none is free or a connection is wanted elsewhere."""
        self._fill_gaps(exchange, lead=False)

    def _ask(self, exchange: Exchange, start: int | None, end: int | None) -> Answer:
        mirror, network = self._mirror, self._means.network
        direct = self._direct
        question = Question(direct or mirror.url, mirror.url, mirror.token, start, end)
        answer = self._means.web.ask(question, exchange, network.connect_timeout)
        if self._sink.stop.is_set():
            answer.close()
            raise Stopped
        if direct and answer.status in _PASSING:
            # The signature of a redirect's target has expired: ask the mirror for a new one.
            answer.close()
            with self._lock:
                if self._direct == direct:
                    self._direct = None
            return self._ask(exchange, start, end)
        if answer.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            self._direct = answer.url
            answer.patience(network.idle_timeout)
        return answer

    def _usable(self, answer: Answer, start: int) -> bool:
        """Say whether an answer to a request for a range can be gone on with, or must be asked for whole."""
        if answer.status != HTTPStatus.PARTIAL_CONTENT:
            return answer.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        sink = self._sink
        span, total = content_range(answer.headers)
        if span is None or span[0] != start:
            return False
        if sink.wanted.size is not None or total is None:
            return True
        return sink.partial.size in {None, total} and total >= sink.partial.held

    def _already_complete(self, answer: Answer) -> bool:
        """Say whether a 416 means that the partial, whose size nobody knew, has every byte."""
        partial = self._sink.partial
        _, total = content_range(answer.headers)
        if self._sink.wanted.size is not None or total is None or not total == partial.held == partial.prefix:
            return False
        partial.set_size(total)
        return True

    def _refuse_error(self, answer: Answer) -> None:
        """Raise what a status other than 200 and 206 means."""
        status = answer.status
        if status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            return
        asked = asked_wait(answer.headers, datetime.now(UTC))
        error: ModelTasksError | None = None
        if status >= 400 and answer.at_home and self._mirror.explain is not None:
            error = self._mirror.explain(status, answer.headers)
        if error is None:
            error = status_error(answer.url, status, answer.reason, asked, token_sent=answer.token_sent)
            if status == 403 and not answer.at_home:
                # A signed URL may have expired; the next round gets a new one from the mirror.
                error.transient = True
        raise Failed(error, asked)

    def _accept(self, answer: Answer, start: int) -> int:
        """Check the head of an answer against what is wanted and there; return where its body begins."""
        self._refuse_error(answer)
        sink = self._sink
        origin = redact(self._mirror.label)
        if answer.status == HTTPStatus.PARTIAL_CONTENT:
            self._ranges_work = True
            sink.begin_answer()
            _, total = content_range(answer.headers)
            if total is not None:
                sink.learn_size(total, origin)
            return start
        total = answer.length
        sink.looks_like_html = answer.headers.get("Content-Type", "").lower().startswith("text/html")
        head = answer.peek(sink.wanted.label, self._means.network.idle_timeout)
        if looks_like_html(head) and not sink.wanted.label.lower().endswith(_PAGES):
            sink.looks_like_html = True
            if total is None or total != sink.wanted.size:
                raise HtmlInsteadOfModel(redact(answer.url))
        if total is not None:
            sink.learn_size(total, origin)
        with local_trouble(sink.partial.path.parent, 0):
            sink.restart()
        sink.begin_answer()
        self._ranges_work = total is not None and answer.headers.get("Accept-Ranges", "").lower() == "bytes"
        return 0

    def _pour(self, exchange: Exchange, answer: Answer, offset: int) -> None:
        """Write a body from `offset` until it ends or reaches what is there or others fill."""
        sink, means = self._sink, self._means
        label, idle = sink.wanted.label, means.network.idle_timeout
        read_size = means.rate.read_size(BUFFER)
        began = offset
        with sink.partial.writer(offset) as out:
            while True:
                span = self._claim(exchange, offset)
                if span is None and sink.partial.size is not None:
                    return
                end = span[1] if span else None
                while end is None or offset < end:
                    data = answer.read(
                        read_size if end is None else min(read_size, end - offset), label, idle
                    )
                    if not data:
                        self._ended(answer, began, offset)
                        return
                    offset = sink.put(out, offset, data)
                    means.budget.arrived(len(data))
                    if wait := means.rate.take(len(data)):
                        sink.stop.wait(wait)

    def _claim(self, exchange: Exchange, at: int | None) -> Span | None:
        return None if self._sink.partial.size is None else self._sink.claim(exchange, self._piece, at)

    @property
    def _piece(self) -> int:
        size = self._sink.partial.size or 0
        piece = size + BLOCK if self._whole else piece_size(size, self._means.network.connections)
        return piece // BLOCK * BLOCK

    def _ended(self, answer: Answer, began: int, offset: int) -> None:
        """Judge a body that ended at `offset`, as far as its server is concerned in order."""
        sink = self._sink
        if offset == began and answer.status == HTTPStatus.PARTIAL_CONTENT:
            raise dropped(answer.url, 0)
        if answer.status == HTTPStatus.PARTIAL_CONTENT and sink.partial.size is not None:
            return
        if answer.status == HTTPStatus.OK and offset < (sink.partial.size or 0):
            if not answer.framed:
                raise dropped(answer.url, offset)
            # A whole body, but not the one that is wanted.
            sink.restart()
        sink.learn_size(offset, redact(self._mirror.label))

    def _fill_gaps(self, exchange: Exchange, *, lead: bool) -> None:
        """Fetch missing parts one by one; wait for those of others, for they may be given back."""
        sink, partial = self._sink, self._sink.partial
        while not partial.complete:
            if not lead and self._means.budget.contended:
                return
            span = self._claim(exchange, None)
            if span is None:
                if not sink.claimed:
                    return
                sink.wait()
                continue
            answer = self._ask(exchange, *span)
            with closing(answer):
                self._refuse_error(answer)
                if answer.status != HTTPStatus.PARTIAL_CONTENT or not self._usable(answer, span[0]):
                    raise Failed(dropped(answer.url, 0))
                self._accept(answer, span[0])
                self._pour(exchange, answer, span[0])
