"""A folder of files as the model that a detector opens."""

from __future__ import annotations

from pathlib import Path

from video_censor_personal.detectors.installed_model import InstalledModel


def installed(folder: Path) -> InstalledModel:
    """Every file of a folder, as if an entry of the config listed them all."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return InstalledModel(folder, tuple(files), "digest")
