"""Which files of a repository make up a model, when the config does not list them."""

from __future__ import annotations

from fnmatch import fnmatchcase

from modeltasks.errors import ConfigError
from modeltasks.registry.metadata import ModelMetadata
from modeltasks.resolve.errors import Unportable
from modeltasks.spec import ModelFile, ModelSpec, check_path

_SHOWN = 8


def select(spec: ModelSpec, metadata: ModelMetadata) -> tuple[ModelFile, ...]:
    """Return the files that `include` (all, when empty) lets through and `exclude` does not hold back.

    Patterns are those of the hub's own tools: `*` matches `/` too, and `folder/` means all in it.

    Raises:
        ConfigError: nothing is left, or a path would not stay inside the model's folder.
        Unportable: a file is chosen that not every system can keep under its name.
    """

    def is_chosen(path: str) -> bool:
        return (not spec.include or _matches(path, spec.include)) and not _matches(path, spec.exclude)

    chosen = [file for file in metadata.files if is_chosen(file.path)]
    unportable = [path for path in metadata.unportable if is_chosen(path)]
    if unportable:
        raise Unportable(metadata.repo, unportable[0])
    for file in chosen:
        check_path(file.path)
    if not chosen:
        there = ", ".join(file.path for file in metadata.files[:_SHOWN]) or "nothing"
        more = len(metadata.files) - _SHOWN
        raise ConfigError(
            f"No file of {metadata.repo} is chosen for the model {spec.name}",
            f"`include` and `exclude` let nothing through; there is {there}"
            + (f" and {more} more" if more > 0 else ""),
            "Correct the patterns in the config",
        )
    return tuple(sorted(chosen, key=lambda file: file.path))


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, f"{pattern}*" if pattern.endswith("/") else pattern) for pattern in patterns)
