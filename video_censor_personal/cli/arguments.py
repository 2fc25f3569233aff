"""The command line: the original's flags, and ours."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from video_censor_personal.cli.parser import OUTPUT, SUBCOMMANDS, main_parser
from video_censor_personal.commands import video_censor
from video_censor_personal.config.yaml_nodes import nearest
from video_censor_personal.errors import UsageError
from video_censor_personal.library.globs import is_pattern
from video_censor_personal.locations import is_same_file


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
    log_file: Path | None
    log_json: bool
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


_ONE_FILM = ("input", "output_video", "input_segments")


def parse_arguments(argv: list[str]) -> Arguments:
    """Read the command line.

    Raises:
        UsageError: unknown flags, bad values, or flags that do not go together.
        SystemExit: after `--help` and `--version`.
    """
    read = vars(main_parser().parse_args(argv))
    films, output = tuple(read.pop("films")), read.pop("output")
    _keep_doors_apart(
        films, {"--output": output, **{f"--{name.replace('_', '-')}": read[name] for name in _ONE_FILM}}
    )
    arguments = Arguments(films=films, output=output or Path(OUTPUT), **read)
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
    for flag, value in (
        ("--input-segments", arguments.input_segments),
        ("--output-video", arguments.output_video),
    ):
        if value is not None and arguments.input is None:
            raise UsageError(f"{flag} needs a film", "--input is not given", "Name the film with --input")
    if not arguments.films and arguments.input is None and not arguments.download_models:
        if arguments.dry_run:
            return
        raise UsageError(
            "There is nothing to do",
            "no film is named, and --download-models is not given",
            f"Name a film: `{video_censor('film.mkv')}`; `{video_censor('--help')}` tells what else there is",
        )
    for film in arguments.films:
        if not _means_several(film):
            _check_film(film, _or_command(film))
    if arguments.input is not None:
        _check_film(arguments.input, "Check the path given to --input")
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
    near = nearest(str(film), (*SUBCOMMANDS, "help"))
    if near is None:
        return "Check the path"
    if near == str(film) != "help":
        return f"A command comes first, and its options behind it: `{video_censor(near)}`"
    return f"Check the path, or did you mean `{video_censor('--help' if near == 'help' else near)}`?"


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
    read: dict[str, Path | None] = {
        "--input": arguments.input,
        "--input-segments": arguments.input_segments,
        "--config": None if arguments.config is None else Path(arguments.config),
    }
    for flag, path, others in (
        ("--output", results, read),
        ("--output-video", arguments.output_video, {**read, "--output": results}),
        ("--log-file", arguments.log_file, {**read, "--output": results, **_named(arguments.films)}),
    ):
        for other, taken in others.items():
            if path is not None and taken is not None and is_same_file(path, taken):
                raise UsageError(
                    f"{flag} cannot be {path}", f"{other} names the same file", "Give it a name of its own"
                )


def _named(films: tuple[Path, ...]) -> dict[str, Path]:
    return {str(film): film for film in films}
