"""How the network may be used, and whether it may be used at all."""

from __future__ import annotations

import os
from dataclasses import dataclass

OFFLINE_SETTING = "--offline or models.offline"
"""What a message names where nobody says which of them switched the network off."""

_OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_TRUE = {"1", "on", "yes", "true"}


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Limits of all transfers of one run together; times in seconds, `max_rate` in bytes per second.

    `offline_by` is what a message names where `offline` is why nothing was fetched.
    """

    connect_timeout: float = 10.0
    idle_timeout: float = 60.0
    retries: int = 3
    backoff: tuple[float, ...] = (2.0, 4.0, 8.0)
    connections: int = 8
    max_rate: int | None = None
    offline: bool = False
    offline_by: str = OFFLINE_SETTING


def offline_switch(network: NetworkSettings) -> str | None:
    """Return the name of what switches the network off: a setting or a variable; None while it is on."""
    if network.offline:
        return network.offline_by
    return next((name for name in _OFFLINE_VARIABLES if is_switched_on(name)), None)


def is_switched_on(variable: str) -> bool:
    """Whether an environment variable says yes, in the words that Hugging Face's own client takes."""
    return os.environ.get(variable, "").strip().lower() in _TRUE
