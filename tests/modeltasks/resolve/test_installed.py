from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.registry import Registry
from modeltasks.resolve.installed import Installed
from modeltasks.resolve.lockfile import Lock, LockEntry
from modeltasks.resolve.resolver import Resolver
from modeltasks.settings import NetworkSettings
from modeltasks.spec import Checksum, HubRef, ModelFile, ModelSpec

SPEC = ModelSpec("m", (), ("hf:acme/m@main/",), HubRef("acme/m"))
FILE = ModelFile("model.bin", Checksum("sha256", "a" * 64), 7)
ENTRY = LockEntry("acme/m", "main", "1" * 40, (FILE,), "mit")


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path / "installed")


@pytest.fixture
def resolver(tmp_path: Path, installed: Installed) -> Resolver:
    return Resolver(Lock(), Registry(tmp_path, NetworkSettings(offline=True)), installed)


def test_a_note_is_read_as_it_was_written(installed: Installed) -> None:
    assert installed.read("m") is None
    installed.write("m", ENTRY)
    assert installed.read("m") == ENTRY
    assert installed.read("n") is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff", b'{"repo": "acme/m"}', b'{"files": {"../x": {}}}'], ids=repr
)
def test_a_note_that_cannot_be_read_counts_as_none(
    tmp_path: Path, installed: Installed, content: bytes
) -> None:
    installed.write("m", ENTRY)
    (tmp_path / "installed" / "m.json").write_bytes(content)
    assert installed.read("m") is None


def test_a_folder_that_takes_no_notes_is_done_without(tmp_path: Path, installed: Installed) -> None:
    (tmp_path / "installed").write_bytes(b"in the way")
    installed.write("m", ENTRY)
    assert installed.read("m") is None


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (SPEC, True),
        (replace(SPEC, hub=HubRef("acme/m", "v2")), False),
        (replace(SPEC, hub=HubRef("acme/n")), False),
        (replace(SPEC, include=("*.bin",)), False),
        (replace(SPEC, exclude=("*.md",)), False),
        (replace(SPEC, optional=True, license="x"), True),
    ],
)
def test_what_is_installed_is_known_until_the_config_asks_for_something_else(
    installed: Installed, resolver: Resolver, asked: ModelSpec, known: bool
) -> None:
    installed.write("m", ENTRY)
    assert resolver.known(asked).files == ((FILE,) if known else ())


def test_the_lock_goes_before_what_is_installed(tmp_path: Path, installed: Installed) -> None:
    installed.write("m", ENTRY)
    other = replace(ENTRY, commit="2" * 40, files=(replace(FILE, size=8),))
    resolver = Resolver(Lock({"m": other}), Registry(tmp_path), installed)
    assert resolver.known(SPEC).files == other.files
