"""The JSON form of what became of a model; imports nothing, for a run with nothing to do writes it too."""

from __future__ import annotations


def result_json(name: str, path: str, **outcome: object) -> dict[str, object]:
    """Return the JSON form of a `ModelResult`; what `outcome` leaves out is as for a current model."""
    current: dict[str, object] = {
        "name": name,
        "status": "current",
        "path": path,
        "bytes_fetched": 0,
        "source": None,
        "seconds": 0.0,
        "error": None,
        "warnings": [],
        "used": None,
    }
    return current | outcome
