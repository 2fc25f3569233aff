"""From a mirror to verified bytes in a private file.

Nothing of the engine is imported before its first use: most runs transfer nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modeltasks.transfer.mirror import Explain, Mirror, StreamMirror, UrlMirror
from modeltasks.transfer.wanted import Fetched, Wanted

if TYPE_CHECKING:
    from modeltasks.transfer.client import Transfer

__all__ = ["Explain", "Fetched", "Mirror", "StreamMirror", "Transfer", "UrlMirror", "Wanted"]


def __getattr__(name: str) -> object:
    if name == "Transfer":
        from modeltasks.transfer.client import Transfer

        return Transfer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
