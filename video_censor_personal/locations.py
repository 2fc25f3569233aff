"""Where the config is, where models and what was found in films are kept, where an output may be put.

Imports only what `os` has imported: a run with nothing to do passes here too, and pathlib alone takes ten
times as long as the rest.
"""

from __future__ import annotations

import os
import stat

from video_censor_personal.shipped import FILE_NAME, default_config_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIG_VARIABLE = "VIDEO_CENSOR_CONFIG"
CACHE_VARIABLE = "VIDEO_CENSOR_CACHE_DIR"

ANALYSIS_FOLDER = ".analysis"
"""Below the folder of models; no model can have that name."""


REVIEW_FOLDER = ".review"
"""Beside it: what the review page shows of films, which is made again when it is gone."""


def find_config(
    explicit: str | None,
    environ: Mapping[str, str],
    cwd: str | os.PathLike[str],
    *more: str | os.PathLike[str],
) -> str:
    """Return the path of the config to use.

    The first of: `explicit` (`--config`, or `config=` of doit), `$VIDEO_CENSOR_CONFIG`,
    `./video-censor.yaml`, the one in a folder of `more`, the packaged default. Relative paths are relative
    to `cwd`.

    Raises:
        UsageError: the file that was named does not exist or is not a file.
    """
    if explicit is not None:
        return _named(explicit, "--config (or config=)", cwd)
    if environ.get(CONFIG_VARIABLE):
        return _named(environ[CONFIG_VARIABLE], f"${CONFIG_VARIABLE}", cwd)
    for folder in (cwd, *more):
        here = os.path.join(folder, FILE_NAME)
        if os.path.isfile(here):
            return here
    return _named(default_config_path(), "the installation", cwd)


def named_cache_dir(environ: Mapping[str, str]) -> Path | None:
    """Return the folder that the environment names, which wins over the config; None where it names none."""
    from pathlib import Path

    chosen = environ.get(CACHE_VARIABLE)
    # Unlike pathlib's, this leaves a ~user that nobody has as it is.
    return Path(os.path.expanduser(chosen)).absolute() if chosen else None


def default_cache_dir() -> Path:
    """Return the folder in the user's cache, in the place that is usual on this system."""
    from pathlib import Path

    import platformdirs

    return Path(platformdirs.user_cache_dir("video-censor", appauthor=False), "models")


def analysis_folder(cache_dir: Path) -> Path:
    """Return where observations and notes of films are kept: beside the models, where that can be written.

    Models may be on a read-only mount or belong to somebody else; what is found in a film is then kept in
    the user's own cache.
    """
    beside = cache_dir / ANALYSIS_FOLDER
    existing = next(folder for folder in (beside, *beside.parents) if folder.exists())
    return beside if os.access(existing, os.W_OK | os.X_OK) else default_cache_dir() / ANALYSIS_FOLDER


def review_folder(analysis: Path) -> Path:
    """Return where clips, stills and waveforms for the review page are kept: beside the observations."""
    return analysis.with_name(REVIEW_FOLDER)


def check_place(path: Path) -> None:
    """Make sure, before any work, that a file can be put at `path`, in folders that may have to be made.

    A link is refused: where it leads, nobody said that something may be written.

    Raises:
        OutputRefused: it is a link, a folder or a device, or its folder cannot be made or written.
    """
    reason = _why_not_a_file(path) or _why_no_folder(path)
    if reason is not None:
        from video_censor_personal.errors import OutputRefused

        raise OutputRefused(path, *reason)


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two paths name one file, or would on a file system that takes case or accents lightly."""
    # Unlike pathlib's, this does not raise for a name that is too long.
    if os.path.exists(one) and os.path.exists(other):
        return one.samefile(other)
    return file_key(one) == file_key(other)


def file_key(path: Path) -> str:
    """Return what the paths to a file have in common, hard links apart; two files may share it, too."""
    import unicodedata

    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()


def _why_not_a_file(path: Path) -> tuple[str, ...] | None:
    """Return why what is at `path` is no file to be replaced, perhaps with what to do; else None."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return (error.strerror or str(error),)
    if stat.S_ISLNK(mode):
        return f"it is a link to {os.fsdecode(path.readlink())}", "Name the file itself, or remove the link"
    if stat.S_ISDIR(mode):
        return "it is a folder", "Name a file in it"
    if not stat.S_ISREG(mode):
        return "it is a device, a pipe or a socket", "Name an ordinary file"
    return None


def _why_no_folder(path: Path) -> tuple[str, ...] | None:
    """Return why the folder of `path` cannot be made or written, perhaps with what to do; else None."""
    import tempfile

    folder = path.absolute().parent
    missing = [path.name]
    while not os.path.lexists(folder) and folder != folder.parent:
        missing.append(folder.name)
        folder = folder.parent
    fix = "Choose a folder that exists and that you may write to"
    if not folder.is_dir():
        kind = "is a link that leads nowhere" if folder.is_symlink() else "is no folder"
        return f"{folder} {kind}", fix
    for name in missing:
        try:
            (folder / name).lstat()
        except FileNotFoundError:
            continue
        except OSError as error:  # such as a name that is too long
            return (error.strerror or str(error),)
    try:
        # Permissions do not tell the whole truth of a mount; a file without a name does.
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return f"nothing can be written in {folder} ({error.strerror or error})", fix


def _named(path: str, origin: str, cwd: str | os.PathLike[str]) -> str:
    full = os.path.join(cwd, os.path.expanduser(path))
    if path and os.path.isfile(full):
        return full
    from video_censor_personal.errors import UsageError

    if path == "-" or (path and os.path.exists(full) and not os.path.isdir(full)):
        raise UsageError(
            f"{path} cannot be the config",
            f"{origin} must name a file: what is up to date depends on it, so it is read again and again",
            "Write it to a file first, and name that",
        )
    state = "is a folder" if path and os.path.isdir(full) else "does not exist"
    raise UsageError(
        f"No config at {full if path else 'an empty path'}",
        f"{origin} names this file, but it {state}",
        f"Correct the path, or leave it out to use ./{FILE_NAME} or the packaged default",
    )
