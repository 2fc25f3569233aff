"""What a message advises works where the message was read: it is taken out of it, and run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from modeltasks.support.commands import current
from tests.support.file_host import FileHost
from tests.support.hub_server import HubServer
from tests.support.installed import install
from tests.support.programs import Outcome, advised, run, type_in
from video_censor_personal.cli.init import DODO
from video_censor_personal.commands import fetch_command, name_tasks, task
from video_censor_personal.shipped import default_config_path

A = b"model a " * 4000
PATH = f"{Path(shutil.which('sh') or '/bin/sh').parent}"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an installation that knows nothing of the checkout, in a folder with a space."""
    return install(tmp_path_factory.mktemp("my tools") / "venv")


@pytest.fixture
def films(config_file: Callable[..., Path], host: FileHost, tmp_path: Path) -> Path:
    """A folder as `init` leaves it, with a config of one model, and one below it."""
    folder = tmp_path / "films"
    (folder / "sub").mkdir(parents=True)
    (folder / "dodo.py").write_text(DODO)
    detectors = [{"name": "speech", "type": "speech", "model": "a"}]
    config_file(host.entry("a", A), detectors=detectors).rename(folder / "video-censor.yaml")
    return folder


def said(done: Outcome) -> str:
    assert "Traceback" not in done.out + done.err
    return done.out + done.err


