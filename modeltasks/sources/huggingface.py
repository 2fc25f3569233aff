"""Files of a repository on a Hugging Face hub, over plain HTTP; and what the hub's refusals mean.

Protocol: https://huggingface.co/docs/hub/api, and the signals that the official client reads. The
environment is read at each call, not at import, so a program can set it for its own use.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from modeltasks.errors import (
    AbsentOrPrivate,
    ConfigError,
    Disabled,
    FileGone,
    Gated,
    ModelTasksError,
    RateLimited,
    RevisionGone,
    TokenRefused,
)
from modeltasks.settings import is_switched_on
from modeltasks.spec import HubRef, ModelFile, is_repository
from modeltasks.transfer.headers import retry_after
from modeltasks.transfer.mirror import UrlMirror
from modeltasks.transfer.url import host_of, redact

logger = logging.getLogger(__name__)

TOKEN_OVER_HTTP = "MODELTASKS_TOKEN_OVER_HTTP"  # noqa: S105 - a name, not a token
"""Environment variable: send the token to a hub over plain HTTP too."""

DEFAULT_ENDPOINT = "https://huggingface.co"
_FORM = re.compile(
    r"hf:(?P<repo>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[^@/\s]+))?/(?P<member>[^@\s]*)\Z", re.ASCII
)
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")


def endpoint() -> str:
    """Base URL of the hub: `HF_ENDPOINT`, else the public one; without a trailing slash.

    Raises:
        ConfigError: `HF_ENDPOINT` is not an http(s) URL.
    """
    url = os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or DEFAULT_ENDPOINT
    if not _is_address(url):
        raise ConfigError(
            f"HF_ENDPOINT is {url!r}",
            "that is not the address of a hub",
            f"Set it to an http(s) URL such as {DEFAULT_ENDPOINT}, or unset it",
        )
    return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an IPv6 address in them, or a port that is no number
        return False


def access_token() -> str | None:
    """The user's token for `endpoint()`: `HF_TOKEN`, else the file that `HF_TOKEN_PATH` or `HF_HOME` names.

    `HF_HUB_DISABLE_IMPLICIT_TOKEN` means: send none. Nor is one sent over plain HTTP, where everybody on
    the way can read it, unless to this machine or with `MODELTASKS_TOKEN_OVER_HTTP`.

    Raises:
        ConfigError: it has characters that no token has.
    """
    if is_switched_on("HF_HUB_DISABLE_IMPLICIT_TOKEN"):
        return None
    token = os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN") or _saved_token()
    # A token pasted over two lines would otherwise become two headers.
    token = "".join(token.split())
    if not (token.isascii() and token.isprintable()):
        raise ConfigError(
            "The access token cannot be sent",
            "it has characters that no token has",
            "Set HF_TOKEN to a valid token, or unset it (and the saved token file) for public models",
        )
    if not token:
        return None
    if _is_readable_on_the_way(endpoint()):
        _warn_withheld(endpoint())
        return None
    return token


def _is_readable_on_the_way(url: str) -> bool:
    """Whether others could read a token that is sent to this hub, and the user has not allowed that."""
    parts = urlsplit(url)
    if parts.scheme == "https" or is_switched_on(TOKEN_OVER_HTTP):
        return False
    try:
        return not ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname != "localhost"


@cache
def _warn_withheld(url: str) -> None:
    logger.warning(
        "The access token is not sent to %s: over plain HTTP everybody on the way could read it. "
        "Use https, or set %s=1 if you trust that network",
        redact(url),
        TOKEN_OVER_HTTP,
    )


def hub_source(repo: str, revision: str) -> str:
    """The textual form of a repository as a source: `hf:owner/name@revision/`, the revision quoted."""
    return f"hf:{repo}@{quote(revision, safe='')}/"


def is_commit(revision: str) -> bool:
    """Whether a revision is a full commit id, which never means anything else."""
    return _COMMIT.match(revision) is not None


def at_commit(sources: Iterable[str], asked: HubRef, repo: str, commit: str) -> tuple[str, ...]:
    """Return `sources` with those that name `asked` naming `repo` at `commit` instead."""
    pinned = []
    for text in sources:
        source = HubSource.parse(text) if text.startswith("hf:") else None
        same = source is not None and (source.repo, source.revision) == (asked.repo, asked.revision)
        pinned.append(hub_source(repo, commit) + source.member if same and source is not None else text)
    return tuple(pinned)


@dataclass(frozen=True, slots=True)
class HubSource:
    """A repository at a revision (commit, tag or branch), as a place where files can be fetched.

    `member` is a folder of it when empty or ending with `/`, otherwise the file itself.
    """

    repo: str
    revision: str = "main"
    member: str = ""

    @classmethod
    def parse(cls, text: str) -> HubSource:
        """Read `hf:owner/name@revision/`, with a folder or a file after it if there is one.

        Raises:
            ConfigError: no owner, no name, or nothing after the revision.
        """
        match = _FORM.match(text)
        if match is None or not is_repository(match["repo"]):
            raise ConfigError(
                f"{text!r} is not a repository of a hub",
                "an owner, a name, a revision and a closing '/' are expected",
                "Write it as hf:owner/name@revision/, a '/' inside the revision as %2F",
            )
        return cls(match["repo"], unquote(match["revision"] or "main"), match["member"])

    @property
    def label(self) -> str:
        """The repository, and enough of the revision to recognise it."""
        return f"hf:{self.repo}@{self.revision[:12] if is_commit(self.revision) else self.revision}"

    def mirror(self, file: ModelFile, _wheels: object = None, /) -> UrlMirror:
        """Return the URL of `file` at the hub; the token, if any, is for the hub's origin only."""
        base = endpoint()
        path = self.member + file.path if not self.member or self.member.endswith("/") else self.member
        url = f"{base}/{quote(self.repo)}/resolve/{quote(self.revision, safe='')}/{quote(path)}"

        def explain(status: int, headers: Mapping[str, str]) -> ModelTasksError | None:
            return explain_refusal(HubRequest(base, self.repo, self.revision, path), status, headers)

        return UrlMirror(url, self.label, access_token(), explain)


