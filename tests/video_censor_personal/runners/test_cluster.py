"""Jobs on real Dask workers on loopback: placed, stopped, refused, and done again elsewhere."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from modeltasks.report.progress import FileProgress, NoProgress, Unit
from modeltasks.settings import NetworkSettings
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.support.cancel import Cancelled, CancelToken
from tests.support.dask_cluster import DaskCluster
from tests.support.file_host import FileHost, sha256
from tests.support.waiting import wait_until
from tests.video_censor_personal.runners.cluster_jobs import (
    Crashes,
    OddFailure,
    Opens,
    Raises,
    Slow,
    Stamp,
)
from video_censor_personal.config.values import ModelsConfig
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.errors import ClusterError, ProcessDied, UsageError
from video_censor_personal.runners.cluster import Cluster
from video_censor_personal.runners.runner import Job

QUICK = NetworkSettings(retries=0, backoff=(0.01,))


@dataclass
class Shown:
    """A progress that remembers: label, total and unit of each bar, and how far it came."""

    begun: list[tuple[str, float | None, Unit]] = field(default_factory=list)
    done: float = 0.0
    closed: int = 0

    def begin(self, label: str, total: float | None, done: float = 0, unit: Unit = "bytes") -> FileProgress:
        self.begun.append((label, total, unit))
        return self

    def advance(self, count: float) -> None:
        self.done += count

    def close(self) -> None:
        self.closed += 1


class Desk:
    """A machine that sends films to a cluster: some films, a folder for what becomes of them, threads."""

    def __init__(self, folder: Path, address: str, paths: dict[str, str], patience: float) -> None:
        self.films = folder / "films"
        self.out = folder / "out"
        self.films.mkdir()
        self.cluster = Cluster(address, paths, ModelsConfig(folder / "models", QUICK), patience=patience)
        self.threads = ThreadPoolExecutor(8)
        self.cancel = CancelToken()
        self.gate = folder / "gate"

    def film(self, name: str, content: bytes = b"film") -> Path:
        path = self.films / f"{name}.mkv"
        path.write_bytes(content)
        return path

    def stamp(self, name: str, **needs: float) -> Stamp:
        return Stamp(self.film(name), self.out, needs)

    def slow(self, name: str, **needs: float) -> Slow:
        return Slow(self.film(name), self.out, needs, self.gate)

    def run(self, job: Job) -> object:
        return self.cluster.run(job, NoProgress(), self.cancel)

    def start(self, job: Job) -> Future[object]:
        return self.threads.submit(self.run, job)

    def begun(self, name: str) -> list[Path]:
        """The files that say how often a film was begun, and by which worker."""
        return sorted(self.out.glob(f"{name}.[0-9]*"))

    def worker_of(self, name: str) -> int:
        wait_until(lambda: self.begun(name))
        return int(self.begun(name)[-1].suffixes[0][1:])

    def stopped(self, name: str) -> bool:
        return (self.out / f"{name}.stopped").exists()

    def close(self) -> None:
        self.cancel.set()
        self.threads.shutdown()
        self.cluster.close()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """A scheduler and two workers, of which one has a GPU, or says so; no test harms them."""
    cluster = DaskCluster(tmp_path_factory.mktemp("cluster"))
    cluster.scheduler()
    cluster.worker("ada")
    cluster.worker("bob", resources="film=1 gpu=1")
    yield cluster
    cluster.close()


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """A cluster of a test's own, empty."""
    cluster = DaskCluster(tmp_path_factory.mktemp("mortal"))
    yield cluster
    cluster.close()


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[list[Desk]]:
    made: list[Desk] = []
    yield made
    for desk in made:
        desk.close()


@pytest.fixture
def desk(two: DaskCluster, tmp_path: Path, desks: list[Desk]) -> Desk:
    """A machine that sends films to the two workers."""
    desks.append(Desk(tmp_path, two.address, {}, 5))
    return desks[0]


