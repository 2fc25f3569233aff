"""Bytes that contradict what a hub, a lock or a note says of them: what is believed, and for how long."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.kit import Write, age, api_calls, bytes_calls, fetch, fetch_all, hub_entry, kinds, task
from tests.support.file_host import sha256
from tests.support.hub import Repo, info_of
from tests.support.hub_server import HubServer
from tests.support.programs import video_censor

FILES = {"model.bin": b"weights " * 500, "config.json": b'{"a": 1}\n'}
AT_ONCE = {"retries": 0}
INFO = r"^/api/models/acme/m/revision"


@pytest.fixture
def repo(hub: HubServer) -> Repo:
    return hub.add("acme/m", FILES)


def squash(repo: Repo, files: dict[str, bytes]) -> None:
    """Rewrite the branch: one commit, and the older ones are gone."""
    repo.commits.clear()
    repo.commit({**files, f"squashed-{len(files)}.txt": b"new history"})


def lie(hub: HubServer, repo: Repo, change: Callable[[dict[str, Any]], object]) -> None:
    """Let the hub describe the large file wrongly, until it is healed."""
    info = info_of(repo, repo.head, sizes=True)
    change(next(sibling for sibling in info["siblings"] if sibling["rfilename"] == "model.bin"))
    hub.fail(INFO, 200, body=json.dumps(info).encode())


LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "checksum": lambda file: file["lfs"].update(sha256="a" * 64),
    "size": lambda file: file["lfs"].update(size=77),
    "file-gone": lambda file: file.update(rfilename="other.bin"),
}


@pytest.mark.parametrize("door", ["video-censor", "doit"])
def test_a_branch_that_was_rewritten_costs_one_more_request(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path, door: str
) -> None:
    config = config_file(hub_entry(), network=AT_ONCE)
    assert task(here, config, "registry").code == 0
    squash(repo, FILES)
    calls = api_calls(hub)
    if door == "doit":
        assert task(here, config, "models").code == 0
    else:
        assert fetch(here, config)["status"] == "fetched"
    assert api_calls(hub) - calls == 1
    assert (cache_dir / "m" / "model.bin").read_bytes() == FILES["model.bin"]
    assert task(here, config, "models").out.splitlines() == ["-- models:m"]


def test_models_of_one_repository_ask_once_more_together(
    hub: HubServer, repo: Repo, config_file: Write, here: Path
) -> None:
    entries = [hub_entry(name, include=[pattern]) for name, pattern in (("a", "*.bin"), ("b", "*.json"))]
    config = config_file(*entries, network=AT_ONCE)
    task(here, config, "registry")
    squash(repo, FILES)
    calls = api_calls(hub)
    assert [model["status"] for model in fetch_all(here, config)] == ["fetched", "fetched"]
    assert api_calls(hub) - calls == 1


@pytest.mark.parametrize("kind", LIES)
def test_a_record_that_the_bytes_contradict_is_not_used_again(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, kind: str
) -> None:
    config = config_file(hub_entry(), network=AT_ONCE)
    lie(hub, repo, LIES[kind])
    model = fetch(here, config, code=1)
    assert (model["status"], model["error"]["kind"]) == ("failed", kind)
    why = model["error"]["why"]
    assert "the hub's record of acme/m at main (" in why
    assert "seconds old" in why
    assert "asked once more" in why
    assert "the config asks for" not in why
    assert hub.count(INFO) == 2
    hub.heal()
    assert fetch(here, config)["status"] == "fetched"
    assert hub.count(INFO) == 3


@pytest.mark.parametrize("kind", LIES)
def test_a_hub_that_corrects_itself_is_no_failure(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path, kind: str
) -> None:
    config = config_file(hub_entry(), network=AT_ONCE)
    lie(hub, repo, LIES[kind])
    assert task(here, config, "registry").code == 0
    hub.heal()
    assert fetch(here, config)["status"] == "fetched"
    assert hub.count(INFO) == 2
    assert (cache_dir / "m" / "model.bin").read_bytes() == FILES["model.bin"]


def test_a_contradicted_record_is_told_with_its_age_when_the_hub_is_silent(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(hub_entry(), network=AT_ONCE)
    task(here, config, "registry")
    age(cache_dir, 5)
    squash(repo, FILES)
    hub.fail(INFO, 503)
    error = fetch(here, config, code=1)["error"]
    assert error["kind"] == "revision-gone"
    assert "5.0 hours old" in error["why"]
    assert "could not be asked once more" in error["why"]
    hub.heal()
    assert fetch(here, config)["status"] == "fetched"


def test_files_in_place_outlive_a_hub_that_contradicts_itself(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(hub_entry(), network=AT_ONCE)
    fetch_all(here, config)
    age(cache_dir)
    repo.commit({**FILES, "model.bin": b"another"})
    lie(hub, repo, LIES["checksum"])
    model = fetch(here, config)
    assert (model["status"], kinds(model)) == ("current", ["moved", "not-updated"])
    assert (cache_dir / "m" / "model.bin").read_bytes() == FILES["model.bin"]


@pytest.mark.parametrize("trouble", ["the hub is down", "repository gone", "nonsense"])
def test_files_in_place_need_no_record(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path, trouble: str
) -> None:
    config = config_file(hub_entry(), network=AT_ONCE)
    fetch_all(here, config)
    for record in (cache_dir / ".modeltasks" / "registry").iterdir():
        record.unlink()
    if trouble == "the hub is down":
        hub.close()
    elif trouble == "nonsense":
        hub.fail(INFO, 200, body=b"[7]")
    else:
        del hub.repos["acme/m"]
    model = fetch(here, config)
    assert (model["status"], kinds(model)) == ("current", ["not-updated"])


def test_a_locked_commit_that_is_gone_is_fetched_from_where_its_files_are(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(hub_entry(include=list(FILES)), network=AT_ONCE)
    assert task(here, config, "lock").code == 0
    squash(repo, FILES)
    calls = api_calls(hub)
    assert fetch(here, config, "--frozen")["status"] == "fetched"
    assert api_calls(hub) - calls == 1
    assert (cache_dir / "m" / "model.bin").read_bytes() == FILES["model.bin"]


def test_a_locked_commit_that_is_gone_with_its_files_names_the_lock(
    hub: HubServer, repo: Repo, config_file: Write, here: Path
) -> None:
    config = config_file(hub_entry(include=list(FILES)), network=AT_ONCE)
    task(here, config, "lock")
    squash(repo, {**FILES, "model.bin": b"another"})
    error = fetch(here, config, code=1)["error"]
    assert error["kind"] == "revision-gone"
    assert "because of the lock file (of 20" in error["why"]


def test_a_refusal_is_asked_for_again_at_once_with_force(
    hub: HubServer, config_file: Write, here: Path
) -> None:
    config = config_file(hub_entry(), network=AT_ONCE)
    fetch_all(here, config, code=1)
    hub.add("acme/m", FILES)
    error = fetch(here, config, code=1)["error"]
    assert "--force" in error["why"], "remembered, but not in silence"
    assert fetch(here, config, "--force")["status"] == "fetched"


def weaken(hub: HubServer, repo: Repo, content: bytes) -> None:
    """Let the large file be an ordinary one of a new commit: git's SHA-1 is all that the hub knows of it."""
    repo.commit({**FILES, "model.bin": content})
    info = info_of(repo, repo.head, sizes=True)
    del next(file for file in info["siblings"] if file["rfilename"] == "model.bin")["lfs"]
    hub.fail(INFO, 200, body=json.dumps(info).encode())


