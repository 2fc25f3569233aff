"""Fetching from a mirror on the network, over one connection or several."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from http import HTTPStatus

from modeltasks.checksum import BLOCK, BUFFER
from modeltasks.errors import BadAnswer, HtmlInsteadOfModel, ModelTasksError
from modeltasks.report.os_errors import explained
from modeltasks.transfer.byte_ranges import Span
from modeltasks.transfer.headers import retry_after, shortened
from modeltasks.transfer.http_client import HttpClient, Request, Response
from modeltasks.transfer.http_errors import dropped, status_error, still_encoded
from modeltasks.transfer.mirror import Failed, Stopped, UrlMirror
from modeltasks.transfer.url import host_of, redact
from modeltasks.transfer.workers import Attempt, Worker

PARALLEL_FROM = 32 * 1024 * 1024
"""Bytes: smaller files are served by one connection."""

_PIECE_LEAST = 8 * 1024 * 1024
_PIECE_MOST = 32 * 1024 * 1024

_PAGES = (".html", ".htm")
_EXPIRED = {401, 403, 404, 410}


def looks_like_html(head: bytes) -> bool:
    """Say whether bytes begin as a web page does."""
    return head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html"))


def piece_size(size: int, connections: int) -> int:
    """Return the bytes to ask for at once, such that each connection gets two pieces or more.

    Large pieces waste fewer round trips, small ones let the hash follow closely.
    """
    piece = size // (2 * connections)
    return max(_PIECE_LEAST, min(_PIECE_MOST, piece // BLOCK * BLOCK))


def refusal(response: Response, mirror: UrlMirror) -> Failed:
    """Return what a status other than 200 and 206 means, and how long its server asks to wait."""
    status = response.status
    wait = retry_after(response.headers, datetime.now(UTC))
    error: ModelTasksError | None = None
    if status >= 400 and response.same_origin and mirror.explain is not None:
        error = mirror.explain(status, response.headers)
    if error is None:
        error = status_error(response.url, status, response.reason, wait, token_sent=response.token_sent)
        if status == 403 and not response.same_origin:
            # A signed URL may have expired; the next round gets a new one from the mirror.
            error.transient = True
    return Failed(error, wait)


class HttpDownload:
    """Fetches a file from a mirror, only what the partial lacks.

    Args:
        mirror: where from.
        attempt: where to.
        http: the connections.
        whole: ask for all of it by one request.
    """

    def __init__(self, mirror: UrlMirror, attempt: Attempt, http: HttpClient, *, whole: bool) -> None:
        self._mirror = mirror
        self._attempt = attempt
        self._partial = attempt.partial
        self._wanted = attempt.wanted
        self._http = http
        self._whole = whole
        self._redirected: str | None = None
        self._lock = threading.Lock()

    @property
    def _parallel(self) -> bool:
        large = (self._partial.size or 0) >= PARALLEL_FROM
        return large and not self._whole and self._http.network.connections > 1

    def run(self, worker: Worker) -> None:
        """Fetch all bytes that are missing, or all that no other worker fetches."""
        start, end = self._partial.prefix, None
        parallel = self._parallel
        if (parallel or self._gap_ends(start)) and (span := self._claim(worker, start)):
            # Not all of the rest: what is on its way would be lost when others take a part of it.
            end = span[1]
        expects_range = start > 0 or parallel or end is not None
        sent = time.monotonic()
        with closing(self._request(worker, start if expects_range else None, end)) as response:
            self._attempt.budget.responded(time.monotonic() - sent)
            refused = response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            if refused and self._already_complete(response):
                return
            usable = not (expects_range and self._why_unusable(response, start))
            if usable:
                self._save(worker, response, start)
        if not usable:
            with closing(self._request(worker, None, None)) as response:
                self._save(worker, response, start)
        self._fill_gaps(worker, first=True)

    def _save(self, worker: Worker, response: Response, start: int) -> None:
        """Write what a response brings: the bytes from `start` on, or all of them from the first."""
        self._raise_for_status(response)
        if not response.is_slice:
            self._accept_whole(response)
            self._save_body(worker, response, 0)
            return
        if why := self._why_unusable(response, start):
            raise BadAnswer(host_of(response.url), self._wanted.label, why)
        self._accept_slice(response, start)
        self._save_body(worker, response, start)

    def _gap_ends(self, start: int) -> bool:
        """Say whether bytes behind the missing ones are there already."""
        size = self._partial.size
        gap = None if size is None else self._partial.next_piece([], size, start)
        return gap is not None and gap[1] != size

    def _request(self, worker: Worker, start: int | None, end: int | None) -> Response:
        mirror, redirected = self._mirror, self._redirected
        request = Request(redirected or mirror.url, mirror, self._wanted.label, start, end)
        response = self._http.send(request, worker)
        if self._attempt.stop.is_set():
            response.close()
            raise Stopped
        if redirected and response.status in _EXPIRED:
            # The signature of a redirect's target has expired: ask the mirror for a new one.
            response.close()
            with self._lock:
                if self._redirected == redirected:
                    self._redirected = None
            return self._request(worker, start, end)
        if response.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            self._redirected = response.url
        return response

    def _why_unusable(self, response: Response, start: int) -> str | None:
        """Return why the body of a response cannot be used from `start` on; None if it can.

        A slice is what its Content-Range says, whatever the status and whatever was asked for. It may begin
        early: what is there already is skipped.
        """
        if response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return "it has no such range"
        if not response.is_slice:
            return None
        size, known, held = self._wanted.size, self._partial.size, self._partial.held
        content_type = response.headers.get("Content-Type", "").lower()
        content_range = shortened(response.headers.get("Content-Range", ""))
        total = response.total
        first, end = response.span or (0, 0)
        other_size = size is None and total is not None and (known not in {None, total} or total < held)
        troubles = (
            (
                content_type.startswith("multipart/byteranges"),
                "it sends several ranges in one body (multipart/byteranges)",
            ),
            (response.span is None, f"its Content-Range is {content_range}"),
            (
                not first <= start < end,
                f"it sends the bytes from {first:,} up to {end:,} where those from {start:,} are wanted",
            ),
            (
                response.length not in {None, end - first},
                "its Content-Range and Content-Length contradict each other",
            ),
            # Where the size of the encoded form is the wanted one, the encoded form is what is wanted.
            (
                response.encoding != "" and total != size,
                f"it sends a part of an encoded form (Content-Encoding: {shortened(response.encoding)})",
            ),
            (other_size, f"it says that the file has {total or 0:,} bytes, and something else before"),
        )
        return next((why for applies, why in troubles if applies), None)

    def _already_complete(self, response: Response) -> bool:
        """Say whether a 416 means that the partial, whose size nobody knew, has every byte."""
        partial, total = self._partial, response.total
        if self._wanted.size is not None or total is None or not total == partial.held == partial.prefix:
            return False
        partial.set_size(total)
        return True

    def _raise_for_status(self, response: Response) -> None:
        """Raise what a status other than 200 and 206 means."""
        if response.status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            raise refusal(response, self._mirror)

    def _accept_slice(self, response: Response, start: int) -> None:
        """Prepare for the body of a usable slice; read up to `start`."""
        if response.total is not None:
            self._attempt.learn_size(response.total, redact(self._mirror.label))
        self._allow_more_workers(works=True)
        if response.span is not None:
            self._skip(response, start - response.span[0])

    def _accept_whole(self, response: Response) -> None:
        """Check the head of a whole file against what is wanted, and start over with it."""
        attempt, label = self._attempt, self._wanted.label
        total, size = response.length, self._wanted.size
        attempt.looks_like_html = response.headers.get("Content-Type", "").lower().startswith("text/html")
        if response.encoding:
            # The encoded form itself may be what is wanted: many send so what they store compressed.
            as_sent = not self._whole and total is not None and size in {None, total}
            if not as_sent and response.decode():
                total = None
            elif total is not None and size not in {None, total}:
                raise still_encoded(response.url, label, response.encoding)
            else:
                attempt.encoded = response.encoding
        head = response.peek()
        if looks_like_html(head) and not label.lower().endswith(_PAGES):
            attempt.looks_like_html = True
            if total is None or total != size:
                raise HtmlInsteadOfModel(redact(response.url))
        if total is not None:
            attempt.learn_size(total, redact(self._mirror.label))
        with explained(self._partial.path):
            attempt.restart(size=total)
        takes_ranges = response.headers.get("Accept-Ranges", "").lower() == "bytes"
        self._allow_more_workers(works=total is not None and takes_ranges and not response.encoding)

    def _allow_more_workers(self, *, works: bool) -> None:
        """Let other workers fetch parts, if the server has shown that ranges work."""
        self._attempt.allow_more_workers(self._fill_gaps if works and self._parallel else None, self._piece)

    def _skip(self, response: Response, count: int) -> None:
        """Read bytes that are there already."""
        while count:
            data = self._read(response, count)
            if not data:
                raise dropped(response.url, 0)
            count -= len(data)
            self._throttle(len(data))

    def _read(self, response: Response, most: int | None) -> bytes:
        if self._attempt.stop.is_set():
            raise Stopped
        size = self._http.rate.read_size(BUFFER)
        return response.read(size if most is None else min(size, most))

    def _throttle(self, count: int) -> None:
        """Count bytes for the limits of all transfers, and wait if they came too fast."""
        self._attempt.budget.arrived(count)
        if wait := self._http.rate.take(count):
            self._attempt.stop.wait(wait)

    def _save_body(self, worker: Worker, response: Response, offset: int) -> None:
        """Write a body from `offset` on, until it ends or reaches bytes that are there or that others fetch.

        What a server sends beyond its own Content-Range is ignored.
        """
        began, stop = offset, response.span[1] if response.span is not None else None
        with self._partial.writer(offset) as out:
            while True:
                span = self._claim(worker, offset)
                if span is None and self._partial.size is not None:
                    return
                ends = [each for each in (span[1] if span else None, stop) if each is not None]
                end = min(ends, default=None)
                while end is None or offset < end:
                    data = self._read(response, None if end is None else end - offset)
                    if not data:
                        self._check_end(response, began, offset)
                        return
                    offset = self._attempt.write(out, offset, data)
                    self._throttle(len(data))
                if offset == stop:
                    self._check_end(response, began, offset)
                    return

    def _claim(self, worker: Worker, at: int | None) -> Span | None:
        return None if self._partial.size is None else self._attempt.claim(worker, self._piece, at)

    @property
    def _piece(self) -> int:
        size = self._partial.size or 0
        piece = size + BLOCK if self._whole else piece_size(size, self._http.network.connections)
        return piece // BLOCK * BLOCK

    def _check_end(self, response: Response, began: int, offset: int) -> None:
        """Check whether a body that ended at `offset` is all that it was to be."""
        attempt, size = self._attempt, self._partial.size
        part = response.is_slice
        if part and offset == began:
            raise dropped(response.url, 0)
        if part and size is not None:
            return
        if not part and offset < (size or 0):
            if not response.framed:
                raise dropped(response.url, offset)
            if attempt.encoded:
                raise still_encoded(response.url, self._wanted.label, attempt.encoded)
            # A whole body, but not the one that is wanted.
            attempt.restart()
        attempt.learn_size(offset, redact(self._mirror.label))

    def _fill_gaps(self, worker: Worker, *, first: bool = False) -> None:
        """Fetch missing parts one by one; wait for those of others, for they may be given back.

        All workers but the first leave when their connection is wanted for another file.
        """
        while not self._partial.complete:
            if not first and self._attempt.budget.contended:
                return
            span = self._claim(worker, None)
            if span is None:
                if not self._attempt.wait_for_others():
                    return
                continue
            with closing(self._request(worker, *span)) as response:
                self._raise_for_status(response)
                why = self._why_unusable(response, span[0])
                if not response.is_slice:
                    why = "it sends the whole file where a part was asked for"
                if why:
                    refusal = BadAnswer(host_of(response.url), self._wanted.label, why)
                    # The next round asks for the whole file if need be.
                    refusal.transient = True
                    raise Failed(refusal)
                self._accept_slice(response, span[0])
                self._save_body(worker, response, span[0])
