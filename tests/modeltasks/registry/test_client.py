from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modeltasks.errors import ModelTasksError
from modeltasks.registry import DAY, Registry
from modeltasks.spec import Checksum
from tests.modeltasks.registry.kit import (
    FILES,
    INFO,
    QUICK,
    WEIGHTS,
    Clock,
    clock,
    kinds,
    registry,
)
from tests.support.file_host import sha256
from tests.support.hub import git_sha1
from tests.support.hub_server import HubServer

__all__ = ["clock", "registry"]


def test_a_record_tells_all_that_the_hub_knows(hub: HubServer, registry: Registry, clock: Clock) -> None:
    repo = hub.add("acme/m", FILES, card={"license": "apache-2.0", "new_version": "acme/m2"}, gated="auto")
    found = registry.query("acme/m")
    assert (found.repo, found.revision, found.id, found.uid) == ("acme/m", "main", "acme/m", repo.uid)
    assert (found.commit, found.fetched_at) == (repo.head, clock.now)
    assert {file.path: (file.checksum, file.size) for file in found.files} == {
        "config.json": (Checksum("git-sha1", git_sha1(FILES["config.json"])), 3),
        "onnx/model.onnx": (Checksum("sha256", sha256(WEIGHTS)), len(WEIGHTS)),
    }
    assert (found.license, found.library, found.pipeline_tag) == (
        "apache-2.0",
        "onnx",
        "image-classification",
    )
    assert (found.gated, found.disabled, found.private) == ("auto", False, False)
    assert (found.new_version, found.last_modified) == ("acme/m2", "2026-09-25T08:49:23+00:00")
    assert kinds(found.notices) == ["superseded", "gated"]


def test_what_a_page_may_leave_out(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES, card=None, library=None, pipeline_tag=None)
    found = registry.query("acme/m")
    assert (found.license, found.library, found.pipeline_tag, found.new_version) == (None, None, None, None)
    assert found.notices == ()


@pytest.mark.parametrize(
    ("card", "license_name"),
    [
        ({"license": "mit"}, "mit"),
        ({"license": ["mit", "apache-2.0"]}, "mit, apache-2.0"),
        ({"license": "other", "license_name": "llama2"}, "llama2"),
        ({"license": "other"}, "other"),
        ({}, None),
    ],
)
def test_the_licence(
    hub: HubServer, registry: Registry, card: dict[str, object], license_name: str | None
) -> None:
    hub.add("acme/m", FILES, card=card)
    assert registry.query("acme/m").license == license_name


def test_one_call_a_model_a_day(hub: HubServer, registry: Registry, clock: Clock, tmp_path: Path) -> None:
    hub.add("acme/m", FILES)
    first = registry.query("acme/m")
    assert hub.count() == 1
    clock.now += DAY - 1
    assert registry.query("acme/m") == first
    assert Registry(tmp_path / "cache", QUICK, clock=clock).query("acme/m") == first
    assert hub.count() == 1
    clock.now += 1
    assert registry.query("acme/m").fetched_at == clock.now
    assert hub.count() == 2
    registry.query("acme/m", force_refresh=True)
    assert hub.count() == 3
    registry.query("acme/m", "refs/heads/main")
    assert hub.count() == 4


def test_a_process_of_its_own_makes_one_call_too(hub: HubServer, tmp_path: Path) -> None:
    repo = hub.add("acme/m", FILES)
    code = (
        "import sys; from pathlib import Path; from modeltasks.registry import Registry\n"
        "assert 'huggingface_hub' not in sys.modules\n"
        "print(Registry(Path(sys.argv[1])).query('acme/m').commit)"
    )
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", code, tmp_path], check=True, capture_output=True, text=True
        )
        assert run.stdout.strip() == repo.head
        assert hub.count() == 1


def test_a_clock_set_back_does_not_make_a_record_fresh_for_ever(
    hub: HubServer, registry: Registry, clock: Clock
) -> None:
    hub.add("acme/m", FILES)
    registry.query("acme/m")
    clock.now -= 3600
    assert not registry.is_fresh("acme/m")
    registry.query("acme/m")
    assert hub.count() == 2
    assert registry.is_fresh("acme/m")


