"""Disks that become full in the middle, or cannot be written at all."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.crash.counting_host import hosting
from tests.end_to_end.crash.disks import fill, make_read_only, resize, small_disk
from tests.end_to_end.crash.stores import (
    MIB,
    Contents,
    digest,
    inspect,
    paths,
    serving,
    size_of,
    write_config,
)
from tests.support.programs import command, doit, start, video_censor
from tests.support.waiting import PATIENCE, wait_until

SIZE = 6 * MIB


@pytest.fixture
def models() -> Contents:
    noise = random.Random(1)
    return {"small": {"small.bin": noise.randbytes(1000)}, "big": {"big.bin": noise.randbytes(SIZE)}}


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_disk_that_fills_up_in_the_middle(tmp_path: Path, models: Contents, jobs: int) -> None:
    with (
        small_disk(tmp_path / "disk", 16) as disk,
        serving(tmp_path, models, store=disk / "store", rate=4e6, most=2 * MIB) as (host, config),
    ):
        store = disk / "store"
        fetch = command("--download-models", "--config", config, "--jobs", jobs)
        process = start(fetch, tmp_path, stderr=subprocess.PIPE)
        wait_until(lambda: host.total >= 2 * MIB and inspect(store, models).published == 1000, process)
        filler = fill(disk)
        host.go_on(4e6)
        _, output = process.communicate(timeout=PATIENCE)
        assert process.returncode == 4
        assert "Not enough room" in output
        assert "free some space" in output
        assert "Traceback" not in output
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
        host.go_on()
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 0
        assert {model["name"]: model["bytes_fetched"] for model in reply.json["models"]} == {
            "small": 0,
            "big": SIZE - found.on_their_way,
        }
        found = inspect(store, models)
        assert (found.violations, found.published, found.on_their_way) == ((), size_of(models), 0)


def test_a_full_disk_does_not_stop_who_has_everything(tmp_path: Path, models: Contents) -> None:
    with (
        small_disk(tmp_path / "disk", 24) as disk,
        serving(tmp_path, models, store=disk / "store") as (_host, config),
    ):
        assert video_censor(tmp_path, "--download-models", "--config", config).code == 0
        fill(disk)
        config.write_text(config.read_text() + "# edited\n")
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 0
        assert {model["status"] for model in reply.json["models"]} == {"current"}


THREE: Contents = {f"m{n}": {f"{n}.bin": random.Random(n).randbytes(8_000_000)} for n in range(3)}


@pytest.mark.parametrize("door", ["video-censor", "doit"])
@pytest.mark.parametrize("jobs", [1, 4])
def test_where_not_all_of_a_run_fits_nothing_is_asked_for(tmp_path: Path, door: str, jobs: int) -> None:
    with (
        small_disk(tmp_path / "disk", 20) as disk,
        serving(tmp_path, THREE, store=disk / "store") as (host, config),
    ):
        store = disk / "store"
        if door == "doit":
            reply = doit(tmp_path, "run", f"config={config}", "-n", jobs, "models")
            assert reply.code not in (0, 3)
            output = reply.out + reply.err
        else:
            asked = ("--download-models", "--config", config, "--jobs", jobs, "--json")
            reply = video_censor(tmp_path, *asked)
            assert reply.code == 4
            assert {model["error"]["kind"] for model in reply.json["models"]} == {"disk-full"}
            output = reply.err
        assert host.total == 0
        assert "32,000,000 bytes are needed and 20," in output
        assert "Traceback" not in output
        assert inspect(store, THREE).published == 0

        # One of them by name fits, whatever the others would need.
        assert doit(tmp_path, "run", f"config={config}", "models:m1").code == 0
        assert host.total == 8_000_000
        # So do two more when the disk is large enough: what is there takes no room.
        resize(disk, 33)
        assert video_censor(tmp_path, "--download-models", "--config", config, "--jobs", jobs).code == 0
        assert host.total == 24_000_000
        # Again in any case: each is replaced, which takes the room of a new one.
        again = video_censor(tmp_path, "--download-models", "--config", config, "--force")
        assert again.code == 4
        assert host.total == 24_000_000


def test_what_came_of_it_before_counts(tmp_path: Path) -> None:
    models = {"m": {"m.bin": THREE["m0"]["0.bin"]}}
    with small_disk(tmp_path / "disk", 14) as disk, hosting(paths(models)) as host:
        store = disk / "store"
        content = models["m"]["m.bin"]
        partials = store / ".modeltasks" / "partials"
        partials.mkdir(parents=True)
        (partials / f"sha256-{digest(content)}.part").write_bytes(content[:5_000_000])
        config = write_config(tmp_path / "video-censor.yaml", models, host, store)
        refused = video_censor(tmp_path, "--download-models", "--config", config)
        assert refused.code == 4
        assert "11,000,000 bytes are needed" in refused.err
        resize(disk, 16)
        assert video_censor(tmp_path, "--download-models", "--config", config).code == 0
        assert host.total == 3_000_000


def test_an_optional_model_without_room_does_not_keep_the_others_away(tmp_path: Path) -> None:
    with (
        small_disk(tmp_path / "disk", 25) as disk,
        serving(tmp_path, THREE, store=disk / "store") as (host, config),
    ):
        document = yaml.safe_load(config.read_text())
        document["models"]["sources"][1]["optional"] = True
        config.write_text(yaml.safe_dump(document))
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 0
        assert [model["status"] for model in reply.json["models"]] == ["fetched", "skipped", "fetched"]
        assert reply.json["models"][1]["error"]["kind"] == "disk-full"
        assert host.total == 16_000_000


def test_equal_bytes_on_the_disk_take_no_room(tmp_path: Path) -> None:
    weights = THREE["m0"]["0.bin"]
    models: Contents = {"one": {"1.bin": weights}, "two": {"2.bin": weights, "own.bin": b"own"}}
    with small_disk(tmp_path / "disk", 17) as disk, hosting(paths(models)) as host:
        store = disk / "store"
        config = write_config(tmp_path / "one.yaml", {"one": models["one"]}, host, store)
        assert video_censor(tmp_path, "--download-models", "--config", config).code == 0
        config = write_config(tmp_path / "both.yaml", models, host, store)
        fill(disk, leave=MIB)
        assert video_censor(tmp_path, "--download-models", "--config", config).code == 0
        assert host.total == 8_000_003


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
    with serving(tmp_path, models, store=theirs / "store") as (host, config):
        reply = video_censor(tmp_path, "--download-models", "--config", config, "--json")
        assert reply.code == 1
        assert {model["error"]["kind"] for model in reply.json["models"]} == {"permission"}
        assert host.total == 0
