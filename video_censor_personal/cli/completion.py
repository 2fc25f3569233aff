"""`video-censor completion`: what lets a shell complete the command line."""

from __future__ import annotations

import argparse

from video_censor_personal.cli.console import print_result
from video_censor_personal.cli.parser import SUBCOMMANDS, CommandParser, main_parser

_PATHS = {"--config", "--input", "--output", "--output-video", "--input-segments", "--log-file"}
_SHELLS = ("bash", "zsh", "tcsh")


def completion(argv: list[str]) -> int:
    """Print a script for a shell, and return the exit code.

    Raises:
        UsageError: no such shell.
        SystemExit: after `--help`.
    """
    parser = CommandParser(
        "completion",
        description="Print what completes video-censor's words in a shell.",
        epilog='in bash: eval "$(video-censor completion bash)"; add that to ~/.bashrc',
    )
    parser.add_argument("shell", choices=_SHELLS, help="the shell")
    return print_result(script(parser.parse_args(argv).shell))


def script(shell: str) -> str:
    """Return the script for a shell."""
    import shtab

    parser = main_parser()
    for action in parser._actions:
        if _PATHS & {*action.option_strings}:
            _complete(action, shtab.FILE)
        elif action.dest == "films":
            _complete(action, {"bash": "_video_censor_film", "zsh": "_video_censor_film", "tcsh": "f"})
    words = " ".join(SUBCOMMANDS)
    preamble = {
        "bash": f'_video_censor_film() {{\n  compgen -W "{words}" -- "$1"\n  compgen -f -- "$1"\n}}',
        "zsh": f"_video_censor_film() {{\n  compadd -- {words}\n  _files\n}}",
    }
    text: str = shtab.complete(parser, shell, preamble=preamble.get(shell, ""))
    return text.rstrip()


def _complete(action: argparse.Action, how: object) -> None:
    """Say how what stands behind an option is completed; shtab reads it off the action."""
    vars(action)["complete"] = how
