"""Files with wrong content: moved out of the way, kept for a look, named by what they are."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from modeltasks.report.os_errors import in_the_way, told
from modeltasks.spec import Checksum
from modeltasks.store.disk import replace
from modeltasks.store.layout import Layout
from modeltasks.store.publish import staging_path

_LONGEST_NAME = 100


def quarantine(layout: Layout, model: str, path: str, actual: Checksum) -> Path:
    """Move a file of a model out of the way and return where it is now.

    Args:
        layout: of the store.
        model: its name.
        path: of the file in the model.
        actual: the wrong digest; equal bytes quarantined before are replaced.

    Raises:
        PermissionRefused, DiskFull, LocalError: the system refuses.
    """
    source = layout.file(model, path)
    target = layout.quarantine / f"{_label(model, path)}.{actual.algorithm}-{actual.hexdigest}"
    if link := layout.link_before(source):
        raise in_the_way(source, link)
    with told(source):
        layout.prepare(layout.quarantine)
        try:
            replace(source, target, layout.facts)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copy = staging_path(layout)
            with source.open("rb") as reader, copy.open("xb") as writer:
                shutil.copyfileobj(reader, writer)
            replace(copy, target, layout.facts)
            source.unlink()
    return target


def last_quarantined(layout: Layout, model: str, path: str) -> Path | None:
    """Return the file of that name that was moved out of the way last, or None. Never raises."""
    label = _label(model, path)
    try:
        found = [
            (entry.stat().st_ctime_ns, entry.path)
            for entry in os.scandir(layout.quarantine)
            if entry.name.rpartition(".")[0] == label and entry.is_file(follow_symlinks=False)
        ]
    except OSError:
        return None
    return Path(max(found)[1]) if found else None


def _label(model: str, path: str) -> str:
    return f"{model}--{path.replace('/', '__')}"[-_LONGEST_NAME:]
