"""What the files of a package import: read off the source, also what is imported inside functions."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

from tests.docs.pages import REPOSITORY


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the full names of the modules that a file imports, and of what it takes from them."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return frozenset(names)


def modules(package: str) -> dict[str, Path]:
    """Return the files of a package by the full names of their modules."""
    found = {}
    for path in (REPOSITORY / package).rglob("*.py"):
        dotted = ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
        found[dotted.removesuffix(".__init__")] = path
    return found


def file_graph(package: str) -> dict[str, set[str]]:
    """Return for each module of a package the modules of that package that it imports."""
    known = modules(package)
    graph = {}
    for module, path in known.items():
        names = {name if name in known else name.rpartition(".")[0] for name in imported(path)}
        graph[module] = names & known.keys() - {module}
    return graph


def wing_graph(package: str) -> dict[str, set[str]]:
    """Return for each file or folder directly below a package those others that it imports."""
    graph: dict[str, set[str]] = defaultdict(set)
    for module, used in file_graph(package).items():
        if module != package:
            wing = module.split(".")[1]
            graph[wing] |= {name.split(".")[1] for name in used - {package}} - {wing}
    return dict(graph)
