"""What a failure of the network means: from exceptions and statuses to `modeltasks.errors`."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.client import HTTPException, RemoteDisconnected
from urllib.request import getproxies

from requests import exceptions as requests_errors
from urllib3 import exceptions as urllib3_errors

from modeltasks.errors import (
    BadAnswer,
    ConfigError,
    ConnectionRefused,
    DnsFailure,
    FileGone,
    HttpStatus,
    LocalError,
    ModelTasksError,
    RateLimited,
    Stalled,
    Timeout,
    TlsFailure,
    TokenRefused,
)
from modeltasks.transfer.headers import shortened
from modeltasks.transfer.url import host_of, path_of, redact

NETWORK_FAILURES = (requests_errors.RequestException, urllib3_errors.HTTPError, HTTPException, OSError)
"""Every exception by which requests, urllib3, http.client, ssl and socket report a failure. Any other is a
bug, theirs or ours, and not the network's: it keeps its own name and traceback."""

_BAD_URL = (
    requests_errors.InvalidURL,
    requests_errors.MissingSchema,
    requests_errors.InvalidSchema,
    urllib3_errors.LocationParseError,
)
_BAD_PROXY = (requests_errors.InvalidProxyURL, urllib3_errors.ProxySchemeUnknown)

_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}
"""What this machine runs out of when it opens a connection, whatever the server."""


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps: as cause, context, argument or `reason`."""
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        item = todo.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        todo += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]


def opening_error(error: Exception, url: str, first_url: str, seconds: float) -> ModelTasksError:
    """Return the error of a request that got no response.

    Args:
        error: one of `NETWORK_FAILURES`.
        url: of the last request.
        first_url: of the first one, from which redirects led to `url` if they differ.
        seconds: allowed for it.
    """
    host = host_of(url)
    found = list(chain(error))

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(item, kinds) for item in found)

    # urllib3 counts a refused connection among its connect timeouts.
    refused = has(urllib3_errors.NewConnectionError) and not has(TimeoutError)
    late = has(requests_errors.Timeout, urllib3_errors.TimeoutError, TimeoutError) and not refused
    bad_proxy = has(*_BAD_PROXY) or (bool(getproxies()) and any(_is_about_proxy(item, url) for item in found))
    detail = _detail(found)
    # The first that fits counts.
    meanings: tuple[tuple[bool, Callable[[], ModelTasksError]], ...] = (
        (bad_proxy, lambda: _unusable_proxy(host)),
        (has(*_BAD_URL), lambda: _unusable_url(url, first_url)),
        (any(_is_exhausted(item) for item in found), lambda: _no_more_connections(detail)),
        (
            has(requests_errors.ProxyError, urllib3_errors.ProxyError),
            lambda: ConnectionRefused(host, f"the proxy does not work: {detail}"),
        ),
        (has(urllib3_errors.NameResolutionError, socket.gaierror), lambda: DnsFailure(host, detail)),
        (
            has(ssl.SSLError, requests_errors.SSLError, urllib3_errors.SSLError),
            lambda: TlsFailure(host, detail),
        ),
        (
            has(requests_errors.InvalidHeader, urllib3_errors.InvalidHeader),
            lambda: BadAnswer(host, redact(url), "its headers contradict each other"),
        ),
        (late, lambda: Timeout(host, seconds)),
        (True, lambda: ConnectionRefused(host, detail)),
    )
    return next(meaning() for applies, meaning in meanings if applies)


def _is_about_proxy(error: BaseException, url: str) -> bool:
    """Whether it is the proxy's address, and not `url`, that cannot be parsed or has an unknown scheme."""
    if isinstance(error, requests_errors.InvalidSchema):
        return url.lower().startswith(("http:", "https:"))
    if not isinstance(error, urllib3_errors.LocationParseError):
        return False
    # A host that is not ASCII is spelt otherwise in the error.
    return url.isascii() and error.location not in url and host_of(url) not in error.location


def _unusable_proxy(host: str) -> ConfigError:
    return ConfigError(
        f"The proxy for {host} cannot be used",
        "its address cannot be parsed, or it is a SOCKS proxy and PySocks is not installed",
        "Correct http_proxy, https_proxy or all_proxy in the environment",
    )


def _unusable_url(url: str, first_url: str) -> ModelTasksError:
    if url != first_url:
        why = f"it redirects to {redact(url)}, which is not a usable URL"
        return BadAnswer(host_of(first_url), path_of(first_url), why)
    return ConfigError(
        f"{redact(url)} is not a usable URL", "it cannot be parsed", "Correct it in the config"
    )


def _is_exhausted(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in _EXHAUSTED


def _no_more_connections(detail: str) -> LocalError:
    return LocalError(
        "No more connections can be opened on this machine",
        detail,
        "Lower models.network.connections or --jobs, or raise the limit of open files (`ulimit -n`)",
    )


def body_error(error: Exception, url: str, label: str, idle: float, received: int) -> ModelTasksError:
    """Return the error of a body that was interrupted.

    Args:
        error: one of `NETWORK_FAILURES`.
        url: of the request.
        label: of the file, for messages.
        idle: seconds allowed without a byte.
        received: bytes of this response so far.
    """
    found = list(chain(error))
    if any(isinstance(item, urllib3_errors.TimeoutError | TimeoutError) for item in found):
        return Stalled(label, idle, received)
    return dropped(url, received)


def dropped(url: str, received: int) -> ConnectionRefused:
    """Return the error of a connection that ended before its body did."""
    return ConnectionRefused(host_of(url), f"it dropped the connection after {received:,} bytes")


def still_encoded(url: str, label: str, encoding: str) -> BadAnswer:
    """Return the error of a body that is encoded and cannot be decoded."""
    why = f"it sends the file encoded (Content-Encoding: {shortened(encoding)}) although it was asked not to"
    return BadAnswer(host_of(url), label, why)


def status_error(
    url: str, status: int, reason: str, wait: float | None, *, token_sent: bool
) -> ModelTasksError:
    """Return the error that a status means on any kind of server."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(host_of(url), wait)
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return FileGone(host_of(url), path_of(url))
    if status == HTTPStatus.UNAUTHORIZED and token_sent:
        return TokenRefused(host_of(url))
    return HttpStatus(redact(url), status, reason)


def _detail(found: list[BaseException]) -> str:
    """Return why, in the words of the system: those of urllib3 hold the whole URL with its secrets."""
    for item in reversed(found):
        if isinstance(item, ssl.SSLCertVerificationError):
            return item.verify_message
    for item in found:
        if isinstance(item, ssl.SSLError) and item.reason:
            return item.reason.replace("_", " ").lower()
    for item in found:
        if isinstance(item, OSError) and item.strerror and item.errno is not None:
            return item.strerror
    for item in found:
        if isinstance(item, OSError) and str(item).startswith("Tunnel connection failed"):
            return str(item)
    closed = any(isinstance(item, RemoteDisconnected) for item in found)
    if any(isinstance(item, HTTPException) for item in found) and not closed:
        return "what it sends is not HTTP"
    reset = any(isinstance(item, ConnectionResetError) for item in found)
    return errno.errorcode[errno.ECONNRESET] if reset else "the connection ended without a response"
