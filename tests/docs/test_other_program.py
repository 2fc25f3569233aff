"""The `dodo.py` that docs/api.md shows to makers of other programs, in a folder of its own."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY, blocks, table_rows
from tests.docs.stage import MODELS_HOST
from tests.support.file_host import FileHost
from tests.support.installed import install
from tests.support.programs import Outcome, advised, run, type_in

PAGE = REPOSITORY / "docs" / "api.md"
(DODO,) = (block.text for block in blocks(PAGE) if block.title == "mytool/dodo.py")
SECOND = """
OTHER = ModelSpec("other", (ModelFile("other.bin", DIGEST),), SOURCES)
CATALOGUE = Catalogue((GREETER, OTHER), wanted=frozenset({"greeter", "other"}), config=Path(__file__))
"""


@dataclass(frozen=True, slots=True)
class Tool:
    """The other program: its folder, and doit in an installation of its own."""

    folder: Path
    doit: Path

    def run(self, *words: str, below: str = ".") -> Outcome:
        return run([str(self.doit), *words], self.folder / below, **self.environment)

    @property
    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": "", "HOME": str(self.folder.parent)}

    @contextmanager
    def edited(self, old: str, new: str) -> Iterator[None]:
        dodo = self.folder / "dodo.py"
        before = dodo.read_text()
        assert before.count(old) == 1
        dodo.write_text(before.replace(old, new))
        yield
        dodo.write_text(before)


@pytest.fixture(scope="module")
def doit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("installation")) / "doit"


@pytest.fixture
def tool(tmp_path: Path, doit: Path, host: FileHost) -> Tool:
    """The page's program and a second model with the same bytes."""
    host.put("greeter/model.onnx", b"hello\n")
    host.put("greeter/other.bin", b"hello\n")
    folder = tmp_path / "mytool"
    (folder / "below").mkdir(parents=True)
    before, tasks = DODO.replace(MODELS_HOST, host.url("")).split("SESSION = ", 1)
    (folder / "dodo.py").write_text(f"{before}{SECOND}SESSION = {tasks}")
    return Tool(folder, doit)


def test_it_is_short() -> None:
    assert len([line for line in DODO.splitlines() if line.strip()]) <= 20


def test_only_what_an_edit_changed_is_made(tool: Tool, host: FileHost) -> None:
    assert sorted(tool.run("-n", "4").out.splitlines()) == [".  weights:greeter", ".  weights:other"]
    current = ["-- weights:greeter", "-- weights:other"]
    assert tool.run().out.splitlines() == current
    asked = host.requests()
    with tool.edited('license="MIT"', 'license="BSD"'):
        assert tool.run().out.splitlines() == current
    with tool.edited("def task_greet", "ANY = 1\n\n\ndef task_greet"):
        assert tool.run().out.splitlines() == current
    with tool.edited('"other.bin"', '"another.bin"'):
        assert tool.run().out.splitlines() == ["-- weights:greeter", ".  weights:other"]
    assert host.requests() == asked, "the same bytes are here"
    assert sorted(path.name for path in tool.folder.iterdir() if path.is_file()) == ["dodo.py"]


def test_doit_tells_cleans_and_makes_again(tool: Tool) -> None:
    assert tool.run("greet").out.splitlines() == [".  weights:greeter", ".  greet", "hello"]
    listing = tool.run("list", "--all", "--status").out
    assert dict(reversed(pair) for pair in re.findall(r"^([RU]) (\S+)", listing, re.M)) == {
        **dict.fromkeys(("greet", "weights", "weights:other"), "R"),
        "weights:greeter": "U",
    }
    assert "other: missing" in tool.run("info", "weights:other").out
    assert tool.run("clean", "weights").code == 0
    assert tool.run().out.splitlines() == [".  weights:greeter", ".  weights:other"]


@pytest.mark.parametrize(("below", "words"), [(".", []), ("below", ["-f", "../dodo.py"]), ("below", ["-k"])])
def test_messages_name_its_own_groups(tool: Tool, below: str, words: list[str]) -> None:
    verify = (
        "\nfrom modeltasks.tasks.verify import verify_tasks\n"
        "def task_check():\n    yield from verify_tasks(CATALOGUE, SESSION, group='check')\n"
    )
    dodo = tool.folder / "dodo.py"
    dodo.write_text(dodo.read_text() + verify)
    missing = tool.run(*words, "check:greeter", below=below)
    assert missing.code == 1
    followed = type_in(advised(missing.out, "greeter"), tool.folder / below, **tool.environment)
    assert (followed.code, followed.out) == (0, ".  weights:greeter\n")


def test_every_builder_is_listed_with_its_arguments() -> None:
    listed = {
        (module.strip("`"), call.strip("`"))
        for call, module, _ in table_rows(PAGE.read_text(encoding="utf-8"), "builder")
    }
    there = set()
    for name in ("models", "verify", "hub", "housekeeping"):
        module = importlib.import_module(f"modeltasks.tasks.{name}")
        for call, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and re.fullmatch(r"[a-z]\w*_tasks?", call):
                there.add((name, f"{call}({', '.join(inspect.signature(function).parameters)})"))
    assert listed == {each for each in there if "remembered" not in each[1]}