def test_films_are_done_at_once_by_as_many_workers_as_there_are(desk: Desk) -> None:
    assert desk.cluster.most == 2
    results = [desk.start(desk.slow(name)) for name in ("one", "two", "three")]
    wait_until(lambda: len(list(desk.out.glob("[a-z]*.*"))) == 2)
    assert len({desk.worker_of(path.name.partition(".")[0]) for path in desk.out.glob("[a-z]*.*")}) == 2
    desk.gate.touch()
    assert sorted(str(each.result()) for each in results) == sorted(map(str, desk.out.glob("[a-z]*.*")))
    assert [len(desk.begun(name)) for name in ("one", "two", "three")] == [1, 1, 1]


def test_a_film_that_needs_a_gpu_goes_where_one_is(desk: Desk) -> None:
    workers = set()
    for number in range(4):
        desk.run(desk.stamp(f"film{number}", gpu=1))
        workers.add(desk.worker_of(f"film{number}"))
    assert len(workers) == 1


def test_what_no_worker_offers_is_named(desk: Desk) -> None:
    with pytest.raises(
        ClusterError, match=r"(?s)film\.mkv can be done by no worker.*ada .*no tpu.*bob .*no tpu"
    ):
        desk.run(desk.stamp("film", tpu=1))


def test_a_failure_comes_back_as_it_is_and_says_where(desk: Desk) -> None:
    film = desk.film("film")
    with pytest.raises(OddFailure, match=r"(?s)is odd.*This was on (ada|bob)") as raised:
        desk.run(Raises(film, OddFailure(film)))
    assert raised.value.film == film


def test_a_film_that_crashes_its_process_ends_alone(desk: Desk) -> None:
    other = desk.start(desk.slow("other"))
    desk.worker_of("other")
    with pytest.raises(ProcessDied, match=r"film\.mkv.*SIGSEGV"):
        desk.run(Crashes(desk.film("film")))
    desk.gate.touch()
    other.result()
    assert len(desk.begun("other")) == 1


def test_progress_and_log_lines_come_back(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "video_censor_personal")
    shown = Shown()
    running = desk.threads.submit(desk.cluster.run, desk.slow("film"), shown, desk.cancel)
    wait_until(lambda: shown.done > 0)
    desk.gate.touch()
    running.result()
    assert shown.begun == [("film.mkv", 100.0, "seconds")]
    assert shown.closed == 1
    assert [line for line in caplog.messages if line.endswith(": looking at film.mkv")] != []


def test_a_stop_ends_what_is_under_way_and_nothing_runs_on(desk: Desk) -> None:
    running = [desk.start(desk.slow(name)) for name in ("one", "two", "three")]
    wait_until(lambda: len(list(desk.out.glob("[a-z]*.*"))) == 2)
    begun = [path.name.partition(".")[0] for path in desk.out.glob("[a-z]*.*")]
    desk.cancel.set()
    for each in running:
        with pytest.raises(Cancelled):
            each.result()
    assert [desk.stopped(name) for name in begun] == [True, True]
    assert len(list(desk.out.glob("three.[0-9]*"))) + len(begun) <= 3


def test_closing_stops_what_is_under_way(desk: Desk) -> None:
    running = desk.start(desk.slow("film"))
    desk.worker_of("film")
    desk.cluster.close()
    with pytest.raises(Cancelled):
        running.result()
    wait_until(lambda: desk.stopped("film"))


def test_a_sender_that_is_killed_leaves_nothing_running(two: DaskCluster, desk: Desk) -> None:
    job = desk.slow("film")
    script = (
        "import sys, pickle; from pathlib import Path;"
        "from tests.video_censor_personal.runners.test_cluster import *;"
        f"Cluster({two.address!r}, {{}}, ModelsConfig(Path('x'))).run("
        f"Slow(Path({str(job.film)!r}), Path({str(desk.out)!r}), {{}}, Path({str(desk.gate)!r})),"
        "NoProgress(), CancelToken())"
    )
    sender = subprocess.Popen([sys.executable, "-c", script])
    wait_until(lambda: desk.begun("film"), sender)
    sender.kill()
    sender.wait()
    wait_until(lambda: desk.stopped("film"))


