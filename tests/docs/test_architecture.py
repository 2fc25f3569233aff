"""The page on architecture says what the code is: its wings, their files, the arrows, the functions."""

from __future__ import annotations

import importlib
import re
from functools import reduce
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import pytest

from tests.docs.imports import file_graph, imported, modules, wing_graph
from tests.docs.pages import REPOSITORY, blocks, table_rows

PAGE = REPOSITORY / "docs" / "architecture.md"
TEXT = PAGE.read_text(encoding="utf-8")
PACKAGES = ("modeltasks", "video_censor_personal")


def wings(package: str) -> list[tuple[set[str], set[str]]]:
    """Return each row of a package's table: its wings, and the files listed in it."""
    rows = table_rows(TEXT.partition(f"`{package}`:")[2], "wing")
    return [
        (set(re.findall(r"`(\w+(?:/|\.py))`", wing)), set(re.findall(r"`(\w+)`", files)))
        for wing, _, files in rows
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_is_listed_with_its_wing(package: str) -> None:
    root = REPOSITORY / package
    there = {
        f"{path.name}/" if path.is_dir() else path.name: {file.stem for file in path.glob("*.py")}
        for path in root.iterdir()
        if path.suffix == ".py" or any(path.glob("*.py"))
    }
    del there["__init__.py"]
    listed: dict[str, set[str]] = {}
    for names, files in wings(package):
        for name in names:
            listed[name] = files | {"__init__"} if name.endswith("/") else set()
    assert listed == there


@pytest.mark.parametrize("package", PACKAGES)
def test_wings_use_only_the_rows_above_their_own(package: str) -> None:
    row_of = {
        re.sub(r"/|\.py", "", wing): row for row, (names, _) in enumerate(wings(package)) for wing in names
    }
    uses = wing_graph(package)
    upward = [(wing, used) for wing in uses for used in uses[wing] if row_of[used] >= row_of[wing]]
    assert upward == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_files_import_each_other_in_a_circle(package: str) -> None:
    try:
        TopologicalSorter(file_graph(package)).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_modeltasks_knows_nothing_of_the_application() -> None:
    ours = {"video_censor_personal", "video_censor", "demo", "dodo"}
    for path in modules("modeltasks").values():
        assert not {name.partition(".")[0] for name in imported(path)} & ours, path


def test_the_arrows_of_the_picture_are_imports() -> None:
    uses = wing_graph("modeltasks") | wing_graph("video_censor_personal")
    drawn = []
    for line in blocks(PAGE)[0].text.splitlines():
        for left, right in pairwise(line.split("─►")):
            start = re.search(r"([a-z_]+) ─*$", left)
            ends = re.match(r" ([a-z_]+(?:, [a-z_]+)*)", right)
            if start and ends:
                drawn += [(start[1], end) for end in ends[1].split(", ")]
    assert len(drawn) >= 10
    assert [(start, end) for start, end in drawn if end not in uses[start]] == []


def test_the_functions_of_the_walks_exist() -> None:
    named = set(re.findall(r"`(\w+(?:\.\w+)+)\(\)`", TEXT))
    assert len(named) >= 25
    assert {name for name in named if not any(exists(f"{package}.{name}") for package in PACKAGES)} == set()


def exists(dotted: str) -> bool:
    """Whether there is a function or class of that name; the first parts are modules."""
    parts = dotted.split(".")
    known = modules(parts[0])
    depth = max((n for n in range(len(parts)) if ".".join(parts[:n]) in known), default=0)
    if not depth:
        return False
    try:
        return callable(reduce(getattr, parts[depth:], importlib.import_module(".".join(parts[:depth]))))
    except AttributeError:
        return False
