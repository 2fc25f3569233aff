"""What the tests of the registry share: a clock to set, and a registry on the hub under test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from modeltasks.errors import ModelTasksError
from modeltasks.registry import Registry
from modeltasks.report.notice import Notice
from modeltasks.settings import NetworkSettings
from tests.support.hub_server import HubServer

__all__ = ["FILES", "INFO", "QUICK", "WEIGHTS", "Clock", "clock", "failure", "kinds", "registry"]

QUICK = NetworkSettings(connect_timeout=30, retries=2, backoff=(0.01,))
WEIGHTS = b"\x00\x01weights" * 99
FILES = {"config.json": b"{}\n", "onnx/model.onnx": WEIGHTS}
INFO = "/api/models/"


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(hub: HubServer, tmp_path: Path, clock: Clock) -> Registry:
    return Registry(tmp_path / "cache", QUICK, clock=clock)


def kinds(notices: Iterable[Notice]) -> list[str]:
    return [notice.kind for notice in notices]


def failure(registry: Registry, repo: str, revision: str = "main") -> ModelTasksError:
    with pytest.raises(ModelTasksError) as caught:
        registry.query(repo, revision)
    return caught.value
