"""The command line: the original's flags, and ours."""

from __future__ import annotations

import argparse
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from video_censor_personal import __version__
from video_censor_personal.commands import video_censor
from video_censor_personal.config.yaml_nodes import nearest
from video_censor_personal.errors import UsageError
from video_censor_personal.library.globs import is_pattern
from video_censor_personal.locations import is_same_file

SUBCOMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "review": "look through what was found, in your browser, and decide",
        "doctor": "say what is installed, and what would fail on the day it is needed",
        "init": "write a config with comments, and a dodo.py, into this folder",
        "tasks": "run doit on the tasks of models and films; `tasks help` tells more",
    }
)
"""The words that begin a command line of their own, and what they do."""

LOG_LEVELS = ("INFO", "DEBUG", "TRACE")


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the user asked for."""

    films: tuple[Path, ...]
    input: Path | None
    output: Path
    config: str | None
    output_video: Path | None
    input_segments: Path | None
    download_models: bool
    allow_all_segments: bool
    edit: bool
    log_level: str
    json: bool
    quiet: bool
    offline: bool
    frozen: bool
    jobs: int
    force: bool
    overwrite: bool
    allow_incomplete: bool
    dry_run: bool
    runner: str


_OUTPUT = "results.json"
_ONE_FILM = ("input", "output_video", "input_segments")


class CommandParser(argparse.ArgumentParser):
    """A parser whose mistakes are failures like all others.

    Args:
        word: that begins the command line behind `video-censor`; empty for none.
    """

    def __init__(self, word: str = "", **settings: Any) -> None:
        self._word = word
        prog = f"video-censor {word}".rstrip()
        super().__init__(prog=prog, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise a UsageError."""
        unknown = re.match(r"unrecognized arguments: (-\S+)", message)
        near = nearest(unknown[1], self._option_string_actions) if unknown else None
        message = f"{message}; did you mean {near}?" if near else message
        message = re.sub(r"ignored explicit argument", "it takes no value, and was given", message)
        help_command = video_censor(f"{self._word} --help".lstrip())
        raise UsageError("The command line was not understood", message, f"See {help_command}")


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of at least 1")
    return int(text)


