"""Where models are kept, unless the config says otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

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
