"""`video-censor completion`: what lets a shell complete the command line."""

from __future__ import annotations

import argparse

from video_censor_personal.cli.command_parsers import COMMAND_PARSERS, completion_parser
from video_censor_personal.cli.console import print_result
from video_censor_personal.cli.parser import SUBCOMMANDS, main_parser

_PATHS = {"--config", "--input", "--output", "--output-video", "--input-segments", "--log-file"}
_COMMANDS = " ".join(SUBCOMMANDS)
_BASH = f"""\
_video_censor_file() {{
  compgen -f -- "${{1//\\\\/}}"
}}
_video_censor_word_or_file() {{
  [ "$COMP_CWORD" = 1 ] && compgen -W "{_COMMANDS}" -- "$1"
  _video_censor_file "$1"
}}"""
_ZSH = f"""\
functions[_video_censor_words]=$functions[_shtab_video_censor]
_shtab_video_censor() {{
  local place=$CURRENT first=$words[2] word=$PREFIX
  _video_censor_words
  [[ $word == -* ]] && return
  (( place > 2 )) && [[ " {_COMMANDS} " == *" $first "* ]] && return
  _files
}}"""
_PREAMBLES = {"bash": _BASH, "zsh": _ZSH}
"""What shtab's scripts lack: a film may stand where a command does, and in bash a name have spaces."""


def completion(argv: list[str]) -> int:
    """Print a script for a shell, and return the exit code.

    Raises:
        UsageError: no such shell.
        SystemExit: after `--help`.
    """
    return print_result(script(completion_parser().parse_args(argv).shell))


def script(shell: str) -> str:
    """Return the script for a shell."""
    import shtab

    text: str = shtab.complete(_whole_parser(shell), shell, preamble=_PREAMBLES.get(shell, ""))
    return text.rstrip()


def _whole_parser(shell: str) -> argparse.ArgumentParser:
    """Return one parser of all that may be typed, for shtab to read; it parses nothing."""
    import shtab

    path = {**shtab.FILE, "bash": "_video_censor_file"}
    parser: argparse.ArgumentParser = main_parser()
    commands = parser.add_subparsers(parser_class=argparse.ArgumentParser)
    for word, purpose in SUBCOMMANDS.items():
        parents = [COMMAND_PARSERS[word]()] if word in COMMAND_PARSERS else []
        commands.add_parser(word, help=purpose, description=purpose, parents=parents, add_help=False)
    for each in (parser, *commands.choices.values()):
        for action in each._actions:
            if _PATHS & {*action.option_strings} or action.dest == "what":
                _complete(action, path)
    (films,) = (action for action in parser._actions if action.dest == "films")
    _complete(films, {**path, "bash": "_video_censor_word_or_file"})
    # In these scripts a command is looked for in the first place only, and files are offered in another way.
    if shell in {"zsh", "tcsh"}:
        parser._actions.remove(films)
    if shell == "tcsh":
        _complete(commands, shtab.FILE)
    return parser


def _complete(action: argparse.Action, how: object) -> None:
    """Say how what stands there is completed; shtab reads it off the action."""
    vars(action)["complete"] = how
