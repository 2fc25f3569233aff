"""Listings that are hostile or make no sense, as a hub's answer and as what an older version kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modeltasks.errors import BadAnswer
from modeltasks.registry import Registry
from tests.modeltasks.registry.kit import FILES, INFO, clock, failure, registry
from tests.support.hub import Repo, info_of
from tests.support.hub_server import HubServer

__all__ = ["clock", "registry"]

Change = Callable[[dict[str, Any]], object]


def _file(**changes: object) -> Change:
    return lambda info: info["siblings"][0].update(changes)


def _lfs(**changes: object) -> Change:
    return lambda info: info["siblings"][1]["lfs"].update(changes)


def _page(**changes: object) -> Change:
    return lambda info: info.update(changes)


PATHS: list[object] = [
    "../../evil",
    "a/../../b",
    "/etc/passwd",
    "a//b",
    "./a",
    "a/",
    "",
    "nul\0byte",
    "esc\x1b[2J",
    "c1\x9b",
    "surrogate\ud800",
    "right\u202eleft",
    "back\\slash",
    "x" * 300,
    "ä" * 128,
    "/".join(["d"] * 3000),
    7,
    None,
    True,
    ["a"],
    {"a": 1},
    "onnx/model.onnx",
    "onnx",
]
SIZES: list[object] = [-1, 2**70, 10**15, "3", 1.5, True, []]
LFS_SIZES: list[object] = [-5, "9", 1e3, 10**30]
DIGESTS: list[object] = ["", "zz" * 32, "a" * 63, "md5:" + "a" * 60, 7, None, []]
BLOBS: list[object] = ["", "g" * 40, 7, ["a" * 40]]
COMMITS: list[object] = [7, None, "", "main", "A" * 40, "a" * 64, ["a"], "\ud800" * 40]
IDS: list[object] = [7, "", "../../x", "a/b/c", "a b", "\x1b[2J", "a/" + "b" * 999]
SIBLINGS: list[object] = [7, "text", {"a": 1}, [7], [[]], [{}], [None]]
LFS: list[object] = [7, "text", [1]]
MALFORMED: dict[str, Change] = {
    **{f"path {number}": _file(rfilename=path) for number, path in enumerate(PATHS)},
    **{f"size {size!r}"[:20]: _file(size=size) for size in SIZES},
    **{f"lfs size {size!r}"[:24]: _lfs(size=size) for size in LFS_SIZES},
    **{f"sha256 {digest!r}"[:24]: _lfs(sha256=digest) for digest in DIGESTS},
    **{f"blob id {blob!r}"[:20]: _file(blobId=blob) for blob in BLOBS},
    **{f"sha {commit!r}"[:20]: _page(sha=commit) for commit in COMMITS},
    **{f"id {name!r}"[:20]: _page(id=name) for name in IDS},
    **{f"siblings {siblings!r}"[:20]: _page(siblings=siblings) for siblings in SIBLINGS},
    **{f"lfs {lfs!r}": _file(lfs=lfs) for lfs in LFS},
    **{
        f"{key} {value!r}": _page(**{key: value})
        for key, value in {
            "gated": 7,
            "disabled": "no",
            "private": [],
            "library_name": 3.5,
            "pipeline_tag": {"a": 1},
            "tags": "text",
            "cardData": 7,
            "lastModified": "yesterday",
            "_id": 12,
        }.items()
    },
    "size of a file in LFS": lambda info: info["siblings"][1].update(size=-3),
    "blob id of a file in LFS": lambda info: info["siblings"][1].update(blobId=[7]),
    "lastModified 7": _page(lastModified=7),
    "tags of numbers": _page(tags=[1, 2]),
}


@pytest.fixture
def repo(hub: HubServer) -> Repo:
    return hub.add("acme/m", FILES)


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_answer_is_a_bad_answer_and_is_not_kept(
    hub: HubServer, registry: Registry, repo: Repo, tmp_path: Path, name: str
) -> None:
    info = info_of(repo, repo.head, sizes=True)
    MALFORMED[name](info)
    hub.fail(INFO, 200, body=json.dumps(info).encode())
    assert failure(registry, "acme/m").kind == "bad-answer"
    kept = [json.loads(path.read_text()) for path in (tmp_path / "cache").rglob("*.json")]
    assert [record["metadata"] for record in kept] == [None]
    hub.heal()
    assert registry.query("acme/m").commit == repo.head, "asked again at once"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"id": "acme/m", "sha": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"id": "acme/m", "usedStorage": ' + b"9" * 5000 + b"}",
        b"\xff\xfe\x00",
        b"null",
        b"7",
        b'"text"',
    ],
    ids=["deep list", "deep object", "deep sha", "5,000 digits", "no text", "null", "number", "text"],
)
def test_an_answer_that_is_no_listing(hub: HubServer, registry: Registry, repo: Repo, body: bytes) -> None:
    hub.fail(INFO, 200, body=body)
    assert failure(registry, "acme/m").kind == "bad-answer"


def test_an_answer_that_is_not_compressed_as_it_says(hub: HubServer, registry: Registry, repo: Repo) -> None:
    hub.fail(INFO, 200, body=b"not gzip", headers={"Content-Encoding": "gzip"})
    assert failure(registry, "acme/m").kind == "bad-answer"


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("refs", b'{"branches": [{"name": 7, "ref": "x", "targetCommit": "y"}], "tags": [], "converts": []}'),
        ("refs", b'{"branches": 7, "tags": [], "converts": []}'),
        ("refs", b"[]"),
        ("commits", b'{"id": 1}'),
        ("commits", b'[{"id": 7}]'),
        ("commits", b"[7]"),
        ("paths-info", b'[{"type": "file", "path": 7, "oid": "a", "size": 1}]'),
        ("paths-info", b'[{"type": "file"}]'),
        ("paths-info", b"[7]"),
    ],
)
def test_malformed_answers_to_the_other_calls(
    hub: HubServer, registry: Registry, repo: Repo, call: str, body: bytes
) -> None:
    hub.drops_sizes = call == "paths-info"
    hub.fail(f"/{call}", 200, body=body)
    calls: dict[str, Callable[[str], object]] = {"refs": registry.versions, "commits": registry.commits}
    ask = calls.get(call, registry.query)
    with pytest.raises(BadAnswer):
        ask("acme/m")


@pytest.mark.parametrize(
    "card",
    [
        {"license": 7, "new_version": ["a"]},
        {"license": {"a": 1}, "new_version": "../../x"},
        {"license": ["\ud800"], "new_version": "\ud800/x"},
        {"license": "x" * 99_999},
        {},
    ],
)
def test_a_card_that_says_nothing_usable_is_no_obstacle(
    hub: HubServer, registry: Registry, repo: Repo, card: dict[str, object]
) -> None:
    repo.card = card
    metadata = registry.query("acme/m")
    assert metadata.new_version is None
    assert metadata.license is None or metadata.license.isprintable()
    assert registry.cached("acme/m") == metadata


def test_a_name_that_not_every_system_keeps_is_no_obstacle_unless_it_is_wanted(
    hub: HubServer, registry: Registry, repo: Repo
) -> None:
    repo.commit({**FILES, "logs/12:30.txt": b"log", "aux.json": b"{}"})
    metadata = registry.query("acme/m")
    assert {file.path for file in metadata.files} == set(FILES)
    assert set(metadata.unportable) == {"logs/12:30.txt", "aux.json"}
    assert registry.cached("acme/m") == metadata
