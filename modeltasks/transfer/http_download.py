"""Bytes from a mirror on the network, by one connection or several."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from http import HTTPStatus

from modeltasks.checksum import BLOCK, BUFFER
from modeltasks.errors import BadAnswer, HtmlInsteadOfModel, ModelTasksError
from modeltasks.report.os_errors import told
from modeltasks.transfer.byte_ranges import Span
from modeltasks.transfer.headers import asked_wait, content_range, shortened
from modeltasks.transfer.http_client import Answer, Question, Web
from modeltasks.transfer.http_errors import dropped, status_error, still_encoded
from modeltasks.transfer.mirror import Failed, Stopped, UrlMirror
from modeltasks.transfer.url import host_of, redact
from modeltasks.transfer.workers import Attempt, Worker

PARALLEL_FROM = 32 * 1024 * 1024
"""Bytes: smaller files are served by one connection."""

_PIECE_LEAST = 8 * 1024 * 1024
_PIECE_MOST = 32 * 1024 * 1024

_PAGES = (".html", ".htm")
_PASSING = {401, 403, 404, 410}


def looks_like_html(head: bytes) -> bool:
    """Say whether bytes begin as a web page does."""
    return head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))


def piece_size(size: int, connections: int) -> int:
    """Return the bytes to ask for at once, such that each connection gets two pieces or more.

    Large pieces waste fewer round trips, small ones let the hash follow closely.
    """
    piece = size // (2 * connections)
    return max(_PIECE_LEAST, min(_PIECE_MOST, piece // BLOCK * BLOCK))


class HttpDownload:
    """Fetches a file from a mirror, only what the partial lacks.

    Args:
        mirror: where from.
        attempt: where to.
        web: the connections.
        whole: ask for all of it by one request.
    """

    def __init__(self, mirror: UrlMirror, attempt: Attempt, web: Web, *, whole: bool) -> None:
        self._mirror = mirror
        self._attempt = attempt
        self._partial = attempt.partial
        self._wanted = attempt.wanted
        self._web = web
        self._whole = whole
        self._direct: str | None = None
        self._lock = threading.Lock()

    @property
    def _parallel(self) -> bool:
        large = (self._partial.size or 0) >= PARALLEL_FROM
        return large and not self._whole and self._web.network.connections > 1

    def run(self, worker: Worker) -> None:
        """Bring all bytes that are missing, or all that no other worker brings."""
        start, end = self._partial.prefix, None
        parallel = self._parallel
        if (parallel or self._gap_ends(start)) and (span := self._claim(worker, start)):
            # Not all of the rest: others would have to break into it, and what is on its way be lost.
            end = span[1]
        expects_range = start > 0 or parallel or end is not None
        asked = time.monotonic()
        answer = self._ask(worker, start if expects_range else None, end)
        self._attempt.budget.answered(time.monotonic() - asked)
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and self._already_complete(answer):
            answer.close()
            return
        if expects_range and self._unusable(answer, start):
            answer.close()
            answer = self._ask(worker, None, None)
        with closing(answer):
            self._refuse_error(answer)
            accept = self._accept_slice if _is_slice(answer) else self._accept_whole
            self._pour(worker, answer, *accept(answer, start))
        self._fill_gaps(worker, first=True)

    def _gap_ends(self, start: int) -> bool:
        """Say whether bytes are there behind the missing ones, which need not be fetched."""
        size = self._partial.size
        gap = None if size is None else self._partial.next_piece([], size, start)
        return gap is not None and gap[1] != size

    def _run_more(self, worker: Worker) -> None:
        """Bring some of the missing bytes, until none is free or a connection is wanted elsewhere."""
        self._fill_gaps(worker, first=False)

    def _ask(self, worker: Worker, start: int | None, end: int | None) -> Answer:
        mirror, direct = self._mirror, self._direct
        answer = self._web.ask(Question(direct or mirror.url, mirror, self._wanted.label, start, end), worker)
        if self._attempt.stop.is_set():
            answer.close()
            raise Stopped
        if direct and answer.status in _PASSING:
            # The signature of a redirect's target has expired: ask the mirror for a new one.
            answer.close()
            with self._lock:
                if self._direct == direct:
                    self._direct = None
            return self._ask(worker, start, end)
        if answer.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            self._direct = answer.url
        return answer

    def _unusable(self, answer: Answer, start: int) -> str | None:
        """Return why the body of an answer cannot be gone on with from `start`; None if it can.

        A slice is what its Content-Range says, whatever the status and whatever was asked for. It may begin
        early: what is there already is left out.
        """
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return "it has no such range"
        if not _is_slice(answer):
            return None
        size, known, held = self._wanted.size, self._partial.size, self._partial.held
        content_type = answer.headers.get("Content-Type", "").lower()
        span, total = content_range(answer.headers)
        first, end = span or (0, 0)
        other_size = size is None and total is not None and (known not in {None, total} or total < held)
        troubles = (
            (
                content_type.startswith("multipart/byteranges"),
                "it sends several ranges in one body (multipart/byteranges)",
            ),
            (span is None, f"its Content-Range is {shortened(answer.headers.get('Content-Range', ''))}"),
            (
                not first <= start < end,
                f"it sends the bytes from {first:,} up to {end:,} where those from {start:,} are wanted",
            ),
            (
                answer.length not in {None, end - first},
                "its Content-Range and Content-Length contradict each other",
            ),
            # Where the size of the encoded form is the wanted one, the encoded form is what is wanted.
            (
                answer.encoding != "" and total != size,
                f"it sends a part of an encoded form (Content-Encoding: {shortened(answer.encoding)})",
            ),
            (other_size, f"it says that the file has {total or 0:,} bytes, and something else before"),
        )
        return next((why for applies, why in troubles if applies), None)

    def _already_complete(self, answer: Answer) -> bool:
        """Say whether a 416 means that the partial, whose size nobody knew, has every byte."""
        partial = self._partial
        _, total = content_range(answer.headers)
        if self._wanted.size is not None or total is None or not total == partial.held == partial.prefix:
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

    def _accept_slice(self, answer: Answer, start: int) -> tuple[int, int | None]:
        """Check the head of a slice against what is wanted from `start` on; return which bytes now come."""
        if why := self._unusable(answer, start):
            raise BadAnswer(host_of(answer.url), self._wanted.label, why)
        span, total = content_range(answer.headers)
        assert span is not None
        if total is not None:
            self._attempt.learn_size(total, redact(self._mirror.label))
        self._share(works=True)
        self._leave_out(answer, start - span[0])
        return start, span[1]

    def _accept_whole(self, answer: Answer, _start: int) -> tuple[int, int | None]:
        """Check the head of a whole file against what is wanted, and start over with it."""
        attempt, label = self._attempt, self._wanted.label
        total, size = answer.length, self._wanted.size
        attempt.looks_like_html = answer.headers.get("Content-Type", "").lower().startswith("text/html")
        if answer.encoding:
            # The encoded form itself may be what is wanted: many send so what they store compressed.
            as_sent = not self._whole and total is not None and size in {None, total}
            if not as_sent and answer.decode():
                total = None
            elif total is not None and size not in {None, total}:
                raise still_encoded(answer.url, label, answer.encoding)
            else:
                attempt.encoded = answer.encoding
        head = answer.peek()
        if looks_like_html(head) and not label.lower().endswith(_PAGES):
            attempt.looks_like_html = True
            if total is None or total != size:
                raise HtmlInsteadOfModel(redact(answer.url))
        if total is not None:
            attempt.learn_size(total, redact(self._mirror.label))
        with told(self._partial.path):
            attempt.restart(size=total)
        takes_ranges = answer.headers.get("Accept-Ranges", "").lower() == "bytes"
        self._share(works=total is not None and takes_ranges and not answer.encoding)
        return 0, None

    def _share(self, *, works: bool) -> None:
        """Let other workers bring parts, if the server has shown that ranges work."""
        self._attempt.share(self._run_more if works and self._parallel else None, self._piece)

    def _leave_out(self, answer: Answer, count: int) -> None:
        """Read bytes that are there already."""
        while count:
            data = self._read(answer, count)
            if not data:
                raise dropped(answer.url, 0)
            count -= len(data)
            self._account_for(len(data))

    def _read(self, answer: Answer, most: int | None) -> bytes:
        if self._attempt.stop.is_set():
            raise Stopped
        size = self._web.rate.read_size(BUFFER)
        return answer.read(size if most is None else min(size, most))

    def _account_for(self, count: int) -> None:
        """Count bytes for the limits of all transfers, and wait if they came too fast."""
        self._attempt.budget.arrived(count)
        if wait := self._web.rate.take(count):
            self._attempt.stop.wait(wait)

    def _pour(self, worker: Worker, answer: Answer, offset: int, stop: int | None) -> None:
        """Write a body from `offset` until it ends or reaches what is there or others fill.

        It ends at `stop` at the latest: what a server sends beyond its own Content-Range is nobody's.
        """
        began = offset
        with self._partial.writer(offset) as out:
            while True:
                span = self._claim(worker, offset)
                if span is None and self._partial.size is not None:
                    return
                ends = [each for each in (span[1] if span else None, stop) if each is not None]
                end = min(ends, default=None)
                while end is None or offset < end:
                    data = self._read(answer, None if end is None else end - offset)
                    if not data:
                        self._ended(answer, began, offset)
                        return
                    offset = self._attempt.put(out, offset, data)
                    self._account_for(len(data))
                if offset == stop:
                    self._ended(answer, began, offset)
                    return

    def _claim(self, worker: Worker, at: int | None) -> Span | None:
        return None if self._partial.size is None else self._attempt.claim(worker, self._piece, at)

    @property
    def _piece(self) -> int:
        size = self._partial.size or 0
        piece = size + BLOCK if self._whole else piece_size(size, self._web.network.connections)
        return piece // BLOCK * BLOCK

    def _ended(self, answer: Answer, began: int, offset: int) -> None:
        """Judge a body that ended at `offset`, as far as its server is concerned in order."""
        attempt, size = self._attempt, self._partial.size
        part = _is_slice(answer)
        if part and offset == began:
            raise dropped(answer.url, 0)
        if part and size is not None:
            return
        if not part and offset < (size or 0):
            if not answer.framed:
                raise dropped(answer.url, offset)
            if attempt.encoded:
                raise still_encoded(answer.url, self._wanted.label, attempt.encoded)
            # A whole body, but not the one that is wanted.
            attempt.restart()
        attempt.learn_size(offset, redact(self._mirror.label))

    def _fill_gaps(self, worker: Worker, *, first: bool) -> None:
        """Fetch missing parts one by one; wait for those of others, for they may be given back."""
        while not self._partial.complete:
            if not first and self._attempt.budget.contended:
                return
            span = self._claim(worker, None)
            if span is None:
                if not self._attempt.wait_for_others():
                    return
                continue
            answer = self._ask(worker, *span)
            with closing(answer):
                self._refuse_error(answer)
                why = self._unusable(answer, span[0])
                if not _is_slice(answer):
                    why = "it sends the whole file where a part was asked for"
                if why:
                    refusal = BadAnswer(host_of(answer.url), self._wanted.label, why)
                    # The next round asks for the whole file if need be.
                    refusal.transient = True
                    raise Failed(refusal)
                self._pour(worker, answer, *self._accept_slice(answer, span[0]))


def _is_slice(answer: Answer) -> bool:
    """Whether an answer says that it holds a part of the file, by its status or by a Content-Range."""
    if answer.status == HTTPStatus.PARTIAL_CONTENT:
        return True
    return answer.status == HTTPStatus.OK and content_range(answer.headers)[0] is not None
