"""Where models live on disk, and what is known about them without reading them.

    <root>/CACHEDIR.TAG
    <root>/<model>/<path>                    what programs open
    <root>/.modeltasks/receipts/<model>.json what was verified, and the stat of each file then
                       partials/             bytes on their way, named by the digest expected
                       staging/              links and copies about to be renamed into place
                       quarantine/           files with wrong content, with their digest in the name
                       locks/ used/ registry/

Importing this package imports nothing: answering "is it current?" takes `freshness` alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from modeltasks.store.platform import Platform
    from modeltasks.store.store import Store

__all__ = ["Platform", "Store"]


def __getattr__(name: str) -> object:
    if name == "Store":
        from modeltasks.store.store import Store

        return Store
    if name == "Platform":
        from modeltasks.store.platform import Platform

        return Platform
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