def test_a_weaker_checksum_is_refused_for_an_open_entry(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(hub_entry(), network=AT_ONCE)
    fetch_all(here, config)
    weaken(hub, repo, b"evil")
    age(cache_dir)
    got = bytes_calls(hub)
    model = fetch(here, config)
    assert (model["status"], kinds(model)) == ("current", ["not-updated"])
    assert "weaker checksum of model.bin" in model["warnings"][0]["message"]
    (cache_dir / "m" / "model.bin").write_bytes(b"damaged")
    model = fetch(here, config, code=1)
    assert model["error"]["kind"] == "bad-answer"
    assert bytes_calls(hub) == got


def test_a_weaker_checksum_is_refused_in_the_lock(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(hub_entry(), network=AT_ONCE)
    lock = config.with_name(config.name + ".lock")
    assert task(here, config, "lock").code == 0
    before = lock.read_bytes()
    weaken(hub, repo, b"evil")
    age(cache_dir)
    done = task(here, config, "lock")
    assert done.code != 0
    assert "weaker checksum of model.bin" in done.out
    assert lock.read_bytes() == before


@pytest.mark.parametrize("algorithm", ["md5", "sha1"])
def test_a_lock_by_a_weak_checksum_is_no_lock(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, algorithm: str
) -> None:
    config = config_file(hub_entry())
    task(here, config, "lock")
    lock = config.with_name(config.name + ".lock")
    length = {"md5": 32, "sha1": 40}[algorithm]
    weak = lock.read_text().replace(f"sha256:{sha256(FILES['model.bin'])}", f"{algorithm}:{'a' * length}")
    lock.write_text(weak)
    done = task(here, config, "lock", "--check")
    assert done.code != 0
    assert f"model.bin is locked by no more than {algorithm}" in done.out
    reply = video_censor(here, "--download-models", "--frozen", "--config", config, "--json")
    assert reply.code == 2
    assert hub.count("/resolve/") == 0


def test_a_lock_weaker_than_what_is_installed_is_told(
    hub: HubServer, repo: Repo, config_file: Write, here: Path
) -> None:
    config = config_file(hub_entry())
    fetch_all(here, config)
    task(here, config, "lock")
    lock = config.with_name(config.name + ".lock")
    weak = lock.read_text().replace(f"sha256:{sha256(FILES['model.bin'])}", "git-sha1:" + "a" * 40)
    lock.write_text(weak)
    done = task(here, config, "lock", "--check")
    assert done.code != 0
    assert "weaker checksum of model.bin" in done.out


def test_a_commit_that_changed_is_refused(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(hub_entry(), network=AT_ONCE)
    fetch_all(here, config)
    age(cache_dir)
    lie(hub, repo, LIES["checksum"])
    model = fetch(here, config)
    assert (model["status"], kinds(model)) == ("current", ["not-updated"])
    assert "a commit does not change" in model["warnings"][0]["message"]
    hub.heal()
    model = fetch(here, config)
    assert (model["status"], kinds(model)) == ("current", [])
