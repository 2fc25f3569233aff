"""The parts of a URL that matter to a transfer, and its form without secrets."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]
"""Scheme, host and port: where a token may go."""


def origin_of(url: str) -> Origin:
    """Return the origin of a URL (RFC 6454), with the port that its scheme implies.

    What is no URL is an origin of its own: nothing else has it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url, "", None
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), port or _DEFAULT_PORTS.get(scheme)


def host_of(url: str) -> str:
    """Return host and, where the URL names one, port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return redact(url)
    host = parts.hostname or redact(url)
    return f"{host}:{port}" if port else host


def path_of(url: str) -> str:
    """Return the path, without the leading slash and without the query."""
    return urlsplit(url).path.lstrip("/")


def redact(text: str) -> str:
    """Return a URL without user, password, query and fragment: any of them can be a secret.

    Text that is no URL comes back as it is.
    """
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return text.split("://", 1)[0] + "://…"
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, netloc, parts.path, "", ""))


def redirect_target(url: str, location: str) -> str | None:
    """Return where a redirect from `url` leads (RFC 9110 §10.2.2), None if that is not http(s) or no URL."""
    try:
        target = urljoin(url, location)
        parts = urlsplit(target)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return target if usable else None
