"""What tests of whole programs share: fetching as a user does; a hub's config, clock and request counts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.hub_server import HubServer
from tests.support.programs import Outcome, doit, video_censor

Write = Callable[..., Path]
_API = r"^/api/models"
_HOUR = 3600.0


def fetch_all(here: Path, config: Path, *flags: str, code: int = 0) -> list[dict[str, Any]]:
    """Run `video-censor --download-models --json`; return its `models`, also printed for people."""
    reply = video_censor(here, "--download-models", "--config", config, "--json", *flags)
    assert reply.code == code, reply.err
    assert reply.json["exit_code"] == code
    assert "Traceback" not in reply.err
    models = reply.json["models"]
    assert isinstance(models, list)
    for model in models:
        assert all(warning["message"] in reply.err for warning in model["warnings"])
        assert model["error"] is None or model["error"]["what"] in reply.err
    return models


def fetch(here: Path, config: Path, *flags: str, code: int = 0) -> dict[str, Any]:
    """Do the same for a config with one model, and return its result."""
    (model,) = fetch_all(here, config, *flags, code=code)
    return model


def task(here: Path, config: Path, *words: str) -> Outcome:
    """Run a task of doit, which may fail but not break down."""
    done = doit(here, "run", f"config={config}", *words)
    assert "Traceback" not in done.out + done.err
    return done


def kinds(model: dict[str, Any]) -> list[str]:
    """Return the kinds of the warnings of one of the `models` in a JSON reply."""
    return [warning["kind"] for warning in model["warnings"]]


def hub_entry(name: str = "m", repo: str = "acme/m", **more: object) -> dict[str, object]:
    """Return the entry of a model of which the config says no more than where it is."""
    return {"name": name, "repo": repo} | more


def api_calls(hub: HubServer) -> int:
    """Return how many requests the hub's API got."""
    return hub.count(_API)


def bytes_calls(hub: HubServer) -> int:
    """Return how many files, or parts of files, were asked for."""
    return hub.count("/resolve/", "hub")


def age(cache_dir: Path, hours: float = 25.0) -> None:
    """Make all that is known of the hub, and all troubles with it, so much older."""
    then = time.time() - hours * _HOUR

    def older(record: dict[str, Any]) -> None:
        if record.get("metadata"):
            record["metadata"]["fetched_at"] = then
        if record.get("trouble"):
            record["trouble"]["at"] = then

    _edit_records(cache_dir, older)


def forgive(cache_dir: Path) -> None:
    """Let the ten minutes pass for which a refusal is believed."""
    _edit_records(cache_dir, lambda record: record.update(trouble=None))


def _edit_records(cache_dir: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    for path in (cache_dir / ".modeltasks" / "registry").glob("*.json"):
        record = json.loads(path.read_text())
        edit(record)
        path.write_text(json.dumps(record))
