"""One look at a mirror: whether it has the bytes, how many, and whether a part of them can be asked for.

At most the first bytes are read. For whoever wants to know today what a transfer would meet with.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from modeltasks.errors import BadAnswer, HtmlInsteadOfModel, SizeMismatch, Timeout
from modeltasks.transfer.http_client import HttpClient, Request, Response
from modeltasks.transfer.http_download import looks_like_html, refusal
from modeltasks.transfer.mirror import Failed, UrlMirror, Wanted
from modeltasks.transfer.url import host_of, redact
from modeltasks.transfer.workers import Worker


@dataclass(frozen=True, slots=True)
class Probed:
    """What a mirror said.

    Args:
        size: bytes of the file; None where it does not tell.
        takes_ranges: whether a part can be asked for; else a transfer that was cut short begins again.
        seconds: until it answered.
        clock: what time it is there; None where it does not tell.
    """

    size: int | None
    takes_ranges: bool
    seconds: float
    clock: datetime | None


def probe(mirror: UrlMirror, wanted: Wanted, http: HttpClient, seconds: float) -> Probed:
    """Ask a mirror for the first byte of a file.

    Args:
        mirror: whom to ask.
        wanted: which file; its size is compared.
        http: the connections.
        seconds: how long all of it may take.

    Raises:
        ModelTasksError: there is no answer in that time, or not this file.
    """
    return _in_time(lambda worker: _probed(mirror, wanted, http, worker), mirror, seconds)


def greet(mirror: UrlMirror, http: HttpClient, seconds: float) -> Probed:
    """Ask for whatever is at a URL, such as the description of a model at its hub; as `probe`."""
    return _in_time(lambda worker: _greeted(mirror, http, worker), mirror, seconds)


def _in_time(ask: Callable[[Worker], Probed], mirror: UrlMirror, seconds: float) -> Probed:
    ended, found = threading.Event(), []

    def run(worker: Worker) -> None:
        found.append(ask(worker))

    worker = Worker(run, seconds, ended.set)
    if not ended.wait(seconds):
        worker.shut()
        raise Timeout(host_of(worker.url or mirror.url), seconds)
    if worker.failure is not None:
        raise worker.failure.error if isinstance(worker.failure, Failed) else worker.failure
    return found[0]


def _greeted(mirror: UrlMirror, http: HttpClient, worker: Worker) -> Probed:
    began = time.monotonic()
    with closing(http.send(Request(mirror.url, mirror, mirror.label, None, None), worker)) as response:
        if response.status != HTTPStatus.OK:
            raise refusal(response, mirror)
        return Probed(None, False, time.monotonic() - began, _clock(response))


def _probed(mirror: UrlMirror, wanted: Wanted, http: HttpClient, worker: Worker) -> Probed:
    began = time.monotonic()
    with closing(http.send(Request(mirror.url, mirror, wanted.label, 0, 1), worker)) as response:
        empty = response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and response.total == 0
        if not empty and response.status not in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            raise refusal(response, mirror)
        takes_ranges = empty or (response.is_slice and response.span == (0, 1))
        if response.is_slice and not takes_ranges and response.span is None:
            raise BadAnswer(host_of(response.url), wanted.label, "it does not say which bytes it sends")
        size = _size(response)
        if size is not None and size == wanted.size:
            return Probed(size, takes_ranges, time.monotonic() - began, _clock(response))
        if not empty and looks_like_html(response.peek()):
            raise HtmlInsteadOfModel(redact(response.url))
        if size is not None and wanted.size is not None:
            raise SizeMismatch(wanted.label, wanted.size, size, redact(mirror.label))
        return Probed(size, takes_ranges, time.monotonic() - began, _clock(response))


def _size(response: Response) -> int | None:
    if response.is_slice or response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return response.total
    return None if response.encoding else response.length


def _clock(response: Response) -> datetime | None:
    try:
        told = parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
