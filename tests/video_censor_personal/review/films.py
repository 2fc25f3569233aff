"""A results file to decide on, and how a page does so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.video_censor_personal.examples import hit, segment, word
from video_censor_personal.config.values import OutputConfig
from video_censor_personal.export.results_json import Results, write_results
from video_censor_personal.findings.observations import Box, Sighting
from video_censor_personal.findings.segments import PictureStyle, Segment
from video_censor_personal.review.applying import Applied, version_of
from video_censor_personal.review.changes import as_json, read_changes
from video_censor_personal.review.results_file import ResultsFile

DURATION = 180.0
SEEN = Sighting(40.0, 41.0, Box(0.1, 0.2, 0.3, 0.4), 40.5, 39.0)
FOUND = (
    segment(10.0, 11.0, detections=(word(10.0, 11.0),)),
    segment(20.0, 21.0, detections=(word(20.0, 20.5, "hell"), word(20.4, 21.0, "damn"))),
    segment(
        *(30.0, 50.0, "Nudity"),
        detections=(hit(30.0, 31.0), hit(35.0, 45.0, box=SEEN.box, sightings=(SEEN,)), hit(48.0, 50.0)),
        video_style=PictureStyle(strength=0.7),
    ),
    segment(70.0, 71.0, "Nudity", certainty="doubtful", allow=True),
)
WEAK = (segment(90.0, 91.0, "Nudity", certainty="weak", allow=True),)
RETIRED = (segment(120.0, 121.0, allow=True, reviewed=True, note="quoted"),)
RESULTS = Results(
    *("film.mkv", DURATION, FOUND), fingerprint="aa", weak=WEAK, retired=RETIRED, processed_at="2026-01-01"
)

NUDE = FOUND[2].id


class Page:
    """What a page has of a results file, and what it sends: through JSON, as over the wire."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.file = ResultsFile(path, folder)
        self.look()

    def look(self) -> None:
        """Read what is there."""
        snapshot = self.file.read()
        self.versions = dict(snapshot.versions)
        results = snapshot.results
        self.segments = {each.id: each for each in (*results.retired, *results.weak, *results.segments)}

    def of(self, name: str) -> dict[str, str]:
        """Return a segment as a change names it."""
        return {"id": name, "version": self.versions[name]}

    def send(self, *changes: dict[str, Any]) -> Applied:
        """Send changes, and take over what became of them."""
        saved = self.file.change(read_changes(list(changes), DURATION))
        for each in saved.applied.changed:
            self.segments[each.id], self.versions[each.id] = each, version_of(each)
        for name in saved.applied.removed:
            # The other page may have brought it back after this one looked.
            self.segments.pop(name, None)
            self.versions.pop(name, None)
        return saved.applied

    def undo(self, applied: Applied) -> Applied:
        """Send what undoes changes."""
        return self.send(*map(as_json, applied.inverse))

    def all(self) -> Sequence[Segment]:
        """Return the segments of the file, without the weak and the retired ones."""
        return self.file.read().results.segments


def results_path(folder: Path, results: Results = RESULTS, options: OutputConfig | None = None) -> Path:
    """Write a results file."""
    path = folder / "film.results.json"
    write_results(path, results, options)
    return path


def content(path: Path) -> str:
    """Return what a file says but for when it was written."""
    return re.sub(r'"processed_at": "[^"]*"', "", path.read_text(encoding="utf-8"))
