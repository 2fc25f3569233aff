"""How values of options are read, and what is said of those that cannot be used."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from video_censor_personal.commands import video_censor
from video_censor_personal.errors import UsageError


def whole_number(option: str, least: int, most: int | None = None) -> Callable[[str], int]:
    """Return what reads the value of an option that is a whole number within bounds."""

    def read(text: str) -> int:
        if text.isdecimal() and int(text) >= least and (most is None or int(text) <= most):
            return int(text)
        bounds = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise UsageError(
            f"{option} cannot be {text or 'empty'}",
            f"it is a whole number {bounds}",
            f"Write such a number behind it, or leave {option} out",
        )

    return read


def file_path(name: str) -> Callable[[str], Path]:
    """Return what reads a path; `name` is what it belongs to, as a user knows it."""

    def read(text: str) -> Path:
        if text:
            return Path(text)
        raise UsageError(
            f"{name} names no file", "it was given an empty text", "Check the quotes, or the variable in them"
        )

    return read


class Once(argparse.Action):
    """Stores a value as argparse does, but does not let a later one take its place without a word."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Store the value. Raises UsageError where there is another one."""
        before = getattr(namespace, self.dest)
        if before not in (None, values):
            raise UsageError(
                f"{option_string} is given twice",
                f"it is about one film, and cannot be both {before} and {values}",
                f"Leave one of them out; several films are named without --input: "
                f"`{video_censor('one.mkv other.mkv')}`",
            )
        setattr(namespace, self.dest, values)
