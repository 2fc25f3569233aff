"""A note of a finished run, by which the next one sees that there is nothing to do.

It holds the text of the config it is about and the stat of every model file it found current. Equal
text and equal stats mean that nothing has changed since; anything else means that the long way
round decides. Tab-separated lines, read with `os` alone: importing json costs as much again as
starting Python.
"""

from __future__ import annotations

import os

from modeltasks.boot import boot_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_FORM = "modeltasks snapshot 1"
_NAME_LIMIT = 200


def snapshot_path(meta: str, config: str) -> str | None:
    """Return where the snapshot for a config lies below a store's `.modeltasks` folder; None: nowhere."""
    name = os.path.abspath(config)
    for char in "%/\\:":
        name = name.replace(char, f"%{ord(char):02X}")
    return f"{meta}/snapshots/{name}" if len(name) <= _NAME_LIMIT else None


def _head() -> str:
    """The form, and this start of the machine: after another, what was on its way to disk is doubtful."""
    return f"{_FORM} {boot_id()}"


def stat_key(path: str) -> str | None:
    """Return the stat by which a file counts as untouched; None when it is not there."""
    try:
        stat = os.stat(path)
    except (OSError, ValueError):
        return None
    ctime = 0 if os.name == "nt" else stat.st_ctime_ns
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ino} {ctime}"


def read_snapshot(meta: str, config: str, texts: Sequence[str]) -> list[tuple[str, str]] | None:
    """Return (name, path) of each model when everything is as it was; None when that is not sure.

    Args:
        meta: the store's `.modeltasks` folder.
        config: path of the config.
        texts: what the run depends on, as it reads now: the config and its lock file.
    """
    place = snapshot_path(meta, config)
    if place is None:
        return None
    try:
        with open(place, encoding="utf-8", newline="") as stream:
            head, _, body = stream.read().partition("\0")
    except (OSError, UnicodeDecodeError):
        return None
    if body != "\0".join(texts):
        return None
    lines = head.split("\n")
    if lines[0] != _head():
        return None
    models = []
    for line in lines[1:]:
        kind, first, second = line.split("\t")
        if kind == "model":
            models.append((first, second))
        elif stat_key(second) != first:
            return None
    return models


def write_snapshot(
    meta: str, config: str, texts: Sequence[str], models: Sequence[tuple[str, str, Sequence[str]]]
) -> None:
    """Note that these models were found current just now; silently nothing where that cannot be noted.

    Args:
        meta: the store's `.modeltasks` folder.
        config: path of the config.
        texts: what the run depended on.
        models: name, path and files of each model.
    """
    place = snapshot_path(meta, config)
    lines = [_head()]
    for name, path, files in models:
        lines.append(f"model\t{name}\t{path}")
        for file in files:
            key = stat_key(file)
            if key is None:
                return
            lines.append(f"file\t{key}\t{file}")
    if place is None or any(line.count("\t") != 2 for line in lines[1:]) or "\0" in "".join(texts):
        return
    text = "\n".join(lines) + "\0" + "\0".join(texts)
    temporary = f"{place}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(temporary, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        os.replace(temporary, place)
    except OSError:
        # Without a snapshot the next run takes a few milliseconds longer; nothing else depends on it.
        return
