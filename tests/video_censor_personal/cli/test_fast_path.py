"""The short cut: it finds the store of a config as the full program does, and only then replies."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from video_censor_personal.cli.fast_path import (
    Snapshot,
    asks_doit_for_models_only,
    models_in_place,
    run_fast,
)
from video_censor_personal.model_manager import ModelManager

CONTENT = b"weights"
CONFIG = """
version: 1
models:
  {cache_dir}
  sources:
    - {{name: a, url: "file:{source}", checksum: "sha256:{digest}", license: MIT}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's, which is his home too."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.bin").write_bytes(CONTENT)
    return tmp_path


def written(folder: Path, cache_dir: str) -> Path:
    """Write a config with this line on its store."""
    path = folder / "video-censor.yaml"
    digest = hashlib.sha256(CONTENT).hexdigest()
    path.write_text(CONFIG.format(cache_dir=cache_dir, source=folder / "a.bin", digest=digest))
    return path


def fetched(config: Path) -> ModelManager:
    """Bring the models of a config, and note that they are in place."""
    snapshot = Snapshot(str(config))
    manager = ModelManager(config)
    manager.provide()
    snapshot.write(manager, manager.readiness().values())
    return manager


@pytest.mark.parametrize(
    "cache_dir",
    [
        "offline: false",
        "cache_dir: null",
        "cache_dir: ~",
        "cache_dir: store",
        "cache_dir: ./store  # a comment",
        "cache_dir: '~/store'",
        'cache_dir: "/tmp/../{folder}/store"',
    ],
)
def test_the_store_of_a_config_is_found_without_reading_yaml(folder: Path, cache_dir: str) -> None:
    config = written(folder, cache_dir.replace("{folder}", str(folder).lstrip("/")))
    manager = fetched(config)
    found = models_in_place(None, str(folder))
    assert found is not None
    path, models, warnings = found
    assert (path, warnings) == (str(config), [])
    ((name, opened, doc, files),) = models
    assert (name, doc) == ("a", "size unknown, MIT")
    assert Path(opened).samefile(manager.get_model_path("a"))
    assert [Path(file).read_bytes() for file in files] == [CONTENT]


def test_the_store_that_the_environment_names_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = written(folder, "cache_dir: store")
    fetched(config)
    monkeypatch.setenv("VIDEO_CENSOR_CACHE_DIR", str(folder / "another"))
    assert models_in_place(str(config), str(folder)) is None
    fetched(config)
    found = models_in_place(str(config), str(folder))
    assert found is not None
    assert found[1][0][1].startswith(str(folder / "another"))


def test_the_config_beside_a_dodo_counts_where_the_user_has_none(folder: Path) -> None:
    fetched(written(folder, "cache_dir: store"))
    below = folder / "below"
    below.mkdir()
    assert models_in_place(None, str(below), str(folder)) == models_in_place(None, str(folder))
    assert models_in_place(None, str(folder)) is not None
    (below / "video-censor.yaml").write_text("version: 1\n")
    assert models_in_place(None, str(below), str(folder)) is None


def test_nothing_is_noted_while_a_model_is_not_current(folder: Path) -> None:
    config = written(folder, "cache_dir: store")
    manager = ModelManager(config)
    Snapshot(str(config)).write(manager, manager.readiness().values())
    assert models_in_place(str(config), str(folder)) is None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--download-models"], 0),
        (["--download-models", "--offline", "--json"], 0),
        (["--download-models", "--config", "video-censor.yaml"], 0),
        (["--config=video-censor.yaml", "--download-models"], 0),
        (["--download-models", "--force"], None),
        (["--download-models", "--config"], None),
        (["--download-models", "--config", "absent.yaml"], None),
        (["--json"], None),
        (["--download-models", "--input", "film.mkv"], None),
    ],
)
def test_only_a_plain_request_for_models_is_cut_short(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int | None
) -> None:
    fetched(written(folder, "cache_dir: store"))
    assert run_fast(arguments) == code
    out, err = capsys.readouterr()
    if code is None:
        assert (out, err) == ("", "")
    elif "--json" in arguments:
        assert [model["status"] for model in json.loads(out)["models"]] == ["current"]
    else:
        assert err == "The model is in place.\n"


@pytest.mark.parametrize(
    ("arguments", "only"),
    [
        ([], True),
        (["models"], True),
        (["run", "-f", "dodo.py", "config=c.yaml", "models"], True),
        (["models:a"], False),
        (["models", "verify"], False),
        (["models", "--force"], False),
        (["list"], False),
        (["-n", "2", "models"], False),
    ],
)
def test_what_doit_is_asked_for(arguments: list[str], only: bool, tmp_path: Path) -> None:
    (tmp_path / "video-censor.yaml").write_text("models: {sources: []}\n")
    assert asks_doit_for_models_only(arguments, None, str(tmp_path)) == only


@pytest.mark.parametrize(("arguments", "only"), [([], False), (["run"], False), (["models"], True)])
def test_films_of_a_library_are_made_by_default(arguments: list[str], only: bool, tmp_path: Path) -> None:
    (tmp_path / "video-censor.yaml").write_text("library: {films: []}\n")
    assert asks_doit_for_models_only(arguments, None, str(tmp_path)) == only
