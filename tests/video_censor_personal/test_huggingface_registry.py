from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modeltasks.errors import ModelTasksError
from modeltasks.settings import NetworkSettings
from tests.support.file_host import sha256
from tests.support.hub import git_sha1
from tests.support.hub_server import HubServer
from video_censor_personal.huggingface_registry import HuggingFaceRegistry

FILES = {"config.json": b"{}\n", "model.onnx": b"onnx" * 99}


@pytest.fixture
def registry(hub: HubServer, tmp_path: Path) -> HuggingFaceRegistry:
    return HuggingFaceRegistry(tmp_path / "cache", network=NetworkSettings(connect_timeout=30, retries=0))


def test_the_names_that_programs_ask_for(hub: HubServer, registry: HuggingFaceRegistry) -> None:
    repo = hub.add("acme/m", FILES, card={"license": "mit", "new_version": "acme/m2"}, gated="manual")
    repo.tags["v1"] = repo.head
    model = registry.query_model("acme/m")
    assert (model.name, model.commit, model.license, model.gated) == ("acme/m", repo.head, "mit", "manual")
    assert model.checksums == {
        "config.json": f"git-sha1:{git_sha1(FILES['config.json'])}",
        "model.onnx": f"sha256:{sha256(FILES['model.onnx'])}",
    }
    assert model.sizes == {"config.json": 3, "model.onnx": 396}
    assert [file.path for file in model.files] == list(FILES)
    assert (model.deprecated, model.replacement) == (True, "acme/m2")
    assert model.last_modified == datetime(2026, 9, 25, 8, 49, 23, tzinfo=UTC)
    assert abs((datetime.now(UTC) - model.last_updated).total_seconds()) < 60
    assert [warning.kind for warning in model.warnings] == ["superseded", "gated"]
    assert hub.count() == 1
    assert model.versions == {"main": repo.head, "v1": repo.head}
    assert registry.query_model("acme/m").versions == model.versions
    assert hub.count() == 2


def test_as_json(hub: HubServer, registry: HuggingFaceRegistry) -> None:
    hub.add("acme/m", FILES, disabled=True)
    plain = json.loads(json.dumps(registry.query_model("acme/m").as_dict()))
    assert plain["files"][0]["path"] == "config.json"
    assert plain["warnings"][0]["kind"] == "disabled"


def test_a_healthy_model_is_not_deprecated(hub: HubServer, registry: HuggingFaceRegistry) -> None:
    hub.add("acme/m", FILES)
    model = registry.query_model("acme/m")
    assert (model.deprecated, model.replacement, model.warnings) == (False, None, ())


def test_versions_that_nobody_tells_are_empty(hub: HubServer, registry: HuggingFaceRegistry) -> None:
    hub.add("acme/m", FILES)
    hub.fail("/refs", 404)
    assert registry.query_model("acme/m").versions == {}


def test_what_is_cached(hub: HubServer, registry: HuggingFaceRegistry) -> None:
    hub.add("acme/m", FILES)
    assert registry.get_cached_metadata("acme/m") is None
    assert not registry.is_metadata_valid("acme/m")
    first = registry.query_model("acme/m")
    assert registry.get_cached_metadata("acme/m") == first
    assert registry.is_metadata_valid("acme/m")
    assert not registry.is_metadata_valid("acme/m", "v1")
    assert hub.count() == 1
    registry.refresh_metadata("acme/m")
    assert hub.count() == 2
    assert registry.clear_cache("acme/other") == 0
    assert registry.clear_cache() == 1
    assert registry.get_cached_metadata("acme/m") is None


def test_the_ttl_is_in_hours(hub: HubServer, tmp_path: Path) -> None:
    hub.add("acme/m", FILES)
    brief = HuggingFaceRegistry(tmp_path, ttl_hours=1e-9)
    brief.query_model("acme/m")
    assert not brief.is_metadata_valid("acme/m")
    assert HuggingFaceRegistry(tmp_path, ttl_hours=0.1).is_metadata_valid("acme/m")


@pytest.mark.parametrize("hours", [0, -1, float("nan")])
def test_a_ttl_that_makes_no_sense(tmp_path: Path, hours: float) -> None:
    with pytest.raises(ValueError, match="ttl_hours"):
        HuggingFaceRegistry(tmp_path, ttl_hours=hours)


def test_the_default_folder_is_the_users_cache(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert HuggingFaceRegistry().cache_dir.is_relative_to(tmp_path)


def test_a_model_that_does_not_exist(hub: HubServer, registry: HuggingFaceRegistry) -> None:
    with pytest.raises(ModelTasksError) as caught:
        registry.query_model("acme/none")
    assert caught.value.kind == "absent-or-private"


def test_records_are_kept_where_models_are(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("acme/m", FILES)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    HuggingFaceRegistry().query_model("acme/m")
    assert list((tmp_path / "user").rglob("registry"))
    monkeypatch.setenv("VIDEO_CENSOR_CACHE_DIR", str(tmp_path / "named"))
    registry = HuggingFaceRegistry()
    assert registry.cache_dir == tmp_path / "named"
    assert registry.get_cached_metadata("acme/m") is None
