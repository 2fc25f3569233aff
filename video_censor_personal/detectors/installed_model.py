"""The verified files of a model, as a detector gets them: those of its entry and no others.

What else lies in the model's folder was never checked: files of an earlier entry, or somebody's own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model whose files are in place.

    Args:
        directory: its folder in the store.
        files: the paths of its entry, relative to the folder, with `/`.
        digest: of its checksums (`ModelSpec.entry_digest`).
    """

    directory: Path
    files: tuple[str, ...]
    digest: str

    def ending(self, suffix: str) -> list[Path]:
        """Return the files whose name ends with `suffix`, in order."""
        return [self.directory / file for file in sorted(self.files) if file.endswith(suffix)]

    def named(self, name: str) -> Path | None:
        """Return the file of that name, in whatever folder of the model; the least deep one of several."""
        found = [file for file in self.files if file.rpartition("/")[2] == name]
        return self.directory / min(found, key=lambda file: (file.count("/"), file)) if found else None


@contextmanager
def folder_of(files: dict[str, Path]) -> Iterator[Path]:
    """Give a folder that holds these files and nothing else, for libraries that open whole folders.

    Args:
        files: what each name in the folder stands for.
    """
    with tempfile.TemporaryDirectory(prefix="video-censor-") as name:
        folder = Path(name)
        for file, source in files.items():
            _link(source, folder / file)
        yield folder


def _link(source: Path, target: Path) -> None:
    for way in (os.symlink, os.link):
        try:
            way(source, target)
        except OSError:  # Windows allows links to some users and disks only
            continue
        return
    shutil.copyfile(source, target)
