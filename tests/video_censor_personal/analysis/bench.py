"""An analyser over folders of its own, and displays that keep or use what is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modeltasks.report.progress import FileProgress, NoProgress, Progress, Unit
from modeltasks.support.cancel import CancelToken
from tests.video_censor_personal.analysis.small_detectors import NOTES, Brightness, Loudness, Redness
from video_censor_personal.analysis import (
    Analyser,
    AnalysisRequest,
    AnalysisResult,
    EnabledDetector,
    InstalledModel,
)
from video_censor_personal.findings.policy import Policy
from video_censor_personal.media.probe import Film

LIGHT = EnabledDetector("light", Brightness, "eye")
SOUND = EnabledDetector("sound", Loudness, "ear")
JUDGE = EnabledDetector("judge", Redness, "mind", parameters={"judges": ("light",), "band": (0.2, 0.6)})


@dataclass
class Bench:
    """An analyser over folders of its own, and what its detectors noted."""

    folder: Path
    digests: dict[str, str] = field(default_factory=lambda: {"eye": "e1", "ear": "s1", "mind": "m1"})
    progress: Progress = field(default_factory=NoProgress)
    cancel: CancelToken = field(default_factory=CancelToken)

    def model(self, name: str) -> Path:
        directory = self.folder / "models" / name
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def analyser(self) -> Analyser:
        def find(name: str) -> InstalledModel:
            return InstalledModel(self.model(name), (), self.digests[name])

        return Analyser(self.folder / "cache", find, progress=self.progress, cancel=self.cancel)

    def run(
        self, video: Path, *detectors: EnabledDetector, step: float = 0.5, **policy: Any
    ) -> AnalysisResult:
        request = AnalysisRequest(Film(video), detectors or (LIGHT, SOUND), Policy(**policy), step)
        return self.analyser().analyse(request)

    def notes(self, name: str) -> list[str]:
        """What the detector of this model noted since the last time."""
        path = self.model(name) / NOTES
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def opened(self) -> set[str]:
        return {name for name in ("eye", "ear") if "open" in self.notes(name)}


class RecordedProgress:
    """Keeps what was shown."""

    def __init__(self) -> None:
        self.shown: dict[str, list[float]] = {}

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        assert label not in self.shown, "each pass is shown once"
        counts = self.shown[label] = [-(total or 0)]
        return _RecordedPass(counts)


class _RecordedPass:
    def __init__(self, counts: list[float]) -> None:
        self.counts = counts

    def advance(self, count: float) -> None:
        assert count > 0
        self.counts.append(count)

    def close(self) -> None:
        self.counts.append(0)


class StopAt(NoProgress):
    """Asks to stop once a pass, or that of the named detector, has got so far, as a share of the whole."""

    def __init__(self, cancel: CancelToken, label: str, share: float = 0.0) -> None:
        self.cancel, self.label, self.share = cancel, label, share

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        if self.label not in (label, label.partition("(")[2].removesuffix(")")):
            return super().begin(label, total, done)
        return _Stopping(self.cancel, done, self.share * (total or 0))


class _Stopping:
    def __init__(self, cancel: CancelToken, done: float, limit: float) -> None:
        self.cancel, self.done, self.limit = cancel, done, limit

    def advance(self, count: float) -> None:
        self.done += count
        if self.done >= self.limit:
            self.cancel.set()

    def close(self) -> None:
        return
