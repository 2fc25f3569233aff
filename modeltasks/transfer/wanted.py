"""What is asked of a transfer and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from modeltasks.checksum import BlockDigests
from modeltasks.spec import Checksum


@dataclass(frozen=True, slots=True)
class Wanted:
    """The bytes wanted: `label` names them in messages and bars, `size` is in bytes where it is known.

    `blocks` are the digests of their blocks, if they are known; then `base` may be a file that has some of
    them.
    """

    label: str
    checksum: Checksum
    size: int | None = None
    blocks: BlockDigests | None = field(default=None, repr=False)
    base: Path | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """Verified bytes in a private file, for the caller to publish by rename.

    `bytes_fetched` counts what came from a mirror in this call; `source` is that mirror's label, or
    "partial" when everything was there already. `bytes_again` counts what had to come once more, because
    it was wrong at first. `blocks` are the digests of its blocks.
    """

    path: Path
    bytes_fetched: int
    source: str
    bytes_again: int
    blocks: BlockDigests = field(repr=False)
