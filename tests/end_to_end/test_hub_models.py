"""Models of a hub, from a config that names no file to files that are verified; every request is counted."""

from __future__ import annotations

import os
import pickle
import re
from pathlib import Path

import pytest

from tests.end_to_end.kit import Write, age, api_calls, bytes_calls, fetch, hub_entry, kinds
from tests.support.file_host import sha256
from tests.support.hub import Repo, git_sha1
from tests.support.hub_server import HubServer
from tests.support.programs import doit, video_censor

WEIGHTS, CONFIG = b"weights " * 4000, b'{"a": 1}\n'
FILES = {"model.bin": WEIGHTS, "config.json": CONFIG, "docs/read me.md": b"# m\n"}


@pytest.fixture
def repo(hub: HubServer) -> Repo:
    return hub.add("acme/m", FILES)


@pytest.fixture
def config(repo: Repo, config_file: Write) -> Path:
    return config_file(hub_entry())


def content(cache_dir: Path) -> dict[str, bytes]:
    folder = cache_dir / "m"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ({}, set(FILES)),
        ({"revision": "main"}, set(FILES)),
        ({"revision": "v1"}, set(FILES)),
        ({"include": ["*.bin", "*.json"]}, {"model.bin", "config.json"}),
        ({"exclude": ["docs/", "*.json"]}, {"model.bin"}),
        ({"include": ["*.json", "docs/"], "exclude": ["docs/"]}, {"config.json"}),
    ],
)
def test_a_repository_is_all_that_must_be_said(
    hub: HubServer,
    repo: Repo,
    config_file: Write,
    here: Path,
    cache_dir: Path,
    entry: dict[str, object],
    names: set[str],
) -> None:
    repo.tags["v1"] = repo.head
    model = fetch(here, config_file(hub_entry() | entry))
    assert content(cache_dir) == {name: FILES[name] for name in names}
    assert model["status"] == "fetched"
    assert model["bytes_fetched"] == sum(len(FILES[name]) for name in names)
    assert (model["warnings"], model["error"]) == ([], None)
    receipt = (cache_dir / ".modeltasks" / "receipts" / "m.json").read_text()
    assert (f"sha256:{sha256(WEIGHTS)}" in receipt) is ("model.bin" in names)
    assert (f"git-sha1:{git_sha1(CONFIG)}" in receipt) is ("config.json" in names)


@pytest.mark.parametrize(("path", "wrong"), [("model.bin", "cdn"), ("config.json", "hub")])
def test_wrong_bytes_are_never_installed(
    hub: HubServer, config: Path, here: Path, cache_dir: Path, path: str, wrong: str
) -> None:
    pattern = "/blob/" if wrong == "cdn" else "resolve-cache.*config.json"
    hub.fail(pattern, 200, body=b"X" + FILES[path][1:], origin=wrong)
    model = fetch(here, config, code=1)
    assert (model["status"], model["error"]["kind"]) == ("failed", "checksum")
    assert path not in content(cache_dir)


def test_requests_of_each_kind_of_run(
    hub: HubServer, repo: Repo, config: Path, here: Path, cache_dir: Path
) -> None:
    counts = {}

    def count(run: str, *flags: str) -> str:
        before = api_calls(hub), bytes_calls(hub), hub.count()
        status = fetch(here, config, *flags)["status"]
        counts[run] = (api_calls(hub) - before[0], bytes_calls(hub) - before[1])
        if counts[run] == (0, 0):
            assert hub.count() == before[2], "no request at all"
        return str(status)

    assert count("first") == "fetched"
    assert count("second") == "current"
    assert doit(here, "run", f"config={config}", "models").out.splitlines() == ["-- models:m"]
    age(cache_dir)
    assert count("after 24 h") == "current"
    assert count("then") == "current"
    assert doit(here, "run", f"config={config}", "lock").code == 0
    assert count("locked") == "current"
    age(cache_dir)
    repo.commit(FILES | {"config.json": b"{}\n"})
    assert count("locked, after 24 h, moved") == "current"
    assert counts == {
        "first": (1, len(FILES)),
        "second": (0, 0),
        "after 24 h": (1, 0),
        "then": (0, 0),
        "locked": (0, 0),
        "locked, after 24 h, moved": (0, 0),
    }


def test_doit_knows_the_files_of_a_repository_once_they_are_there(
    config: Path, here: Path, cache_dir: Path
) -> None:
    def state() -> dict[str, str]:
        listing = doit(here, "list", "--all", "--status", f"config={config}").out
        return {name: letter for letter, name in re.findall(r"^([RUE]) (\S+)", listing, re.M)}

    assert (state()["models:m"], state()["registry:m"]) == ("R", "R")
    assert doit(here, "run", f"config={config}", "models").out.splitlines() == [".  models:m"]
    assert (state()["models:m"], state()["registry:m"]) == ("U", "U")
    info = doit(here, "info", f"config={config}", "models:m").out
    assert re.findall(r"^ - (/.*/m/.*)$", info, re.M) == [
        str(cache_dir / "m" / name) for name in sorted(FILES)
    ]
    age(cache_dir)
    assert (state()["models:m"], state()["registry:m"]) == ("R", "R")


