"""Models of several shapes, the config that asks for them, and a look at the store from outside."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from modeltasks.transfer.byte_ranges import read_journal
from tests.end_to_end.crash.counting_host import CountingHost, hosting

MIB = 1024 * 1024
CONNECTIONS = 4

Contents = dict[str, dict[str, bytes]]
"""By model and file."""


def contents(scale: float = 1.0) -> Contents:
    """Return a large one-file model, two of several files, and two small ones."""
    noise = random.Random(7)

    def some(count: float) -> bytes:
        return noise.randbytes(int(count))

    return {
        "large": {"large.bin": some(max(33 * MIB, 40 * MIB * scale))},
        "speech": {
            "model.bin": some(6 * MIB * scale),
            "vocabulary.txt": some(300_000),
            "tokens/a.json": some(9_000),
            "config.json": some(17),
        },
        "frames": {"weights.onnx": some(3 * MIB * scale), "labels.txt": some(2_000)},
        "small": {"small.bin": some(70_000)},
        "tiny": {"tiny.bin": b"1"},
    }


def size_of(models: Contents) -> int:
    """Return the bytes of all files."""
    return sum(len(content) for files in models.values() for content in files.values())


def paths(models: Contents) -> dict[str, bytes]:
    """Return what a server of these models serves."""
    return {f"/{model}/{path}": content for model, files in models.items() for path, content in files.items()}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_config(path: Path, models: Contents, host: CountingHost, cache_dir: Path) -> Path:
    """Write a config that asks for all of these models."""
    sources = []
    for model, files in models.items():
        entries = [
            {"path": name, "checksum": digest(body), "size": len(body)} for name, body in files.items()
        ]
        sources.append({"name": model, "url": host.url(f"/{model}/"), "files": entries})
    network = {"connections": CONNECTIONS, "retries": 1, "backoff": [0.05]}
    section = {"cache_dir": str(cache_dir), "network": network, "sources": sources}
    path.write_text(yaml.safe_dump({"version": 1, "models": section}))
    return path


@contextmanager
def serving(
    folder: Path, models: Contents, *, store: Path | None = None, rate: float = 0.0, most: int | None = None
) -> Iterator[tuple[CountingHost, Path]]:
    """Serve models during the block; give the server, and a config in `folder` that asks for them all."""
    with hosting(paths(models), rate, most) as host:
        yield host, write_config(folder / "video-censor.yaml", models, host, store or folder / "store")


@dataclass(frozen=True, slots=True)
class Findings:
    """What was seen in a store: what is wrong, and how far it has come.

    Args:
        violations: a sentence for each thing that must not be.
        published: bytes under final names.
        on_their_way: bytes in partials, as far as they will be used.
        whole: partials that have every byte.
        unstamped: published files that no receipt vouches for.
    """

    violations: tuple[str, ...]
    published: int
    on_their_way: int
    whole: int
    unstamped: int


def inspect(store: Path, models: Contents) -> Findings:
    """Look at every file of a store; nothing of `modeltasks.store` is asked."""
    violations: list[str] = []
    published = unstamped = 0
    for place in _files(store):
        model, _, path = place.relative_to(store).as_posix().partition("/")
        if model == ".modeltasks" or place.name == "CACHEDIR.TAG":
            if place.name.partition(".part")[1] and place.parent.name != "partials":
                violations.append(f"a partial outside of partials: {place}")
            continue
        wanted = models.get(model, {}).get(path)
        if wanted is None:
            violations.append(f"a file that no model has: {place}")
        elif place.read_bytes() != wanted:
            violations.append(f"wrong bytes under a final name: {place}")
        else:
            published += len(wanted)
            unstamped += not _vouched_for(store, model, path)
    violations += _lies(store)
    spans, whole, wrong = _partials(store / ".modeltasks" / "partials", models)
    return Findings((*violations, *wrong), published, spans, whole, unstamped)


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _receipt(store: Path, model: str) -> dict[str, Any]:
    try:
        receipt = json.loads((store / ".modeltasks" / "receipts" / f"{model}.json").read_bytes())
    except FileNotFoundError:
        return {}
    files = receipt["files"]
    assert isinstance(files, dict)
    return files


def _claims(record: dict[str, Any], file: Path) -> bool:
    """Whether a record says that this file, as it is now, was verified."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return False
    key = [status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns]
    return bool(record["stat"] == key)


def _vouched_for(store: Path, model: str, path: str) -> bool:
    record = _receipt(store, model).get(path)
    return record is not None and _claims(record, store / model / path)


def _lies(store: Path) -> Iterator[str]:
    for place in sorted((store / ".modeltasks" / "receipts").glob("*.json")):
        for path, record in _receipt(store, place.stem).items():
            file = store / place.stem / path
            if _claims(record, file) and record["checksum"] != f"sha256:{digest(file.read_bytes())}":
                yield f"a receipt that lies about {file}"


def _partials(folder: Path, models: Contents) -> tuple[int, int, list[str]]:
    """Return the bytes that count, how many partials are whole, and which hold what they should not.

    Of several partials of the same bytes the fullest counts.
    """
    by_digest = {digest(content): content for files in models.values() for content in files.values()}
    held: dict[str, int] = {}
    wrong = []
    for place in sorted(folder.glob("*")):
        hexdigest = place.name.removeprefix("sha256-").partition(".")[0]
        wanted = by_digest.get(hexdigest)
        if wanted is None:
            wrong.append(f"a stranger among the partials: {place}")
            continue
        raw = place.read_bytes()
        journal = read_journal(place)
        spans = journal.ranges().spans if journal else ((0, len(raw)),)
        if any(raw[start:end] != wanted[start:end] for start, end in spans):
            wrong.append(f"a partial with wrong bytes: {place}")
        held[hexdigest] = max(held.get(hexdigest, 0), sum(end - start for start, end in spans))
    whole = sum(count == len(by_digest[key]) for key, count in held.items())
    return sum(held.values()), whole, wrong
