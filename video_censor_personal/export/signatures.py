"""What was written here: small files are known again by their content, wherever they were moved to."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path


def is_signed(content: bytes, notes: Path) -> bool:
    """Whether a content was written here once; `notes` is the folder in which that is noted."""
    digest, note = _signature(content, notes)
    try:
        return digest in note.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return False


def sign(content: bytes, notes: Path) -> None:
    """Note that a content was written here: before it has its name, so that it never is another's."""
    digest, note = _signature(content, notes)
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        with note.open("a+", encoding="ascii") as stream:
            stream.seek(0)
            if digest not in stream.read().split():
                stream.write(f"{digest}\n")


def placed(path: Path, digest: str) -> bytes:
    """Return what is signed of a file that must not be taken for somebody else's at that very place.

    Args:
        path: the file.
        digest: the SHA-256 of its content, in hexadecimal.
    """
    return f"{path.absolute()}\0{digest}".encode("utf-8", "surrogateescape")


def _signature(content: bytes, notes: Path) -> tuple[str, Path]:
    """Return the digest of a content, and the file that has it: one of 256, none of which gets long."""
    digest = hashlib.sha256(content).hexdigest()
    return digest, notes / "exports" / digest[:2]
