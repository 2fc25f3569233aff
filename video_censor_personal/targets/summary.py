"""What was done with a film, as plain values for JSON."""

from __future__ import annotations

from typing import Any

from video_censor_personal.export.results_json import Results, coverage_entries
from video_censor_personal.library.entries import Version
from video_censor_personal.targets.film import FilmState


def film_summary(state: FilmState, version: Version, results: Results | None) -> dict[str, Any]:
    """Return what a run did for one version of a film; `results` as far as they are known."""
    summary: dict[str, Any] = {}
    planned, copy = state.planned_copy(version), state.copy_there(version)
    if results is not None:
        summary["segments"] = len(results.segments)
        summary["doubtful"] = sum(each.certainty == "doubtful" for each in results.segments)
        summary["coverage"] = coverage_entries(results.coverage)
        summary["incomplete"] = list(results.incomplete)
        summary["warnings"] = list(results.warnings)
        if version.results is not None and not state.given:
            summary["output"] = str(version.results)
            summary["output_written"] = state.written.get(version.profile, False)
        if not state.given:
            summary["observed"] = list(state.observed)
            summary["remembered"] = list(state.remembered())
    if planned is not None:
        summary["dropped_streams"] = list(planned.dropped)
    elif version.copy is not None and results is not None and results.dropped_streams:
        summary["dropped_streams"] = list(results.dropped_streams)
    if copy is not None:
        summary["output_video"] = str(copy.path)
        summary["output_video_written"] = copy.written
        summary["edits"] = copy.edits
        summary["actions"] = dict(copy.actions)
        if copy.streams is not None:
            summary["streams"] = dict(copy.streams)
        summary["warnings"] = list(dict.fromkeys((*summary.get("warnings", ()), *copy.warnings)))
    return summary
