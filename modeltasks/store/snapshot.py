"""A note of a finished run, from which the next one learns that there is nothing to do.

It holds the text of the config it is about, the store it was made in, and the stat by which the receipt
of each model file knows it. Equal text, the same store and equal stats mean that nothing has changed
since; in any other case the graph decides. Tab-separated lines, read with nothing but `os`: importing json
costs as much again as starting Python.
"""

from __future__ import annotations

import os

from modeltasks.support.identity import StatIdentity, boot_id, stat_identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Model = tuple[str, str, str, list[str]]
    """Name of a model, the path of what programs open, what `doit list` says of it, and its files' paths."""

_FORM = "modeltasks snapshot 3"
META = ".modeltasks"
"""The folder of a store that holds everything but the models."""

_NAME_LIMIT = 200


def snapshot_path(store: str, config: str) -> str | None:
    """Return where the snapshot for a config lies in a store; None: nowhere."""
    name = os.path.abspath(config)
    for char in "%/\\:\n":
        name = name.replace(char, f"%{ord(char):02X}")
    return os.path.join(store, META, "snapshots", name) if len(os.fsencode(name)) <= _NAME_LIMIT else None


def read_snapshot(store: str, config: str, texts: Sequence[str]) -> tuple[list[Model], list[str]] | None:
    """Return the models and the config's warnings when everything is as it was; None when that is not sure.

    Args:
        store: the folder of the store.
        config: path of the config.
        texts: what the run depends on, as it reads now: the config and its lock file.
    """
    place = snapshot_path(store, config)
    if place is None:
        return None
    models: list[Model] = []
    warnings: list[str] = []
    try:
        with open(place, encoding="utf-8", newline="") as stream:
            head, _, body = stream.read().partition("\0")
        first, *lines, last = head.split("\n")
        if body != "\0".join(texts) or first != _head(store) or last != f"end {len(lines)}":
            return None
        for line in lines:
            kind, *fields = line.split("\t")
            if kind == "model":
                name, opened, doc = map(_unescaped, fields)
                models.append((name, os.path.join(store, opened), doc, []))
            elif kind == "warning":
                warnings.extend(map(_unescaped, fields))
            else:
                stat, path = fields
                path = os.path.join(store, _unescaped(path))
                if kind != "file" or _as_text(stat_identity(os.stat(path))) != stat:
                    return None
                models[-1][3].append(path)
    except (OSError, ValueError, IndexError):
        return None
    return models, warnings


def write_snapshot(
    store: str,
    config: str,
    texts: Sequence[str],
    models: Iterable[tuple[str, str, str, Iterable[tuple[str, StatIdentity]]]],
    warnings: Iterable[str],
) -> None:
    """Note that these models are current; silently nothing where that cannot be noted.

    Args:
        store: the folder of the store.
        config: path of the config.
        texts: what the run depended on.
        models: of each model its name, what programs open, what `doit list` says of it, and of each file the
            path and the stat that its receipt was written from (`Evidence.stat`): a file that was
            changed since then differs.
        warnings: what the config's loader warned of, which every run tells.
    """
    place = snapshot_path(store, config)
    if place is None or "\0" in "".join(texts):
        return
    lines = [_line("warning", warning) for warning in warnings]
    for name, opened, doc, files in models:
        lines.append(_line("model", name, os.path.relpath(opened, store), doc))
        for path, stat in files:
            lines.append(_line("file", _as_text(stat), os.path.relpath(path, store)))
    # Not at the top: reading a snapshot must stay cheap.
    from pathlib import Path

    from modeltasks.support.files import write_whole

    try:
        head = "\n".join((_head(store), *lines, f"end {len(lines)}"))
        write_whole(Path(place), "\0".join((head, *texts)))
    except OSError:
        # Without a snapshot the next run takes a few milliseconds longer; nothing else depends on it.
        return


def _head(store: str) -> str:
    """What names the form, this start of the machine, and the store.

    After another start, what was on its way to disk is doubtful. A copy of the store has its notes too,
    but not its inode.

    Raises:
        OSError: there is no store.
    """
    status = os.stat(store)
    return f"{_FORM} {boot_id()} {status.st_dev} {status.st_ino}"


def _as_text(stat: StatIdentity) -> str:
    return " ".join(map(str, stat))


def _line(kind: str, *fields: str) -> str:
    return "\t".join((kind, *map(_escaped, fields)))


def _escaped(field: str) -> str:
    """A name may hold a newline, or bytes that are no text; neither may end a line or a field."""
    return field.encode("unicode_escape").decode("ascii")


def _unescaped(field: str) -> str:
    return field.encode("ascii").decode("unicode_escape")
