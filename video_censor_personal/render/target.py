"""Where a clean copy may be written, and in which container."""

from __future__ import annotations

from pathlib import Path

from video_censor_personal.media.errors import OverInput, RenderError, Unwritable

_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}


def check_target(source: Path, target: Path) -> str:
    """Return the container that `target` names.

    Raises:
        OverInput: it is the input, by whatever name.
        Unwritable: its folder is missing, it is a folder itself, or its suffix is no container's.
    """
    is_same = source.exists() and target.exists() and target.samefile(source)
    if is_same or target.resolve() == source.resolve():
        raise OverInput(target)
    if not target.parent.is_dir():
        raise Unwritable(target, "its folder does not exist")
    if target.is_dir():
        raise Unwritable(target, "it is a folder")
    kind = _FORMATS.get(target.suffix.lower())
    if kind is None:
        raise RenderError(
            f"{target} cannot be written",
            f"{target.suffix or 'no suffix'!r} names no container this tool writes",
            f"Use one of {', '.join(_FORMATS)}",
        )
    return kind
