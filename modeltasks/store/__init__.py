"""Where models live on disk, and what is known about them without reading them.

    <root>/CACHEDIR.TAG
    <root>/<model>/<path>                    what programs open
    <root>/.modeltasks/receipts/<model>.json what was verified, and the stat of each file then
                       partials/             bytes on their way, named by the digest expected
                       staging/              links and copies about to be renamed into place
                       quarantine/           files with wrong content, with their digest in the name
                       locks/ used/ registry/

Importing this package imports nothing: the fast path takes `snapshot` alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from modeltasks.store.store import Store

__all__ = ["Store"]


def __getattr__(name: str) -> object:
    if name == "Store":
        from modeltasks.store.store import Store

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
