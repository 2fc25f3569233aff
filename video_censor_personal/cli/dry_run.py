"""What `--dry-run` says: which models would be fetched, what would be made of films, and the room for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeltasks.report.console import print_err
from modeltasks.report.display import size_text
from modeltasks.report.notice import Notice
from modeltasks.spec import ModelSpec
from modeltasks.support.filesystem import free_bytes
from modeltasks.support.text import one_line
from video_censor_personal.cli.offer import tell_set
from video_censor_personal.cli.reply import Reply, exit_code
from video_censor_personal.model_manager import ModelManager

if TYPE_CHECKING:
    from video_censor_personal.targets.dry_run import PlannedFilm


def tell_models(manager: ModelManager, reply: Reply, *, quiet: bool) -> None:
    """Tell which models would be fetched, how large they are, and what licences they have."""
    missing: list[ModelSpec] = []
    quality = manager.config.quality
    for name, readiness in manager.readiness().items():
        result = manager.result(readiness)
        state = str(result.status)
        if result.error is not None:
            missing.append(readiness.spec)
            size = size_text(readiness.spec.size) if readiness.spec.size else "size unknown"
            license = f", {one_line(readiness.spec.license)}" if readiness.spec.license else ""
            terms = readiness.spec.license_terms
            first = f" once its licence is accepted ({one_line(terms)})" if terms is not None else ""
            would = Notice("dry-run", f"would be fetched ({size}{license}){first}: {result.error.why}")
            state, result = str(would), replace(result, status="skipped", error=None, warnings=(would,))
        reply.models.append(result)
        if not quiet:
            print_err(f"{name}: {state}")
    if quality is not None and not quiet:
        tell_set(quality, missing)
    reply.more["fetch"] = _fetch(missing, manager.cache_dir)


def tell_films(films: Iterable[PlannedFilm], reply: Reply, *, quiet: bool) -> None:
    """Tell what would be made of films, and whether there is room for it."""
    from video_censor_personal.targets.dry_run import rooms

    planned = list(films)
    for film in planned:
        reply.add_film(film.as_dict())
        if film.error is not None:
            reply.exit_code = max(reply.exit_code, exit_code(film.error))
        if film.error is not None or not quiet:
            for line in film.lines():
                print_err(line)
    needed = rooms(task for film in planned for task in film.tasks)
    reply.more["room"] = [room.as_dict() for room in needed]
    for room in needed:
        if not quiet:
            print_err(str(room))


def _fetch(missing: Iterable[ModelSpec], store: Path) -> dict[str, Any]:
    models = [{"name": each.name, "bytes": each.size or None, "license": each.license} for each in missing]
    return {"models": models, "folder": str(store), "free": free_bytes(store)}
