"""`verify`: hash everything again, whatever the receipts say."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from doit.task import Task

from modeltasks.provision.session import Session
from modeltasks.spec import ModelSpec
from modeltasks.store.verify import Verification, verify_files
from modeltasks.support.cancel import Cancelled
from modeltasks.support.commands import command, offer
from modeltasks.tasks.catalogue import IO, Catalogue, failed

logger = logging.getLogger(__name__)


def verify_tasks(
    catalogue: Catalogue, session: Session, *, group: str = "verify", older_than: float = 0.0
) -> Iterator[Task]:
    """Yield the group, which hashes every model that is here at once, and a `<group>:<name>` for each.

    That a file is not here is a failure where a run needs its model, or the model was named.

    Args:
        catalogue: what the config says.
        session: where the files live.
        group: what the group is called.
        older_than: leave out current files that were hashed less than this many seconds ago.
    """

    def task(name: str, specs: Sequence[ModelSpec], needed: Collection[str], doc: str) -> Task:
        return Task(
            name,
            [lambda: _verify(specs, needed, session, older_than)],
            uptodate=[False],
            has_subtask=name == group,
            subtask_of=None if name == group else group,
            doc=doc,
            io=IO,
        )

    # The group hashes all files itself instead of depending on its members: largest first over all
    # models keeps every core busy to the end.
    known = [session.resolver.known(spec) for spec in catalogue.specs]
    needed = {spec.name for spec in known if spec.name in catalogue.wanted and not spec.optional}
    offer("verify", group, {spec.name for spec in known})
    yield task(group, known, needed, "hash every model again; put wrong files into quarantine")
    for spec in known:
        yield task(f"{group}:{spec.name}", [spec], {spec.name}, f"hash {spec.name} again")


def _verify(specs: Sequence[ModelSpec], needed: Collection[str], session: Session, older_than: float) -> Any:
    # Of a model of a hub that was never fetched, not even the names of its files are known.
    wrong = [_not_here(spec.name) for spec in specs if spec.name in needed and not spec.files]
    with session.working():
        try:
            for file in verify_files(
                session.store,
                specs,
                cancel=session.cancel,
                progress=session.progress,
                older_than=older_than,
            ):
                line = _verdict(file)
                if file.state == "ok" or (file.state == "missing" and file.model not in needed):
                    logger.info("%s", line)
                else:
                    wrong.append(line)
        except Cancelled:
            return failed("stopped; what was verified so far is noted")
    return failed("\n".join(wrong)) if wrong else None


def _not_here(model: str, path: str = "") -> str:
    fetch = command(f"models:{model}")
    return f"{f'{model}/{path}' if path else model}: not here{f'. {fetch} fetches it' if fetch else ''}"


def _verdict(file: Verification) -> str:
    name = f"{file.model}/{file.path}"
    match file.state:
        case "ok":
            return f"{name}: ok"
        case "missing":
            return _not_here(file.model, file.path)
        case "mismatch":
            text = (
                f"{name}: wrong content: its checksum is {file.actual}, the config asks for {file.expected}."
            )
            place = f" It was moved to {file.quarantined}." if file.quarantined else f" {file.error}."
            repair = command(f"models:{file.model}")
            return f"{text}{place}{f' {repair} repairs it' if repair else ''}"
        case "changing":
            return f"{name}: another process replaced it meanwhile; verify it again"
        case "unreadable":
            return f"{name}: {file.error}"
