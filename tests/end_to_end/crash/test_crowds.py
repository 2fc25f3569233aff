"""Eight processes on one store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from functools import partial
from pathlib import Path

from tests.end_to_end.crash.campaign import LOST_MOST
from tests.end_to_end.crash.counting_host import CountingHost
from tests.end_to_end.crash.stores import Contents, contents, inspect, paths, serving, size_of
from tests.support.programs import command, start, video_censor
from tests.support.waiting import PATIENCE, wait_until

RATE = 40e6


def fetching(config: Path) -> subprocess.Popen[str]:
    return start(command("--download-models", "--json", "--config", config), config.parent)


def has_served(host: CountingHost, count: int) -> bool:
    return host.total >= count


def test_eight_processes_fetch_each_byte_once(tmp_path: Path) -> None:
    models = contents()
    with serving(tmp_path, models, rate=RATE) as (host, config):
        processes = [fetching(config) for _ in range(8)]
        replies = [json.loads(process.communicate(timeout=PATIENCE)[0]) for process in processes]

    assert [reply["exit_code"] for reply in replies] == [0] * 8
    assert dict(host.served) == {path: len(content) for path, content in paths(models).items()}
    fetched = sum(model["bytes_fetched"] for reply in replies for model in reply["models"])
    assert fetched == size_of(models)
    found = inspect(tmp_path / "store", models)
    assert found.violations == ()
    assert (found.published, found.unstamped, found.on_their_way) == (size_of(models), 0, 0)


def test_those_that_are_killed_hand_their_bytes_on(tmp_path: Path) -> None:
    models = contents()
    killed = 3
    with serving(tmp_path, models, rate=RATE) as (host, config):
        processes = [fetching(config) for _ in range(8)]
        for count, process in enumerate(processes[:killed], 1):
            goal = count * size_of(models) // (killed + 2)
            wait_until(partial(has_served, host, goal), process)
            process.send_signal(signal.SIGTERM if count == killed else signal.SIGKILL)
        replies = [json.loads(process.communicate(timeout=PATIENCE)[0]) for process in processes[killed:]]

    assert [reply["exit_code"] for reply in replies] == [0] * (8 - killed)
    assert size_of(models) <= host.total <= size_of(models) + killed * LOST_MOST
    found = inspect(tmp_path / "store", models)
    assert found.violations == ()
    assert (found.published, found.unstamped) == (size_of(models), 0)


def test_models_that_share_bytes_fetch_them_once(tmp_path: Path) -> None:
    weights = os.urandom(3_000_000)
    models: Contents = {f"m{n}": {"shared.bin": weights, "own.bin": os.urandom(1000)} for n in range(6)}
    with serving(tmp_path, models, rate=10e6) as (host, config):
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--jobs", 6, "--json")

    assert reply.code == 0
    assert host.total == len(weights) + 6 * 1000
    statuses = [model["status"] for model in reply.json["models"]]
    assert inspect(tmp_path / "store", models).violations == ()
    inodes = {(tmp_path / "store" / model / "shared.bin").stat().st_ino for model in models}
    assert len(inodes) == 1, statuses


def test_who_waits_too_long_is_told_for_whom(tmp_path: Path) -> None:
    models: Contents = {"m": {"m.bin": os.urandom(3_000_000)}}
    with serving(tmp_path, models, most=1_000_000) as (host, config):
        first = fetching(config)
        wait_until(lambda: host.total, first)
        patience = {"MODELTASKS_LOCK_TIMEOUT": "0.3"}
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json", **patience)
        host.go_on()
        assert first.wait(timeout=PATIENCE) == 0
    assert reply.code == 1
    (model,) = reply.json["models"]
    assert model["error"]["kind"] == "lock-timeout"
    assert f"process {first.pid} on " in model["error"]["why"]
    assert "MODELTASKS_LOCK_TIMEOUT" in model["error"]["fix"]
    assert host.total == 3_000_000
