"""How the network may be used."""

from __future__ import annotations

from dataclasses import dataclass

OFFLINE_SETTING = "--offline or models.offline"
"""What a message names when `NetworkSettings.offline` is why nothing was fetched."""


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Limits of all transfers of one run together; times in seconds, `max_rate` in bytes per second."""

    connect_timeout: float = 10.0
    idle_timeout: float = 60.0
    retries: int = 3
    backoff: tuple[float, ...] = (2.0, 4.0, 8.0)
    connections: int = 8
    max_rate: int | None = None
    offline: bool = False
