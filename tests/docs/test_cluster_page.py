"""`docs/cluster.md`, followed to the letter on one machine that plays three, and the container file."""

from __future__ import annotations

import json
import re
import shlex
import socket
from collections.abc import Iterator
from pathlib import Path

import dask
import distributed
import pytest
import yaml

from modeltasks.report.progress import NoProgress
from modeltasks.support.cancel import CancelToken
from tests.docs.pages import REPOSITORY, Block, blocks
from tests.support.dask_cluster import DaskCluster
from tests.video_censor_personal.runners.cluster_jobs import Stamp
from video_censor_personal.config.values import ModelsConfig
from video_censor_personal.runners.cluster import Cluster

PAGE = blocks(REPOSITORY / "docs" / "cluster.md")
CONTAINER = (REPOSITORY / "docker" / "Dockerfile").read_text(encoding="utf-8")


def block(language: str, title: str) -> Block:
    (found,) = (each for each in PAGE if (each.language, each.title) == (language, title))
    return found


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[DaskCluster]:
    folder = tmp_path / "machines"
    folder.mkdir()
    cluster = DaskCluster(folder)
    yield cluster
    cluster.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_three_machines_do_films_as_the_page_says(machines: DaskCluster, tmp_path: Path) -> None:
    here = {"192.168.1.10": "127.0.0.1", "8786": str(free_port())}
    here |= {"/home/ann": f"{tmp_path}/ann", "/mnt": f"{tmp_path}/mnt"}

    def real(text: str) -> str:
        for said, meant in here.items():
            text = text.replace(said, meant)
        return text

    def command(machine: str) -> list[str]:
        program, *arguments = shlex.split(real(block("bash", f"on {machine}").text))
        assert program == "dask"
        return arguments

    config = yaml.safe_load(real(block("yaml", "video-censor.yaml").text))["library"]
    (tmp_path / "mnt").mkdir()
    for ours, theirs in config["paths"].items():
        Path(ours).mkdir(parents=True)
        Path(theirs).symlink_to(ours)
    machines.start(*command("desk"), until="Scheduler at:", environ={})
    for machine in ("attic", "cellar"):
        machines.start(*command(machine), environ={})
    cluster = Cluster(config["runner"], config["paths"], ModelsConfig(tmp_path / "models"))
    try:
        assert cluster.most == 2
        films = Path(config["films"][0].partition("**")[0])
        for needs in ({"gpu": 1.0}, {}):
            film = films / f"film{len(needs)}.mkv"
            film.write_bytes(b"film")
            made = cluster.run(Stamp(film, Path(config["output_dir"]), needs), NoProgress(), CancelToken())
            assert made.parent == Path(config["output_dir"])
            assert made.read_bytes() == b"film"
    finally:
        cluster.close()


def test_the_settings_for_tls_are_those_of_dask() -> None:
    (shown,) = (each.text for each in PAGE if "require-encryption" in each.text)
    comm = yaml.safe_load(shown)["distributed"]["comm"]
    assert distributed.__version__  # its settings are known once it was imported
    known = dask.config.get("distributed.comm")
    assert comm.keys() <= known.keys()
    assert comm["tls"].keys() <= known["tls"].keys()
    for role in ("scheduler", "worker", "client"):
        assert comm["tls"][role].keys() <= known["tls"][role].keys()


def test_the_container_is_a_worker_and_not_root(machines: DaskCluster) -> None:
    lines = CONTAINER.splitlines()
    (entry,) = (
        json.loads(line.removeprefix("ENTRYPOINT ")) for line in lines if line.startswith("ENTRYPOINT")
    )
    (given,) = (each.text for each in PAGE if "docker run" in each.text)
    machines.scheduler()
    arguments = shlex.split(given.splitlines()[-1].partition("video-censor-worker ")[2])
    assert entry[0] == "dask"
    machines.start(*entry[1:], machines.address, *arguments[1:], environ={})
    (user,) = (line.split()[1] for line in lines if line.startswith("USER"))
    assert user != "root"
    assert lines.index(f"USER {user}") < next(at for at, line in enumerate(lines) if line.startswith("ENTRY"))


def test_what_the_container_file_copies_is_there() -> None:
    copied = [
        word
        for line in re.findall(r"^COPY (?!--)(.+) \S+$", CONTAINER, re.MULTILINE)
        for word in line.split()
    ]
    assert len(copied) > 6
    assert [name for name in copied if not (REPOSITORY / name).exists()] == []
