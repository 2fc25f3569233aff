"""What a host does before a job, without a cluster: marks, folders, models."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from modeltasks.errors import LocalError
from modeltasks.report.progress import NoProgress
from modeltasks.settings import NetworkSettings
from modeltasks.spec import Checksum, ModelFile, ModelSpec
from modeltasks.support.cancel import CancelToken
from tests.support.file_host import FileHost, sha256
from tests.video_censor_personal.runners.cluster_jobs import Stamp
from video_censor_personal.config.values import ModelsConfig
from video_censor_personal.runners.hosts import HostJob, HostUnfit, Marks, provide
from video_censor_personal.runners.runner import JobContext

SETTINGS = ModelsConfig(Path("/no/models/of/the/sender"), NetworkSettings(retries=0))


@pytest.fixture
def context() -> JobContext:
    return JobContext(NoProgress(), CancelToken())


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store of this host."""
    monkeypatch.setenv("VIDEO_CENSOR_CACHE_DIR", str(tmp_path / "store"))
    return tmp_path / "store"


def spec(host: FileHost, content: bytes, *, told: bytes | None = None, **more: object) -> ModelSpec:
    file = ModelFile("model.bin", Checksum("sha256", sha256(content)), len(content))
    url = host.put("ears.bin", content if told is None else told)
    return ModelSpec("ears", (file,), (url,), **more)  # type: ignore[arg-type]


def test_a_mark_is_made_once_and_removed(tmp_path: Path) -> None:
    marks, folder = Marks(), tmp_path / "new" / "folder"
    first = marks.of([folder])
    assert marks.of([folder]) == first
    assert [path.name for path in folder.iterdir()] == [first[folder]]
    marks.close()
    assert list(folder.iterdir()) == []


def test_marks_of_killed_programs_are_removed_and_those_of_others_stay(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from video_censor_personal.runners.hosts import Marks;"
        "print(Marks().of([Path(sys.argv[1])])); sys.stdout.flush(); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    living = Marks()
    living.of([tmp_path])
    another = Marks()
    another.of([tmp_path])
    assert len(list(tmp_path.iterdir())) == 2
    living.close()
    another.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError, match=r"The folder \S+/file/out cannot be used with a cluster"):
        Marks().of([tmp_path / "file" / "out"])


def test_a_folder_that_a_host_may_not_write_makes_it_unfit(tmp_path: Path, context: JobContext) -> None:
    # A folder that nobody may write, not even root: what it should be is a file system without files.
    out = Path("/proc/self/fd")
    mark = next(out.iterdir()).name
    film = tmp_path / "film.mkv"
    film.write_bytes(b"film")
    job = HostJob(film, Stamp(film, out, {}), {}, {out: mark}, 4, SETTINGS, "attic")
    with pytest.raises(HostUnfit, match=r"attic cannot take films: nothing can be written in /proc"):
        job.run(context)


def test_a_failure_of_a_host_survives_the_way_back() -> None:
    error = pickle.loads(pickle.dumps(HostUnfit("attic", "/films", "it is not there", "Mount it")))
    assert (type(error), error.lacking) == (HostUnfit, "/films")
    assert str(error) == "The worker attic cannot take films: it is not there. Mount it"


def test_a_model_is_fetched_once_into_the_hosts_own_store(
    store: Path, host: FileHost, context: JobContext
) -> None:
    wanted = spec(host, b"model")
    for _ in range(2):
        (found,) = provide((wanted,), SETTINGS, context, "attic").values()
        assert (found.directory, found.digest) == (store / "ears", wanted.entry_digest)
        assert found.ending(".bin")[0].read_bytes() == b"model"
    assert host.requests("ears.bin") == 1


def test_a_model_that_was_damaged_is_fetched_again(store: Path, host: FileHost, context: JobContext) -> None:
    wanted = spec(host, b"model")
    provide((wanted,), SETTINGS, context, "attic")
    (store / "ears" / "model.bin").write_bytes(b"wrong")
    provide((wanted,), SETTINGS, context, "attic")
    assert (store / "ears" / "model.bin").read_bytes() == b"model"


@pytest.mark.parametrize("more", [{}, {"optional": True}, {"on_unavailable": "fallback", "fallback": ("x",)}])
def test_a_model_that_cannot_be_had_makes_a_host_unfit(
    store: Path, host: FileHost, context: JobContext, more: dict[str, object]
) -> None:
    wanted = spec(host, b"model", told=b"bytes", **more)
    with pytest.raises(HostUnfit, match=r"attic .*the model ears cannot be had there: .* wrong content"):
        provide((wanted,), SETTINGS, context, "attic")
    assert not (store / "ears" / "model.bin").exists()


def test_a_host_without_room_for_a_model_is_unfit(store: Path, host: FileHost, context: JobContext) -> None:
    file = ModelFile("model.bin", Checksum("sha256", sha256(b"model")), 10**17)
    large = ModelSpec("ears", (file,), (host.put("ears.bin", b"model"),))
    with pytest.raises(HostUnfit, match=r"the model ears cannot be had there: Not enough room in"):
        provide((large,), SETTINGS, context, "attic")
