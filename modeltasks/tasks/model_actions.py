"""What the tasks of models do: fetch, and clean."""

from __future__ import annotations

import logging
from typing import Any

from modeltasks.provision.provide import provide
from modeltasks.provision.session import Session
from modeltasks.report.console import print_out
from modeltasks.spec import ModelSpec
from modeltasks.store.prune import plan_clean, prune
from modeltasks.store.usage import take_inventory
from modeltasks.support.cancel import Cancelled
from modeltasks.tasks.catalogue import Catalogue, failed

logger = logging.getLogger(__name__)


def fetch(spec: ModelSpec, catalogue: Catalogue, session: Session, *, force: bool) -> Any:
    """Bring a model up to date; the result is in `session.results`, a failure is returned for doit."""
    with session.working():
        try:
            result = provide(spec, session, catalogue.find, force=force)
        except Cancelled:
            return failed("stopped; what was fetched is kept for the next run")
    session.results[spec.name] = result
    for notice in result.warnings:
        logger.warning("%s: %s", spec.name, notice)
    if result.status == "skipped":
        logger.warning("optional model %s is left out: %s", spec.name, result.error)
    return failed(result.error) if result.status == "failed" else None


def clean(spec: ModelSpec, session: Session, *, dryrun: bool) -> None:
    """Remove the files of a model, or only tell which."""
    for model in take_inventory(session.store).models:
        if model.name == spec.name:
            item = plan_clean(model, session.resolver.known(spec))
            for file in item.files:
                print_out(f"{'would remove' if dryrun else 'removing'} {file.path}")
            if not dryrun:
                prune(session.store, [item], session.cancel)
