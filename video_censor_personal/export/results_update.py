"""Writing a new analysis over an earlier results file without losing what a person decided there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from video_censor_personal.config.values import OutputConfig
from video_censor_personal.errors import WouldOverwrite
from video_censor_personal.export.json_fields import NotResults
from video_censor_personal.export.results_film import mismatches
from video_censor_personal.export.results_json import Results, write_results
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.findings.reviews import merge_reviews, was_decided
from video_censor_personal.locations import check_place


@dataclass(frozen=True, slots=True)
class Updated:
    """The results as they are in the file now, whether it changed, and what to tell the user."""

    results: Results
    written: bool
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilmIdentity:
    """What identifies a film; its SHA-256 is computed only if name and length do not suffice."""

    name: str
    duration: float
    fingerprint: Callable[[], str | None]


def earlier_results(path: Path, film: FilmIdentity, *, overwrite: bool = False) -> Results | None:
    """Return the results of the film that are at `path` already; None for none.

    Raises:
        OutputRefused: no file can be put there.
        WouldOverwrite: what is there is somebody else's file, or the results of another film, and
            `overwrite` does not say that it may go.
        SegmentsError: it is a results file with a mistake; it may hold decisions, and never goes unread.
    """
    check_place(path)
    if not path.exists():
        return None
    try:
        old = read_results(path)
    except NotResults as error:
        if overwrite:
            return None
        raise WouldOverwrite(path, f"it is there already, and is no results file: {error.why}") from error
    if _is_of(film, old):
        return old
    if overwrite:
        return None
    named = "that had this name" if old.file == film.name else f"called {old.file}" if old.file else ""
    raise WouldOverwrite(path, f"it holds the results of another film {named}".rstrip())


def update_results(
    path: Path,
    new: Results,
    options: OutputConfig | None = None,
    *,
    overwrite: bool = False,
    moved_from: Path | None = None,
) -> Updated:
    """Write the results of an analysis, with the decisions that the file holds already.

    Where there is no file yet, those in `moved_from` are taken over: the results of this film from a place
    where it is no more. That file stays.

    Raises:
        VideoCensorError: as `earlier_results`.
        OSError: the folder cannot be written.
    """
    film = FilmIdentity(PurePath(new.file or "").name, new.duration or 0.0, lambda: new.fingerprint)
    old = earlier_results(path, film, overwrite=overwrite)
    taken: tuple[str, ...] = ()
    if old is None and moved_from is not None and not path.exists():
        old = _moved(moved_from, film)
        taken = _taken_over(old, moved_from) if old is not None else ()
    if old is None:
        return Updated(*write_results(path, new, options))
    merged = merge_reviews(
        new.segments + new.weak, old.segments + old.retired, allowed_by_default=old.allowed_by_default
    )
    weak = tuple(
        each
        for each in merged.segments
        if each.certainty == "weak" and not was_decided(each, allowed_by_default=new.allowed_by_default)
    )
    results = replace(
        new,
        segments=tuple(each for each in merged.segments if each not in weak),
        weak=weak,
        retired=merged.retired,
        output_file=new.output_file or old.output_file,
        dropped_streams=old.dropped_streams if new.dropped_streams is None else new.dropped_streams,
    )
    return Updated(*write_results(path, results, options), (*taken, *old.doubts, *merged.warnings))


def _moved(path: Path, film: FilmIdentity) -> Results | None:
    """The results of a film at an earlier place; None where the file is something else by now."""
    try:
        old = read_results(path)
    except NotResults:
        return None
    return old if old.fingerprint is not None and old.fingerprint == film.fingerprint() else None


def _taken_over(old: Results, path: Path) -> tuple[str, ...]:
    by_default = old.allowed_by_default
    decided = sum(was_decided(each, allowed_by_default=by_default) for each in (*old.segments, *old.retired))
    if not decided:
        return ()
    what = "1 decision was" if decided == 1 else f"{decided} decisions were"
    return (
        f"{what} taken over from {path}: it is of this very film, which is no more where it was. "
        "To decide anew, delete that file and the new results",
    )


def _is_of(film: FilmIdentity, old: Results) -> bool:
    """The same name and length, or the same bytes: a copy with other tags is the same film."""
    if not mismatches(old, Path(film.name), film.duration):
        return True
    return old.fingerprint is not None and old.fingerprint == film.fingerprint()
