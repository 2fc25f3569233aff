"""Failures of the application: what happened, why, and what to do."""

from __future__ import annotations

from pathlib import Path

from modeltasks.errors import Failure
from modeltasks.support.text import clean, one_line
from video_censor_personal.shipped import manual_page


class VideoCensorError(Failure):
    """Any failure of analysis, configuration or rendering."""

    def _fit(self, text: str) -> str:
        """Make a text fit to be shown: our own lists are shown a line each."""
        return clean(text)


class UsageError(VideoCensorError):
    """What was asked for on the command line or in the environment cannot be done."""

    kind = "config"


class DetectorError(VideoCensorError):
    """A detector could not do its work, so the film must not be taken for clean."""

    kind = "detector"


class NotJudged(Exception):
    """A picture was not judged; the next one may be, so it is no failure of the run."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = clean(why)


class ClusterError(VideoCensorError):
    """The scheduler or the workers of a cluster did not do what they were asked."""

    kind = "cluster"


class OutputRefused(UsageError):
    """Nothing is written there: it cannot be done, or something would be lost."""

    def __init__(self, path: Path, why: str, fix: str = "Give it another name") -> None:
        super().__init__(f"{path} cannot be written", why, fix)


class WouldOverwrite(OutputRefused):
    """There is something already that this program did not make."""

    def __init__(self, path: Path, why: str = "") -> None:
        # Another cache, or one that was emptied, knows nothing of what was made before.
        why = why or "it is there already, and is not known here to be as this program made it"
        super().__init__(path, why, "Give another name, or replace it with --overwrite")


def correct_the_places() -> str:
    """Return what to do about mistakes in a config whose places were named."""
    return (
        f"Correct the places named; every key is in {manual_page('configuration.md')}, "
        f"and those of detectors are in {manual_page('detectors.md')}"
    )


class ConfigInvalid(VideoCensorError):
    """The config has mistakes; `problems` holds all of them, each as `file:line:column: message`."""

    kind = "config"

    def __init__(self, name: str, problems: tuple[str, ...]) -> None:
        count = "a mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        super().__init__(
            f"{name} has {count}",
            "\n".join(problems),
            correct_the_places(),
        )
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(one_line, self.problems))


class ModelsMissing(VideoCensorError):
    """Models that the run needs are not there; `missing`: their names and sizes in bytes (0: unknown).

    `first` is what must be done before the command can fetch them, if anything.
    """

    kind = "missing"

    def __init__(self, missing: tuple[tuple[str, int], ...], command: str, first: str = "") -> None:
        from modeltasks.report.display import size_text  # a run with nothing to do needs none of it

        names = ", ".join(f"{name} ({size_text(size)})" if size else name for name, size in missing)
        super().__init__(
            f"Missing: {names}",
            "the enabled detectors need these models, and they are not installed or not intact",
            f"{first}, and fetch them with: {command}" if first else f"Fetch them with: {command}",
        )
        self.missing = missing
        self.command = command


class ProcessDied(VideoCensorError):
    """The process that worked on a film ended in the middle of it."""

    kind = "system"

    def __init__(self, film: Path, how: str, fix: str) -> None:
        super().__init__(f"{film} was not finished", f"the process that worked on it {how}", fix)