# How the program is called, from which folder, and whether the config is found there by itself.
WAYS = {
    "by path": ("{bin}/video-censor tasks", ".", True),
    "by path, config named": ("{bin}/video-censor tasks config=../video-censor.yaml", "sub", False),
    "by relative path": ("../venv/bin/video-censor tasks", ".", True),
    "on the path": ("video-censor tasks", ".", True),
    "by its module": ("{bin}/python -m video_censor tasks config='{odd}'", ".", False),
    "by its package": ("{bin}/python -I -m video_censor_personal tasks", ".", True),
    "doit": ("{bin}/doit", ".", True),
    "doit by its module": ("{bin}/python -m doit config='{odd}'", ".", False),
    "doit on a file": ("{bin}/doit -f ../dodo.py", "sub", True),
    "doit that seeks": ("{bin}/doit --seek-file", "sub", True),
    "doit in a folder": ("../venv/bin/doit --file=dodo.py -d sub", ".", True),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_advised_task_runs_where_it_was_advised(installation: Path, films: Path, way: str) -> None:
    line, folder, found = WAYS[way]
    (films.parent / "venv").symlink_to(installation.parent)
    odd = films / "it's mine; $HOME.yaml"
    odd.write_bytes((films / "video-censor.yaml").read_bytes())
    quoted = str(odd).replace("'", "'\\''")
    line = line.format(bin=str(installation).replace(" ", "\\ "), odd=quoted)
    environment = {"PYTHONPATH": "", "PATH": f"{installation}:{PATH}" if way == "on the path" else PATH}
    missing = type_in(f"{line} verify", films / folder, **environment)
    assert missing.code == 1
    advice = advised(said(missing), "models:a")
    assert ("config=" not in advice) is found
    followed = type_in(advice, films / folder, **environment)
    assert (followed.code, followed.out) == (0, ".  models:a\n"), advice + said(followed)
    assert type_in(f"{line} verify", films / folder, **environment).code == 0


def test_what_the_environment_decides_is_named_too(installation: Path, films: Path) -> None:
    """A variable may have been set for one command only."""
    named = {"VIDEO_CENSOR_CONFIG": "../video-censor.yaml", "PYTHONPATH": ""}
    missing = run([str(installation / "video-censor"), "tasks", "verify"], films / "sub", **named)
    followed = type_in(advised(said(missing), "models:a"), films / "sub", PYTHONPATH="")
    assert (followed.code, followed.out) == (0, ".  models:a\n")


def test_every_message_of_video_censor_names_what_works(
    installation: Path, films: Path, cache_dir: Path, host: FileHost
) -> None:
    sub, program = films / "sub", str(installation / "video-censor")
    config = "--config", "../video-censor.yaml"

    def video_censor(*words: str) -> str:
        return said(run([program, *words], sub, PYTHONPATH=""))

    def tasks(*words: str) -> str:
        return video_censor("tasks", *words, "config=../video-censor.yaml")

    def follow(message: str, *words: str) -> str:
        done = type_in(advised(message, *words), sub, PYTHONPATH="")
        assert done.code == 0, done
        return done.out

    (sub / "film.mp4").write_bytes(b"not even looked at")
    message = video_censor("--input", "film.mp4", "--json", *config)
    assert follow(message, "--download-models") == ""
    model = cache_dir / "a" / "a.bin"
    assert model.read_bytes() == A
    model.write_bytes(A.replace(b"a", b"b"))
    assert follow(tasks("verify"), "models:a") == ".  models:a\n"
    assert model.read_bytes() == A
    assert "freed" in follow(tasks("prune"), "prune", "--yes")
    assert tasks("prune").splitlines()[-1] == "nothing to remove"
    (films / "video-censor.yaml.lock").write_text("<<<<")
    broken = tasks("models")
    (films / "video-censor.yaml.lock").unlink()
    assert "0 models locked" in follow(broken, "lock")


def test_what_is_advised_about_a_hub_works(
    installation: Path, config_file: Callable[..., Path], hub: HubServer, tmp_path: Path
) -> None:
    repo = hub.add("acme/m", {"config.json": b"{}"})
    entries = [{"name": "m", "repo": "acme/m", "revision": "v9"}, {"name": "n", "repo": "acme/n"}]
    config = f"config={config_file(*entries)}"
    here = tmp_path / "here"
    here.mkdir()

    def tasks(*words: str) -> str:
        return said(run([str(installation / "video-censor"), "tasks", *words, config], here, PYTHONPATH=""))

    gone = tasks("models:m")
    followed = type_in(advised(gone, "outdated"), here, PYTHONPATH="")
    assert repo.head[:12] in followed.out
    again = tasks("models:n")
    assert "the hub said so" in again
    hub.add("acme/n", {"config.json": b"{}"})
    assert type_in(advised(again, "registry"), here, PYTHONPATH="").out.count(".  registry:n\n") == 1
    assert tasks("models:n") == ".  models:n\n"


@pytest.mark.parametrize("task_words", ["models:a", "models"])
def test_clean_works_under_both_doors(
    installation: Path, films: Path, cache_dir: Path, task_words: str
) -> None:
    for program in (["video-censor", "tasks"], ["doit"]):
        line = [str(installation / program[0]), *program[1:]]
        assert run([*line, "models"], films, PYTHONPATH="").code == 0
        dry = run([*line, "clean", "-n", "-c", task_words], films, PYTHONPATH="")
        assert str(cache_dir / "a" / "a.bin") in dry.out
        assert (cache_dir / "a" / "a.bin").exists()
        assert run([*line, "clean", "-c", task_words], films, PYTHONPATH="").code == 0
        assert not (cache_dir / "a" / "a.bin").exists()


def test_a_program_that_uses_the_package_is_told_of_video_censor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    default = default_config_path()
    assert fetch_command(Path(default)).endswith("--download-models")
    config = tmp_path / "other.yaml"
    config.write_text("")
    assert fetch_command(config).endswith(f"--download-models --config {config}")
    assert task("lock").endswith("tasks lock`")
    name_tasks(str(config), tmp_path)
    commands = current()
    assert commands is not None
    assert commands.arguments == f"config={config}"
    assert task("lock").endswith(f"tasks lock config={config}`")
    (tmp_path / "video-censor.yaml").write_text("")
    name_tasks(str(tmp_path / "video-censor.yaml"), tmp_path / "sub", tmp_path)
    assert task("lock").endswith("tasks lock`")
