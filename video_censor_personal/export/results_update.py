"""Writing a new analysis over an earlier results file without losing what a person decided there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from video_censor_personal.config.values import OutputConfig
from video_censor_personal.export.results_json import Results, write_results
from video_censor_personal.export.results_reader import mismatches, read_results
from video_censor_personal.reviews import has_decisions, merge_reviews
from video_censor_personal.segments import SegmentsError


@dataclass(frozen=True, slots=True)
class Updated:
    """The results as they are in the file now, whether it changed, and what to tell the user."""

    results: Results
    written: bool
    warnings: tuple[str, ...] = ()


def update_results(path: Path, new: Results, options: OutputConfig | None = None) -> Updated:
    """Write the results of an analysis, with the decisions that the file holds already.

    Raises:
        SegmentsError: the file there cannot be read, or holds somebody's decisions on another video.
        OSError: the folder cannot be written.
    """
    if not path.exists():
        return Updated(new, write_results(path, new, options))
    old = read_results(path)
    if not _same_video(new, old):
        if has_decisions(old.segments + old.retired, allowed_by_default=old.allowed_by_default):
            raise SegmentsError(
                f"{path} is not replaced",
                f"it holds decisions on another video, {old.file}",
                "Move it away, or give another name for the results",
            )
        return Updated(new, write_results(path, new, options))
    merged = merge_reviews(
        new.segments, old.segments + old.retired, allowed_by_default=old.allowed_by_default
    )
    results = replace(
        new,
        segments=merged.segments,
        retired=merged.retired,
        output_file=new.output_file or old.output_file,
    )
    return Updated(results, write_results(path, results, options), merged.warnings)


def _same_video(new: Results, old: Results) -> bool:
    """The same bytes, or the same name and length: a copy with other tags is the same film."""
    if old.fingerprint is not None and old.fingerprint == new.fingerprint:
        return True
    if new.file is None or new.duration is None:
        return False
    return not mismatches(old, Path(PurePath(new.file).name), new.duration)
