"""The commands that messages name, as they are typed in this installation, on the config of this run."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from modeltasks.settings import NetworkSettings, offline_switch
from modeltasks.spec import ModelSpec
from modeltasks.support.commands import TaskCommands, command, doit_program, running, script, use
from video_censor_personal.locations import CONFIG_VARIABLE, find_config

_PROGRAM = "video-censor"
_MODULES = ("video_censor", "video_censor_personal")


def name_tasks(config: str, folder: str | Path, *more: str | Path) -> None:
    """Let messages name tasks as they are run here: by doit if that runs, else by `video-censor tasks`.

    Args:
        config: of this run.
        folder: where the user is.
        more: where a config is looked for too.
    """
    arguments = "" if _is_found(config, folder, *more) else f"config={shlex.quote(config)}"
    use(TaskCommands(doit_program() or f"{video_censor()} tasks", arguments))


def task(name: str) -> str:
    """Return the command that runs a task, in backticks; options may follow its name."""
    return command(name) or f"`{video_censor('tasks')} {name}`"


def fetch_command(config: Path | None) -> str:
    """Return what is typed to fetch all models that a config needs."""
    return with_config(video_censor("--download-models"), config)


def with_config(line: str, config: Path | None) -> str:
    """Return a command as it is typed for a config, which need not be named where it is found."""
    if config is None or _is_found(str(config), Path.cwd()):
        return line
    return f"{line} --config {shlex.quote(str(config))}"


def before_fetching(specs: Iterable[ModelSpec], network: NetworkSettings) -> str:
    """Return what must be done before models can be fetched; '': nothing."""
    switch = offline_switch(network)
    online = ""
    if switch is not None:
        online = {
            "--offline": "Leave --offline out",
            "models.offline": "Set models.offline to false in the config",
        }.get(switch, f"Unset {switch}")
    accept = accept_first(specs)
    return f"{online}. {accept}" if online and accept else online or accept


def accept_first(specs: Iterable[ModelSpec]) -> str:
    """Return how the licences of models are accepted that must be before they are fetched; '': none."""
    licenses = dict.fromkeys(str(spec.license) for spec in specs if spec.license_terms is not None)
    listed = ", ".join(licenses)
    return (
        f"Accept {listed}: write `accept_licenses: [{listed}]` under `models` in the config" if listed else ""
    )


def video_censor(*words: str) -> str:
    """Return what is typed to run `video-censor`: as it was, or else as it is installed."""
    return " ".join((running(_PROGRAM, _MODULES) or installed(_PROGRAM) or _by_module(), *words))


def installed(name: str) -> str | None:
    """Return what is typed for a program of this installation; None: there is no such program."""
    path = shutil.which(name, path=sysconfig.get_path("scripts"))
    return None if path is None else script(Path(path))


def _by_module() -> str:
    return shlex.join([sys.executable, "-m", _MODULES[0]])


def _is_found(config: str, *folders: str | Path) -> bool:
    """Whether that config is used where none is named, whatever the environment says then."""
    if os.environ.get(CONFIG_VARIABLE):
        return False
    try:
        return Path(find_config(None, {}, *folders)).samefile(config)
    except OSError:
        return False
