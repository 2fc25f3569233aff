"""Eight processes on one store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.end_to_end.crash.campaign import LOST_MOST
from tests.end_to_end.crash.counting_host import CountingHost, hosting
from tests.end_to_end.crash.shelf import Contents, contents, inspect, paths, size_of, write_config
from tests.support.programs import ENVIRONMENT, video_censor
from tests.support.promptly import PATIENCE, wait_until

RATE = 40e6


def start(config: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "video_censor_personal", "--download-models", "--json"]
    return subprocess.Popen(
        [*command, "--config", str(config)],
        cwd=config.parent,
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def has_served(host: CountingHost, count: int) -> bool:
    return host.total >= count


def test_eight_processes_fetch_each_byte_once(tmp_path: Path) -> None:
    models = contents()
    with hosting(paths(models), RATE) as host:
        config = write_config(tmp_path / "video-censor.yaml", models, host, tmp_path / "store")
        processes = [start(config) for _ in range(8)]
        replies = [json.loads(process.communicate(timeout=PATIENCE)[0]) for process in processes]

    assert [reply["exit_code"] for reply in replies] == [0] * 8
    assert dict(host.served) == {path: len(content) for path, content in paths(models).items()}
    told = sum(model["bytes_fetched"] for reply in replies for model in reply["models"])
    assert told == size_of(models)
    found = inspect(tmp_path / "store", models)
    assert found.violations == ()
    assert (found.published, found.unstamped, found.on_their_way) == (size_of(models), 0, 0)


def test_those_that_are_killed_hand_their_bytes_on(tmp_path: Path) -> None:
    models = contents()
    killed = 3
    with hosting(paths(models), RATE) as host:
        config = write_config(tmp_path / "video-censor.yaml", models, host, tmp_path / "store")
        processes = [start(config) for _ in range(8)]
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
    with hosting(paths(models), 10e6) as host:
        config = write_config(tmp_path / "video-censor.yaml", models, host, tmp_path / "store")
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--jobs", 6, "--json")

    assert reply.code == 0
    assert host.total == len(weights) + 6 * 1000
    statuses = [model["status"] for model in reply.json["models"]]
    assert inspect(tmp_path / "store", models).violations == ()
    inodes = {(tmp_path / "store" / model / "shared.bin").stat().st_ino for model in models}
    assert len(inodes) == 1, statuses


def test_who_waits_too_long_is_told_for_whom(tmp_path: Path) -> None:
    models: Contents = {"m": {"m.bin": os.urandom(3_000_000)}}
    with hosting(paths(models), most=1_000_000) as host:
        config = write_config(tmp_path / "video-censor.yaml", models, host, tmp_path / "store")
        first = start(config)
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
