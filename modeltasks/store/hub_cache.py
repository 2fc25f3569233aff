"""Blobs in the cache of the official Hugging Face client, found by their digest."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from modeltasks.spec import ModelFile

_NAMED_BY = ("sha256", "git-sha1")


def cache_directory(environ: Mapping[str, str], home: Path) -> Path:
    """Return where the client keeps files: its own rules, in its own order."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if named := environ.get(variable):
            return _expanded(named, home)
    if named := environ.get("HF_HOME"):
        return _expanded(named, home) / "hub"
    base = environ.get("XDG_CACHE_HOME")
    return (_expanded(base, home) if base else home / ".cache") / "huggingface" / "hub"


def blobs(cache: Path, file: ModelFile) -> Iterator[Path]:
    """Yield the files of the cache that claim to have this content. Only a hash can tell.

    A blob's name is its digest (sha256, or git's for small files) as the server said it; the client
    checks the size alone. Never raises.
    """
    if file.checksum.algorithm not in _NAMED_BY:
        return
    try:
        with os.scandir(cache) as entries:
            repositories = sorted(entry.path for entry in entries if entry.name.startswith("models--"))
    except OSError:
        return
    for repository in repositories:
        # A blob can be a symlink into the client's shared store; a link to the link would be worth nothing.
        blob = Path(os.path.realpath(os.path.join(repository, "blobs", file.checksum.hexdigest)))  # noqa: PTH118
        if blob.name.endswith(".incomplete"):
            continue
        try:
            size = blob.stat().st_size
        except OSError:
            continue
        if blob.is_file() and file.size in (None, size):
            yield blob


def _expanded(path: str, home: Path) -> Path:
    return home / path[2:] if path.startswith("~/") else Path(os.path.expandvars(path))
