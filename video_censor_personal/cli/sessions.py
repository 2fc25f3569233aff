"""The sessions in which commands work on films."""

from __future__ import annotations

import os
from pathlib import Path

from video_censor_personal.cli.arguments import Arguments
from video_censor_personal.cli.logs import set_up_logging, tell_warnings
from video_censor_personal.commands import name_tasks
from video_censor_personal.config import load_config
from video_censor_personal.locations import find_config
from video_censor_personal.model_manager import ModelManager
from video_censor_personal.targets.session import FilmSession, Options


def session_of(arguments: Arguments, manager: ModelManager) -> FilmSession:
    """Return the session of a run over films."""
    options = Options(arguments.overwrite, arguments.allow_incomplete, arguments.allow_all_segments)
    session = FilmSession(manager, options)
    session.use_runner(arguments.runner)
    return session


def open_session(config: str | None, options: Options) -> FilmSession:
    """Return the session of a command on films that were looked at, and log from warnings on.

    Raises:
        UsageError, ConfigInvalid: there is no such config, or it is wrong.
    """
    set_up_logging("WARNING")
    path = find_config(config, os.environ, Path.cwd())
    name_tasks(path, Path.cwd())
    read = load_config(path)
    tell_warnings(read)
    session = FilmSession(ModelManager(read), options)
    session.use_runner("")
    return session
