"""The outcome of a run: its exit code, and the JSON object of `--json`.

The short cut of a run with nothing to do replies too, so nothing heavy is imported here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from modeltasks.errors import Failure
    from modeltasks.report.results import ModelResult

DONE, FAILED, USAGE, MISSING, NO_SPACE, INTERRUPTED = 0, 1, 2, 3, 4, 130
_CODES = {
    **{"config": USAGE, "license": USAGE, "segments": USAGE},
    **{"missing": MISSING, "offline": MISSING, "disk-full": NO_SPACE},
}


def exit_code(error: Failure) -> int:
    """Return the exit code for an error."""
    return _CODES.get(error.kind, FAILED)


def interrupted(kept: Sequence[str] = ()) -> str:
    """Return what is told after Ctrl-C; `kept` says of films how much was looked at."""
    if not kept:
        return "Interrupted. What was fetched and found so far is kept."
    return f"Interrupted. What was found is kept ({'; '.join(kept)}): run the same command to go on."


class Reply:
    """The outcome of a run, filled in as it goes on.

    `more` are keys that only some runs have. `kept` says how much of films was looked at when it was stopped.
    """

    def __init__(self) -> None:
        self.models: list[ModelResult] = []
        self.analysis: dict[str, Any] | None = None
        self.films: list[dict[str, Any]] | None = None
        self.more: dict[str, Any] = {}
        self.kept: list[str] = []
        self.error: Failure | None = None
        self.exit_code = DONE

    def fail(self, error: Failure) -> None:
        """Let the run end with this error."""
        self.error, self.exit_code = error, exit_code(error)

    def add_film(self, summary: dict[str, Any]) -> None:
        """Tell of a film."""
        self.films = [*(self.films or ()), summary]

    def as_json(self) -> str:
        """Return the JSON form."""
        models = [result.as_dict() for result in self.models]
        failed = [each.error for each in self.models if not each.ok and each.error is not None]
        first = failed[0] if failed and self.exit_code != DONE else None
        error = self.error or first
        more = self.more if self.films is None else {"films": self.films, **self.more}
        told = None if error is None else error.as_dict()
        return reply_json(models, self.analysis, told, self.exit_code, more)


def reply_json(
    models: list[dict[str, object]],
    analysis: dict[str, Any] | None = None,
    error: dict[str, str] | None = None,
    exit_code: int = DONE,
    more: Mapping[str, Any] | None = None,
) -> str:
    """Return the JSON object of a run."""
    import json

    reply = {"ok": exit_code == DONE, "exit_code": exit_code, "models": models, "analysis": analysis}
    reply.update(more or {})
    if error is not None:
        reply["error"] = error
    return json.dumps(reply, indent=2)
