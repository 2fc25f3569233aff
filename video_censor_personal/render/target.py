"""Where a clean copy may be written, and in which container."""

from __future__ import annotations

from pathlib import Path

from video_censor_personal.outputs import OutputRefused, check_place, is_same_file

_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}


def check_target(source: Path, target: Path) -> str:
    """Return the container that `target` names.

    Raises:
        OutputRefused: it is the input, by whatever name; nothing can be written there; or its suffix is no
            container's.
    """
    if is_same_file(source, target):
        raise OutputRefused(target, "it is the input file itself", "Give the output another name")
    check_place(target)
    kind = _FORMATS.get(target.suffix.lower())
    if kind is None:
        raise OutputRefused(
            target,
            f"{target.suffix or 'no suffix'!r} names no container this tool writes",
            f"Use one of {', '.join(_FORMATS)}",
        )
    return kind
