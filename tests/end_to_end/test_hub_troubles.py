"""Ten troubles that a model of a hub can be in, as `video-censor --json` tells of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.kit import Write, age, api_calls, fetch, fetch_all, forgive, hub_entry, kinds
from tests.support.file_host import sha256
from tests.support.hub_server import HubServer
from tests.support.programs import doit, video_censor

FILES = {"model.onnx": b"weights " * 400, "config.json": b"{}\n"}
LISTED = {"files": [{"path": "model.onnx", "checksum": f"sha256:{sha256(FILES['model.onnx'])}"}]}
AT_ONCE = {"retries": 0}
Set = Callable[[HubServer], None]


def renamed(hub: HubServer) -> None:
    hub.rename("acme/m", "acme/better-name")


def superseded(hub: HubServer) -> None:
    hub.repos["acme/m"].card = {"new_version": "acme/next"}
    hub.add("acme/next", FILES, card={"new_version": "acme/last"})
    hub.add("acme/last", FILES)


def superseded_in_a_circle(hub: HubServer) -> None:
    hub.repos["acme/m"].card = {"new_version": "acme/next"}
    hub.add("acme/next", FILES, card={"new_version": "acme/m"})


def disabled(hub: HubServer) -> None:
    hub.repos["acme/m"].disabled = True


def gated(hub: HubServer) -> None:
    hub.repos["acme/m"].gated = "manual"


def moved(hub: HubServer) -> None:
    hub.repos["acme/m"].commit({**FILES, "config.json": b"[]\n"})


@pytest.mark.parametrize(
    ("trouble", "kind", "part"),
    [
        (renamed, "renamed", "is now called acme/better-name"),
        (superseded, "superseded", "recommend acme/next"),
        (superseded_in_a_circle, "superseded", "recommend acme/next"),
        (disabled, "disabled", "can no longer be fetched"),
        (gated, "gated", "accepted its terms"),
    ],
)
def test_news_about_a_model_in_place_is_a_warning(
    hub: HubServer, config_file: Write, here: Path, cache_dir: Path, trouble: Set, kind: str, part: str
) -> None:
    hub.add("acme/m", FILES)
    config = config_file(hub_entry())
    fetch(here, config)
    trouble(hub)
    age(cache_dir)
    model = fetch(here, config)
    assert (model["status"], model["error"], kinds(model)) == ("current", None, [kind])
    assert part in model["warnings"][0]["message"]
    calls = hub.count()
    reply = video_censor(here, "--download-models", "--config", config, "--json").json
    assert kinds(reply["models"][0]) == [kind], "it holds on, without another request"
    assert hub.count() == calls


def test_a_renamed_repository_is_fetched_all_the_same(hub: HubServer, config_file: Write, here: Path) -> None:
    hub.add("acme/m", FILES)
    renamed(hub)
    model = fetch(here, config_file(hub_entry()))
    assert (model["status"], kinds(model)) == ("fetched", ["renamed"])


def test_another_repository_under_the_old_name_is_told(
    hub: HubServer, config_file: Write, here: Path, cache_dir: Path
) -> None:
    hub.add("acme/m", FILES)
    config = config_file(hub_entry())
    fetch(here, config)
    hub.repos["acme/m"].uid = "0" * 24
    age(cache_dir)
    assert kinds(fetch(here, config)) == ["replaced"]


def nothing(_hub: HubServer) -> None:
    return


def revision_gone(hub: HubServer) -> None:
    hub.repos["acme/m"].card = {"new_version": "acme/next"}
    hub.add("acme/next", FILES)


def file_gone(hub: HubServer) -> None:
    hub.repos["acme/m"].commit({"config.json": b"{}\n"})


def limited(hub: HubServer) -> None:
    hub.fail("/api/models", 429, headers={"RateLimit": '"api";r=0;t=250'})


def repository_gone(hub: HubServer) -> None:
    del hub.repos["acme/m"]


TROUBLES = [
    ("disabled", disabled, {}, ["has switched off access"], ["fallback", "same-task"]),
    ("gated", gated, {}, ["Accept the terms at ", "/acme/m", "HF_TOKEN"], ["fallback", "same-task"]),
    ("token-refused", nothing, {}, ["HF_TOKEN", "wrong, expired or revoked"], ["fallback"]),
    ("absent-or-private", repository_gone, {}, ["Check the spelling"], ["fallback", "similar"]),
    (
        "revision-gone",
        revision_gone,
        {"revision": "v9"},
        ["no revision v9"],
        ["chain", "fallback", "same-task"],
    ),
    ("file-gone", file_gone, LISTED, ["no file model.onnx"], ["fallback", "same-task"]),
    ("rate-limited", limited, {}, ["asks to wait 250 s", "HF_TOKEN"], ["fallback"]),
    ("refused", HubServer.close, {}, ["refused or dropped"], ["fallback"]),
]
WORDS = {
    "chain": "its authors recommend acme/next",
    "fallback": "the config falls back to b",
    "similar": "did you mean acme/m-2",
    "same-task": "much used for the same task is other/popular",
}


@pytest.mark.parametrize(("kind", "trouble", "entry", "parts", "alternatives"), TROUBLES)
def test_a_model_that_cannot_be_had(
    hub: HubServer,
    config_file: Write,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    trouble: Set,
    entry: dict[str, object],
    parts: list[str],
    alternatives: list[str],
) -> None:
    hub.add("acme/m", FILES)
    hub.add("acme/m-2", {"other.onnx": b"other"}, pipeline_tag="other-task")
    hub.add("other/popular", FILES, downloads=10**6)
    trouble(hub)
    if kind == "token-refused":
        monkeypatch.setenv("HF_TOKEN", "hf_expired")
    b = hub_entry("b", "acme/m-2", optional=True)
    config = config_file(hub_entry(fallback=["b"]) | entry, b, network=AT_ONCE)
    model, _ = fetch_all(here, config, code=1)
    error = model["error"]
    assert (model["status"], error["kind"]) == ("failed", kind)
    text = f"{error['what']}: {error['why']}. {error['fix']}"
    assert all(error[key] for key in ("what", "why", "fix"))
    for part in parts:
        assert part in text
    named = error["fix"].partition("Alternatives: ")[2].split("; ")
    assert named == [WORDS[each] for each in alternatives]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("acme/wisper-tiny", "acme/whisper-tiny"), ("acne/whisper-tiny", "acme/whisper-tiny")],
)
def test_a_mistyped_repository(
    hub: HubServer, config_file: Write, here: Path, typed: str, meant: str
) -> None:
    hub.add("acme/whisper-tiny", FILES)
    error = fetch(here, config_file(hub_entry(repo=typed)), code=1)["error"]
    assert error["kind"] == "absent-or-private"
    assert f"did you mean {meant}" in error["fix"]


def test_a_refusal_is_believed_for_ten_minutes(
    hub: HubServer, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(hub_entry(), network=AT_ONCE)
    fetch(here, config, code=1)
    describing = hub.count(r"^/api/models/acme/m\b")
    assert describing == 1
    fetch(here, config, code=1)
    assert hub.count(r"^/api/models/acme/m\b") == describing
    hub.add("acme/m", FILES)
    forgive(cache_dir)
    assert fetch(here, config)["status"] == "fetched"


@pytest.mark.parametrize("place", ["HF_TOKEN", "saved"])
def test_a_token_that_is_mended_is_noticed_at_once(
    hub: HubServer,
    config_file: Write,
    here: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    hub.add("acme/m", FILES, private=True)
    hub.allow("hf_good", "acme/m")
    config = config_file(hub_entry())
    assert fetch(here, config, code=1)["error"]["kind"] == "absent-or-private"
    if place == "HF_TOKEN":
        monkeypatch.setenv("HF_TOKEN", "hf_good")
    else:
        (tmp_path / "hf-home").mkdir(exist_ok=True)
        (tmp_path / "hf-home" / "token").write_text("hf_good")
    assert fetch(here, config)["status"] == "fetched"


@pytest.mark.parametrize("trouble", [repository_gone, limited, HubServer.close])
def test_a_model_in_place_outlives_its_hub(
    hub: HubServer, config_file: Write, here: Path, cache_dir: Path, trouble: Set
) -> None:
    hub.add("acme/m", FILES)
    config = config_file(hub_entry())
    fetch(here, config)
    age(cache_dir)
    trouble(hub)
    calls = api_calls(hub)
    model = fetch(here, config)
    expected = "gone" if trouble is repository_gone else "stale"
    assert (model["status"], kinds(model)) == ("current", [expected])
    assert api_calls(hub) - calls <= 1, "one attempt is enough when there is something to fall back on"


@pytest.mark.parametrize("installed", [True, False])
def test_an_endpoint_that_is_no_address_fails_only_what_asks_the_hub(
    hub: HubServer, config_file: Write, here: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    hub.add("acme/m", FILES)
    config = config_file(hub_entry())
    if installed:
        fetch(here, config)
    monkeypatch.setenv("HF_ENDPOINT", "hub.example")
    for task in ("usage", "licenses", "models"):
        done = doit(here, "run", f"config={config}", task)
        assert bool(done.code) is (task == "models"), done.err
        assert "Traceback" not in done.out + done.err
    assert "HF_ENDPOINT is 'hub.example'" in done.out
