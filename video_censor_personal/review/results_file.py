"""STAND-IN until the part on decisions lands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeltasks.support.identity import stat_identity
from video_censor_personal.export.results_json import Results, as_document
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.export.stretches import Treated


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was read."""

    results: Results
    revision: str
    versions: Mapping[str, str]


class ResultsFile:
    """A results file."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self._known: tuple[Any, Snapshot] | None = None

    def read(self) -> Snapshot:
        """Return it."""
        from video_censor_personal.export.json_fields import SegmentsError

        try:
            key = tuple(stat_identity(self.path.stat()))
        except OSError as error:
            raise SegmentsError(
                f"{self.path} cannot be read", error.strerror or str(error), "Check the path"
            ) from error
        if self._known is None or self._known[0] != key:
            results = read_results(self.path)
            every = (*results.segments, *results.weak, *results.retired)
            versions = {each.id: hashlib.sha256(repr(each).encode()).hexdigest()[:16] for each in every}
            self._known = (
                key,
                Snapshot(results, hashlib.sha256(repr(key).encode()).hexdigest()[:16], versions),
            )
        return self._known[1]


def segment_json(treated: Treated, version: str) -> dict[str, Any]:
    """Return a segment for the page."""
    segment = treated.segment
    document = as_document(Results(None, None, (segment,)))["segments"][0]
    for each in document["detections"]:
        each.pop("sightings", None)
    spans = {"sound_span": treated.sound, "picture_span": treated.picture}
    word = next((hit.text for hit in segment.detections if hit.text), None)
    title = word[0] + "*" * (len(word) - 2) + word[-1] if word and len(word) > 2 else segment.labels[-1]
    return {
        "reviewed": None,
        "audio_remediation": None,
        "video_remediation": None,
        "video_style": {},
        "note": None,
        **document,
        "version": version,
        "hand_made": not segment.detections,
        "moved": False,
        "title": title,
        "effect": {
            "sound": treated.sound_action if treated.sound else "none",
            "picture": treated.picture_action if treated.picture else "none",
            **{key: None if span is None else [span.start, span.end] for key, span in spans.items()},
        },
    }
