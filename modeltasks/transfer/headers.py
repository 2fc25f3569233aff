"""What the headers of a response say, read strictly: some servers lie."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from modeltasks.transfer.byte_ranges import Span

_NUMBER = re.compile(r"[0-9]{1,18}\Z")
_CONTENT_RANGE = re.compile(r"bytes\s+(?:([^\s/-]+)-([^\s/-]+)|\*)/([^\s/-]+)\Z", re.IGNORECASE)
_LIMIT = re.compile(r'"[^"]*"((?:\s*;\s*[a-z]+=[^;,]+)*)', re.IGNORECASE)


def whole_number(text: str) -> int | None:
    """Return the decimal number that a server wrote, or None if it is none.

    `int` takes signs, underscores, blanks and the digits of all scripts, `str.isdigit` superscripts too, and
    `int` fails on more than 4,300 digits. No count of bytes or seconds needs more than 18.
    """
    return int(text) if _NUMBER.match(text) else None


def content_length(headers: Mapping[str, str]) -> int | None:
    """Return the announced length of a body (RFC 9110 §8.6); None if none is announced.

    Raises:
        ValueError: it is no length, or there are several that differ.
    """
    value = headers.get("Content-Length")
    if value is None:
        return None
    lengths = {whole_number(each) for each in _values(value)}
    length = lengths.pop() if len(lengths) == 1 else None
    if length is None:
        raise ValueError(f"its Content-Length is {shortened(value)}")
    return length


def content_range(headers: Mapping[str, str]) -> tuple[Span | None, int | None]:
    """Read a Content-Range (RFC 9110 §14.4): the bytes sent and the size of the whole, None where unknown.

    One that contradicts itself says nothing.
    """
    values = set(_values(headers.get("Content-Range", "")))
    match = _CONTENT_RANGE.match(values.pop()) if len(values) == 1 else None
    if match is None:
        return None, None
    total = None if match[3] == "*" else whole_number(match[3])
    if total is None and match[3] != "*":
        return None, None
    if match[1] is None:
        return None, total
    first, last = whole_number(match[1]), whole_number(match[2])
    if first is None or last is None or last < first or (total is not None and last >= total):
        return None, None
    return (first, last + 1), total


def content_encoding(headers: Mapping[str, str]) -> str:
    """Return the codings that were applied to a body (RFC 9110 §8.4), in lower case; '' if none was."""
    names = (name.lower() for name in _values(headers.get("Content-Encoding", "")))
    return ", ".join(name for name in names if name not in {"", "identity"})


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a server asks to wait, or None.

    `Retry-After` (RFC 9110 §10.2.3) in seconds or as a date, and `RateLimit`
    (draft-ietf-httpapi-ratelimit-headers) where a bucket is empty; the longest of them. What cannot be
    read asks for nothing.

    Args:
        headers: of the response; looked up without regard to case if the mapping does so.
        now: the present time, aware of its zone.
    """
    waits = [
        *_retry_after(headers.get("Retry-After", ""), now),
        *_empty_buckets(headers.get("RateLimit", "")),
    ]
    return max(waits, default=None)


def shortened(value: str) -> str:
    """Return a server's text, quoted and short enough for a message."""
    return repr(value if len(value) <= 60 else value[:60] + "…")


def _values(value: str) -> list[str]:
    """Split what several headers of one name are joined to."""
    return [each.strip(" \t") for each in value.split(",")]


def _retry_after(value: str, now: datetime) -> list[float]:
    seconds = [whole_number(each) for each in _values(value)]
    if waits := [float(each) for each in seconds if each is not None]:
        return waits
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return []
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return [max(0.0, (when - now).total_seconds())]


def _empty_buckets(value: str) -> list[float]:
    waits = []
    for bucket in _LIMIT.finditer(value):
        fields = dict(part.strip().split("=", 1) for part in bucket[1].split(";") if "=" in part)
        reset = whole_number(fields.get("t", "").strip())
        if fields.get("r", "").strip() == "0" and reset is not None:
            waits.append(float(reset))
    return waits