@dataclass(frozen=True, slots=True)
class HubRequest:
    """What a hub is asked for: something of a repository at a revision, or one file of it."""

    endpoint: str
    repo: str
    revision: str
    path: str | None = None


def explain_refusal(request: HubRequest, status: int, headers: Mapping[str, str]) -> ModelTasksError | None:
    """Return what a hub's status and headers mean, or None when they mean nothing special.

    A public repository that does not exist answers an anonymous request with a bare 401, so a 401
    without a code says "absent or private"; only the words about credentials mean a bad token.
    """
    head = {name.lower(): value for name, value in headers.items()}
    message = head.get("x-error-message", "")
    host = host_of(request.endpoint)
    absent = AbsentOrPrivate(request.repo, _hint(request.endpoint))
    said: dict[str, ModelTasksError] = {
        "RepoNotFound": absent,
        "GatedRepo": Gated(request.repo, f"{request.endpoint}/{request.repo}"),
        "RevisionNotFound": RevisionGone(request.repo, request.revision),
        "Access to this resource is disabled.": Disabled(request.repo),
        "Invalid credentials in Authorization header": TokenRefused(host),
    }
    if status == 429:
        return RateLimited(host, retry_after(headers, datetime.now(UTC)))
    if error := said.get(head.get("x-error-code", "")) or said.get(message):
        return error
    if status == 401 or (status in {404, 410} and request.path is None):
        return absent
    if status in {404, 410}:
        return FileGone(f"{request.repo}@{request.revision}", request.path or "")
    return None


def _hint(url: str) -> str:
    """What else to do about a repository that is not seen, where no token was sent."""
    if not _is_readable_on_the_way(url):
        return ""
    return f"Check the spelling of `repo`; no token is sent over plain HTTP unless {TOKEN_OVER_HTTP}=1"


def _saved_token() -> str:
    named, home = os.environ.get("HF_TOKEN_PATH"), user_home()
    path = expanded(named, home) if named else huggingface_home(os.environ, home) / "token"
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def huggingface_home(environ: Mapping[str, str], home: Path) -> Path:
    """Return where Hugging Face's own client keeps its token and its cache."""
    if named := environ.get("HF_HOME"):
        return expanded(named, home)
    base = environ.get("XDG_CACHE_HOME")
    return (expanded(base, home) if base else home / ".cache") / "huggingface"


def expanded(path: str, home: Path) -> Path:
    """Return a path of the environment as the client reads it: with `~` and variables replaced."""
    path = os.path.expandvars(path)
    return home / path[2:] if path.startswith("~/") else Path(os.path.expanduser(path))  # noqa: PTH111


def user_home() -> Path:
    """Return the user's home; a path where nothing lies, where he has none (`Path.home` raises there)."""
    return Path(os.path.expanduser("~"))  # noqa: PTH111
