"""Where a clean copy may be written, and in which container."""

from __future__ import annotations

from pathlib import Path

from video_censor_personal.outputs import OutputRefused, check_place, is_same_file
from video_censor_personal.render.container import CONTAINERS, Container


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
