"""What is wrong with a command line, in other words than argparse has for it."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from video_censor_personal.commands import video_censor
from video_censor_personal.config.yaml_nodes import nearest
from video_censor_personal.errors import UsageError

_Told = Callable[[argparse.ArgumentParser, re.Match[str]], UsageError]


def plain_error(parser: argparse.ArgumentParser, message: str) -> UsageError:
    """Return the failure that tells what argparse says of a command line.

    Args:
        parser: that refuses the command line.
        message: what it says.
    """
    for pattern, told in _KINDS.items():
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return told(parser, found)
    return UsageError("The command line was not understood", message, f"See `{_typed(parser, '--help')}`")


def _typed(parser: argparse.ArgumentParser, *words: str) -> str:
    """Return a command line of this parser, as it is typed in this installation."""
    return video_censor(*parser.prog.split()[1:], *words)


def _action(parser: argparse.ArgumentParser, name: str) -> argparse.Action:
    """Return what argparse calls by that name: an option by its spellings, another by its stand-in."""
    return next(
        each
        for each in parser._actions
        if name == "/".join(each.option_strings) or (not each.option_strings and name == each.metavar)
    )


def _unknown(parser: argparse.ArgumentParser, found: re.Match[str]) -> UsageError:
    words = found["words"]
    option = next((word.partition("=")[0] for word in words.split() if word.startswith("-")), None)
    if option is None:
        takes = "no more words" if any(not each.option_strings for each in parser._actions) else "no words"
        return UsageError(
            f"{words} was not understood",
            f"{parser.prog} takes {takes}, only options",
            f"Leave it out, or see `{_typed(parser, '--help')}`",
        )
    if os.path.lexists(words):
        return UsageError(
            f"{words} was not understood",
            "what begins with - is taken for an option",
            f"Write ./{words} for the file",
        )
    near = nearest(option, parser._option_string_actions)
    see = f"`{_typed(parser, '--help')}` lists the options"
    return UsageError(
        f"{option} was not understood",
        f"{parser.prog} has no such option",
        f"Did you mean {near}? {see}" if near else see,
    )


def _no_choice(parser: argparse.ArgumentParser, found: re.Match[str]) -> UsageError:
    choices, given = _choices(parser, found["name"]), found["given"].strip("'\"")
    near = nearest(given, choices)
    return UsageError(
        f"{found['name']} cannot be {given or 'empty'}",
        f"it is one of {', '.join(choices)}",
        f"Did you mean {near}?" if near else "Write one of these in its place",
    )


def _no_value(parser: argparse.ArgumentParser, found: re.Match[str]) -> UsageError:
    option = found["name"]
    wanted = _action(parser, option).metavar or "VALUE"
    return UsageError(
        f"{option} needs a value",
        "none stands behind it, or one that looks like an option",
        f"Write {option}={wanted}",
    )


def _needless_value(_parser: argparse.ArgumentParser, found: re.Match[str]) -> UsageError:
    option = found["name"]
    return UsageError(f"{option} takes no value", f"it was given {found['given']}", f"Write {option} alone")


def _missing(parser: argparse.ArgumentParser, found: re.Match[str]) -> UsageError:
    names = found["names"]
    listed = ", ".join(_choices(parser, names.split(", ")[0]))
    return UsageError(
        f"{names} is missing",
        f"{parser.prog} does not know what to do without it",
        f"Write `{_typed(parser, names)}`" + (f", with one of {listed} in its place" if listed else ""),
    )


def _choices(parser: argparse.ArgumentParser, name: str) -> list[str]:
    return [str(choice) for choice in _action(parser, name).choices or ()]


_KINDS: Mapping[str, _Told] = MappingProxyType(
    {
        r"unrecognized arguments: (?P<words>.+)": _unknown,
        r"argument (?P<name>\S+): invalid choice: (?P<given>.*) \(choose from .*\)": _no_choice,
        r"argument (?P<name>\S+): expected one argument": _no_value,
        r"argument (?P<name>\S+): ignored explicit argument (?P<given>.*)": _needless_value,
        r"the following arguments are required: (?P<names>.+)": _missing,
    }
)
"""What argparse says, from Python 3.11 on, and who says it better."""
