"""One request and its response, by way of `requests`: redirects, tokens, timeouts; it can be cut short."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from modeltasks.errors import BadAnswer, ConnectionRefused, HttpStatus, TlsFailure
from modeltasks.settings import NetworkSettings
from modeltasks.transfer.encoding import Decoder, EncodingError
from modeltasks.transfer.headers import (
    content_encoding,
    content_length,
    content_range,
    shortened,
    whole_number,
)
from modeltasks.transfer.http_errors import NETWORK_FAILURES, body_error, dropped, opening_error
from modeltasks.transfer.limits import RateLimit
from modeltasks.transfer.mirror import UrlMirror
from modeltasks.transfer.url import host_of, origin_of, redact, redirect_target
from modeltasks.transfer.workers import Worker

MAX_REDIRECTS = 10
_PEEK = 4096
_LONG_TEXT = 64 * 1024
_REDIRECTS = {301, 302, 303, 307, 308}

# urllib3 makes connections itself, on the thread of the worker: nothing can be handed to them.
_this_thread = threading.local()


def _note(connection: HTTPConnection, *, fresh: bool) -> None:
    worker: Worker | None = getattr(_this_thread, "worker", None)
    if worker is not None:
        worker.connected(connection.sock, fresh=fresh)


class _Http(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _note(self, fresh=True)

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            _note(self, fresh=False)
        super().request(*args, **kwargs)


class _Https(_Http, HTTPSConnection):
    """The same over TLS: `super()` in `_Http` is urllib3's class for it here."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Adapter(HTTPAdapter):
    """The adapter of requests, with connections that tell the worker their socket."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return manager


class _Bearer(AuthBase):
    """An `AuthBase`, because requests lets netrc overrule a plain Authorization header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask: the bytes of a file from `start` up to `end`.

    No range is asked for with `start` None; an open one with `end` None. `url` is the mirror's own, or where
    that has redirected to; the token goes to the origin of the mirror's own, and nowhere else. `label` names
    the file in messages.
    """

    url: str
    mirror: UrlMirror
    label: str
    start: int | None
    end: int | None


class Response:
    """A response whose body has not been read yet.

    `span` and `total` are what its Content-Range says, None where it says nothing.

    Args:
        response: as `requests` gives it.
        request: what was asked for.
        idle: seconds that the body may pause.
    """

    def __init__(self, response: requests.Response, request: Request, idle: float) -> None:
        self._inner = response
        self._label = request.label
        self._idle = idle
        self._read = 0
        self._head = b""
        self._decoder: Decoder | None = None
        self.url = response.url
        self.status = response.status_code
        self.reason = response.reason or ""
        self.headers: Mapping[str, str] = response.headers
        self.span, self.total = content_range(self.headers)
        self.encoding = content_encoding(self.headers)
        self.same_origin = origin_of(self.url) == request.mirror.origin
        self.token_sent = request.mirror.token is not None and self.same_origin

    @property
    def is_slice(self) -> bool:
        """Whether it says, by its status or its Content-Range, that it holds a part of the file."""
        partial = self.status == HTTPStatus.PARTIAL_CONTENT
        return partial or (self.status == HTTPStatus.OK and self.span is not None)

    @property
    def length(self) -> int | None:
        """Bytes of the body as it is sent, as announced.

        Raises:
            BadAnswer: what is announced is no length.
        """
        if "Transfer-Encoding" in self.headers:
            return None
        try:
            return content_length(self.headers)
        except ValueError as error:
            raise BadAnswer(host_of(self.url), self._label, str(error)) from error

    @property
    def framed(self) -> bool:
        """Whether the end of the body can be told from a lost connection."""
        return "Transfer-Encoding" in self.headers or self.length is not None

    def peek(self) -> bytes:
        """Return the first bytes, which the next `read` returns once more."""
        self._head = self._head or self.read(_PEEK)
        return self._head

    def decode(self) -> bool:
        """Decode the Content-Encoding from now on, if it is known and the body begins like that; say so.

        To be called before anything else reads the body.
        """
        head = self.peek()
        try:
            decoder = Decoder(self.encoding, head)
            decoded = decoder.take(_PEEK)
        except EncodingError:
            return False
        self._decoder, self._head = decoder, decoded
        return True

    def read(self, most: int) -> bytes:
        """Return the bytes that are there, at least one unless the body has ended.

        Raises:
            Stalled: no byte for too long.
            ConnectionRefused: the connection ended before the body did.
            BadAnswer: the body cannot be decoded any further.
        """
        if self._head:
            head, self._head = self._head[:most], self._head[most:]
            return head
        if self._decoder is None:
            return self._receive(most)
        try:
            while not (data := self._decoder.take(most)):
                sent = self._receive(most)
                if not sent and not self._decoder.finished:
                    raise dropped(self.url, self._read)
                if not sent:
                    return b""
                self._decoder.feed(sent)
        except EncodingError as error:
            why = f"its body cannot be decoded (Content-Encoding: {self.encoding}): {error}"
            raise BadAnswer(host_of(self.url), self._label, why) from error
        return data

    def _receive(self, most: int) -> bytes:
        try:
            data: bytes = self._inner.raw.read1(most, decode_content=False) or b""
        except NETWORK_FAILURES as error:
            raise body_error(error, self.url, self._label, self._idle, self._read) from error
        self._read += len(data)
        if not data and self.length is not None and self._read < self.length:
            raise dropped(self.url, self._read)
        return data

    def close(self) -> None:
        """Return the connection to the pool if the body was read to its end, else close it."""
        self._inner.close()


class HttpClient:
    """A pool of connections for one run, with proxies, netrc and CA bundle from the environment.

    `rate` limits what comes over all of them together.
    """

    def __init__(self, network: NetworkSettings) -> None:
        self.network = network
        self.rate = RateLimit(network.max_rate)
        self._session = requests.Session()
        adapter = _Adapter(pool_connections=16, pool_maxsize=max(1, network.connections), max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.headers.update({"Accept-Encoding": "identity", "User-Agent": "modeltasks"})

    def close(self) -> None:
        """Close all idle connections."""
        self._session.close()

    def send(self, request: Request, worker: Worker) -> Response:
        """Send a request over the connection of `worker`, and follow redirects.

        Raises:
            ModelTasksError: no response, or redirects that cannot be followed.
        """
        url = request.url
        _this_thread.worker = worker
        for _ in range(MAX_REDIRECTS + 1):
            response = self._send_again_if_stale(url, request, worker)
            location = _location(response)
            if response.status_code not in _REDIRECTS or not location:
                # Until now it was the time to the first byte.
                worker.set_timeout(self.network.idle_timeout)
                return Response(response, request, self.network.idle_timeout)
            _drain(response)
            target = redirect_target(url, location)
            if target is None:
                why = f"and a redirect to {shortened(redact(location))}, which is not http(s)"
                raise HttpStatus(redact(request.url), response.status_code, why)
            url = target
        raise HttpStatus(
            redact(request.url), response.status_code, f"and more than {MAX_REDIRECTS} redirects"
        )

    def _send_again_if_stale(self, url: str, request: Request, worker: Worker) -> requests.Response:
        # A server may close an idle connection just when it is used again.
        try:
            return self._send(url, request, worker)
        except ConnectionRefused:
            if not worker.reused:
                raise
            return self._send(url, request, worker)

    def _send(self, url: str, request: Request, worker: Worker) -> requests.Response:
        headers = {}
        if request.start is not None:
            last = "" if request.end is None else request.end - 1
            headers["Range"] = f"bytes={request.start}-{last}"
        mirror, first_byte = request.mirror, self.network.connect_timeout
        auth = _Bearer(mirror.token) if mirror.token and origin_of(url) == mirror.origin else None
        worker.connecting(url)
        try:
            prepared = self._session.prepare_request(requests.Request("GET", url, headers=headers, auth=auth))
            target = prepared.url or url
            environment = self._session.merge_environment_settings(target, {}, True, None, None)
            # Not `Session.send`: even when told not to redirect it reads the whole text of a redirect.
            verify = environment["verify"] or True
            secure = target.lower().startswith("https:")
            if secure and isinstance(verify, str) and not Path(verify).exists():
                raise TlsFailure(host_of(url), f"there is no CA bundle {verify}")
            return self._session.get_adapter(target).send(
                prepared,
                stream=True,
                timeout=(worker.connect_limit, first_byte),
                verify=verify,
                cert=environment["cert"],
                proxies=environment["proxies"],
            )
        except NETWORK_FAILURES as error:
            seconds = first_byte if worker.reached else worker.connect_limit
            raise opening_error(error, url, request.url, seconds) from error


def _location(response: requests.Response) -> str:
    """Return where a redirect leads: the first such header, whose bytes are UTF-8 if they are not ASCII."""
    location: str = next(iter(response.raw.headers.getlist("Location")), "")
    try:
        return location.encode("latin-1").decode()
    except UnicodeError:
        return location


def _drain(response: requests.Response) -> None:
    """Read the short text of a redirect, so that its connection can be used again."""
    length = whole_number(response.headers.get("Content-Length", ""))
    if length is not None and length < _LONG_TEXT:
        with contextlib.suppress(*NETWORK_FAILURES):
            response.raw.drain_conn()
    response.close()
