"""`docs/cluster.md`, followed to the letter on one machine that plays three, and the container file."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import dask
import distributed
import pytest
import yaml

from tests.docs.pages import REPOSITORY, Block, blocks
from tests.support.dask_cluster import DaskCluster
from tests.support.file_host import FileHost, sha256
from tests.support.media_clips import Clip, make_clip
from tests.support.waiting import PATIENCE

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
    """Return a port for a program that is started later: none that a parallel test is lent meanwhile."""
    with socket.socket() as probe:
        for port in random.sample(range(61000, 65536), 100):
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise AssertionError("none of a hundred ports is free")


def test_three_machines_do_films_as_the_page_says(
    machines: DaskCluster, tmp_path: Path, host: FileHost, nsfw_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    here = {"192.168.1.10": "127.0.0.1", "8786": str(free_port())}
    here |= {"/home/ann": f"{tmp_path}/ann", "/mnt": f"{tmp_path}/mnt"}

    def real(text: str) -> str:
        for said, meant in here.items():
            text = text.replace(said, meant)
        return text

    def start(machine: str, until: str) -> None:
        program, *arguments = shlex.split(real(block("bash", f"on {machine}").text))
        assert program == "dask"
        machines.start(*arguments, until=until, environ={"HOME": f"{tmp_path}/{machine}"})

    shown = real(block("yaml", "video-censor.yaml").text)
    for ours, theirs in yaml.safe_load(shown)["library"]["paths"].items():
        Path(ours).mkdir(parents=True)
        Path(theirs).parent.mkdir(exist_ok=True)
        Path(theirs).symlink_to(ours)
    films = [tmp_path / "ann" / "Films" / "old" / f"{name}.mkv" for name in ("red", "blue")]
    films[0].parent.mkdir()
    for number, film in enumerate(films):
        make_clip(film, Clip(metadata={"title": str(number)}))
    content = (nsfw_dir / "open-nsfw.onnx").read_bytes()
    model = {"name": "open-nsfw", "url": host.put("open-nsfw.onnx", content), "checksum": sha256(content)}
    detector = {"name": "nsfw", "type": "nsfw", "model": "open-nsfw", "needs": {"gpu": 1}}
    more = yaml.safe_dump({"models": {"sources": [model]}, "detectors": [detector]})
    desk = tmp_path / "ann" / "desk"
    desk.mkdir()
    (desk / "video-censor.yaml").write_text(shown + more)
    (desk / "dodo.py").write_text("from video_censor_personal.task_graph import *\n")
    start("desk", "Scheduler at:")
    start("attic", "Registered to")
    start("cellar", "Registered to")
    done = subprocess.run(
        [sys.executable, "-m", "doit", "films"],
        cwd=desk,
        env={**os.environ, "HOME": str(tmp_path / "ann"), "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    clean = tmp_path / "ann" / "Films-clean" / "old"
    assert sorted(path.name for path in clean.iterdir()) == sorted(
        name for film in films for name in (f"{film.stem}.clean.mkv", f"{film.stem}.results.json")
    )
    # Desk has its own model, and cellar, which has the GPU; attic was given nothing that needs one.
    stores = [tmp_path / name / ".cache" / "video-censor" / "models" for name in ("ann", "attic", "cellar")]
    assert [(store / "open-nsfw").is_dir() for store in stores] == [True, False, True]


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
