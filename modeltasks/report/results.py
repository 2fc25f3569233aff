"""What became of a model in one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modeltasks.errors import ModelTasksError
from modeltasks.report.notice import Notice
from modeltasks.report.result_json import result_json

Status = Literal["current", "fetched", "kept", "linked", "skipped", "failed"]
"""current: nothing to do. kept: hashed again and found right. linked: equal bytes were here already.
skipped: an optional model could not be had."""


@dataclass(frozen=True, slots=True)
class ModelResult:
    """The outcome for one model; `seconds` of work, `bytes_fetched` from its sources in this run.

    `used` names the fallback that takes its place, if one does; `path` is that one's then.
    """

    name: str
    status: Status
    path: str
    bytes_fetched: int = 0
    source: str | None = None
    seconds: float = 0.0
    error: ModelTasksError | None = None
    warnings: tuple[Notice, ...] = ()
    used: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the run may go on: a failed model stops it, a skipped optional one does not."""
        return self.status != "failed"

    def as_dict(self) -> dict[str, object]:
        """Return the JSON form."""
        return result_json(
            self.name,
            self.path,
            status=self.status,
            bytes_fetched=self.bytes_fetched,
            source=self.source,
            seconds=round(self.seconds, 3),
            error=self.error.as_dict() if self.error else None,
            warnings=[notice.as_dict() for notice in self.warnings],
            used=self.used,
        )
