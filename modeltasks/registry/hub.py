"""One hub through its official client: single attempts, bounded in time, failures as our own errors.

The client reads `HF_*` when it is imported and has a timeout for one call only, so endpoint and token
are passed in, and each call runs in a thread that is abandoned when it takes too long or when a stop is
asked for.
"""

from __future__ import annotations

import json
import os
import reprlib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from modeltasks.errors import (
    BadAnswer,
    ConfigError,
    ConnectionRefused,
    DnsFailure,
    HtmlInsteadOfModel,
    HttpStatus,
    ModelTasksError,
    Offline,
    Timeout,
    TlsFailure,
)
from modeltasks.registry.metadata import (
    Malformed,
    ModelMetadata,
    Versions,
    card_text,
    license_of,
    listed_path,
    listed_size,
)
from modeltasks.sources.huggingface import HubRequest, explain_refusal
from modeltasks.spec import is_repository
from modeltasks.support.cancel import CancelToken
from modeltasks.support.threads import in_threads
from modeltasks.transfer.url import host_of

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import ModelInfo

T = TypeVar("T")
_PATHS_A_CALL = 500


class Hub:
    """A hub at `endpoint`, asked with `token` (if any), which has `seconds` to respond.

    A whole call may take twice that, however slowly the bytes come.

    Every method raises `ModelTasksError` for one failed attempt, and `Cancelled` when asked to stop.
    """

    def __init__(self, endpoint: str, token: str | None, seconds: float, cancel: CancelToken) -> None:
        self.endpoint = endpoint
        self._token = token
        self._seconds = seconds
        self._cancel = cancel
        self.host = host_of(endpoint)

    def describe(self, repo: str, revision: str, now: float) -> ModelMetadata:
        """Return what the hub says about a revision: one call, two where a mirror leaves out sizes."""
        asked = HubRequest(self.endpoint, repo, revision)
        info = self._ask(
            asked,
            lambda api: api.model_info(
                repo,
                revision=revision,
                files_metadata=True,
                timeout=self._seconds,
                token=self._token or False,
            ),
        )
        with self._well_formed(repo):
            listed = [_listed(s.rfilename, s.size, s.blob_id, s.lfs) for s in _list_of(info.siblings)]
            if any(entry is None for entry in listed):
                names = [listed_path(sibling.rfilename) for sibling in info.siblings or ()]
                listed = self._list_files(asked, info, names)
            return ModelMetadata.from_dict(_record(repo, revision, info, now) | {"files": listed})

    def versions(self, repo: str, now: float) -> Versions:
        """Return branches and tags: one call."""
        refs = self._ask(
            HubRequest(self.endpoint, repo, "main"),
            lambda api: api.list_repo_refs(repo, token=self._token or False),
        )
        with self._well_formed(repo):
            branches = {ref.name: ref.target_commit for ref in refs.branches}
            tags = {ref.name: ref.target_commit for ref in refs.tags}
            return Versions.from_dict({"branches": branches, "tags": tags, "fetched_at": now})

    def commits(self, repo: str, revision: str) -> tuple[str, ...]:
        """Return the newest commits of a revision, newest first: one call, as many as fit in one page."""
        client: Any = import_module("huggingface_hub.utils")
        url = f"{self.endpoint}/api/models/{quote(repo)}/commits/{quote(revision, safe='')}"

        def one_page(_api: HfApi) -> Any:
            # The client's own listing follows `Link` to any host, and takes the token along.
            headers = client.build_hf_headers(token=self._token or False)
            response = client.get_session().get(url, headers=headers, timeout=self._seconds)
            client.hf_raise_for_status(response)
            return response.json()

        page = self._ask(HubRequest(self.endpoint, repo, revision), one_page)
        with self._well_formed(repo):
            ids = [entry.get("id") if isinstance(entry, dict) else None for entry in _list_of(page)]
            commits = tuple(commit for commit in ids if isinstance(commit, str))
            if len(commits) != len(ids):
                raise Malformed("it lists commits without an id")
            return commits

    def search(self, limit: int, **filters: str) -> tuple[str, ...]:
        """Return names of public models, most downloaded first: one call, without the token.

        Args:
            limit: how many at most.
            filters: `search`, `author` or `pipeline_tag`, as the client names them.
        """
        wanted = HubRequest(self.endpoint, " ".join(filters.values()), "main")
        chosen: dict[str, Any] = dict(filters)

        def first_page(api: HfApi) -> list[ModelInfo]:
            return list(islice(api.list_models(**chosen, sort="downloads", limit=limit, token=False), limit))

        found = [model.id for model in self._ask(wanted, first_page)]
        return tuple(name for name in found if isinstance(name, str) and is_repository(name))

    def _list_files(self, asked: HubRequest, info: ModelInfo, names: Sequence[str]) -> list[Any]:
        """Ask for sizes and hashes by name.

        The tree has them too, but the client follows its `Link` to any host, and takes the token along.
        """
        if not (isinstance(info.id, str) and is_repository(info.id)):
            raise Malformed(f"id is {reprlib.repr(info.id)}, not owner/name")
        there = replace(asked, repo=info.id, revision=str(info.sha))
        listed: list[Any] = []
        for start in range(0, len(names), _PATHS_A_CALL):
            part = list(names[start : start + _PATHS_A_CALL])
            entries = self._ask(there, self._entries(there, part))
            listed += [_listed(e.path, e.size, e.blob_id, e.lfs) for e in entries if hasattr(e, "blob_id")]
        given = {entry["path"] for entry in listed if entry is not None and isinstance(entry["path"], str)}
        missing = set(names) - given
        if missing:
            raise Malformed(f"it gives no size and hash for {min(missing)}")
        return listed

    def _entries(self, asked: HubRequest, part: list[str]) -> Callable[[HfApi], list[Any]]:
        return lambda api: list(
            api.get_paths_info(asked.repo, part, revision=asked.revision, token=self._token or False)
        )

    @contextmanager
    def _well_formed(self, repo: str) -> Iterator[None]:
        try:
            yield
        except Malformed as error:
            raise BadAnswer(self.host, repo, str(error)) from error

    def _ask(self, asked: HubRequest, call: Callable[[HfApi], T]) -> T:
        """Make one call of the client. It holds no code of ours, whose bugs would pass for the hub's."""
        api: HfApi = _client().HfApi(
            endpoint=self.endpoint, token=self._token or False, library_name="modeltasks"
        )
        try:
            return self._within_time(lambda: call(api))
        except ModelTasksError:
            raise
        except Exception as error:
            translated = self._translate(asked, error)
            if translated is None:
                raise
            raise translated from error

    def _within_time(self, call: Callable[[], T]) -> T:
        (response,) = in_threads([call], 1, "hub")
        waited = 0.0
        while not wait([response], 0.05).done:
            self._cancel.check()
            waited += 0.05
            if waited >= 2 * self._seconds:
                raise Timeout(self.host, waited)
        return response.result()

    def _translate(self, asked: HubRequest, error: Exception) -> ModelTasksError | None:
        client: Any = import_module("huggingface_hub.utils")
        errors: Any = import_module("huggingface_hub.errors")
        httpx, host, repo = client.httpx, self.host, asked.repo
        # The first that fits counts: some of these are kinds of those after them.
        meanings: list[tuple[Any, Callable[[Any], ModelTasksError]]] = [
            (errors.HfHubHTTPError, lambda e: _refusal(asked, e.response)),
            (errors.OfflineModeIsEnabled, lambda _: Offline(f"The description of {repo}", "HF_HUB_OFFLINE")),
            (errors.HFValidationError, lambda e: _no_such_name(repo, e)),
            (json.JSONDecodeError, lambda e: self._not_json(repo, e)),
            (httpx.TimeoutException, lambda _: Timeout(host, self._seconds)),
            ((httpx.TooManyRedirects, httpx.UnsupportedProtocol), lambda e: BadAnswer(host, repo, str(e))),
            ((httpx.TransportError, OSError), lambda e: _no_connection(host, e)),
            # The client parses the response itself, and fails in many ways over a malformed one.
            (
                (
                    httpx.RequestError,
                    httpx.InvalidURL,
                    AttributeError,
                    LookupError,
                    TypeError,
                    ValueError,
                    ArithmeticError,
                    RecursionError,
                ),
                lambda e: BadAnswer(host, repo, f"{type(e).__name__}: {e}"),
            ),
        ]
        return next((meaning(error) for kinds, meaning in meanings if isinstance(error, kinds)), None)

    def _not_json(self, repo: str, error: json.JSONDecodeError) -> ModelTasksError:
        if "<html" in error.doc[:2000].lower():
            return HtmlInsteadOfModel(f"{self.endpoint}/api/models/{repo}")
        return BadAnswer(self.host, repo, f"it is not JSON: {error}")


