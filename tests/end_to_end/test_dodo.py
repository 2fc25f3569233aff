"""The contract of doit on the project's graph, run as a user runs it, from a folder of his own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.end_to_end.kit import Write
from tests.support.file_host import FileHost
from tests.support.programs import advised, doit, type_in, video_censor

A, B = b"model a " * 1000, b"model b " * 1000


@pytest.fixture
def config(host: FileHost, config_file: Write) -> str:
    """A config with two models, as an argument of doit."""
    return f"config={config_file(host.entry('a', A), host.entry('b', B))}"


def status(here: Path, config: str) -> dict[str, str]:
    """Return each task's letter in `doit list --all --status`."""
    listing = doit(here, "list", "--all", "--status", config).out
    return {name: letter for letter, name in re.findall(r"^([RUE]) (\S+)", listing, re.M)}


def test_models_are_fetched_once(host: FileHost, config: str, here: Path) -> None:
    first = doit(here, "run", config, "models")
    assert first.code == 0
    assert sorted(first.out.splitlines()) == [".  models:a", ".  models:b"]
    second = doit(here, "run", config, "models")
    assert second.out.splitlines() == ["-- models:a", "-- models:b"]
    assert host.requests() == 2
    assert list(here.iterdir()) == []


def test_doit_and_video_censor_share_one_graph(host: FileHost, config: str, here: Path) -> None:
    path = config.removeprefix("config=")
    assert video_censor(here, "--download-models", "--config", path).code == 0
    assert doit(here, "run", config, "models").out.splitlines() == ["-- models:a", "-- models:b"]
    assert host.requests() == 2


def test_status_and_reason_follow_what_is_on_disk(config: str, here: Path, cache_dir: Path) -> None:
    assert status(here, config)["models:a"] == "R"
    doit(here, "run", config, "models")
    states = status(here, config)
    assert (states["models:a"], states["models:b"], states["verify:a"]) == ("U", "U", "R")
    (cache_dir / "a" / "a.bin").unlink()
    assert status(here, config)["models:a"] == "R"
    assert "a: missing" in doit(here, "info", config, "models:a").out
    current = doit(here, "info", config, "models:b").out
    assert "up-to-date" in current
    assert config.removeprefix("config=") in current


def test_the_config_is_a_dependency_and_the_files_are_targets(
    config: str, here: Path, cache_dir: Path
) -> None:
    out = doit(here, "info", config, "models:a").out
    sections = dict(re.findall(r"^(\w+) *: *\n((?: - .*\n)+)", out, re.M))
    assert sections["file_dep"] == f" - {config.removeprefix('config=')}\n"
    assert sections["targets"] == f" - {cache_dir / 'a' / 'a.bin'}\n"


def test_an_unrelated_edit_leaves_everything_up_to_date(host: FileHost, config: str, here: Path) -> None:
    doit(here, "run", config, "models")
    path = Path(config.removeprefix("config="))
    path.write_text(path.read_text() + "# an edit\nprocessing: {frame_sampling: {sample_rate: 3}}\n")
    assert doit(here, "run", config, "models").out.splitlines() == ["-- models:a", "-- models:b"]
    assert host.requests() == 2


@pytest.mark.parametrize(
    ("arguments", "tasks"),
    [
        (["models:b"], [".  models:b"]),
        (["-n", "4", "models"], [".  models:a", ".  models:b"]),
        (["-n", "0", "models"], [".  models:a", ".  models:b"]),
        ([], [".  models:a", ".  models:b"]),
        (["models:*"], [".  models:a", ".  models:b"]),
    ],
)
def test_tasks_are_chosen_on_the_command_line(
    config: str, here: Path, arguments: list[str], tasks: list[str]
) -> None:
    done = doit(here, "run", config, *arguments)
    assert done.code == 0
    # Four at a time: which one begins first is chance.
    assert sorted(line for line in done.out.splitlines() if "demo" not in line) == tasks


def test_force_and_all(host: FileHost, config_file: Write, here: Path) -> None:
    detectors = [{"name": "speech", "type": "speech", "model": "a"}]
    config = f"config={config_file(host.entry('a', A), host.entry('b', B), detectors=detectors)}"
    assert doit(here, "run", config, "models").out.splitlines() == [".  models:a"]
    assert doit(here, "run", config, "models", "--force").out.splitlines() == [".  models:a"]
    assert host.requests("a.bin") == 2
    assert doit(here, "run", config, "models:a", "--force").out.splitlines() == [".  models:a"]
    assert host.requests("a.bin") == 3
    both = doit(here, "run", config, "models", "--all").out.splitlines()
    assert "-- models:a" in both
    assert ".  models:b" in both