def _film(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("the name of a film is empty")
    return Path(text)


def parse_arguments(argv: list[str]) -> Arguments:
    """Read the command line.

    Raises:
        UsageError: unknown flags, bad values, or flags that do not go together.
        SystemExit: after `--help` and `--version`.
    """
    parser = CommandParser(
        description="Find profanity in the speech and nudity in the pictures of a video; make a clean copy.",
        epilog=f"{video_censor('init')} writes a config and a dodo.py to begin with; {video_censor('tasks')} "
        "runs doit on the tasks, from any folder (its help: tasks help).",
    )
    parser.add_argument(
        "films", type=_film, nargs="*", metavar="FILM",
        help="a film to clean, a folder of films or a pattern; results and copy lie beside each film",
    )  # fmt: skip
    files = parser.add_argument_group("one film, and where what is made of it goes")
    files.add_argument(
        "--input", type=Path, metavar="VIDEO", help="the video to look at; it is never changed"
    )
    files.add_argument(
        "--output", type=Path, metavar="JSON",
        help=f"where to write what was found (default: {_OUTPUT})",
    )  # fmt: skip
    files.add_argument("--output-video", type=Path, metavar="VIDEO", help="where to write the clean copy")
    files.add_argument(
        "--input-segments", type=Path, metavar="JSON",
        help="render from this results file instead of looking at the video again",
    )  # fmt: skip
    files.add_argument(
        "--config", metavar="YAML", help="the configuration (default: see docs/configuration.md)"
    )
    models = parser.add_argument_group("models")
    models.add_argument("--download-models", action="store_true", help="fetch the models that are needed")
    models.add_argument("--offline", action="store_true", help="never use the network")
    models.add_argument("--frozen", action="store_true", help="refuse models that the lock file does not pin")
    models.add_argument(
        "--jobs",
        type=_jobs,
        metavar="N",
        default=4,
        help="models fetched, and films cleaned, at once (default: %(default)s)",
    )
    models.add_argument(
        "--force", action="store_true", help="fetch, analyse and render again what is up to date"
    )
    work = parser.add_argument_group("what to do")
    work.add_argument("--allow-all-segments", action="store_true", help="mark every segment found as allowed")
    work.add_argument(
        "--edit",
        action="store_true",
        help="look through what was found in the browser, and make the copy there",
    )
    work.add_argument(
        "--overwrite",
        action="store_true",
        help="replace outputs that this program did not make",
    )
    work.add_argument(
        "--allow-incomplete",
        action="store_true",
        help="make the clean copy though not all of the video was looked at",
    )
    work.add_argument(
        "--dry-run", action="store_true",
        help="say what would be done and why, and do nothing; without a film, for the library of the config",
    )  # fmt: skip
    work.add_argument(
        "--runner", default="", metavar="ADDRESS", help="who does the work: local, or a Dask scheduler"
    )
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    output.add_argument(
        "--quiet", action="store_true", help="print errors and warnings only, whatever --log-level says"
    )
    output.add_argument(
        "--log-level", type=str.upper, choices=LOG_LEVELS, default="INFO", help="default: %(default)s"
    )
    output.add_argument("--version", action="version", version=f"video-censor {__version__}")
    read = vars(parser.parse_args(argv))
    films, output = tuple(read.pop("films")), read.pop("output")
    _keep_doors_apart(
        films, {"--output": output, **{f"--{name.replace('_', '-')}": read[name] for name in _ONE_FILM}}
    )
    arguments = Arguments(films=films, output=output or Path(_OUTPUT), **read)
    _check(arguments)
    return arguments


def _keep_doors_apart(films: tuple[Path, ...], flags: dict[str, object]) -> None:
    """Refuse flags that are about one film beside films that are named without a flag."""
    given = [flag for flag, value in flags.items() if value is not None]
    if films and given:
        raise UsageError(
            f"{given[0]} does not go with {films[0]}",
            "of films that are named without --input, results and copies lie beside them",
            f"Name the film with --input, or leave {given[0]} out",
        )


def _check(arguments: Arguments) -> None:
    if not arguments.films and arguments.input is None and not arguments.download_models:
        if arguments.dry_run:
            return
        raise UsageError(
            "There is nothing to do",
            "no film is named, and --download-models is not given",
            "Name a film, or fetch the models with --download-models",
        )
    for film in arguments.films:
        if not _means_several(film):
            _check_film(film, _or_command(film))
    if arguments.input is not None:
        _check_film(arguments.input, "Check the path given to --input")
    for flag, value in (
        ("--input-segments", arguments.input_segments),
        ("--output-video", arguments.output_video),
    ):
        if value is not None and arguments.input is None:
            raise UsageError(f"{flag} needs a video", "--input is not given", "Name the video with --input")
    if arguments.input_segments is not None and arguments.output_video is None and not arguments.edit:
        raise UsageError(
            "There is nothing to do with the segments",
            "--input-segments is given without --output-video",
            "Name the clean copy with --output-video",
        )
    if arguments.edit and not arguments.films and arguments.input is None:
        raise UsageError(
            "There is nothing to look through",
            "--edit is given without a film",
            f"Name a film; for all that was looked at already: {video_censor('review')}",
        )
    _keep_apart(arguments)


def _means_several(film: Path) -> bool:
    """Whether what is named is a folder of films, or a pattern."""
    try:
        return film.is_dir() or (is_pattern(str(film)) and not os.path.lexists(film))
    except OSError:  # such as a name that is too long
        return False


def _or_command(film: Path) -> str:
    """Say what may help: a word that looks like one of the commands may be meant as such."""
    near = nearest(str(film), SUBCOMMANDS)
    return f"Check the path, or did you mean `{video_censor(near)}`?" if near else "Check the path"


def _check_film(film: Path, fix: str) -> None:
    why = _why_no_film(film)
    if why is not None:
        raise UsageError(f"{film} cannot be opened", why, fix)


def _why_no_film(film: Path) -> str | None:
    """Return why what is named is no ordinary file; None for one."""
    try:
        mode = film.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if film.is_symlink():
            return "it is a link that leads nowhere"
        return "there is no such file"
    except (OSError, ValueError) as error:  # such as a folder that may not be searched, a name too long
        return getattr(error, "strerror", None) or str(error)
    if stat.S_ISDIR(mode):
        return "it is a folder"
    return None if stat.S_ISREG(mode) else "it is a device, a pipe or a socket"


def _keep_apart(arguments: Arguments) -> None:
    """Refuse to write one file over another that was named."""
    results = arguments.output if arguments.input_segments is None else None
    read = {
        "--input": arguments.input,
        "--input-segments": arguments.input_segments,
        "--config": None if arguments.config is None else Path(arguments.config),
    }
    for flag, path, others in (
        ("--output", results, read),
        ("--output-video", arguments.output_video, {**read, "--output": results}),
    ):
        for other, taken in others.items():
            if path is not None and taken is not None and is_same_file(path, taken):
                raise UsageError(
                    f"{flag} cannot be {path}", f"{other} names the same file", "Give it a name of its own"
                )
