"""Where the config is. Imports only `os`: a run with nothing to do passes here too."""

# pathlib takes ten times as long to import as the whole of the rest here.
from __future__ import annotations

import os
from collections.abc import Mapping

VARIABLE = "VIDEO_CENSOR_CONFIG"
FILE_NAME = "video-censor.yaml"


def shipped_config_path(name: str) -> str:
    """The path of a config that comes with the program; it exists in any sound installation."""
    package = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(package, "defaults", name)
    if os.path.isfile(installed):
        return installed
    return os.path.join(os.path.dirname(package), "config", name)


def default_config_path() -> str:
    """The path of the packaged default config."""
    return shipped_config_path(FILE_NAME)


def find_config(explicit: str | None, environ: Mapping[str, str], cwd: str | os.PathLike[str]) -> str:
    """Return the path of the config to use.

    The first of: `explicit` (`--config`, or `config=` of doit), `$VIDEO_CENSOR_CONFIG`,
    `./video-censor.yaml`, the packaged default. Relative paths are relative to `cwd`.

    Raises:
        UsageError: the file that was named does not exist or is not a file.
    """
    if explicit is not None:
        return _named(explicit, "--config (or config=)", cwd)
    if environ.get(VARIABLE):
        return _named(environ[VARIABLE], f"${VARIABLE}", cwd)
    here = os.path.join(cwd, FILE_NAME)
    if os.path.isfile(here):
        return here
    return _named(default_config_path(), "the installation", cwd)


def _named(path: str, origin: str, cwd: str | os.PathLike[str]) -> str:
    full = os.path.join(cwd, os.path.expanduser(path))
    if path and os.path.isfile(full):
        return full
    from video_censor_personal.errors import UsageError

    state = "is a folder" if path and os.path.isdir(full) else "does not exist"
    raise UsageError(
        f"No config at {full if path else 'an empty path'}",
        f"{origin} names this file, but it {state}",
        f"Correct the path, or leave it out to use ./{FILE_NAME} or the packaged default",
    )
