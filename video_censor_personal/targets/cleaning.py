"""What `doit clean` removes of a film's targets: what can be made again, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from modeltasks.errors import Failure
from modeltasks.report.console import print_out
from video_censor_personal.export.formats import FORMATS, Format, why_not_ours
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.findings.reviews import was_decided
from video_censor_personal.library.entries import Version
from video_censor_personal.targets.film import FilmState


def forget_observations(state: FilmState, dryrun: bool) -> None:
    """Forget what was observed in a film that is known."""
    observed = state.known_observations()
    note = state.session.notes.path("observe", state.path)
    for path in (*observed, note):
        _remove(path, dryrun=dryrun)


def remove_results(state: FilmState, version: Version, dryrun: bool) -> None:
    """Remove a results file, unless somebody decided something in it, or it is of something else."""
    path = version.results
    if path is None or not path.exists():
        return
    try:
        results = read_results(path)
    except Failure as error:
        print_out(f"kept {path}: {error.why}")
        return
    segments = (*results.segments, *results.retired)
    by_default = results.allowed_by_default
    decided = [each for each in segments if was_decided(each, allowed_by_default=by_default)]
    if decided:
        print_out(f"kept {path}: somebody decided on {len(decided)} of its segments")
    elif state.session.notes.read("segments", path) is None:
        print_out(f"kept {path}: it was not made here")
    else:
        _remove(path, dryrun=dryrun)


def remove_copy(state: FilmState, version: Version, dryrun: bool) -> None:
    """Remove a clean copy that this program made, and the files of subtitles that it wrote beside."""
    if version.copy is None:
        return
    for path in state.session.copier().beside(version.copy):
        _remove(path, dryrun=dryrun)
    if not version.copy.exists():
        return
    if state.session.copier().is_ours(version.copy):
        _remove(version.copy, dryrun=dryrun)
    else:
        print_out(f"kept {version.copy}: it was not made here")


def remove_exports(state: FilmState, version: Version, dryrun: bool) -> None:
    """Remove exports that are as this program wrote them, whichever command that was."""
    for name, path in version.exports.items():
        remove_export(path, FORMATS[name], state.session.folder, dryrun=dryrun)


def remove_export(path: Path, form: Format, notes: Path, *, dryrun: bool) -> None:
    """Remove a file that is as this program wrote it; `notes` is the folder in which that is noted."""
    try:
        why = why_not_ours(path, form, notes) if path.exists() else None
    except Failure as error:
        why = error.why
    if why is not None:
        print_out(f"kept {path}: {why}")
    else:
        _remove(path, dryrun=dryrun)


def _remove(path: Path, *, dryrun: bool) -> None:
    if not path.exists():
        return
    print_out(f"{'would remove' if dryrun else 'removing'} {path}")
    if not dryrun:
        with suppress(FileNotFoundError):
            path.unlink()
