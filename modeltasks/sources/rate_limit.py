"""How long a server asks us to wait, from the headers of its answer."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_BUCKET = re.compile(r";\s*r\s*=\s*(?P<left>\d+)\s*;\s*t\s*=\s*(?P<reset>\d+)")


def rate_limit_wait(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds until asking again makes sense, or None when the server does not say.

    A used-up bucket of `RateLimit` (draft-ietf-httpapi-ratelimit-headers-09, as the hub sends it) comes
    first, since it is exact; then `Retry-After` (RFC 9110 §10.2.3), as seconds or as a date.

    Args:
        headers: of the response.
        now: Unix time to measure a date from, default the clock.
    """
    head = {name.lower(): value.strip() for name, value in headers.items()}
    used_up = [int(b["reset"]) for b in _BUCKET.finditer(head.get("ratelimit", "")) if int(b["left"]) == 0]
    if used_up:
        return float(max(used_up))
    text = head.get("retry-after", "")
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    try:
        until = parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None
    return max(0.0, until - (time.time() if now is None else now))