def test_folders_have_other_names_on_workers(two: DaskCluster, tmp_path: Path, desks: list[Desk]) -> None:
    mount = tmp_path / "mount"
    desk = Desk(tmp_path, two.address, {str(tmp_path / "shelf"): str(mount)}, 5)
    desks.append(desk)
    (tmp_path / "shelf").mkdir()
    mount.symlink_to(tmp_path / "shelf")
    film = tmp_path / "shelf" / "film.mkv"
    film.write_bytes(b"film")
    result = desk.run(Tells(film, tmp_path / "shelf" / "made"))
    assert result == (str(mount / "film.mkv"), str(mount / "made"), tmp_path / "shelf" / "made")


@dataclass(frozen=True)
class Tells(Job):
    """Returns what its film and its folder are called there, as text, and its folder as a path."""

    film: Path
    out: Path

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.out,)

    def run(self, context: object) -> object:
        return str(self.film), str(self.out), self.out


@pytest.mark.parametrize(
    ("there", "what"),
    [
        ({}, r"the folder \S+/out \(there: \S+/mount/out\) is not there"),
        ({"out": None}, r"the folder \S+/out \(there: \S+/mount/out\) is not the same folder there"),
    ],
    ids=["no-folder", "another-folder"],
)
def test_a_folder_that_workers_do_not_see_is_named(
    two: DaskCluster, tmp_path: Path, desks: list[Desk], there: dict[str, None], what: str
) -> None:
    mount = tmp_path / "mount"
    for name in there:
        (mount / name).mkdir(parents=True)
    desk = Desk(tmp_path, two.address, {str(tmp_path / "out"): str(mount / "out")}, 5)
    desks.append(desk)
    with pytest.raises(
        ClusterError, match=rf"(?s)film\.mkv can be done by no worker.*ada .*{what}.*bob .*{what}"
    ):
        desk.run(desk.stamp("film"))
    assert desk.begun("film") == []
    assert not (mount / "out").exists() or list((mount / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "what"),
    [(None, "cannot be seen there: No such file"), (b"other film", "another film there, of 10 bytes")],
    ids=["no-film", "another-film"],
)
def test_a_film_that_workers_do_not_see_is_named(
    two: DaskCluster, tmp_path: Path, desks: list[Desk], content: bytes | None, what: str
) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    if content is not None:
        (mount / "film.mkv").write_bytes(content)
    desk = Desk(tmp_path, two.address, {str(tmp_path / "films"): str(mount)}, 5)
    desks.append(desk)
    with pytest.raises(ClusterError, match=rf"film\.mkv \(there: \S+/mount/film.mkv\).*{what}"):
        desk.run(desk.stamp("film"))


def test_the_marks_in_shared_folders_are_removed(desk: Desk) -> None:
    result = desk.run(desk.stamp("film"))
    desk.cluster.close()
    assert list(desk.out.iterdir()) == [result]


def model(host: FileHost, name: str, content: bytes) -> ModelSpec:
    file = ModelFile("model.bin", Checksum("sha256", sha256(content)), len(content))
    return ModelSpec(name, (file,), (host.put(name, content),))


def opens(desk: Desk, name: str, spec: ModelSpec) -> Opens:
    ours = InstalledModel(Path("/nowhere") / spec.name, ("model.bin",), spec.entry_digest)
    return Opens(desk.film(name), ours, (spec,))


def test_each_host_gets_the_models_once_before_its_first_film(
    two: DaskCluster, desk: Desk, host: FileHost
) -> None:
    spec = model(host, "ears", b"a model")
    jobs = [desk.start(opens(desk, f"film{number}", spec)) for number in range(6)]
    assert {each.result() for each in jobs} == {(str(two.models / "ears"), b"a model")}
    assert host.requests() == 1


