"""A film and models of a hub: which model looked at it, and that the hub never makes anybody wait."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.kit import Write, age, api_calls, bytes_calls, forgive, hub_entry, kinds
from tests.support.file_host import sha256
from tests.support.hub import Repo
from tests.support.hub_server import HubServer
from tests.support.programs import doit, video_censor
from tests.support.small_onnx import small_onnx
from tests.support.waiting import AGES

NET, OTHER = small_onnx("the one"), small_onnx("another")
LOOK = {"name": "look", "type": "nsfw", "model": "m", "categories": ["Nudity"], "threshold": 0.0}


@pytest.fixture
def here(film_folder: Path) -> Path:
    return film_folder


@pytest.fixture
def repo(hub: HubServer) -> Repo:
    return hub.add("acme/m", {"net.onnx": NET})


def look(here: Path, config: Path, *flags: str, code: int = 0) -> dict[str, Any]:
    """Analyse the film and return the JSON reply."""
    arguments = ("--input", "film.mp4", "--output", "r.json", "--config", config, "--json", *flags)
    reply = video_censor(here, *arguments)
    assert reply.code == code, reply.err
    assert "Traceback" not in reply.err
    return reply.json


def metadata(here: Path) -> dict[str, Any]:
    found = json.loads((here / "r.json").read_text())["metadata"]
    assert isinstance(found, dict)
    return found


def test_an_analysis_with_its_models_in_place_asks_for_nothing(
    hub: HubServer, repo: Repo, config_file: Write, here: Path
) -> None:
    config = config_file(hub_entry(), detectors=[LOOK])
    missing = look(here, config, code=3)
    assert missing["error"]["kind"] == "missing"
    assert hub.count() == 0
    fetched = look(here, config, "--download-models")
    assert fetched["models"][0]["status"] == "fetched"
    calls = hub.count()
    again = look(here, config)
    assert (again["analysis"]["remembered"], again["analysis"]["notices"]) == (["look"], [])
    assert hub.count() == calls
    used = metadata(here)["models"]
    source = f"hf:acme/m@{repo.head[:12]}"
    assert used == {"m": {"checksums": {"net.onnx": f"sha256:{sha256(NET)}"}, "source": source}}


@pytest.mark.parametrize("listed", [True, False], ids=["files listed", "repository alone"])
def test_a_fallback_is_used_named_and_left_again(
    hub: HubServer, config_file: Write, here: Path, cache_dir: Path, listed: bool
) -> None:
    hub.add("acme/other", {"net.onnx": OTHER})
    files = {"files": [{"path": "net.onnx", "checksum": f"sha256:{sha256(NET)}"}]} if listed else {}
    entry = hub_entry(on_unavailable="fallback", fallback=["b"]) | files
    config = config_file(entry, hub_entry("b", "acme/other"), detectors=[LOOK], network={"retries": 0})
    reply = look(here, config, "--download-models")
    (model,) = reply["models"]
    assert (model["name"], model["used"], model["error"]) == ("m", "b", None)
    assert kinds(model) == ["fallback"]
    assert model["warnings"][0]["message"].startswith("b is used in place of m: acme/m was not found")
    assert model["path"] == str(cache_dir / "b" / "net.onnx")
    assert hub.count("^/api/models$") == 0, "nobody looks for alternatives to what has one"
    assert list(metadata(here)["models"]) == ["b"]
    assert metadata(here)["models"]["b"]["checksums"] == {"net.onnx": f"sha256:{sha256(OTHER)}"}
    assert "b was used in place of m, which could not be had" in metadata(here)["warnings"]
    assert reply["analysis"]["observed"] == ["look"]
    assert look(here, config)["analysis"]["remembered"] == ["look"], "without --download-models too"
    hub.add("acme/m", {"net.onnx": NET})
    forgive(cache_dir)
    back = look(here, config, "--download-models")
    assert (back["models"][0]["status"], back["models"][0]["used"]) == ("fetched", None)
    assert back["analysis"]["observed"] == ["look"], "another model sees with other eyes"
    assert list(metadata(here)["models"]) == ["m"]


def test_without_leave_a_fallback_is_only_named(hub: HubServer, config_file: Write, here: Path) -> None:
    hub.add("acme/other", {"net.onnx": OTHER})
    config = config_file(hub_entry(fallback=["b"]), hub_entry("b", "acme/other"), detectors=[LOOK])
    reply = look(here, config, "--download-models", code=1)
    (model,) = reply["models"]
    assert (model["status"], model["used"]) == ("failed", None)
    assert "the config falls back to b" in model["error"]["fix"]
    assert hub.count("acme/other") == 0


def test_a_branch_that_moved_does_not_stop_an_analysis(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(hub_entry(), detectors=[LOOK])
    look(here, config, "--download-models")
    repo.commit({"net.onnx": OTHER})
    assert doit(here, "run", f"config={config}", "registry", "--force").code == 0
    assert look(here, config)["analysis"]["remembered"] == ["look"]
    assert list(metadata(here)["models"]["m"]["checksums"].values()) == [f"sha256:{sha256(NET)}"]


def test_the_hub_is_asked_beside_the_analysis(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(hub_entry(), detectors=[LOOK])
    look(here, config, "--download-models")
    repo.commit({"net.onnx": OTHER})
    repo.card = {"new_version": "acme/next"}
    age(cache_dir)
    calls = api_calls(hub), bytes_calls(hub)
    # Many more samples are new to it, and take longer than an answer from this machine.
    config = config_file(hub_entry(), detectors=[{**LOOK, "sample_rate": 0.02}])
    analysis = look(here, config)["analysis"]
    assert (api_calls(hub) - calls[0], bytes_calls(hub) - calls[1]) == (1, 0)
    assert [(notice["model"], notice["kind"]) for notice in analysis["notices"]] == [
        ("m", "superseded"),
        ("m", "moved"),
    ]
    assert look(here, config)["analysis"]["remembered"] == ["look"]
    assert api_calls(hub) - calls[0] == 1, "once a day"


def test_a_network_under_another_name_takes_the_place_of_the_old_one(
    repo: Repo, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(hub_entry(), detectors=[LOOK])
    look(here, config, "--download-models")
    repo.commit({"net-v2.onnx": OTHER})
    age(cache_dir)
    reply = look(here, config, "--download-models")
    assert reply["analysis"]["observed"] == ["look"]
    assert list(metadata(here)["models"]["m"]["checksums"]) == ["net-v2.onnx"]


@pytest.mark.parametrize("way", ["locked", "--offline", "HF_HUB_OFFLINE", "nothing to look at"])
def test_the_hub_is_not_asked_where_it_should_not_be(
    hub: HubServer,
    repo: Repo,
    config_file: Write,
    here: Path,
    cache_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    config = config_file(hub_entry(), detectors=[LOOK])
    look(here, config, "--download-models")
    if way == "locked":
        assert doit(here, "run", f"config={config}", "lock").code == 0
    elif way == "HF_HUB_OFFLINE":
        monkeypatch.setenv(way, "1")
    age(cache_dir)
    calls = hub.count()
    flags = [way] if way.startswith("--") else []
    if way != "nothing to look at":
        config = config_file(hub_entry(), detectors=[{**LOOK, "sample_rate": 0.5}])
    assert look(here, config, *flags)["ok"]
    assert hub.count() == calls


@pytest.mark.parametrize("trouble", ["stalls", "is down", "answers nonsense"])
def test_a_hub_in_trouble_delays_nobody(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path, trouble: str
) -> None:
    # The client would give up only after hours: a program that waited for it would not end in time.
    config = config_file(hub_entry(), detectors=[LOOK], network={"connect_timeout": AGES})
    look(here, config, "--download-models")
    if trouble == "stalls":
        hub.fail("/api/models", stall=AGES)
    elif trouble == "is down":
        hub.close()
    else:
        hub.fail("/api/models", 200, body=b"<html>nonsense")
    age(cache_dir)
    reply = look(here, config)
    assert (reply["ok"], reply["analysis"]["notices"]) == (True, [])
