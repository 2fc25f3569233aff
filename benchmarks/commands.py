"""Whole commands, run as a person types them, and what they cost."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Ran:
    """How one run of a command ended: exit code, all that it said, seconds, and peak resident MiB.

    CPU seconds are those of all its processes; the peak is that of the largest of them.
    """

    code: int
    told: str
    wall: float
    cpu: float
    peak: float

    @property
    def last_line(self) -> str:
        """What it said last that was an error, or last of all."""
        lines = [line.strip() for line in self.told.splitlines() if line.strip()]
        errors = [line for line in lines if "rror" in line or "annot" in line or "can be made" in line]
        return (errors or lines or ["nothing was said"])[-1][:160]


def run(
    command: Sequence[object], folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> Ran:
    """Run a command to its end; `environment` is added to ours."""
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
        ) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        told.seek(0)
        text = told.read().decode(errors="replace")
    return Ran(process.returncode, text, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


@dataclass(slots=True)
class Cost:
    """What the runs of a command took on a film of so many minutes; `note` says why there is no figure."""

    name: str
    minutes: float
    runs: list[Ran] = field(default_factory=list)
    note: str = ""

    @property
    def cpu(self) -> float:
        """The median of the CPU seconds."""
        return statistics.median(run.cpu for run in self.runs)

    @property
    def cells(self) -> tuple[str, ...]:
        """CPU seconds, those for a minute of film, wall seconds, peak MiB."""
        if not self.runs:
            return "-", "-", "-", "-"
        wall = [run.wall for run in self.runs]
        spread = f" ({min(wall):.1f}-{max(wall):.1f})" if len(wall) > 1 else ""
        peak = max(run.peak for run in self.runs)
        return (
            f"{self.cpu:.2f}",
            f"{self.cpu / self.minutes:.2f}",
            f"{statistics.median(wall):.1f}{spread}",
            f"{peak:.0f}",
        )


class Product:
    """Our command, with a store of its own; `program` is another checkout's Python, to compare with."""

    def __init__(self, store: Path, program: Path | None = None, root: Path = ROOT) -> None:
        self.store = store
        self._program = str(program or sys.executable)
        self._environment = {"PYTHONPATH": str(root), "VIDEO_CENSOR_CACHE_DIR": str(store)}

    def run(self, *words: object) -> Ran:
        """Run `video-censor` with these words."""
        return run([self._program, "-m", "video_censor_personal", *words], None, self._environment)

    def copy(self, film: Path, results: Path, copy: Path, config: Path) -> Ran:
        """Make a clean copy of what was found before."""
        return self.run(
            *("--config", config, "--input", film, "--input-segments", results, "--output-video", copy)
        )


def as_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
