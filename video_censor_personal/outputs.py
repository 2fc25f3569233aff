"""Where a file may be put: looked at before any work, so that nothing is lost at its end."""

from __future__ import annotations

import os
import stat
import tempfile
import unicodedata
from pathlib import Path

from video_censor_personal.errors import UsageError


class OutputRefused(UsageError):
    """Nothing is written there: it cannot be done, or something would be lost."""

    def __init__(self, path: Path, why: str, fix: str = "Give it another name") -> None:
        super().__init__(f"{path} cannot be written", why, fix)


class WouldOverwrite(OutputRefused):
    """There is something already that this program did not make."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(path, why, "Give another name, or replace it with --overwrite")


def check_place(path: Path) -> None:
    """Make sure that a file can be put at `path`, in folders that may still have to be made.

    A link is refused: where it leads, nobody said that something may be written.

    Raises:
        OutputRefused: it is a link, a folder or a device, or its folder cannot be made or written.
    """
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        mode = stat.S_IFREG
    except OSError as error:
        raise OutputRefused(path, error.strerror or str(error)) from error
    if stat.S_ISLNK(mode):
        to = os.fsdecode(path.readlink())
        raise OutputRefused(path, f"it is a link to {to}", "Name the file itself, or remove the link")
    if stat.S_ISDIR(mode):
        raise OutputRefused(path, "it is a folder", "Name a file in it")
    if not stat.S_ISREG(mode):
        raise OutputRefused(path, "it is a device, a pipe or a socket", "Name an ordinary file")
    _check_folder(path)


def _check_folder(path: Path) -> None:
    folder = path.absolute().parent
    missing = [path.name]
    while not os.path.lexists(folder) and folder != folder.parent:
        missing.append(folder.name)
        folder = folder.parent
    fix = "Choose a folder that exists and that you may write to"
    if not folder.is_dir():
        kind = "is a link that leads nowhere" if folder.is_symlink() else "is no folder"
        raise OutputRefused(path, f"{folder} {kind}", fix)
    for name in missing:
        try:
            (folder / name).lstat()
        except FileNotFoundError:
            continue
        except OSError as error:  # such as a name that is too long
            raise OutputRefused(path, error.strerror or str(error)) from error
    try:
        # Permissions do not tell the whole truth of a mount; a file without a name does.
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = f"nothing can be written in {folder} ({error.strerror or error})"
        raise OutputRefused(path, why, fix) from error


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two paths name one file, or would on a file system that takes case or accents lightly."""
    # Unlike pathlib's, this does not raise for a name that is too long.
    if os.path.exists(one) and os.path.exists(other):  # noqa: PTH110
        return one.samefile(other)
    return _folded(one) == _folded(other)


def _folded(path: Path) -> str:
    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()
