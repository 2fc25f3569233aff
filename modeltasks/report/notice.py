"""News for the user that stops nothing."""

from __future__ import annotations

from dataclasses import dataclass

from modeltasks.support.text import one_line


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a user should know that does not stop the run; `kind` is stable, `message` is for reading.

    Kinds: renamed, replaced, superseded, disabled, gated, moved, stale, gone, not-updated; fallback;
    evicted, over-size; refetched; dry-run.
    """

    kind: str
    message: str

    def __str__(self) -> str:
        return one_line(self.message)

    def as_dict(self) -> dict[str, str]:
        """Return the JSON form."""
        return {"kind": self.kind, "message": str(self)}
