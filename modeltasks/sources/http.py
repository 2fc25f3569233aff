"""A file behind a URL, or a folder of files."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from modeltasks.errors import ConfigError
from modeltasks.spec import ModelFile
from modeltasks.transfer.mirror import UrlMirror
from modeltasks.transfer.url import redact


@dataclass(frozen=True, slots=True)
class HttpSource:
    """`url` of the file itself, or of a folder when it ends with `/`."""

    url: str

    @classmethod
    def parse(cls, text: str) -> HttpSource:
        """Read an http(s) URL.

        Raises:
            ConfigError: no host, or a port that is not a number.
        """
        try:
            parts = urlsplit(text)
            usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            usable = False
        if not usable or any(char.isspace() for char in text):
            raise ConfigError(
                f"{text!r} is not a URL",
                "it has no host name, or its port or characters are not allowed",
                "Write it as https://host/path/file",
            )
        return cls(text)

    def mirror(self, file: ModelFile, _wheels: object, /) -> UrlMirror:
        """Return the URL of `file`."""
        url = self.url + quote(file.path) if self.url.endswith("/") else self.url
        return UrlMirror(url, redact(url))