def _client() -> Any:
    """Import the client with its telemetry off, unless the user has chosen.

    With it on, each process would make one more request, to learn by which agent it may be driven.
    """
    variable = "HF_HUB_DISABLE_TELEMETRY"
    chosen = variable in os.environ
    os.environ.setdefault(variable, "1")
    try:
        return import_module("huggingface_hub.hf_api")
    finally:
        if not chosen:
            os.environ.pop(variable, None)


def _refusal(asked: HubRequest, response: Any) -> ModelTasksError:
    known = explain_refusal(asked, response.status_code, response.headers)
    return known or HttpStatus(str(response.url), response.status_code, response.reason_phrase)


def _no_such_name(repo: str, error: Exception) -> ModelTasksError:
    return ConfigError(f"{repo!r} is not a repository", str(error), "Write it as owner/name")


def _no_connection(host: str, error: BaseException) -> ModelTasksError:
    detail = str(error) or type(error).__name__
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return DnsFailure(host, detail)
        if isinstance(cause, ssl.SSLError):
            return TlsFailure(host, detail)
    return ConnectionRefused(host, detail)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _list_of(value: object) -> list[Any]:
    if not isinstance(value, list | None):
        raise Malformed(f"a list is expected, not {reprlib.repr(value)}")
    return value or []


