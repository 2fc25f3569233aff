"""One hub through its official client: single attempts, bounded in time, failures as our own errors.

The client reads `HF_*` when it is imported and has a timeout for one call only, so endpoint and token
are passed in, and each call runs on a thread of its own that we stop waiting for when it takes too long
or when a stop is asked for.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import quote, urlsplit

from modeltasks.cancel import CancelToken
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
from modeltasks.registry.metadata import ModelMetadata, Versions, license_of
from modeltasks.sources.huggingface import Asked, explain_refusal
from modeltasks.spec import Checksum, ModelFile

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import ModelInfo

T = TypeVar("T")
_PATHS_A_CALL = 500


class Hub:
    """A hub at `endpoint`, asked with `token` (if any), which is given `seconds` to answer.

    A call as a whole may take twice that, however the bytes trickle in.

    Every method raises `ModelTasksError` for one failed attempt, and `Cancelled` when asked to stop.
    """

    def __init__(self, endpoint: str, token: str | None, seconds: float, cancel: CancelToken) -> None:
        self.endpoint = endpoint
        self._token = token
        self._seconds = seconds
        self._cancel = cancel
        self.host = urlsplit(endpoint).netloc

    def describe(self, repo: str, revision: str, now: float) -> ModelMetadata:
        """Return what the hub says about a revision: one call, two where a mirror leaves out sizes."""
        asked = Asked(self.endpoint, repo, revision)
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
        try:
            files = _files_of_info(info)
            if files is None:
                names = [sibling.rfilename for sibling in info.siblings or ()]
                files = self._list_files(Asked(self.endpoint, info.id, str(info.sha)), names)
            return _metadata(repo, revision, info, files, now)
        except (AttributeError, KeyError, TypeError, ValueError, ConfigError) as error:
            raise BadAnswer(self.host, repo, str(error) or repr(error)) from error

    def versions(self, repo: str, now: float) -> Versions:
        """Return branches and tags: one call."""
        refs = self._ask(
            Asked(self.endpoint, repo, "main"),
            lambda api: api.list_repo_refs(repo, token=self._token or False),
        )
        branches = {ref.name: ref.target_commit for ref in refs.branches}
        return Versions(branches, {ref.name: ref.target_commit for ref in refs.tags}, now)

    def commits(self, repo: str, revision: str) -> tuple[str, ...]:
        """Return the newest commits of a revision, newest first: one call, as many as fit in one page."""
        client: Any = import_module("huggingface_hub.utils")
        url = f"{self.endpoint}/api/models/{quote(repo)}/commits/{quote(revision, safe='')}"

        def one_page(_api: HfApi) -> Any:
            # The client's own listing follows `Link` to any host, and takes the token along.
            headers = client.build_hf_headers(token=self._token or False)
            response = client.get_session().get(url, headers=headers, timeout=self._seconds)
            client.hf_raise_for_status(response)
            return [str(commit["id"]) for commit in response.json()]

        return tuple(self._ask(Asked(self.endpoint, repo, revision), one_page))

    def search(self, limit: int, **filters: str) -> tuple[str, ...]:
        """Return names of public models, most downloaded first: one call, without the token.

        Args:
            limit: how many at most.
            filters: `search`, `author` or `pipeline_tag`, as the client names them.
        """
        wanted = Asked(self.endpoint, " ".join(filters.values()), "main")
        chosen: dict[str, Any] = dict(filters)

        def first_page(api: HfApi) -> list[str]:
            found = api.list_models(**chosen, sort="downloads", limit=limit, token=False)
            return [model.id for model in islice(found, limit)]

        return tuple(self._ask(wanted, first_page))

    def _list_files(self, asked: Asked, names: Sequence[str]) -> tuple[ModelFile, ...]:
        """Ask for sizes and hashes by name.

        The tree has them too, but the client follows its `Link` to any host, and takes the token along.
        """
        files: list[ModelFile] = []
        for start in range(0, len(names), _PATHS_A_CALL):
            part = list(names[start : start + _PATHS_A_CALL])
            entries = self._ask(asked, self._entries(asked, part))
            files += [_file(e.path, e.size, e.blob_id, e.lfs) for e in entries if hasattr(e, "blob_id")]
        missing = set(names) - {file.path for file in files}
        if missing:
            raise ValueError(f"it gives no size and hash for {min(missing)}")
        return tuple(files)

    def _entries(self, asked: Asked, part: list[str]) -> Callable[[HfApi], list[Any]]:
        return lambda api: list(
            api.get_paths_info(asked.repo, part, revision=asked.revision, token=self._token or False)
        )

    def _ask(self, asked: Asked, call: Callable[[HfApi], T]) -> T:
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
        outcome: list[Callable[[], T]] = []
        done = threading.Event()

        def work() -> None:
            try:
                result = call()
                outcome.append(lambda: result)
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
                caught = error

                def again() -> T:
                    raise caught

                outcome.append(again)
            finally:
                done.set()

        threading.Thread(target=work, name="hub", daemon=True).start()
        waited = 0.0
        while not done.wait(0.05):
            self._cancel.check()
            waited += 0.05
            if waited >= 2 * self._seconds:
                raise Timeout(self.host, waited)
        return outcome[0]()

    def _translate(self, asked: Asked, error: Exception) -> ModelTasksError | None:
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
            (
                (httpx.TooManyRedirects, httpx.InvalidURL, httpx.UnsupportedProtocol),
                lambda e: BadAnswer(host, repo, str(e)),
            ),
            ((httpx.TransportError, OSError), lambda e: _no_connection(host, e)),
            (
                (AttributeError, KeyError, TypeError, ValueError),
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


def _refusal(asked: Asked, response: Any) -> ModelTasksError:
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


def _files_of_info(info: ModelInfo) -> tuple[ModelFile, ...] | None:
    """Return the files with their hashes, or None when the answer leaves out sizes."""
    siblings = info.siblings or ()
    if any(sibling.size is None or sibling.blob_id is None for sibling in siblings):
        return None
    return tuple(_file(s.rfilename, s.size, s.blob_id, s.lfs) for s in siblings)


def _file(path: str, size: int | None, blob_id: str | None, lfs: Any) -> ModelFile:
    # The blob id of a file in LFS is that of its pointer: the hash of another, tiny file.
    if lfs is not None:
        return ModelFile(path, Checksum.parse(str(lfs.sha256), "sha256"), int(lfs.size))
    return ModelFile(path, Checksum.parse(str(blob_id), "git-sha1"), size)


def _metadata(
    repo: str, revision: str, info: ModelInfo, files: tuple[ModelFile, ...], now: float
) -> ModelMetadata:
    card = dict(cast("Any", info.card_data).to_dict()) if info.card_data is not None else {}
    if not info.sha:
        raise ValueError("it names no commit")
    successor = card.get("new_version")
    return ModelMetadata(
        repo=repo,
        revision=revision,
        id=info.id,
        commit=info.sha,
        files=files,
        fetched_at=now,
        uid=getattr(info, "_id", None),
        gated=info.gated or None,
        disabled=bool(info.disabled),
        private=bool(info.private),
        license=license_of(card, info.tags or ()),
        library=info.library_name,
        pipeline_tag=info.pipeline_tag,
        new_version=str(successor) if successor else None,
        last_modified=info.last_modified.isoformat() if info.last_modified else None,
    )
