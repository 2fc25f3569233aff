"""Files with wrong content: moved out of the way, kept for a look, named by what they are."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from modeltasks.spec import Checksum
from modeltasks.store.disk import replace
from modeltasks.store.failures import in_the_way, told
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
    label = f"{model}--{path.replace('/', '__')}"[-_LONGEST_NAME:]
    target = layout.quarantine / f"{label}.{actual.algorithm}-{actual.hexdigest}"
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