def _listed(path: object, size: object, blob_id: object, lfs: Any) -> dict[str, object] | None:
    """Return a file of a listing as a record has it, None where the hub leaves out size or hash."""
    # The blob id of a file in LFS is that of its pointer: the hash of another, tiny file.
    if lfs is not None:
        listed_size(str(path), size)
        if not isinstance(blob_id, str | None):
            raise Malformed(f"the blob id of {reprlib.repr(path)} is {reprlib.repr(blob_id)}")
        return {"path": path, "checksum": f"sha256:{lfs.sha256}", "size": lfs.size}
    if size is None or blob_id is None:
        return None
    return {"path": path, "checksum": f"git-sha1:{blob_id}", "size": size}


def _record(repo: str, revision: str, info: ModelInfo, now: float) -> dict[str, object]:
    """Return what the hub says of a repository, as a record has it."""
    card: Any = info.card_data if info.card_data is not None else {}
    if not hasattr(card, "get"):
        raise Malformed(f"cardData is {reprlib.repr(card)}")
    tags = _list_of(info.tags)
    if not all(isinstance(tag, str) for tag in tags):
        raise Malformed(f"tags is {reprlib.repr(tags)}")
    successor = card_text(card.get("new_version"))
    gated: object = info.gated
    return {
        "repo": repo,
        "revision": revision,
        "id": info.id,
        "commit": info.sha,
        "fetched_at": now,
        "uid": getattr(info, "_id", None),
        "gated": "auto" if gated is True else None if gated is False else gated,
        "disabled": info.disabled,
        "private": info.private,
        "license": license_of(card, tags),
        "library": info.library_name,
        "pipeline_tag": info.pipeline_tag,
        "new_version": successor if successor and is_repository(successor) else None,
        "last_modified": info.last_modified.isoformat() if info.last_modified else None,
    }
