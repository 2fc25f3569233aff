"""What a report tells besides the segments of a film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from video_censor_personal.export.results_json import Results


@dataclass(frozen=True, slots=True)
class CopyTold:
    """What a report says of a clean copy: its name, and lines on what was done and what was in doubt."""

    name: str
    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DetectorTold:
    """What a report says of a detector; `settings` are those by which it decided, in one line."""

    name: str
    type: str
    model: str | None = None
    settings: str = ""


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """All that a report tells besides segments.

    Args:
        results: of the film.
        pictures: small blurred JPEGs of findings, by the ids of their segments.
        copy: the clean copy; None where none was made.
        licenses: of the models, by their names.
        detectors: those that were to look.
        program: name and version of this program.
    """

    results: Results
    pictures: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    copy: CopyTold | None = None
    licenses: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    detectors: tuple[DetectorTold, ...] = ()
    program: str = ""
