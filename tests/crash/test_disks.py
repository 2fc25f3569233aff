"""Disks that become full in the middle, or cannot be written at all."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.crash.counting_host import hosting
from tests.crash.disks import fill, make_read_only, small_disk
from tests.crash.shelf import MIB, Contents, inspect, paths, size_of, write_config
from tests.programs import ENVIRONMENT, video_censor

SIZE = 6 * MIB


@pytest.fixture
def models() -> Contents:
    noise = random.Random(1)
    return {"small": {"small.bin": noise.randbytes(1000)}, "big": {"big.bin": noise.randbytes(SIZE)}}


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_disk_that_fills_up_in_the_middle(tmp_path: Path, models: Contents, jobs: int) -> None:
    with small_disk(tmp_path / "disk", 16) as disk, hosting(paths(models), 4e6) as host:
        store = disk / "store"
        config = write_config(tmp_path / "video-censor.yaml", models, host, store)
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "video_censor_personal", "--download-models"),
                *("--config", str(config), "--jobs", str(jobs)),
            ],
            cwd=tmp_path,
            env={**os.environ, **ENVIRONMENT},
            stderr=subprocess.PIPE,
            text=True,
        )
        while host.total < 2 * MIB:
            time.sleep(0.01)
            assert process.poll() is None
        filler = fill(disk)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 4
        assert "Not enough room" in told
        assert "Free some space" in told
        assert "Traceback" not in told
        found = inspect(store, models)
        assert found.violations == ()
        assert found.published == 1000
        assert found.on_their_way >= MIB, "all but what was in flight"

        # Still full: nothing is asked for, nothing is lost.
        served = host.total
        assert video_censor(tmp_path, "--download-models", "--config", config).code == 4
        assert host.total == served
        assert inspect(store, models).on_their_way == found.on_their_way

        filler.unlink()
        host.rate = 0
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 0
        assert {model["name"]: model["bytes_fetched"] for model in reply.json["models"]} == {
            "small": 0,
            "big": SIZE - found.on_their_way,
        }
        found = inspect(store, models)
        assert (found.violations, found.published, found.on_their_way) == ((), size_of(models), 0)


def test_a_full_disk_does_not_stop_who_has_everything(tmp_path: Path, models: Contents) -> None:
    with small_disk(tmp_path / "disk", 24) as disk, hosting(paths(models)) as host:
        config = write_config(tmp_path / "video-censor.yaml", models, host, disk / "store")
        assert video_censor(tmp_path, "--download-models", "--config", config).code == 0
        fill(disk)
        config.write_text(config.read_text() + "# edited\n")
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 0
        assert {model["status"] for model in reply.json["models"]} == {"current"}


def test_a_read_only_store_serves_what_it_has(tmp_path: Path, models: Contents) -> None:
    with small_disk(tmp_path / "disk", 24) as disk, hosting(paths(models)) as host:
        store = disk / "store"
        some = {"small": models["small"]}
        config = write_config(tmp_path / "video-censor.yaml", some, host, store)
        assert video_censor(tmp_path, "--download-models", "--config", config).code == 0
        make_read_only(disk)
        served = host.total

        config.write_text(config.read_text() + "# edited\n")
        current = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert current.code == 0
        assert current.json["models"][0]["status"] == "current"

        write_config(config, models, host, store)
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 1
        small, big = reply.json["models"]
        assert small["status"] == "current"
        assert (big["status"], big["error"]["kind"]) == ("failed", "permission")
        assert "Read-only file system" in big["error"]["why"]
        assert "Traceback" not in reply.err
        assert host.total == served
        assert inspect(store, models).violations == ()


def test_a_store_on_a_disk_that_is_read_only(tmp_path: Path, models: Contents) -> None:
    with small_disk(tmp_path / "disk", 24) as disk, hosting(paths(models)) as host:
        make_read_only(disk)
        config = write_config(tmp_path / "video-censor.yaml", models, host, disk / "store")
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 1
        for model in reply.json["models"]:
            assert model["error"]["kind"] == "permission"
            assert "models.cache_dir" in model["error"]["fix"]
        assert "Traceback" not in reply.err
        assert host.total == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_somebody_else(tmp_path: Path, models: Contents) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(mode=0o555)
    with hosting(paths(models)) as host:
        config = write_config(tmp_path / "video-censor.yaml", models, host, theirs / "store")
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 1
        assert {model["error"]["kind"] for model in reply.json["models"]} == {"permission"}
        assert host.total == 0
