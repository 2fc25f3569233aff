"""Records on disk: shared by processes, of one hub each, and worth nothing when they are damaged."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modeltasks.errors import LocalError
from modeltasks.registry import Registry
from tests.modeltasks.registry.kit import FILES, QUICK, clock, registry
from tests.support.hub import Repo
from tests.support.hub_server import HubServer
from tests.support.waiting import PATIENCE

__all__ = ["clock", "registry"]


@pytest.fixture
def repo(hub: HubServer) -> Repo:
    return hub.add("acme/m", FILES)


DAMAGE: dict[str, Callable[..., object]] = {
    "no metadata": lambda record: record.update(metadata=7),
    "commit": lambda record: record["metadata"].update(commit=7),
    "path": lambda record: record["metadata"]["files"][0].update(path="../../evil"),
    "levels": lambda record: record["metadata"]["files"][0].update(path="/".join(["d"] * 3000)),
    "twice": lambda record: record["metadata"].update(files=record["metadata"]["files"] * 2),
    "files": lambda record: record["metadata"].update(files={"a": 1}),
    "size": lambda record: record["metadata"]["files"][0].update(size=-1),
    "checksum": lambda record: record["metadata"]["files"][0].update(checksum=None),
    "time": lambda record: record["metadata"].update(fetched_at="noon"),
    "nan": lambda record: record["metadata"].update(fetched_at=float("nan")),
    "no float has it": lambda record: record["metadata"].update(fetched_at=10**400),
    "date": lambda record: record["metadata"].update(last_modified="x"),
    "license": lambda record: record["metadata"].update(license={"a": 1}),
    "trouble": lambda record: record.update(trouble={"kind": 7}),
    "trouble's time": lambda record: record.update(
        trouble={"kind": "timeout", "at": "noon", "credentials": "", "message": ""}
    ),
    **{
        f"no {key}": lambda record, key=key: record["metadata"].pop(key)
        for key in ("repo", "commit", "files", "fetched_at", "id")
    },
    "another format": lambda record: record.update(format=99),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_record_that_makes_no_sense_counts_as_absent(
    hub: HubServer, registry: Registry, repo: Repo, name: str
) -> None:
    registry.query("acme/m")
    path = registry.cache.path("acme/m", "main")
    record = json.loads(path.read_text())
    DAMAGE[name](record)
    path.write_text(json.dumps(record))
    assert registry.cached("acme/m") is None
    assert not registry.is_fresh("acme/m")
    assert registry.query("acme/m").commit == repo.head
    assert hub.count() == 2


@pytest.mark.parametrize("content", [b"[" * 100_000, b"{}", b"{", b"7", b"\x00", b"\xff\xfe", b""])
def test_a_record_that_is_no_record(hub: HubServer, registry: Registry, repo: Repo, content: bytes) -> None:
    registry.query("acme/m")
    registry.versions("acme/m")
    for path in registry.cache.path("acme/m", "main").parent.iterdir():
        path.write_bytes(content)
    assert registry.cached("acme/m") is None
    assert registry.query("acme/m").commit == repo.head
    assert registry.versions("acme/m").branches == {"main": repo.head}
    assert hub.count() == 4


def test_records_of_one_hub_do_not_answer_for_another(
    hub: HubServer, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("acme/m", FILES)
    registry.query("acme/m")
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint.replace("127.0.0.1", "localhost"))
    assert registry.cached("acme/m") is None
    registry.query("acme/m")
    assert hub.count() == 2


def test_a_cache_that_cannot_be_written_does_not_matter(hub: HubServer, tmp_path: Path) -> None:
    hub.add("acme/m", FILES)
    (tmp_path / ".modeltasks").write_text("a file where the folder should be")
    assert Registry(tmp_path, QUICK).query("acme/m").id == "acme/m"


def test_processes_may_write_the_same_record(hub: HubServer, registry: Registry, tmp_path: Path) -> None:
    repo = hub.add("acme/m", {f"{number}.json": b"{}" for number in range(300)})
    code = (
        "import sys; from pathlib import Path; from modeltasks.registry import Registry\n"
        "registry = Registry(Path(sys.argv[1]))\n"
        "for _ in range(8):\n"
        "    assert len(registry.query('acme/m', force_refresh=True).files) == 300\n"
        "    assert registry.cached('acme/m') is not None, 'half a record'"
    )
    cache = tmp_path / "cache"
    running = [subprocess.Popen([sys.executable, "-c", code, cache]) for _ in range(3)]
    assert [process.wait(PATIENCE) for process in running] == [0, 0, 0]
    known = registry.cached("acme/m")
    assert known is not None
    assert known.commit == repo.head
    assert [path.suffix for path in registry.cache.path("acme/m", "main").parent.iterdir()] == [".json"]


def test_a_record_that_cannot_be_deleted_is_named(hub: HubServer, registry: Registry) -> None:
    path = registry.cache.path("acme/m", "main")
    path.mkdir(parents=True)
    with pytest.raises(LocalError, match=path.name):
        registry.cache.forget()


def test_forgetting(hub: HubServer, registry: Registry) -> None:
    hub.add("acme/m", FILES)
    hub.add("acme/m2", FILES)
    registry.query("acme/m")
    registry.versions("acme/m")
    registry.query("acme/m2")
    assert registry.cache.forget("acme/m") == 2
    assert registry.cached("acme/m") is None
    assert registry.cached("acme/m2") is not None
    assert registry.cache.forget() == 1
    assert registry.cache.forget() == 0
