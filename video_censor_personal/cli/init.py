"""`video-censor init`: a config and a dodo.py to begin with."""

from __future__ import annotations

from pathlib import Path

from modeltasks.report.console import print_err
from modeltasks.report.os_errors import explained
from video_censor_personal.cli.command_parsers import init_parser
from video_censor_personal.commands import installed, video_censor
from video_censor_personal.errors import OutputRefused
from video_censor_personal.locations import check_place
from video_censor_personal.media.errors import OUTPUT
from video_censor_personal.shipped import (
    CATALOGUE,
    FILE_NAME,
    default_config_path,
    schema_path,
    shipped_config_path,
)

DODO = '''\
"""The tasks of Video Censor Personal: doit runs them, and `video-censor tasks` does without this file."""
from video_censor_personal.task_graph import *  # noqa: F403
'''

LIBRARY = """
# Films that are kept up to date, as the models are: what is found in each, and its clean copy. To have that,
# take away the # at the beginning of the lines below, and say where your films are.
#library:
#  films: ["~/Films/**/*.mkv"]       # ** stands for any folders; a relative path begins beside this file
#  exclude: []                       # which of them to leave alone, such as "**/*trailer*"
#  output_dir: ~/Films-clean         # for all that is made, in folders like the films; null: beside each film
#  copy: "{stem}.clean{suffix}"      # the name of a clean copy; null: no copies
#  results: "{stem}.results.json"    # the name of what was found
#  exports: []                       # for players that mute and skip by themselves: edl, chapters, mcf, ...
#  profiles: {}                      # several copies from one analysis, each with its own policy and name
#  runner: local                     # who does it: this machine, or a Dask scheduler, such as tcp://host:8786
#  paths: {}                         # what folders are called on the scheduler's workers, where not as here
"""


def init(argv: list[str]) -> int:
    """Write a commented config and a dodo.py into the current folder, and return the exit code.

    Raises:
        UsageError: an argument was given, one of the files is there already, or the folder takes none.
        DiskFull, PermissionRefused, LocalError: a file cannot be written.
        SystemExit: after `--help`.
    """
    init_parser().parse_args(argv)
    config = Path(default_config_path()).read_text(encoding="utf-8")
    files = {FILE_NAME: config + LIBRARY + _for_editors(), "dodo.py": DODO}
    for name in files:
        if Path(name).exists():
            raise OutputRefused(Path(name), "it is there already", "Move it away, or run in another folder")
        check_place(Path(name))
    for name, text in files.items():
        with explained(Path(name), use=OUTPUT), Path(name).open("x", encoding="utf-8") as stream:
            stream.write(text)
        print_err(f"{name}: written")
    print_err(_what_next())
    return 0


def _for_editors() -> str:
    """Return where models and keys are listed: editors complete keys, and say what each is for."""
    return f"""
# The models that need no more than a name: {shipped_config_path(CATALOGUE)}
# All keys, for editors that know YAML:
# yaml-language-server: $schema={Path(schema_path("config")).as_uri()}
"""


def _what_next() -> str:
    tasks, doit = video_censor("tasks"), installed("doit")
    also = f"; so does {doit}" if doit else ""
    return f"""\
Next:
  Edit {FILE_NAME}: who looks for what, what becomes of it, and at its end where your films are.
  {tasks} list --all --status
    shows what is up to date, and what is not.
  {tasks}
    makes what is not, and fetches models{also}.
  {video_censor("--download-models FILM")}
    cleans a film that is not among them; results and copy lie beside it."""
