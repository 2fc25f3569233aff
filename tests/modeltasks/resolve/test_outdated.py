from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modeltasks.registry import Registry
from modeltasks.resolve.lockfile import Lock, lock_entry
from modeltasks.resolve.outdated import OUTDATED_HEADINGS, OutdatedRow, outdated, table
from modeltasks.settings import NetworkSettings
from modeltasks.spec import HubRef, ModelSpec
from tests.support.hub_server import HubServer

FILES = {"config.json": b"{}\n"}
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SPEC = ModelSpec("m", (), ("hf:acme/m@main/",), HubRef("acme/m"))


@pytest.fixture
def registry(hub: HubServer, tmp_path: Path) -> Registry:
    return Registry(tmp_path / "cache", NetworkSettings(connect_timeout=30, retries=0))


def row(spec: ModelSpec, lock: Lock, registry: Registry) -> OutdatedRow:
    (found,) = outdated([spec], lock, registry)
    return found


@pytest.mark.parametrize("by", ["lock", "config"])
def test_how_far_a_pin_is_behind(hub: HubServer, registry: Registry, by: str) -> None:
    repo = hub.add("acme/m", FILES)
    pinned = repo.head
    lock = Lock({"m": lock_entry(SPEC, registry.query("acme/m", pinned), NOON)}) if by == "lock" else Lock()
    spec = SPEC
    if by == "lock":
        lock = Lock({"m": replace(lock.models["m"], revision="main")})
    else:
        spec = replace(SPEC, hub=HubRef("acme/m", pinned))
    repo.commit(FILES | {"a": b"1"})
    repo.commit(FILES | {"a": b"2"})
    found = row(spec, lock, registry)
    assert (found.pinned, found.newest, found.behind) == (pinned, repo.head, 2)
    assert found.cells() == ("m", pinned[:12], repo.head[:12], "2 commits", "-")


def test_a_pin_that_is_the_newest(hub: HubServer, registry: Registry) -> None:
    repo = hub.add("acme/m", FILES)
    found = row(replace(SPEC, hub=HubRef("acme/m", repo.head)), Lock(), registry)
    assert (found.behind, found.cells()[3]) == (0, "up to date")
    assert hub.count("/commits/") == 0


def test_a_pin_that_is_no_longer_in_the_history(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    found = row(replace(SPEC, hub=HubRef("acme/m", "f" * 40)), Lock(), registry)
    assert (found.behind, found.cells()[3]) == (None, "?")


def test_for_a_tag_that_is_gone_the_newest_of_the_main_branch_is_told(
    hub: HubServer, registry: Registry
) -> None:
    repo = hub.add("acme/m", FILES)
    gone = row(replace(SPEC, hub=HubRef("acme/m", "v9")), Lock(), registry)
    assert gone.cells() == ("m", "-", repo.head[:12], "revision-gone", "-")
    repo.branches.clear()
    nothing = row(replace(SPEC, hub=HubRef("acme/m", "v8")), Lock(), registry)
    assert nothing.error is not None


def test_a_branch_without_a_lock_is_not_pinned(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    found = row(SPEC, Lock(), registry)
    assert (found.pinned, found.cells()[3]) == (None, "not pinned")


def test_the_end_of_the_chain_is_what_supersedes(hub: HubServer, registry: Registry) -> None:
    repo = hub.add("acme/m", FILES, card={"new_version": "acme/m2"})
    hub.add("acme/m2", FILES, card={"new_version": "acme/m3"})
    hub.add("acme/m3", FILES, card={"new_version": "acme/m"})
    found = row(replace(SPEC, hub=HubRef("acme/m", repo.head)), Lock(), registry)
    assert found.superseded_by == "acme/m3"


def test_a_model_that_cannot_be_asked_for_does_not_hide_the_others(
    hub: HubServer, registry: Registry
) -> None:
    repo = hub.add("acme/m", FILES)
    specs = [
        replace(SPEC, name="gone", hub=HubRef("acme/gone")),
        replace(SPEC, hub=HubRef("acme/m", repo.head)),
        ModelSpec("by-url", (), ("https://example.org/x",)),
    ]
    rows = outdated(specs, Lock(), registry)
    assert [(found.name, found.cells()[3]) for found in rows] == [
        ("gone", "absent-or-private"),
        ("m", "up to date"),
    ]


def test_the_table() -> None:
    rows = [
        OutdatedRow("m", "1" * 40, "2" * 40, 1, None),
        OutdatedRow("long-name", None, None, None, "a/c"),
    ]
    assert table(OUTDATED_HEADINGS, [found.cells() for found in rows]) == [
        "model      pinned        newest        behind by   superseded by",
        "m          111111111111  222222222222  1 commit    -",
        "long-name  -             -             not pinned  a/c",
    ]
