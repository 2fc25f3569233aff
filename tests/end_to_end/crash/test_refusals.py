"""File systems that refuse what is a nicety: times, modes, links, locks, waiting, telling what is free."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.crash.stores import Contents, inspect, serving, size_of
from tests.support.programs import command, doit, refusing, start, video_censor
from tests.support.waiting import PATIENCE

MODELS: Contents = {
    "one": {"one.bin": b"1" * 300_000},
    "two": {"a.bin": b"a" * 3000, "sub/b.bin": b"1" * 300_000},
}

EVERYTHING = ("chmod=EPERM", "utime=EPERM", "fsync=EINVAL", "link=EPERM", "flock=ENOLCK", "statvfs=0")
REFUSALS = [
    *((call,) for call in EVERYTHING),
    EVERYTHING,
    ("chmod=ENOTSUP", "utime=ENOTSUP", "fsync=ENOSYS", "link=ENOTSUP", "flock=ENOSYS", "statvfs=ENOSYS"),
    ("chmod=ENOSYS", "utime=ENOSYS", "fsync=ENOTSUP", "link=ENOSYS", "flock=ENOTSUP", "statvfs=EPERM"),
    ("chmod=EROFS", "utime=EROFS", "link=EMLINK", "flock=EINVAL"),
    ("link=EXDEV", "flock=EPERM"),
]


@pytest.mark.parametrize("calls", REFUSALS, ids="+".join)
def test_niceties_are_not_fatal(tmp_path: Path, calls: tuple[str, ...]) -> None:
    environment = refusing(tmp_path / "shim", *calls)
    store = tmp_path / "store"
    with serving(tmp_path, MODELS, store=store) as (host, config):
        asked = ("--download-models", "--config", config, "--json")
        first = video_censor(tmp_path, *asked, **environment)
        assert (first.code, first.err.count("Traceback")) == (0, 0), first.err
        served = host.total
        assert served <= size_of(MODELS)
        for door in (
            video_censor(tmp_path, *asked, **environment),
            doit(tmp_path, "run", f"config={config}", "models", **environment),
            doit(tmp_path, "run", f"config={config}", "verify", **environment),
            doit(tmp_path, "run", f"config={config}", "usage", **environment),
            doit(tmp_path, "run", f"config={config}", "prune", **environment),
        ):
            assert door.code == 0, door.out + door.err
        assert host.total == served, "nothing is fetched twice"
    found = inspect(store, MODELS)
    assert (found.violations, found.published, found.unstamped) == ((), size_of(MODELS), 0)
    assert not list((store / ".modeltasks" / "staging").iterdir())


@pytest.mark.parametrize("calls", [("flock=ENOLCK",), EVERYTHING], ids=["no locks", "nothing at all"])
def test_without_locks_eight_processes_harm_nothing(tmp_path: Path, calls: tuple[str, ...]) -> None:
    environment = refusing(tmp_path / "shim", *calls)
    store = tmp_path / "store"
    with serving(tmp_path, MODELS, store=store, rate=2e6) as (_host, config):
        fetch = command("--download-models", "--json", "--config", config)
        processes = [start(fetch, tmp_path, environment) for _ in range(8)]
        replies = [json.loads(process.communicate(timeout=PATIENCE)[0]) for process in processes]
    assert [reply["exit_code"] for reply in replies] == [0] * 8
    found = inspect(store, MODELS)
    assert (found.violations, found.published) == ((), size_of(MODELS))
    locks = [path for path in (store / ".modeltasks" / "locks").rglob("*") if path.suffix != ".lock"]
    assert [path for path in locks if not path.is_dir() or path.name != "content"] == []


@pytest.mark.parametrize("call", ["replace=ENOSPC", "replace=EIO"])
def test_what_is_no_nicety_counts(tmp_path: Path, call: str) -> None:
    environment = refusing(tmp_path / "shim", call)
    with serving(tmp_path, MODELS) as (_host, config):
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json", **environment)
    assert reply.code == (4 if "ENOSPC" in call else 1)
    assert "Traceback" not in reply.err