def test_a_film_goes_to_another_worker_where_one_cannot_get_a_model(
    two: DaskCluster, mortal: DaskCluster, tmp_path: Path, desks: list[Desk], host: FileHost
) -> None:
    spec = model(host, "eyes", b"another model")
    mortal.scheduler()
    mortal.worker(
        "cut-off", environ={"HF_HUB_OFFLINE": "1", "VIDEO_CENSOR_CACHE_DIR": str(tmp_path / "other")}
    )
    desk = Desk(tmp_path, mortal.address, {}, 2)
    desks.append(desk)
    with pytest.raises(
        ClusterError, match=r"cut-off \S+: the model eyes cannot be had there.*HF_HUB_OFFLINE"
    ):
        desk.run(opens(desk, "film", spec))
    mortal.worker("free")
    for number in range(3):
        found = desk.run(opens(desk, f"film{number}", spec))
        assert found == (str(mortal.models / "eyes"), b"another model")


def test_a_worker_with_other_versions_gets_no_films(
    mortal: DaskCluster, tmp_path: Path, desks: list[Desk]
) -> None:
    old = tmp_path / "old"
    (old / "av-1.2.3.dist-info").mkdir(parents=True)
    (old / "av-1.2.3.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: av\nVersion: 1.2.3\n")
    mortal.scheduler()
    mortal.worker("old", environ={"PYTHONPATH": f"{old}{os.pathsep}{Path.cwd()}"})
    desk = Desk(tmp_path, mortal.address, {}, 2)
    desks.append(desk)
    assert desk.cluster.most == 0
    with pytest.raises(ClusterError, match=r"old \(tcp:\S+\): av is 1\.2\.3 there, \d"):
        desk.run(desk.stamp("film"))
    assert desk.begun("film") == []


def test_a_worker_that_is_killed_costs_no_other_film_anything(
    mortal: DaskCluster, tmp_path: Path, desks: list[Desk], caplog: pytest.LogCaptureFixture
) -> None:
    mortal.scheduler()
    mortal.worker("ada")
    mortal.worker("bob")
    desk = Desk(tmp_path, mortal.address, {}, 60)
    desks.append(desk)
    for name in ("early", "earlier"):
        desk.run(desk.stamp(name))
    one, two = desk.start(desk.slow("one")), desk.start(desk.slow("two"))
    desk.worker_of("two")
    os.kill(desk.worker_of("one"), signal.SIGKILL)
    wait_until(lambda: len(desk.begun("one")) == 2)
    desk.gate.touch()
    one.result()
    two.result()
    assert [len(desk.begun(name)) for name in ("early", "earlier", "one", "two")] == [1, 1, 2, 1]
    assert any("one.mkv: the worker" in line for line in caplog.messages)


def test_a_worker_that_is_ended_hands_its_film_on(
    mortal: DaskCluster, tmp_path: Path, desks: list[Desk]
) -> None:
    mortal.scheduler()
    ada = mortal.worker("ada")
    desk = Desk(tmp_path, mortal.address, {}, 60)
    desks.append(desk)
    running = desk.start(desk.slow("film"))
    desk.worker_of("film")
    mortal.worker("bob")
    ada.terminate()
    wait_until(lambda: len(desk.begun("film")) == 2)
    assert desk.stopped("film")
    desk.gate.touch()
    running.result()


def test_a_film_that_outlives_no_worker_is_given_up(
    mortal: DaskCluster, tmp_path: Path, desks: list[Desk]
) -> None:
    mortal.scheduler()
    mortal.worker("ada")
    desk = Desk(tmp_path, mortal.address, {}, 60)
    desks.append(desk)
    running = desk.start(desk.slow("film"))
    for number in range(1, 4):
        wait_until(lambda number=number: len(desk.begun("film")) == number)  # type: ignore[misc]
        os.kill(desk.worker_of("film"), signal.SIGKILL)
    with pytest.raises(ClusterError, match=r"film\.mkv was given up.*ada"):
        running.result()


