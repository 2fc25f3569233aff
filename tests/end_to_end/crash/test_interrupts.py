"""Ctrl-C and SIGTERM in the middle of a fetch, to `video-censor` and to doit."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.end_to_end.crash.campaign import LOST_MOST
from tests.end_to_end.crash.counting_host import CountingHost
from tests.end_to_end.crash.stores import (
    Contents,
    contents,
    digest,
    inspect,
    serving,
    size_of,
)
from tests.support.programs import command, doit, doit_command, start, video_censor
from tests.support.waiting import PATIENCE, PROMPT, wait_until

RATE = 25e6


def third_of(models: Contents) -> int:
    return size_of(models) // 3


def interrupted(
    line: list[str], folder: Path, host: CountingHost, models: Contents, number: signal.Signals
) -> tuple[int, str, float]:
    """Stop a command when a third of the bytes have come; return its code, its output, and the seconds."""
    process = start(line, folder, stderr=subprocess.STDOUT)
    wait_until(lambda: host.total >= third_of(models), process)
    sent = time.monotonic()
    process.send_signal(number)
    output, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, output, time.monotonic() - sent


@pytest.mark.parametrize("jobs", ["1", "4"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_video_censor_stops_at_once_with_130_and_goes_on_next_time(
    tmp_path: Path, number: signal.Signals, jobs: str
) -> None:
    models = contents(0.5)
    # With one job the model of several files comes first: its files are fetched at once all the same.
    models = dict(reversed(models.items())) if jobs == "1" else models
    with serving(tmp_path, models, rate=RATE, most=third_of(models)) as (host, config):
        line = command("--download-models", "--config", config, "--jobs", jobs)
        code, output, seconds = interrupted(line, tmp_path, host, models, number)
        assert code == 130
        assert seconds < PROMPT
        assert "Interrupted. What was fetched and found so far is kept." in output
        assert "Traceback" not in output
        assert inspect(tmp_path / "store", models).violations == ()

        host.go_on()
        assert video_censor(tmp_path, "--download-models", "--config", config).code == 0
    found = inspect(tmp_path / "store", models)
    assert (found.violations, found.published, found.unstamped) == ((), size_of(models), 0)
    assert host.total <= size_of(models) + LOST_MOST


@pytest.mark.parametrize(
    ("number", "jobs"), [(signal.SIGINT, "1"), (signal.SIGINT, "4"), (signal.SIGTERM, "4")]
)
def test_doit_stops_at_once_and_goes_on_next_time(tmp_path: Path, number: signal.Signals, jobs: str) -> None:
    models = contents(0.5)
    models["speech"]["second.bin"] = os.urandom(40_000_000)
    del models["large"]
    with serving(tmp_path, models, rate=RATE, most=third_of(models)) as (host, config):
        line = doit_command("run", "-n", jobs, f"config={config}", "models")
        code, _, seconds = interrupted(line, tmp_path, host, models, number)
        assert code == -number, "doit ends as Python does"
        assert seconds < PROMPT
        assert inspect(tmp_path / "store", models).violations == ()

        host.go_on()
        assert doit(tmp_path, "run", f"config={config}", "models").code == 0
    found = inspect(tmp_path / "store", models)
    assert (found.violations, found.published, found.unstamped) == ((), size_of(models), 0)
    assert host.total <= size_of(models) + LOST_MOST


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs to see what a process has read")
def test_doit_verify_stops_at_once(tmp_path: Path) -> None:
    models: Contents = {"huge": {"huge.bin": b""}, "other": {"other.bin": b""}}
    with serving(tmp_path, models) as (_host, config):
        # md5 takes minutes for this, and nothing but holes is stored.
        config.write_text(config.read_text().replace(f"checksum: {digest(b'')}", f"checksum: md5:{'0' * 32}"))
        for model, files in models.items():
            (tmp_path / "store" / model).mkdir(parents=True)
            with (tmp_path / "store" / model / next(iter(files))).open("wb") as stream:
                stream.truncate(1 << 40)
        process = start(
            doit_command("run", f"config={config}", "verify"), tmp_path, stdout=subprocess.DEVNULL
        )
        wait_until(lambda: _bytes_read(process.pid) > 200_000_000, process)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == -signal.SIGINT
        assert time.monotonic() - sent < PROMPT
    assert (tmp_path / "store" / "huge" / "huge.bin").exists()


def _bytes_read(pid: int) -> int:
    return int(Path(f"/proc/{pid}/io").read_text().split()[1])
