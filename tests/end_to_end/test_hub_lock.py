"""`doit lock`, `--frozen`, `doit outdated`, `doit licenses` and `doit registry`, run as a user runs them."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.kit import Write, age, api_calls, bytes_calls, hub_entry, task
from tests.support.file_host import sha256
from tests.support.hub import Repo, git_sha1
from tests.support.hub_server import HubServer
from tests.support.programs import ENVIRONMENT, REPOSITORY, advised, type_in, video_censor

FILES = {"model.bin": b"weights " * 400, "config.json": b"{}\n"}


@pytest.fixture
def repo(hub: HubServer) -> Repo:
    return hub.add("acme/m", FILES)


@pytest.fixture
def config(repo: Repo, config_file: Write) -> Path:
    return config_file(hub_entry())


def lock_of(config: Path) -> Path:
    return config.with_name(config.name + ".lock")


def test_a_lock_says_commit_digests_sizes_and_licence(repo: Repo, config: Path, here: Path) -> None:
    done = task(here, config, "lock")
    assert done.code == 0
    assert f"{lock_of(config)}: 1 models locked" in done.out
    entry = json.loads(lock_of(config).read_text())["models"]["m"]
    assert entry.pop("locked_at")
    assert entry == {
        "repo": "acme/m",
        "revision": "main",
        "commit": repo.head,
        "license": "mit",
        "files": {
            "model.bin": {"checksum": f"sha256:{sha256(FILES['model.bin'])}", "size": 3200},
            "config.json": {"checksum": f"git-sha1:{git_sha1(FILES['config.json'])}", "size": 3},
        },
    }
    before = lock_of(config).read_bytes()
    assert task(here, config, "lock").code == 0
    assert lock_of(config).read_bytes() == before


def test_a_checked_lock(config_file: Write, repo: Repo, here: Path) -> None:
    config = config_file(hub_entry())
    missing = task(here, config, "lock", "--check")
    assert missing.code != 0
    assert "m: is not locked" in missing.out
    assert not lock_of(config).exists()
    task(here, config, "lock")
    assert task(here, config, "lock", "--check").code == 0
    repo.tags["v2"] = repo.head
    config_file(hub_entry(revision="v2"))
    other = task(here, config, "lock", "--check")
    assert other.code != 0
    assert "`revision` is 'v2' in the config and 'main' in the lock" in other.out


def test_with_a_lock_the_hub_is_only_asked_for_bytes(
    hub: HubServer, repo: Repo, config: Path, here: Path, cache_dir: Path
) -> None:
    task(here, config, "lock")
    calls = api_calls(hub)
    repo.commit({"model.bin": b"another", "config.json": b"[]"})
    shutil.rmtree(cache_dir)
    reply = video_censor(here, "--download-models", "--frozen", "--config", config, "--json")
    assert reply.json["models"][0]["status"] == "fetched"
    assert (cache_dir / "m" / "model.bin").read_bytes() == FILES["model.bin"]
    assert (api_calls(hub), bytes_calls(hub)) == (calls, 2)
    assert task(here, config, "models", "--frozen").out.splitlines() == ["-- models:m"]
    assert api_calls(hub) == calls


def test_frozen_refuses_what_is_not_locked(hub: HubServer, config: Path, here: Path) -> None:
    reply = video_censor(here, "--download-models", "--frozen", "--config", config, "--json")
    assert reply.code == 2
    error = reply.json["error"]
    assert error["kind"] == "config"
    assert "m: is not locked" in error["why"]
    assert type_in(advised(error["fix"], " lock"), here).code == 0
    lock_of(config).unlink()
    calls = hub.count()
    refused = task(here, config, "models", "--frozen")
    assert refused.code != 0
    assert "m: is not locked" in refused.out + refused.err
    assert hub.count() == calls


def test_frozen_is_about_what_is_fetched(hub: HubServer, repo: Repo, config_file: Write, here: Path) -> None:
    hub.add("acme/other", FILES)
    detectors = [{"name": "speech", "type": "speech", "model": "m"}]
    config = config_file(hub_entry(), detectors=detectors)
    task(here, config, "lock")
    config_file(hub_entry(), hub_entry("other", "acme/other"), detectors=detectors)
    assert task(here, config, "models", "--frozen").code == 0
    everything = task(here, config, "models", "--all", "--frozen")
    assert everything.code != 0
    assert "other: is not locked" in everything.out + everything.err


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda text: text.replace('"sha256:', '"sha256:zz'), ":3: "),
        (lambda text: text.replace('"commit": "', '"commit": "0'), ":3: "),
        (lambda text: text.replace('"version": 1', '"version": 99'), ":1: "),
        (lambda text: text[: len(text) // 2], ":"),
        (lambda text: text.replace("{", "", 1), ":2:11: "),
        (lambda text: "<<<<<<< HEAD\n" + text, ":1:1: "),
    ],
)
def test_a_lock_damaged_by_hand_is_refused_with_its_place(
    config: Path, here: Path, damage: Callable[[str], str], place: str
) -> None:
    task(here, config, "lock")
    lock = lock_of(config)
    lock.write_text(damage(lock.read_text()))
    reply = video_censor(here, "--download-models", "--config", config, "--json")
    assert reply.code == 2
    assert reply.json["error"]["kind"] == "config"
    assert f"{lock}{place}" in reply.json["error"]["what"]
    done = task(here, config, "lock", "--check")
    assert done.code != 0
    assert str(lock) in done.out + done.err
    assert "delete it and run" in reply.json["error"]["fix"]
    for message in (reply.json["error"]["fix"], done.out + done.err):
        lock.unlink(missing_ok=True)
        assert type_in(advised(message, " lock"), here).code == 0
        assert lock.exists()


def _without_root_powers() -> None:
    """Let permissions hold for root too, in the program that is about to start (CAP_DAC_OVERRIDE, 24)."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_a_lock_beside_a_config_in_a_folder_that_may_not_be_written(
    config: Path, here: Path, tmp_path: Path
) -> None:
    packaged = tmp_path / "packaged"
    packaged.mkdir()
    shutil.copy(config, packaged / "video-censor.yaml")
    packaged.chmod(0o555)
    command = [sys.executable, "-m", "doit", "run", "-f", str(REPOSITORY / "dodo.py"), "lock"]
    done = subprocess.run(
        [*command, f"config={packaged / 'video-censor.yaml'}"],
        cwd=here,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_without_root_powers,
    )
    packaged.chmod(0o755)
    assert done.returncode != 0
    assert f"The lock file {packaged / 'video-censor.yaml.lock'} cannot be written" in done.stdout
    assert "copy the config to a folder of yours" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert [path.name for path in packaged.iterdir()] == ["video-censor.yaml"]


