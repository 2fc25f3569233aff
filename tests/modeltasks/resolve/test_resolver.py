from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modeltasks.errors import ConfigError, ModelTasksError
from modeltasks.registry import DAY, Registry
from modeltasks.resolve.installed import Installed
from modeltasks.resolve.lockfile import Lock, lock_entry
from modeltasks.resolve.resolver import Resolver
from modeltasks.settings import NetworkSettings
from modeltasks.sources import parse_source
from modeltasks.sources.huggingface import HubSource
from modeltasks.spec import Checksum, HubRef, ModelFile, ModelSpec
from tests.modeltasks.registry.kit import Clock, clock, registry
from tests.support.file_host import sha256
from tests.support.hub import git_sha1
from tests.support.hub_server import HubServer

__all__ = ["clock", "registry"]

FILES = {
    "config.json": b"{}\n",
    "onnx/model.onnx": b"onnx" * 99,
    "onnx/model_int8.onnx": b"int8" * 99,
    "README.md": b"# m\n",
}
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
QUICK = NetworkSettings(connect_timeout=30, retries=0)
SPEC = ModelSpec("m", (), ("hf:acme/m@main/", "https://mirror.example/m/"), HubRef("acme/m"))


def resolver(registry: Registry, lock: Lock | None = None) -> Resolver:
    """A resolver where nothing is installed."""
    return Resolver(lock or Lock(), registry, Installed(Path("nowhere")))


def test_a_repository_alone_becomes_all_its_files_at_one_commit(hub: HubServer, registry: Registry) -> None:
    repo = hub.add("acme/m", FILES, card={"license": "mit"})
    spec = resolver(registry).resolve(SPEC).spec
    assert {file.path: (str(file.checksum), file.size) for file in spec.files} == {
        "config.json": (f"git-sha1:{git_sha1(FILES['config.json'])}", 3),
        "README.md": (f"git-sha1:{git_sha1(FILES['README.md'])}", 4),
        "onnx/model.onnx": (f"sha256:{sha256(FILES['onnx/model.onnx'])}", 396),
        "onnx/model_int8.onnx": (f"sha256:{sha256(FILES['onnx/model_int8.onnx'])}", 396),
    }
    assert spec.sources == (f"hf:acme/m@{repo.head}/", "https://mirror.example/m/")
    assert (spec.hub, spec.license) == (HubRef("acme/m", repo.head), "mit")


@pytest.mark.parametrize(
    ("include", "exclude", "chosen"),
    [
        (("*.json",), (), {"config.json"}),
        (("onnx/",), (), {"onnx/model.onnx", "onnx/model_int8.onnx"}),
        (("*.onnx",), ("*int8*",), {"onnx/model.onnx"}),
        ((), ("*.md", "onnx/"), {"config.json"}),
        (("config.json", "onnx/model.onnx"), (), {"config.json", "onnx/model.onnx"}),
    ],
)
def test_patterns_choose(
    hub: HubServer, registry: Registry, include: tuple[str, ...], exclude: tuple[str, ...], chosen: set[str]
) -> None:
    hub.add("acme/m", FILES)
    spec = resolver(registry).resolve(replace(SPEC, include=include, exclude=exclude)).spec
    assert {file.path for file in spec.files} == chosen


def test_patterns_that_choose_nothing(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    with pytest.raises(ConfigError, match=r"config\.json"):
        resolver(registry).resolve(replace(SPEC, include=("*.gguf",)))


def test_what_the_config_says_in_full_asks_nobody(hub: HubServer, registry: Registry) -> None:
    listed = replace(SPEC, files=(ModelFile("a.bin", Checksum("sha256", "0" * 64)),))
    by_url = ModelSpec("u", listed.files, ("https://example.org/a.bin",))
    assert resolver(registry).resolve(listed).spec == listed
    assert resolver(registry).resolve(by_url).spec == by_url
    assert hub.count() == 0


def test_requests_of_a_first_run_a_second_a_run_after_a_day_and_one_with_a_lock(
    hub: HubServer, registry: Registry, clock: Clock, tmp_path: Path
) -> None:
    hub.add("acme/m", FILES)
    counts = []
    first = resolver(registry).resolve(SPEC).spec
    counts.append(hub.count())
    assert resolver(registry).resolve(SPEC).spec == first
    counts.append(hub.count())
    clock.now += DAY
    resolver(registry).resolve(SPEC)
    counts.append(hub.count())
    lock = Lock({"m": lock_entry(SPEC, registry.query("acme/m"), NOON)})
    empty = Registry(tmp_path / "empty", QUICK, clock=clock)
    assert resolver(empty, lock).resolve(SPEC).spec == first
    counts.append(hub.count())
    assert counts == [1, 1, 2, 2]


def test_a_lock_that_no_longer_fits_is_not_followed(hub: HubServer, registry: Registry) -> None:
    repo = hub.add("acme/m", FILES)
    old = repo.head
    lock = Lock({"m": lock_entry(SPEC, registry.query("acme/m"), NOON)})
    repo.tags["v2"] = repo.commit({"config.json": b"{2}\n"})
    asked = replace(SPEC, hub=HubRef("acme/m", "v2"), sources=("hf:acme/m@v2/",))
    assert resolver(registry, lock).resolve(SPEC).spec.hub == HubRef("acme/m", old)
    assert resolver(registry, lock).resolve(asked).spec.hub == HubRef("acme/m", repo.head)


def test_a_branch_that_moved_is_told_and_means_other_files(
    hub: HubServer, registry: Registry, clock: Clock
) -> None:
    repo = hub.add("acme/m", FILES)
    before = resolver(registry).resolve(SPEC)
    repo.commit(FILES | {"config.json": b'{"v": 2}\n'})
    assert resolver(registry).resolve(SPEC) == before, "within the day nothing is asked"
    clock.now += DAY
    after = resolver(registry).resolve(SPEC)
    assert before.notices == ()
    assert [notice.kind for notice in after.notices] == ["moved"]
    assert after.spec.entry_digest != before.spec.entry_digest
    assert after.spec.sources[0] == f"hf:acme/m@{repo.head}/"


def test_a_renamed_repository_is_fetched_under_its_new_name(hub: HubServer, registry: Registry) -> None:
    repo = hub.add("acme/m", FILES)
    hub.rename("acme/m", "acme/new")
    found = resolver(registry).resolve(SPEC)
    assert found.spec.sources[0] == f"hf:acme/new@{repo.head}/"
    assert [notice.kind for notice in found.notices] == ["renamed"]


def test_a_revision_with_a_slash_is_found_in_the_sources(hub: HubServer, registry: Registry) -> None:
    repo = hub.add("acme/m", FILES)
    repo.branches["refs/pr/1"] = repo.head
    asked = replace(SPEC, hub=HubRef("acme/m", "refs/pr/1"), sources=("hf:acme/m@refs%2Fpr%2F1/onnx/",))
    source = parse_source(resolver(registry).resolve(asked).spec.sources[0])
    assert source == HubSource("acme/m", repo.head, "onnx/")


def test_a_model_that_cannot_be_asked_for(hub: HubServer, registry: Registry) -> None:
    with pytest.raises(ModelTasksError) as caught:
        resolver(registry).resolve(SPEC)
    assert caught.value.kind == "absent-or-private"
