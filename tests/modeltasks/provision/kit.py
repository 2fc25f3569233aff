"""Models whose bytes come from a folder beside the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from modeltasks.provision.session import Session
from modeltasks.spec import ModelSpec
from modeltasks.store import Store
from tests.modeltasks.store.models import spec_of


def session(root: Path) -> Session:
    return Session(Store(root / "store"))


def model(root: Path, name: str, *, there: bool = True) -> ModelSpec:
    """Return a model of one file, whose source has it or not."""
    content = name.encode() * 100
    source = root / f"{name}.source"
    if there:
        source.write_bytes(content)
    return replace(spec_of({f"{name}.bin": content}, name), sources=(source.as_uri(),))


def no_other(_name: str) -> None:
    """Find no other model in the config."""
    return
