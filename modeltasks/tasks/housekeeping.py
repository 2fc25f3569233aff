"""`usage` and `prune`: how much space the store takes, and what of it can be removed."""

from __future__ import annotations

from collections.abc import Sequence
from time import localtime, strftime, time
from typing import Any

from doit.task import Task

from modeltasks.errors import ModelTasksError
from modeltasks.provision.session import Session
from modeltasks.report.console import print_out
from modeltasks.report.display import size_text
from modeltasks.store.prune import plan_extra, plan_prune, prune
from modeltasks.store.usage import Extra, files_of, take_inventory, total
from modeltasks.support.commands import command, offer
from modeltasks.support.text import one_line
from modeltasks.support.units import DURATIONS
from modeltasks.tasks.catalogue import IO, Catalogue, failed


def usage_task(
    catalogue: Catalogue, session: Session, *, name: str = "usage", extras: Sequence[Extra] = ()
) -> Task:
    """Return a task that lists how much space each model takes.

    Args:
        catalogue: the models of the config.
        session: where the files live.
        name: what the task is called.
        extras: what else is kept there.
    """

    def show() -> None:
        inventory = take_inventory(session.store)
        known = {spec.name for spec in catalogue.specs} | catalogue.unusable.keys()
        for model in sorted(inventory.models, key=lambda each: each.bytes, reverse=True):
            used = strftime("%Y-%m-%d", localtime(model.last_used)) if model.last_used else "never"
            note = "" if model.name in known else "  not in this config"
            print_out(f"{size_text(model.bytes):>10}  last used {used:<10}  {one_line(model.name)}{note}")
        for kind, files in inventory.others.items():
            size = sum(file.bytes for file in files)
            if size:
                print_out(f"{size_text(size):>10}  {kind}")
        beside = [(extra.name, total(files_of(extra))) for extra in extras]
        for kind, size in beside:
            if size:
                print_out(f"{size_text(size):>10}  {one_line(kind)}")
        whole = inventory.bytes + sum(size for _, size in beside)
        print_out(f"{size_text(whole):>10}  in {session.store.root}")

    offer("usage", name)
    return Task(name, [show], uptodate=[False], doc="tell how much room each model takes", io=IO)


def prune_task(  # noqa: PLR0913 - what one may want to set from a command line, all with defaults
    catalogue: Catalogue,
    session: Session,
    *,
    name: str = "prune",
    partial_age: float = DURATIONS["w"],
    yes: bool = False,
    extras: Sequence[Extra] = (),
) -> Task:
    """Return a task that lists what nothing needs any more, and with `yes` removes it.

    Args:
        catalogue: the models that stay.
        session: where the files live.
        name: what the task is called.
        partial_age: seconds after which a download that nobody resumed counts as abandoned.
        yes: remove it.
        extras: what else is kept there, and how much of it may stay.
    """

    def remove() -> Any:
        known = [session.resolver.known(spec) for spec in catalogue.specs]
        planned = plan_prune(take_inventory(session.store), known, partial_age=partial_age, now=time())
        # A mistake in an entry says nothing about the files that it had before.
        items = [item for item in planned if item.kind != "model" or item.name not in catalogue.unusable]
        for extra in extras:
            items += plan_extra(extra, files_of(extra), now=time())
        for item in items:
            print_out(f"{size_text(item.frees):>10}  {one_line(f'{item.kind} {item.name}: {item.why}')}")
        if not items:
            print_out("nothing to remove")
        elif not yes:
            size = size_text(sum(item.frees for item in items))
            do_it = command("prune --yes")
            by = f" by {do_it}" if do_it else ""
            print_out(f"{size:>10}  would be freed{by}")
        else:
            try:
                print_out(f"{size_text(prune(session.store, items, session.cancel)):>10}  freed")
            except ModelTasksError as error:
                return failed(error)
        return None

    offer("prune", name)
    return Task(name, [remove], uptodate=[False], doc="tell what nothing needs any more", io=IO)
