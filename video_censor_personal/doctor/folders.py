"""Where files are written: whether that works there, and whether there is room. What is tried is undone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from modeltasks.errors import Failure
from modeltasks.report.display import size_text
from modeltasks.report.os_errors import explain
from modeltasks.support.filesystem import NoLocks, free_bytes, is_locked_elsewhere, sync, system_lock
from video_censor_personal.doctor.check import Check, State, from_failure
from video_censor_personal.doctor.models import Standing
from video_censor_personal.library.plan import plan_library
from video_censor_personal.locations import analysis_folder, check_place, default_cache_dir
from video_censor_personal.model_manager import ModelManager
from video_censor_personal.targets.dry_run import PlannedTask, planned_copies, rooms
from video_censor_personal.targets.film import FilmState
from video_censor_personal.targets.session import FilmSession

_TRIED = 256 * 1024
"""Bytes that are written for a trial."""
_FEW = 3
"""Folders of films that cannot be written are told by name up to here."""


def look_at_store(manager: ModelManager | None, stand: Sequence[Standing]) -> Iterator[Check]:
    """Look at the folder of models and at the one of what was found in films.

    Args:
        manager: of the models; None: as it would be without a config.
        stand: how the models stand.
    """
    root = default_cache_dir() if manager is None else manager.cache_dir
    missing = [each for each in stand if each.is_missing]
    there = next(folder for folder in (root, *root.parents) if os.path.lexists(folder))
    try:
        flaws = _tried(there)
    except OSError as error:
        can_do_without = manager is not None and not missing and there == root
        why = from_failure("Folder of models", explain(error, root))
        if can_do_without:
            what = f"{why.what}. All models are in place, so that does no harm now"
            yield Check(why.name, "warning", what, "Nothing is to be done until a model is to be fetched")
        else:
            yield why
    else:
        here = "" if there == root else "; it is made when a model is fetched"
        if flaws:
            yield Check("Folder of models", "warning", f"{root} works, but {'; '.join(flaws)}{here}")
        else:
            yield Check("Folder of models", "ok", f"{root} can be written{here}")
    most = None if manager is None else manager.config.models.max_size
    yield _room_for_models(root, stand, most)
    found = analysis_folder(root)
    if not found.is_relative_to(root):
        yield _place("Folder of what was found", found)


def look_at_films(manager: ModelManager) -> Iterator[Check]:
    """Look for the films of the library, and see whether what is made of them can be written."""
    library = manager.config.library
    if library is None:
        yield _place("This folder", Path.cwd(), "warning")
        return
    session = FilmSession(manager)
    with session.only_looking():
        found = plan_library(manager.config, session.is_copy)
    yield from (from_failure("Library", problem) for problem in found.problems)
    films = [entry.path for entry in found.entries]
    if films:
        yield Check("Library", "ok", f"{len(films)} film{'s' if len(films) != 1 else ''} found")
    folders = [library.output_dir] if library.output_dir else list(dict.fromkeys(f.parent for f in films))
    refused = [check for folder in folders if (check := _place("Library", folder)).state != "ok"]
    yield from refused[:_FEW]
    if len(refused) > _FEW:
        more = len(refused) - _FEW
        yield Check("Library", "failed", f"{more} more folders of films cannot be written", refused[0].fix)
    if any(version.copy is not None for entry in found.entries for version in entry.versions):
        states = (FilmState(entry, session) for entry in found.entries)
        yield from _room_for_copies(task for state in states for task in planned_copies(state))


def _tried(folder: Path) -> list[str]:
    """Write, rename, link and lock in a folder of our own in `folder`; return what of it can be done without.

    Raises:
        OSError: what cannot be done without does not work.
    """
    flaws: list[str] = []
    with tempfile.TemporaryDirectory(prefix=".video-censor-doctor-", dir=folder) as made:
        one, other = Path(made, "one"), Path(made, "other")
        with one.open("wb") as stream:
            stream.write(bytes(_TRIED))
            stream.flush()
            sync(stream.fileno())
        other.write_bytes(b"before")
        one.replace(other)
        try:
            one.hardlink_to(other)
        except (OSError, NotImplementedError):
            flaws.append("has no hard links: the same bytes of two models take room twice")
        if not _locks(other):
            flaws.append("has no locks: files stand for them, which a crash may leave behind")
    return flaws


def _locks(path: Path) -> bool:
    """Whether a lock keeps a second one away."""
    with path.open("r+b") as first, path.open("r+b") as second:
        try:
            system_lock(first.fileno())
        except OSError:
            return False
        try:
            system_lock(second.fileno())
        except OSError as error:
            with suppress(NoLocks, OSError):
                return is_locked_elsewhere(error)
        return False


def _room_for_models(root: Path, stand: Sequence[Standing], most: int | None) -> Check:
    name, free = "Room for models", free_bytes(root)
    if free is None:
        return Check(name, "ok", "how much is free cannot be told there")
    missing = [each.spec for each in stand if each.is_missing]
    fetched = sum(spec.size for spec in missing)
    # While a model is made right, its largest file may be there twice.
    needed = fetched + max((file.size or 0 for spec in missing for file in spec.files), default=0)
    if needed > free:
        what = f"{size_text(needed)} are needed and {size_text(free)} are free in {root}"
        return Check(name, "failed", what, "Free some space, or set models.cache_dir to a larger disk")
    wanted = sum(each.spec.size for each in stand)
    if most is not None and wanted > most:
        what = f"the models take {size_text(wanted)}, and models.max_size allows {size_text(most)}"
        return Check(name, "warning", what, "Raise models.max_size")
    more = f", {size_text(fetched)} to be fetched" if fetched else ""
    return Check(name, "ok", f"{size_text(free)} free{more}")


def _room_for_copies(tasks: Iterable[PlannedTask]) -> Iterator[Check]:
    """Tell of each disk whether the copies that are still to be made fit there, as a dry run does."""
    name, needed = "Room for copies", rooms(tasks)
    for room in needed:
        if room.free is None:
            yield Check(name, "ok", f"how much is free cannot be told in {room.folder}")
            continue
        takes, free = size_text(room.size), size_text(room.free)
        what = f"copies may take up to {takes}, and {free} are free in {room.folder}"
        if room.size > room.free:
            yield Check(name, "failed", what, "Free some space, or change library.output_dir")
        else:
            yield Check(name, "ok", what)
    if not needed:
        yield Check(name, "ok", "no copy is to be made")


def _place(name: str, folder: Path, worst: State = "failed") -> Check:
    try:
        check_place(folder / "film.results.json.try")
    except Failure as error:
        said = error.as_dict()
        return Check(name, worst, f"nothing can be written in {folder}: {said['why']}", said["fix"])
    return Check(name, "ok", f"{folder} can be written")
