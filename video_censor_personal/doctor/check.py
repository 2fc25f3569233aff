"""What was looked at, how it stands, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from modeltasks.errors import Failure

State = Literal["failed", "warning", "ok"]
_ORDER: tuple[State, ...] = ("failed", "warning", "ok")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Args:
        name: what it was.
        state: `failed` where something will not work, `warning` where it may not, or only less well.
        what: how it stands.
        fix: what to do; '' where nothing is to be done.
    """

    name: str
    state: State
    what: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the JSON form."""
        return asdict(self)


def from_failure(name: str, error: Failure, state: State = "failed") -> Check:
    """Return the check that found a failure."""
    said = error.as_dict()
    return Check(name, state, f"{said['what']}: {said['why']}", said["fix"])


def in_order(checks: Iterable[Check]) -> list[Check]:
    """Return problems first, else as they came."""
    return sorted(checks, key=lambda check: _ORDER.index(check.state))


def verdict(checks: Sequence[Check]) -> str:
    """Return in a line what all of it means."""
    failed, warnings = (
        [check.name for check in checks if check.state == state] for state in ("failed", "warning")
    )
    if failed:
        return f"{_things(failed)} will fail: {_listed(failed)}."
    if warnings:
        return f"Nothing will fail. {_things(warnings)} to know: {_listed(warnings)}."
    return "All is well."


def _things(names: Sequence[str]) -> str:
    return "1 thing" if len(names) == 1 else f"{len(names)} things"


def _listed(names: Sequence[str]) -> str:
    counts = Counter(names)
    return ", ".join(name if count == 1 else f"{name} ({count})" for name, count in counts.items())
