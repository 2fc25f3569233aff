"""What the tests of the tasks share: models that lie in a folder, and a session on a store of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from modeltasks.provision.session import Session
from modeltasks.settings import NetworkSettings
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.store import Store
from modeltasks.tasks.catalogue import Catalogue

QUICK = NetworkSettings(connect_timeout=30, retries=0)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on an empty store."""
    opened = Session(Store(tmp_path / "store"), QUICK)
    yield opened
    opened.close()


def model(
    folder: Path,
    name: str,
    content: bytes = b"weights",
    *,
    license: str | None = None,
    optional: bool = False,
) -> ModelSpec:
    """Put the one file of a model into a folder, and return its entry."""
    source = folder / "sources" / f"{name}.bin"
    source.parent.mkdir(exist_ok=True)
    source.write_bytes(content)
    file = ModelFile(source.name, Checksum("sha256", hashlib.sha256(content).hexdigest()), len(content))
    return ModelSpec(name, (file,), (f"file:{source}",), license=license, optional=optional)


def catalogue(
    *specs: ModelSpec, wanted: tuple[str, ...] | None = None, config: Path | None = None
) -> Catalogue:
    """Return a catalogue in which every model is wanted, or these."""
    names = [spec.name for spec in specs] if wanted is None else wanted
    return Catalogue(specs, frozenset(names), config)


def stored(session: Session, spec: ModelSpec) -> Path:
    """Return where the one file of a model belongs."""
    return session.store.path(spec, spec.files[0])