def test_a_scheduler_that_goes_away_fails_the_films_under_way_and_those_after(
    mortal: DaskCluster, tmp_path: Path, desks: list[Desk]
) -> None:
    scheduler = mortal.scheduler()
    mortal.worker("ada")
    desk = Desk(tmp_path, mortal.address, {}, 5)
    desks.append(desk)
    running = desk.start(desk.slow("film"))
    desk.worker_of("film")
    scheduler.kill()
    lost = rf"was not finished on the cluster: the connection to the scheduler {mortal.address} was lost"
    with pytest.raises(ClusterError, match=rf"film\.mkv {lost}"):
        running.result()
    with pytest.raises(ClusterError, match=rf"next\.mkv {lost}"):
        desk.run(desk.stamp("next"))
    wait_until(lambda: desk.stopped("film"))


@pytest.mark.parametrize(
    ("address", "error", "what"),
    [
        ("tcp://127.0.0.1:9", ClusterError, "There is no scheduler at tcp://127.0.0.1:9: Connection refused"),
        ("tcp://no-such-host.invalid:8786", ClusterError, "There is no scheduler at tcp://no-such-host"),
        ("host:8786", UsageError, "Write it as tcp://"),
        ("http://host:8786", UsageError, "Write it as tcp://"),
        ("tcp://", UsageError, "Write it as tcp://"),
        ("tcp://host", UsageError, "Write it as tcp://"),
        ("tcp://host:port", UsageError, "Write it as tcp://"),
        ("tcp://[host:8786", UsageError, "Write it as tcp://"),
    ],
)
def test_an_address_without_a_scheduler_is_named(
    address: str, error: type[Exception], what: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=what):
        Cluster(address, {}, ModelsConfig(tmp_path))


def test_without_dask_it_says_what_to_install(
    two: DaskCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'video-censor-personal\[cluster\]'"):
        Cluster(two.address, {}, ModelsConfig(tmp_path))


def test_something_else_in_the_place_of_a_scheduler_is_named(host: FileHost, tmp_path: Path) -> None:
    address = f"tcp://127.0.0.1:{host.server.port}"
    with pytest.raises(ClusterError, match=f"There is no scheduler at {address}"):
        Cluster(address, {}, ModelsConfig(tmp_path))


def test_a_worker_in_the_place_of_a_scheduler_is_named(two: DaskCluster, tmp_path: Path) -> None:
    from distributed import Client

    with Client(two.address, set_as_default=False) as client:
        address = next(iter(client.scheduler_info()["workers"]))
    with pytest.raises(ClusterError, match=f"no scheduler at {address}: what listens there is a Worker"):
        Cluster(address, {}, ModelsConfig(tmp_path))


def test_tls_needs_certificates_and_works_with_them(
    mortal: DaskCluster, tmp_path: Path, desks: list[Desk]
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-subj", "/CN=cluster", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    tls = {
        "ca-file": str(certificate),
        **{who: {"cert": str(certificate), "key": str(key)} for who in ("scheduler", "worker", "client")},
    }
    (tmp_path / "dask").mkdir()
    comm = {"require-encryption": True, "tls": tls}
    (tmp_path / "dask" / "tls.yaml").write_text(yaml.safe_dump({"distributed": {"comm": comm}}))
    environ = {"DASK_CONFIG": str(tmp_path / "dask")}
    mortal.scheduler("--protocol", "tls", environ=environ)
    mortal.worker("ada", environ=environ)
    with pytest.raises(UsageError, match="name the certificate files"):
        Cluster(mortal.address, {}, ModelsConfig(tmp_path))
    import dask

    client = {"ca-file": str(certificate), "client.cert": str(certificate), "client.key": str(key)}
    with dask.config.set({f"distributed.comm.tls.{name}": value for name, value in client.items()}):
        desk = Desk(tmp_path, mortal.address, {}, 5)
        desks.append(desk)
        desk.run(desk.stamp("film"))


def test_without_workers_it_says_how_to_start_one(
    mortal: DaskCluster, tmp_path: Path, desks: list[Desk]
) -> None:
    mortal.scheduler()
    desk = Desk(tmp_path, mortal.address, {}, 0.5)
    desks.append(desk)
    with pytest.raises(ClusterError, match=r"has no workers\. Start some: dask worker"):
        desk.run(desk.stamp("film"))
