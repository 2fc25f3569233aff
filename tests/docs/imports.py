"""Which room of a package uses which: read off the imports, also those inside functions."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from tests.docs.pages import REPOSITORY


def imported(path: Path) -> set[str]:
    """Return the full names of the modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def rooms(package: str) -> dict[str, set[str]]:
    """Return for each module or package directly below `package` those others below it that it imports."""
    folder = REPOSITORY / package
    uses: dict[str, set[str]] = defaultdict(set)
    for path in folder.rglob("*.py"):
        room = path.relative_to(folder).parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        below = {name.split(".")[1] for name in imported(path) if name.startswith(f"{package}.")}
        uses[room] |= {name for name in below if is_room(folder, name)} - {room}
    return dict(uses)


def is_room(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name).is_dir()
