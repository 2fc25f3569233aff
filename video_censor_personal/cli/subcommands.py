"""The words that begin a command line of their own, such as `video-censor init`."""

from __future__ import annotations

from collections.abc import Callable

Subcommand = Callable[[list[str]], int]
"""It is given the arguments behind its name, and returns the exit code."""


def find_subcommand(argv: list[str]) -> Subcommand | None:
    """Return what the first word stands for; None where it names a film, or is a flag.

    Each is imported only when it is asked for.
    """
    match argv[:1]:
        case ["init"]:
            from video_censor_personal.cli.init import init

            return init
        case ["review"]:
            from video_censor_personal.cli.review import review

            return review
        case ["report"]:
            from video_censor_personal.cli.report import report

            return report
        case ["doctor"]:
            from video_censor_personal.cli.doctor import doctor

            return doctor
        case ["completion"]:
            from video_censor_personal.cli.completion import completion

            return completion
        case _:
            return None
