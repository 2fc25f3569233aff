"""Links in a store that lead out of it: nothing out there is written, cut, touched, moved or removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modeltasks.support.files import Owner, this_process
from tests.end_to_end.crash.counting_host import hosting
from tests.end_to_end.crash.stores import Contents, digest, inspect, paths, serving, size_of, write_config
from tests.support.programs import doit, refusing, video_censor

CONTENT = b"1" * 300_000
MODELS: Contents = {"one": {"one.bin": CONTENT}, "two": {"sub/two.bin": b"2" * 2000}}
PARTIAL = f"sha256-{digest(CONTENT)}.part"
DEAD = Owner(this_process().host, "another-boot", 1)
META = "store/.modeltasks"


def tree(folder: Path) -> dict[str, object]:
    """Return all that could be seen to have changed below a folder; times of access apart."""
    seen: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        seen[str(path.relative_to(folder))] = (
            (status.st_mode, status.st_mtime_ns, status.st_ino, status.st_nlink, status.st_size, content)
            if content is not None
            else status.st_mode
        )
    return seen


def outside(folder: Path, content: bytes = b"dear to me", name: str = "outside") -> Path:
    place = folder / name
    place.mkdir(parents=True)
    (place / "mine").write_bytes(content)
    os.utime(place / "mine", (1e9, 1e9))
    return place


FILES = {
    f"{META}/locks/one.lock": b"dear to me",
    f"{META}/locks/content/sha256-{digest(CONTENT)}.lock": b"dear to me",
    f"{META}/partials/{PARTIAL}": CONTENT[:1000],
    f"{META}/partials/{PARTIAL}.{DEAD}-0011aabb": CONTENT[:1000],
    f"{META}/receipts/one.json": b"{}",
    f"{META}/used/one": b"",
    f"{META}/CACHEDIR.TAG": b"",
    "store/one/one.bin": b"0" * 300_000,
    "store/two/sub/two.bin": b"2" * 2001,
}


def everything(tmp_path: Path, config: Path, **environment: str) -> None:
    """Do what can be done to a store."""
    reply = video_censor(tmp_path, "--download-models", "--config", config, "--json", **environment)
    assert reply.code == 0, reply.err
    again = video_censor(tmp_path, "--download-models", "--config", config, "--force", **environment)
    assert again.code == 0, again.err
    for task in (["verify"], ["usage"], ["prune", "--partial-age", "0h", "--yes"]):
        done = doit(tmp_path, "run", f"config={config}", *task, **environment)
        assert done.code == 0, done.out + done.err


LINKS = {
    "files": dict.fromkeys(FILES, "mine"),
    "files that are not there": dict.fromkeys(FILES, "not-there"),
    "all notes": {META: "."},
    "all locks": {f"{META}/locks": "."},
    "folders": {
        f"{META}/{where}": "."
        for where in ("locks/content", "partials", "staging", "receipts", "used", "quarantine", "snapshots")
    },
}


@pytest.mark.parametrize("links", LINKS.values(), ids=LINKS)
def test_links_in_place_of_what_the_store_keeps(tmp_path: Path, links: dict[str, str]) -> None:
    for number, (where, to) in enumerate(links.items()):
        place = outside(tmp_path, FILES.get(where, b"dear to me"), f"outside/{number}")
        link = tmp_path / where
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(place / to)
    before = tree(tmp_path / "outside")
    with serving(tmp_path, MODELS) as (_host, config):
        everything(tmp_path, config)
    assert tree(tmp_path / "outside") == before
    assert inspect(tmp_path / "store", MODELS).violations == ()


def test_a_right_file_behind_a_link_is_used_and_not_touched(tmp_path: Path) -> None:
    place = outside(tmp_path, CONTENT)
    os.utime(place / "mine")
    target = tmp_path / "store/one/one.bin"
    target.parent.mkdir(parents=True)
    target.symlink_to(place / "mine")
    before = tree(place)
    with serving(tmp_path, MODELS) as (_host, config):
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert [model["status"] for model in reply.json["models"]] == ["kept", "fetched"]
        assert doit(tmp_path, "run", f"config={config}", "verify").code == 0
    assert tree(place) == before


def test_a_folder_within_a_model_that_leads_out_is_named_and_left(tmp_path: Path) -> None:
    place = outside(tmp_path)
    (place / "two.bin").write_bytes(b"not two")
    link = tmp_path / "store/two/sub"
    link.parent.mkdir(parents=True)
    link.symlink_to(place)
    before = tree(place)
    with serving(tmp_path, MODELS) as (host, config):
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 1
        assert [model["status"] for model in reply.json["models"]] == ["fetched", "failed"]
        assert f"{link} is a link that leads out of the store" in reply.json["models"][1]["error"]["why"]
        assert host.total == len(CONTENT)
        assert doit(tmp_path, "run", f"config={config}", "verify").code != 0
    assert tree(place) == before


def test_a_claim_where_there_are_no_locks(tmp_path: Path) -> None:
    place = outside(tmp_path)
    held = tmp_path / META / "locks/one.lock.held"
    held.parent.mkdir(parents=True)
    held.symlink_to(place / "mine")
    before = tree(place)
    with serving(tmp_path, MODELS) as (_host, config):
        everything(tmp_path, config, **refusing(tmp_path / "shim", "flock=ENOSYS"))
    assert tree(place) == before


def hard_linked(store: Path, copy: Path) -> None:
    for path in sorted(store.rglob("*")):
        there = copy / path.relative_to(store)
        there.mkdir(parents=True) if path.is_dir() else there.hardlink_to(path)


def test_a_copy_of_a_store_by_hard_links_leaves_the_original_alone(tmp_path: Path) -> None:
    store, copy = tmp_path / "store", tmp_path / "copy"
    with hosting(paths(MODELS)) as host:
        one = {"one": MODELS["one"]}
        config = write_config(tmp_path / "video-censor.yaml", one, host, store)
        assert video_censor(tmp_path, "--download-models", "--config", config).code == 0
        second = MODELS["two"]["sub/two.bin"]
        (store / ".modeltasks/partials" / f"sha256-{digest(second)}.part").write_bytes(second[:500])
        copy.mkdir()
        hard_linked(store, copy)
        before = tree(store)
        config = write_config(tmp_path / "copy.yaml", MODELS, host, copy)
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 0
        assert reply.json["models"][1]["bytes_fetched"] == 1500, "the partial is resumed"
        assert host.total == size_of(MODELS) - 500
    after = tree(store)
    # The links to the inodes come and go; what is in them does not.
    assert {path: value[:2] + value[4:] for path, value in after.items() if isinstance(value, tuple)} == {
        path: value[:2] + value[4:] for path, value in before.items() if isinstance(value, tuple)
    }


def test_a_model_on_another_disk_stays_there(tmp_path: Path) -> None:
    place = tmp_path / "other-disk"
    place.mkdir()
    (tmp_path / "store").mkdir()
    (tmp_path / "store/two").symlink_to(place)
    with serving(tmp_path, MODELS) as (_host, config):
        everything(tmp_path, config)
    assert (place / "sub/two.bin").read_bytes() == MODELS["two"]["sub/two.bin"]
