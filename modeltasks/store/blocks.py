"""The CRCs of the blocks of right files, so that of a file that rots only the wrong blocks are fetched.

One small file per content, named by its checksum: receipts are read on every run, these on a repair only.
What is absent or damaged is not known, which costs a repair that fetches more.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from contextlib import suppress

from modeltasks.checksum import BLOCK, BlockDigests
from modeltasks.errors import ModelTasksError
from modeltasks.spec import Checksum
from modeltasks.store.layout import Layout
from modeltasks.store.receipts import Receipts
from modeltasks.support.files import replacing

_HEAD = struct.Struct("<8sIQ")
_MAGIC = b"MTblock1"
_CRC = struct.Struct("<I")

_WORTH = 4 * BLOCK
"""Bytes from which a file is worth it; a smaller one is fetched whole as quickly."""


def save(layout: Layout, checksum: Checksum, blocks: BlockDigests) -> None:
    """Keep the digests of a content that was verified, where that is possible. Never raises."""
    if blocks.size < _WORTH:
        return
    path = layout.blocks / name_of(checksum)
    body = _HEAD.pack(_MAGIC, BLOCK, blocks.size) + b"".join(map(_CRC.pack, blocks.crcs))
    with suppress(OSError, ModelTasksError):
        layout.prepare(path.parent)
        with replacing(path) as stream:
            stream.write(body + _CRC.pack(zlib.crc32(body)))


def load(layout: Layout, checksum: Checksum) -> BlockDigests | None:
    """Return the digests of a content, None where they are not known. Never raises."""
    try:
        data = (layout.blocks / name_of(checksum)).read_bytes()
    except OSError:
        return None
    body, seal = data[: -_CRC.size], data[-_CRC.size :]
    if len(body) < _HEAD.size or seal != _CRC.pack(zlib.crc32(body)):
        return None
    magic, block, size = _HEAD.unpack_from(body)
    crcs = body[_HEAD.size :]
    if (magic, block) != (_MAGIC, BLOCK) or len(crcs) != _CRC.size * -(-size // BLOCK):
        return None
    return BlockDigests(size, tuple(crc for (crc,) in _CRC.iter_unpack(crcs)))


def discard(layout: Layout, receipts: Receipts, checksums: Iterable[str]) -> None:
    """Forget the digests of contents that no model has any more. Never raises."""
    if not layout.is_inside(layout.blocks):
        return
    for text in checksums:
        path = layout.blocks / name_of(text)
        algorithm, _, hexdigest = text.partition(":")
        with suppress(OSError):
            if path.exists() and not receipts.with_checksum(Checksum(algorithm, hexdigest)):
                path.unlink()


def name_of(checksum: Checksum | str) -> str:
    """Return the name of the file for a content."""
    return str(checksum).replace(":", "-", 1)
