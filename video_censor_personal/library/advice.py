"""What can be done about films that are left out: in a config, or on the command line that named them."""

from __future__ import annotations

from dataclasses import dataclass

BY_FLAGS = "--input FILM --output RESULTS --output-video COPY"
"""What gives what is made of one film names of its own."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Ends of sentences.

    Args:
        check: the whole advice about a path that leads nowhere.
        leave_out: how a file or folder is no longer looked at.
        name_otherwise: how what is made of two films gets names that differ.
        copy_elsewhere: how a copy does not get the name of a film.
    """

    check: str
    leave_out: str
    name_otherwise: str
    copy_elsewhere: str


IN_CONFIG = Advice(
    "Check library.films",
    "leave it out with library.exclude",
    "write {name} instead of {stem} in library.results and library.copy",
    "move it, exclude it (library.exclude), or change library.copy",
)
ON_COMMAND_LINE = Advice(
    "Check the path",
    "name the films themselves",
    f"clean each by itself, with names that differ: {BY_FLAGS}",
    f"rename one, or say where the copy goes: {BY_FLAGS}",
)
