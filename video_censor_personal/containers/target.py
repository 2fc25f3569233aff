"""Where a clean copy may be written, in which container, and the file in which it grows."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modeltasks.support.files import new_file, remove_left
from video_censor_personal.containers.container import CONTAINERS, Container
from video_censor_personal.errors import OutputRefused
from video_censor_personal.locations import check_place, is_same_file


def check_target(source: Path, target: Path) -> Container:
    """Return the container that `target` names.

    Raises:
        OutputRefused: it is the input, by whatever name; nothing can be written there; or its suffix is no
            container's.
    """
    if is_same_file(source, target):
        raise OutputRefused(target, "it is the input file itself", "Give the output another name")
    check_place(target)
    container = CONTAINERS.get(target.suffix.lower())
    if container is None:
        raise NoSuchContainer(target, f"Use one of {', '.join(CONTAINERS)}")
    return container


class NoSuchContainer(OutputRefused):
    """The suffix names no container that can be written."""

    def __init__(self, target: Path, fix: str) -> None:
        suffix = target.suffix.lower()
        why = f"{suffix} files are not written by this program" if suffix else "its name has no suffix"
        super().__init__(target, why, fix)


@contextmanager
def growing(target: Path) -> Iterator[Path]:
    """Give an empty file beside `target`, with its suffix and the mode that any new file gets.

    Missing folders are made. It is gone afterwards, unless it was renamed. What a killed render left behind
    for the same target is removed first; what another process is still writing is not.

    Raises:
        OSError: it cannot be created.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # The name is a digest: the target's own, with more added, could be too long for the file system.
    stem = f".{hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]}"
    for left in target.parent.glob(f"{stem}.*.part{glob.escape(target.suffix)}"):
        remove_left(left)
    part, stream = new_file(target.parent, stem, f".part{target.suffix}")
    try:
        yield part
    finally:
        if part.exists():
            # The library keeps a file open whose header it could not write; its room is wanted back now.
            with suppress(OSError):
                stream.truncate(0)
        stream.close()
        part.unlink(missing_ok=True)
