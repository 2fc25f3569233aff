"""The digests of the blocks of some content, as the program should compute them."""

from __future__ import annotations

import zlib

from modeltasks.checksum import BLOCK, BlockDigests


def digests_of(content: bytes) -> BlockDigests:
    blocks = (content[at : at + BLOCK] for at in range(0, len(content), BLOCK))
    return BlockDigests(len(content), tuple(map(zlib.crc32, blocks)))
