"""What a failure of the network means: exceptions and statuses to the kinds of `modeltasks.errors`."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus

from requests import exceptions as requests_errors
from urllib3 import exceptions as urllib3_errors

from modeltasks.errors import (
    ConfigError,
    ConnectionRefused,
    DnsFailure,
    FileGone,
    HttpStatus,
    ModelTasksError,
    RateLimited,
    Stalled,
    Timeout,
    TlsFailure,
    TokenRefused,
)
from modeltasks.transfer.address import host_of, path_of, redact

_BAD_URL = (
    requests_errors.InvalidURL,
    requests_errors.MissingSchema,
    requests_errors.InvalidSchema,
    urllib3_errors.LocationParseError,
    UnicodeError,
)


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


def opening_error(error: Exception, url: str, seconds: float) -> ModelTasksError:
    """Return what it means that no answer came to a request.

    Args:
        error: from requests, urllib3 or the socket.
        url: that was asked.
        seconds: that were allowed.
    """
    host = host_of(url)
    found = list(chain(error))

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(item, kinds) for item in found)

    if has(*_BAD_URL):
        return ConfigError(
            f"{redact(url)} is not a usable URL", "it cannot be parsed", "Correct it in the config"
        )
    if has(requests_errors.ProxyError, urllib3_errors.ProxyError):
        return ConnectionRefused(host, f"the proxy does not work: {_detail(found)}")
    if has(urllib3_errors.NameResolutionError, socket.gaierror):
        return DnsFailure(host, _detail(found))
    if has(ssl.SSLError, requests_errors.SSLError, urllib3_errors.SSLError):
        return TlsFailure(host, _detail(found))
    # urllib3 counts a refused connection among its connect timeouts.
    refused = has(urllib3_errors.NewConnectionError) and not has(TimeoutError)
    if has(requests_errors.Timeout, urllib3_errors.TimeoutError, TimeoutError) and not refused:
        return Timeout(host, seconds)
    return ConnectionRefused(host, _detail(found))


def body_error(error: Exception, url: str, label: str, idle: float, received: int) -> ModelTasksError:
    """Return what it means that a body stopped coming.

    Args:
        error: from urllib3 or the socket.
        url: that was asked.
        label: of the file, for people.
        idle: seconds without a byte that were allowed.
        received: bytes of this answer that came before.
    """
    found = list(chain(error))
    if any(isinstance(item, urllib3_errors.TimeoutError | TimeoutError) for item in found):
        return Stalled(label, idle, received)
    return dropped(url, received)


def dropped(url: str, received: int) -> ConnectionRefused:
    """Return the failure of a connection that ended before its body did."""
    return ConnectionRefused(host_of(url), f"it dropped the connection after {received:,} bytes")


def status_error(
    url: str, status: int, reason: str, wait: float | None, *, token_sent: bool
) -> ModelTasksError:
    """Return what a status that is not a success means, where the kind of server is not known."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(host_of(url), wait)
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return FileGone(host_of(url), path_of(url))
    if status == HTTPStatus.UNAUTHORIZED and token_sent:
        return TokenRefused(host_of(url))
    return HttpStatus(redact(url), status, reason)


def _detail(found: list[BaseException]) -> str:
    """Say why in the words of the operating system; those of urllib3 hold the whole URL with its secrets."""
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
    if any(isinstance(item, ConnectionResetError) for item in found):
        return errno.errorcode[errno.ECONNRESET]
    return "the connection ended without an answer"