def test_one_failure_is_told_and_the_rest_goes_on(host: FileHost, config: str, here: Path) -> None:
    host.statuses["a.bin"] = 404
    done = doit(here, "run", config, "models")
    assert done.code != 0
    assert ".  models:b" in done.out
    assert "has no file" in done.out
    assert "Traceback" not in done.out + done.err
    assert status(here, config)["models:b"] == "U"


def test_verify_finds_what_no_stat_shows_and_models_repairs_it(
    config: str, here: Path, cache_dir: Path
) -> None:
    doit(here, "run", config, "models")
    assert doit(here, "run", config, "verify").code == 0
    path = cache_dir / "a" / "a.bin"
    path.write_bytes(b"X" + A[1:])
    done = doit(here, "run", config, "verify")
    assert done.code == 1
    assert "a/a.bin: wrong content" in done.out
    assert "Traceback" not in done.out + done.err
    assert not path.exists()
    (bad,) = (cache_dir / ".modeltasks" / "quarantine").iterdir()
    assert bad.read_bytes() == b"X" + A[1:]
    again = doit(here, "run", config, "models").out.splitlines()
    assert sorted(again) == ["-- models:b", ".  models:a"]
    assert path.read_bytes() == A
    assert doit(here, "run", config, "verify:a").code == 0


def test_verify_tells_what_is_missing(host: FileHost, config_file: Write, here: Path) -> None:
    detectors = [{"name": "speech", "type": "speech", "model": "a"}]
    config = f"config={config_file(host.entry('a', A), host.entry('b', B), detectors=detectors)}"
    done = doit(here, "run", config, "verify")
    assert done.code == 1
    assert "a/a.bin: not here. `" in done.out
    assert type_in(advised(done.out, "models:a"), here).out.splitlines() == [".  models:a"]
    done = doit(here, "run", config, "verify")
    assert done.code == 0, "no run needs b"
    assert "b/b.bin: not here" in done.out + done.err
    assert doit(here, "run", config, "verify:b").code == 1


def test_verify_leaves_out_what_was_hashed_lately(config: str, here: Path) -> None:
    doit(here, "run", config, "models")
    done = doit(here, "run", config, "verify", "--older-than", "30d")
    assert done.code == 0
    assert doit(here, "run", config, "verify", "--older-than", "soon").code != 0


def test_clean_removes_the_files_and_the_next_run_fetches_them(
    host: FileHost, config: str, here: Path, cache_dir: Path
) -> None:
    doit(here, "run", config, "models")
    path = cache_dir / "a" / "a.bin"
    dry = doit(here, "clean", config, "-n", "models:a")
    assert str(path) in dry.out
    assert path.exists()
    assert doit(here, "clean", config, "models:a").code == 0
    assert not path.exists()
    assert (cache_dir / "b" / "b.bin").exists()
    assert sorted(doit(here, "run", config, "models").out.splitlines()) == ["-- models:b", ".  models:a"]


def test_a_wrong_config_is_told_without_a_traceback(here: Path) -> None:
    (here / "video-censor.yaml").write_text("modls: {}\n")
    done = doit(here, "run", "models")
    assert done.code != 0
    assert "video-censor.yaml:1:1" in done.out + done.err
    assert "Traceback" not in done.out + done.err


def test_a_config_in_the_users_folder_is_found_by_relative_path(
    host: FileHost, config_file: Write, here: Path
) -> None:
    (here / "mine.yaml").write_text(config_file(host.entry("a", A)).read_text())
    assert ".  models:a" in doit(here, "run", "config=mine.yaml", "models").out


def test_several_runs_at_once_fetch_each_model_once(host: FileHost, config: str, here: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: doit(here, "run", config, "models"), range(3)))
    assert [run.code for run in runs] == [0, 0, 0]
    assert host.requests() == 2


def test_usage_and_prune_tell_before_they_touch(
    host: FileHost, config_file: Write, here: Path, cache_dir: Path
) -> None:
    doit(here, "run", f"config={config_file(host.entry('a', A), host.entry('b', B))}", "models")
    config = f"config={config_file(host.entry('a', A))}"
    usage = doit(here, "run", config, "usage").out
    assert re.search(r"8\.0 kB  last used .*  b  not in this config", usage)
    out = doit(here, "run", config, "prune").out
    assert "model b: not in the config" in out
    assert (cache_dir / "b" / "b.bin").exists()
    assert "freed" in doit(here, "run", config, "prune", "--yes").out
    assert not (cache_dir / "b").exists()
    assert (cache_dir / "a" / "a.bin").exists()
    assert "nothing to remove" in doit(here, "run", config, "prune").out