@pytest.mark.parametrize("with_token", [False, True])
def test_a_mirror_that_drops_sizes_is_asked_for_each_file(
    hub: HubServer, registry: Registry, monkeypatch: pytest.MonkeyPatch, with_token: bool
) -> None:
    hub.add("acme/m", FILES)
    whole = registry.query("acme/m")
    hub.drops_sizes = True
    if with_token:
        hub.allow("valid")
        monkeypatch.setenv("HF_TOKEN", "valid")
    assert registry.query("acme/m", force_refresh=True).files == whole.files
    assert hub.count("/paths-info/") == 1


def test_a_rename_is_followed_and_told(hub: HubServer, registry: Registry, clock: Clock) -> None:
    hub.add("acme/old", FILES)
    before = registry.query("acme/old")
    hub.rename("acme/old", "acme/new")
    clock.now += DAY
    after = registry.query("acme/old")
    assert (after.renamed_to, after.uid) == ("acme/new", before.uid)
    assert kinds(after.notices) == ["renamed"]
    assert "acme/new" in str(after.notices[0])


def test_a_redirect_to_another_repository_is_not_a_rename(
    hub: HubServer, registry: Registry, clock: Clock
) -> None:
    hub.add("acme/m", FILES)
    registry.query("acme/m")
    del hub.repos["acme/m"]
    hub.add("squatter/m", FILES)
    hub.rename("acme/m", "squatter/m")
    clock.now += DAY
    assert kinds(registry.query("acme/m").notices) == ["replaced", "renamed", "moved"]


def test_a_branch_that_moved_is_told_until_the_next_refresh(
    hub: HubServer, registry: Registry, clock: Clock
) -> None:
    repo = hub.add("acme/m", FILES)
    first = repo.head
    registry.query("acme/m")
    second = repo.commit(FILES | {"config.json": b'{"v": 2}\n'})
    clock.now += DAY
    for _ in range(2):
        moved = registry.query("acme/m")
        assert (moved.commit, moved.moved_from) == (second, first)
        assert kinds(moved.notices) == ["moved"]
    clock.now += DAY
    assert registry.query("acme/m").notices == ()


def test_a_disabled_model_is_described_and_told(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES, disabled=True)
    assert kinds(registry.query("acme/m").notices) == ["disabled"]


def test_threads_that_want_the_same_model_make_one_call(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    hub.fail(INFO, 0, stall=0.2)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: registry.query("acme/m"), range(8)))
    assert len(set(answers)) == 1
    assert hub.count() == 1


def test_versions_are_a_call_of_their_own_once_a_day(
    hub: HubServer, registry: Registry, clock: Clock
) -> None:
    repo = hub.add("acme/m", FILES)
    repo.tags["v1"] = repo.head
    found = registry.versions("acme/m")
    assert (found.branches, found.tags) == ({"main": repo.head}, {"v1": repo.head})
    assert registry.versions("acme/m") == found
    assert hub.count() == 1
    hub.fail("/refs", 500)
    clock.now += DAY
    assert registry.versions("acme/m") == found
    with pytest.raises(ModelTasksError):
        registry.versions("acme/n")


def test_commits_newest_first(hub: HubServer, registry: Registry) -> None:
    repo = hub.add("acme/m", FILES)
    first = repo.head
    second = repo.commit(FILES | {"x": b"1"})
    assert registry.commits("acme/m") == (second, first)
    assert registry.commits("acme/m", first) == (first,)


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ({}, ()),
        ({"m": "m2"}, ("m2",)),
        ({"m": "m2", "m2": "m3"}, ("m2", "m3")),
        ({"m": "m2", "m2": "m"}, ("m2",)),
        ({"m": "m"}, ()),
        ({"m": "m2", "m2": "gone"}, ("m2",)),
        ({f"m{'' if n == 0 else n}": f"m{n + 1}" for n in range(14)}, tuple(f"m{n}" for n in range(1, 11))),
    ],
)
def test_the_chain_of_successors(
    hub: HubServer, registry: Registry, chain: dict[str, str], expected: tuple[str, ...]
) -> None:
    for name in {"m", *chain, *chain.values()} - {"gone"}:
        following = chain.get(name)
        hub.add(f"acme/{name}", FILES, card={"new_version": f"acme/{following}"} if following else {})
    assert registry.successors(registry.query("acme/m")) == tuple(f"acme/{name}" for name in expected)
