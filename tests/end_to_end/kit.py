"""What the end-to-end tests of the hub share: its configs, its clock, and its request counts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.hub_server import HubServer, hub

__all__ = ["Write", "age", "api_calls", "bytes_calls", "forgive", "here", "hub", "hub_entry", "kinds"]

Write = Callable[..., Path]
_API = r"^/api/models"
_HOUR = 3600.0


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder of the user's, to run the programs in."""
    folder = tmp_path / "cwd"
    folder.mkdir()
    return folder


def hub_entry(name: str = "m", repo: str = "acme/m", **more: object) -> dict[str, object]:
    """The entry of a model of which the config says no more than where it is."""
    return {"name": name, "repo": repo} | more


def api_calls(hub: HubServer) -> int:
    """How many requests the hub's API got."""
    return hub.count(_API)


def bytes_calls(hub: HubServer) -> int:
    """How many files, or parts of files, were asked for."""
    return hub.count("/resolve/", "hub")


def age(cache_dir: Path, hours: float = 25.0) -> None:
    """Make all that is known of the hub, and all troubles with it, so much older."""
    for path in (cache_dir / ".modeltasks" / "registry").glob("*.json"):
        record = json.loads(path.read_text())
        if record.get("metadata"):
            record["metadata"]["fetched_at"] = time.time() - hours * _HOUR
        if record.get("trouble"):
            record["trouble"]["at"] = time.time() - hours * _HOUR
        path.write_text(json.dumps(record))


def forgive(cache_dir: Path) -> None:
    """Let the ten minutes pass for which a refusal is believed."""
    for path in (cache_dir / ".modeltasks" / "registry").glob("*.json"):
        record = json.loads(path.read_text())
        record["trouble"] = None
        path.write_text(json.dumps(record))


def kinds(model: dict[str, object]) -> list[str]:
    """The kinds of the warnings of one of the `models` in a JSON reply."""
    warnings = model["warnings"]
    assert isinstance(warnings, list)
    assert all(warning["message"] for warning in warnings)
    return [warning["kind"] for warning in warnings]
