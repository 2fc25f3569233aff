"""Where models, and what was found in films, are kept, unless the config says otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ANALYSIS_FOLDER = ".analysis"
"""Below the folder of models; no model can have that name."""

VARIABLE = "VIDEO_CENSOR_CACHE_DIR"


def named_cache_dir(environ: Mapping[str, str]) -> Path | None:
    """Return the folder that the environment names, which wins over the config; None where it names none."""
    chosen = environ.get(VARIABLE)
    # Unlike pathlib's, this leaves a ~user that nobody has as it is.
    return Path(os.path.expanduser(chosen)).absolute() if chosen else None  # noqa: PTH111


def default_cache_dir() -> Path:
    """Return the folder in the user's cache, in the place that is usual on this system."""
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