def test_a_lock_is_written_whole_or_not_at_all(
    hub: HubServer, repo: Repo, config_file: Write, here: Path
) -> None:
    hub.add("acme/n-one", FILES)
    config = config_file(hub_entry(), hub_entry("a", "acme/gone"), hub_entry("b", "acme/n-two"))
    done = task(here, config, "lock")
    assert done.code != 0
    assert not lock_of(config).exists()
    assert "a: acme/gone was not found" in done.out
    assert "b: acme/n-two was not found" in done.out
    assert "did you mean acme/n-one" in done.out


def test_outdated_is_a_table(hub: HubServer, repo: Repo, config_file: Write, here: Path) -> None:
    first = repo.head
    config = config_file(hub_entry(), hub_entry("pinned", revision=first), hub_entry("loose", "acme/next"))
    repo.card = {"license": "mit", "new_version": "acme/next"}
    hub.add("acme/next", FILES)
    task(here, config, "lock")
    for number in range(2):
        repo.commit({"model.bin": bytes([number]) * 10})
    assert task(here, config, "registry", "--force").code == 0
    done = task(here, config, "outdated")
    assert done.code == 0
    rows = {line.split()[0]: line.split() for line in done.out.splitlines() if not line.startswith(".")}
    assert rows["model"] == ["model", "pinned", "newest", "behind", "by", "superseded", "by"]
    short = (first[:12], repo.head[:12])
    assert rows["m"] == ["m", *short, "2", "commits", "acme/next"]
    assert rows["pinned"] == ["pinned", *short, "2", "commits", "acme/next"]
    assert rows["loose"][3:] == ["up", "to", "date", "-"]


def test_outdated_tells_what_it_could_not_learn(hub: HubServer, config: Path, here: Path) -> None:
    hub.close()
    done = task(here, config, "outdated")
    assert done.code != 0
    assert "refused" in done.out
    assert "m: 127.0.0.1" in done.out


def test_licenses(hub: HubServer, repo: Repo, config_file: Write, here: Path) -> None:
    repo.card = {"license": "other", "license_name": "acme-community"}
    hub.add("acme/n", FILES, card={})
    config = config_file(
        hub_entry(), hub_entry("n", "acme/n"), hub_entry("said", "acme/n", license="Apache-2.0")
    )

    def licences() -> dict[str, str]:
        lines = [line for line in task(here, config, "licenses").out.splitlines() if line[0] not in ".-"]
        return {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}

    unknown = "not known"
    assert licences() == {"model": "licence", "m": unknown, "n": unknown, "said": "Apache-2.0"}
    assert hub.count() == 0
    task(here, config, "registry")
    assert licences()["m"] == "acme-community"
    assert licences()["n"] == unknown


def test_the_registry_is_asked_once_a_day(
    hub: HubServer, repo: Repo, config: Path, here: Path, cache_dir: Path
) -> None:
    assert task(here, config, "registry").out.splitlines() == [".  registry:m"]
    assert task(here, config, "registry").out.splitlines() == ["-- registry:m"]
    assert api_calls(hub) == 1
    assert task(here, config, "registry", "--force").out.splitlines() == [".  registry:m"]
    assert api_calls(hub) == 2
    age(cache_dir)
    repo.card = {"new_version": "acme/next"}
    done = task(here, config, "registry")
    assert done.out.splitlines() == [".  registry:m"]
    assert "recommend acme/next" in done.err
    assert (api_calls(hub), bytes_calls(hub)) == (3, 0)


def test_models_may_share_a_repository(
    hub: HubServer, repo: Repo, config_file: Write, here: Path, cache_dir: Path
) -> None:
    config = config_file(hub_entry("a", include=["*.bin"]), hub_entry("b", include=["*.json"]))
    assert task(here, config, "models").code == 0
    assert sorted(path.name for path in cache_dir.glob("[ab]/*")) == ["config.json", "model.bin"]
    assert api_calls(hub) == 1
    assert task(here, config, "registry", "--force").out.count(".  registry:") == 1
    assert task(here, config, "registry:b").code == 0
    assert api_calls(hub) == 2


def test_an_old_record_is_better_than_none(hub: HubServer, config: Path, here: Path, cache_dir: Path) -> None:
    task(here, config, "registry")
    age(cache_dir, 49)
    hub.close()
    done = task(here, config, "registry", "--force")
    assert done.code == 0
    assert "2.0 days old" in done.err


def test_no_record_and_no_hub_is_a_failure(hub: HubServer, config: Path, here: Path) -> None:
    hub.close()
    done = task(here, config, "registry")
    assert done.code != 0
    assert "refused or dropped the connection" in done.out + done.err
