"""What is asked of a transfer and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modeltasks.spec import Checksum


@dataclass(frozen=True, slots=True)
class Wanted:
    """The bytes wanted: `label` names them in messages and bars, `size` is in bytes where it is known."""

    label: str
    checksum: Checksum
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """Verified bytes in a private file, for the caller to publish by rename.

    `bytes_fetched` counts what came from a mirror in this call; `source` is that mirror's label, or
    "partial" when everything was there already.
    """

    path: Path
    bytes_fetched: int
    source: str