def test_a_branch_that_moved_is_told_and_fetched(
    hub: HubServer, repo: Repo, config: Path, here: Path, cache_dir: Path
) -> None:
    fetch(here, config)
    old = repo.head
    repo.commit({**FILES, "config.json": b'{"a": 2}\n'})
    assert fetch(here, config)["status"] == "current", "within a day nobody asks"
    age(cache_dir)
    before = bytes_calls(hub)
    model = fetch(here, config)
    assert (model["status"], model["bytes_fetched"], kinds(model)) == ("fetched", 9, ["moved"])
    assert old[:12] in model["warnings"][0]["message"]
    assert repo.head[:12] in model["warnings"][0]["message"]
    assert bytes_calls(hub) - before == 1, "what did not change is not fetched"
    assert content(cache_dir)["config.json"] == b'{"a": 2}\n'
    again = fetch(here, config)
    assert (again["status"], again["warnings"]) == ("current", [])


def test_a_move_is_told_even_if_the_records_are_lost(
    repo: Repo, config: Path, here: Path, cache_dir: Path
) -> None:
    fetch(here, config)
    repo.commit({**FILES, "config.json": b'{"a": 2}\n'})
    for record in (cache_dir / ".modeltasks" / "registry").iterdir():
        record.unlink()
    model = fetch(here, config)
    assert (model["status"], kinds(model)) == ("fetched", ["moved"])


def test_what_moved_is_replaced_as_a_whole_or_not_at_all(
    hub: HubServer, repo: Repo, config: Path, here: Path, cache_dir: Path
) -> None:
    fetch(here, config)
    new = {"model.bin": b"WEIGHTS " * 4000, "config.json": b'{"a": 2}\n', "added.json": b"{}\n"}
    repo.commit(new)
    age(cache_dir)
    hub.fail("/blob/", 200, body=b"nonsense" * 4000, origin="cdn")
    model = fetch(here, config)
    assert (model["status"], kinds(model), model["error"]) == ("current", ["moved", "not-updated"], None)
    assert "wrong content" in model["warnings"][1]["message"]
    assert content(cache_dir) == FILES, "not one file of another version"
    offline = fetch(here, config, "--offline")
    assert offline["status"] == "current", "the old files are what is installed"
    hub.heal()
    before = bytes_calls(hub)
    model = fetch(here, config)
    assert model["status"] == "fetched"
    assert bytes_calls(hub) - before == 1, "the files that came the first time were kept"
    assert content(cache_dir) == new, "what the branch no longer has is gone"
    (cache_dir / "m" / "mine.txt").write_bytes(b"not on record")
    repo.commit({"model.bin": WEIGHTS})
    age(cache_dir)
    fetch(here, config)
    assert content(cache_dir) == {"model.bin": WEIGHTS, "mine.txt": b"not on record"}


def test_news_of_a_move_alone_makes_nothing_missing(
    repo: Repo, config: Path, here: Path, cache_dir: Path
) -> None:
    fetch(here, config)
    repo.commit({**FILES, "config.json": b'{"a": 2}\n'})
    assert doit(here, "run", f"config={config}", "registry", "--force").code == 0
    dry = video_censor(here, "--download-models", "--dry-run", "--config", config, "--json").json
    assert dry["models"][0]["status"] == "current"
    assert doit(here, "run", f"config={config}", "verify").code == 0
    assert "branch has moved" in doit(here, "info", f"config={config}", "models:m").out
    assert fetch(here, config)["status"] == "fetched"


@pytest.mark.parametrize("switch", ["--offline", "HF_HUB_OFFLINE", "the hub is down"])
@pytest.mark.parametrize("hours", [1, 25])
def test_what_is_there_needs_no_hub(
    hub: HubServer, config: Path, here: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch,
    switch: str, hours: float,
) -> None:  # fmt: skip
    fetch(here, config)
    age(cache_dir, hours)
    before = hub.count()
    if switch == "HF_HUB_OFFLINE":
        monkeypatch.setenv(switch, "1")
    elif switch != "--offline":
        hub.close()
    model = fetch(here, config, *([switch] if switch == "--offline" else []))
    assert model["status"] == "current"
    assert kinds(model) == (["stale"] if hours > 24 else [])
    assert hub.count() == before


