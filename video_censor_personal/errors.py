"""Failures of the application: what happened, why, and what to do."""

from __future__ import annotations

from typing import ClassVar

from modeltasks.support.text import clean, one_line


class VideoCensorError(Exception):
    """Any failure of analysis, configuration or rendering."""

    kind: ClassVar[str] = "error"

    def __init__(self, what: str, why: str, fix: str) -> None:
        super().__init__(what, why, fix)
        self.what = what
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        return clean(f"{self.what}: {self.why}. {self.fix}")

    def as_dict(self) -> dict[str, str]:
        """Return the JSON form: kind, what, why, fix."""
        texts = {"what": self.what, "why": self.why, "fix": self.fix}
        return {"kind": self.kind, **{name: clean(text) for name, text in texts.items()}}


class UsageError(VideoCensorError):
    """What was asked for on the command line or in the environment cannot be done."""

    kind = "config"


class ConfigInvalid(VideoCensorError):
    """The config has mistakes; `problems` holds all of them, each as `file:line:column: message`."""

    kind = "config"

    def __init__(self, name: str, problems: tuple[str, ...]) -> None:
        count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        super().__init__(
            f"{name} has {count}",
            "\n".join(problems),
            "Correct the places named; docs/configuration.md lists every key",
        )
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(one_line, self.problems))


class ModelsMissing(VideoCensorError):
    """Models that the run needs are not there; `missing`: their names and sizes in bytes (0: unknown)."""

    kind = "missing"

    def __init__(self, missing: tuple[tuple[str, int], ...], command: str) -> None:
        names = ", ".join(f"{name} ({size:,} bytes)" if size else name for name, size in missing)
        super().__init__(
            f"Missing: {names}",
            "the enabled detectors need these models, and they are not installed or not intact",
            f"Fetch them with: {command}",
        )
        self.missing = missing
        self.command = command