@pytest.mark.parametrize("switch", ["--offline", "HF_HUB_OFFLINE"])
def test_offline_with_nothing_there(
    hub: HubServer, config: Path, here: Path, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    if switch == "HF_HUB_OFFLINE":
        monkeypatch.setenv(switch, "1")
    model = fetch(here, config, *([switch] if switch == "--offline" else []), code=3)
    assert (model["status"], model["error"]["kind"]) == ("failed", "offline")
    assert hub.count() == 0


@pytest.mark.parametrize("place", ["HF_TOKEN", "HF_HOME", "HF_TOKEN_PATH"])
def test_a_private_repository_and_its_token(
    hub: HubServer,
    config_file: Write,
    here: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cache_dir: Path,
    place: str,
) -> None:
    hub.add("acme/m", FILES, private=True)
    hub.allow("hf_secret", "acme/m")
    saved = tmp_path / "home" / "token"
    saved.parent.mkdir()
    saved.write_text("hf_secret\n")
    monkeypatch.setenv(place, {"HF_TOKEN": "hf_secret", "HF_HOME": str(saved.parent)}.get(place, str(saved)))
    reply = video_censor(here, "--download-models", "--config", config_file(hub_entry()), "--json")
    assert reply.code == 0
    assert content(cache_dir) == FILES
    assert hub.authorizations("hub") == {"Bearer hf_secret"}
    assert hub.authorizations("cdn") == set()
    assert hub.count("/blob/", "cdn") > 0
    assert "hf_secret" not in reply.out + reply.err
    notes = (cache_dir / ".modeltasks").rglob("*")
    assert not any(b"hf_secret" in path.read_bytes() for path in notes if path.is_file())


def test_bytes_in_the_cache_of_the_hubs_client_are_linked(
    hub: HubServer, config: Path, here: Path, tmp_path: Path, cache_dir: Path
) -> None:
    blobs = tmp_path / "hf-home" / "hub" / "models--acme--m" / "blobs"
    blobs.mkdir(parents=True)
    for data in FILES.values():
        for name in (sha256(data), git_sha1(data)):
            (blobs / name).write_bytes(data)
            os.utime(blobs / name, (1e9, 1e9))
    model = fetch(here, config)
    assert (model["status"], model["bytes_fetched"]) == ("linked", 0)
    assert (model["source"], bytes_calls(hub), api_calls(hub)) == ("Hugging Face cache", 0, 1)
    assert (cache_dir / "m" / "model.bin").samefile(blobs / sha256(WEIGHTS))
    assert fetch(here, config)["status"] == "current"


PICKLE = pickle.dumps({"state": complex(1, 2)}, protocol=2)


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("model.bin", "fetched"),
        ("notes.txt", "fetched"),
        ("weights.safetensors", "linked"),
        ("notes.txt", "linked"),
        ("model.bin", "kept"),
    ],
)
def test_pickles_are_refused_by_content_unless_allowed(
    hub: HubServer, config_file: Write, here: Path, tmp_path: Path, cache_dir: Path, name: str, way: str
) -> None:
    hub.add("acme/m", {name: PICKLE, "ok.bin": b"plain numbers"})
    path = cache_dir / "m" / name
    if way == "linked":
        blobs = tmp_path / "hf-home" / "hub" / "models--x--y" / "blobs"
        blobs.mkdir(parents=True)
        (blobs / sha256(PICKLE)).write_bytes(PICKLE)
        (blobs / git_sha1(PICKLE)).write_bytes(PICKLE)
    elif way == "kept":
        path.parent.mkdir(parents=True)
        path.write_bytes(PICKLE)
    for _ in range(2):
        model = fetch(here, config_file(hub_entry()), code=1)
        assert (model["status"], model["error"]["kind"]) == ("failed", "unsafe-format")
        assert path.exists() is (way == "kept"), "what the user put there is his"
    assert "allow_pickle" in model["error"]["fix"]
    allowed = fetch(here, config_file(hub_entry(allow_pickle=True)))
    assert allowed["error"] is None
    assert path.read_bytes() == PICKLE
    if way == "linked":
        assert allowed["bytes_fetched"] == 0


def test_a_pickle_that_comes_with_a_moved_branch_replaces_nothing(
    repo: Repo, config: Path, here: Path, cache_dir: Path
) -> None:
    fetch(here, config)
    repo.commit({**FILES, "model.bin": PICKLE})
    age(cache_dir)
    model = fetch(here, config)
    assert (model["status"], kinds(model)) == ("current", ["moved", "not-updated"])
    assert content(cache_dir) == FILES


def test_a_mirror_helps_a_repository_whose_files_the_hub_describes(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path, tmp_path: Path
) -> None:
    for name, data in FILES.items():
        (tmp_path / "mirror" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mirror" / name).write_bytes(data)
    hub.fail("/resolve/", 503)
    model = fetch(here, config_file(hub_entry(mirrors=[f"file:{tmp_path / 'mirror'}/"])))
    assert content(cache_dir) == FILES
    assert model["source"] == f"file:{tmp_path / 'mirror' / 'model.bin'}"
