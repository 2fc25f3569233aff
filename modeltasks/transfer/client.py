"""The transfers of one run: mirrors in rounds, under shared limits."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from modeltasks.checksum import hash_file
from modeltasks.errors import (
    BadAnswer,
    ChecksumMismatch,
    ConfigError,
    HtmlInsteadOfModel,
    ModelTasksError,
    Offline,
    UnlikeContent,
)
from modeltasks.report.os_errors import told
from modeltasks.report.progress import FileProgress, Progress
from modeltasks.settings import NetworkSettings, offline_switch
from modeltasks.support.cancel import CancelToken
from modeltasks.transfer import claims
from modeltasks.transfer.copy import StreamSupply
from modeltasks.transfer.doubt import Doubts
from modeltasks.transfer.encoding import can_be_undone
from modeltasks.transfer.failure import Failed
from modeltasks.transfer.limits import ConnectionBudget, RateLimit
from modeltasks.transfer.mirror import Mirror, StreamMirror, UrlMirror
from modeltasks.transfer.mirrors import Rounds
from modeltasks.transfer.partial import Partial, check_room
from modeltasks.transfer.prefix_hash import Follower
from modeltasks.transfer.seed import seed
from modeltasks.transfer.sink import Sink
from modeltasks.transfer.url import Origin, host_of, origin_of, redact
from modeltasks.transfer.wanted import Fetched, Wanted
from modeltasks.transfer.workers import Crew, Supply

if TYPE_CHECKING:
    from modeltasks.transfer.http_download import Means

logger = logging.getLogger(__name__)

QUICK_CONNECT = 1.5
"""Seconds for reaching a host while other mirrors have not been tried."""


class Transfer:
    """Fetches files with verification; one for all files of a run, safe to use from several threads.

    Args:
        network: limits of all transfers together.
        partials: folder for incomplete files, on the file system of the store.
        cancel: stops everything; what came by then is kept.
        progress: where to show bytes.
    """

    def __init__(
        self, network: NetworkSettings, partials: Path, cancel: CancelToken, progress: Progress
    ) -> None:
        self._network = network
        self._partials = partials
        self._cancel = cancel
        self._progress = progress
        self._budget = ConnectionBudget(network.connections)
        self._rate = RateLimit(network.max_rate)
        self._dead: set[Origin] = set()
        self._means: Means | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Transfer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            if self._means is not None:
                self._means.web.close()
                self._means = None

    def fetch(self, wanted: Wanted, mirrors: Sequence[Mirror]) -> Fetched:
        """Bring bytes with the wanted checksum into a private file, from the first mirror that has them.

        Whatever happens, bytes that came are kept for the next call, also of another process.

        Raises:
            ModelTasksError: no mirror gave the bytes (the first mirror's reason, the others as notes),
                or this machine has no room or no right to keep them.
            Cancelled: a stop was asked for.
        """
        self._cancel.check()
        with told(self._partials, wanted.size or 0):
            path = claims.claim(self._partials, wanted.checksum)
            finished = False
            try:
                fetched = self._fill(wanted, path, mirrors)
                finished = True
            finally:
                if not finished:
                    claims.release(path, wanted.checksum)
            claims.discard_others(path, wanted.checksum)
            return fetched

    def _fill(self, wanted: Wanted, path: Path, mirrors: Sequence[Mirror]) -> Fetched:
        partial = Partial(path, wanted.size)
        if wanted.base is not None and wanted.blocks is not None:
            check_room(self._partials, wanted.blocks.size, partial.held)
            seed(partial, wanted.base, wanted.blocks, self._cancel)
        follower = Follower(partial, wanted.checksum.algorithm, wanted.blocks)
        bar = self._progress.begin(wanted.label, wanted.size, partial.held)
        try:
            job = _Job(wanted, partial, follower, bar)
            if self._already_there(job):
                source = "partial"
            else:
                source = self._try_mirrors(job, _usable(mirrors, wanted, self._network))
            digests, _ = follower.blocks()
            partial.finish()
            return Fetched(path, job.received, source, job.received_again, digests)
        finally:
            bar.close()
            follower.close()
            partial.close()

    def _already_there(self, job: _Job) -> bool:
        """Say whether the partial has the wanted content; doubt it if it is complete and has not."""
        partial, wanted = job.partial, job.wanted
        if wanted.size is None and not partial.scattered and partial.held:
            # It may be complete, or a beginning: only the digest can tell.
            if (
                hash_file(partial.path, wanted.checksum.algorithm, cancel=self._cancel)
                == wanted.checksum.hexdigest
            ):
                partial.set_size(partial.held)
                return True
            return False
        if not partial.complete:
            return False
        while job.follower.step():
            self._cancel.check()
        actual = job.follower.hexdigest()
        if actual == wanted.checksum.hexdigest:
            return True
        job.doubt(actual)
        return False

    def _try_mirrors(self, job: _Job, mirrors: Sequence[Mirror]) -> str:
        """Fill the partial from one of the mirrors and return that mirror's label."""
        if job.wanted.size is not None:
            check_room(self._partials, job.wanted.size, job.partial.held)
        suspect = [index for index, mirror in enumerate(mirrors) if _origin(mirror) in self._dead]
        network = self._network
        rounds = Rounds(len(mirrors), suspect, network.retries, network.backoff, random.random)
        while True:
            before = job.partial.held
            turn = rounds.turn(time.monotonic())
            for place, candidate in enumerate(turn):
                mirror = mirrors[candidate.index]
                others = rounds.first and any(
                    _origin(mirrors[later.index]) not in self._dead for later in turn[place + 1 :]
                )
                again = candidate.again
                limit = min(QUICK_CONNECT, network.connect_timeout) if others else network.connect_timeout
                try:
                    self._try_mirror(job, mirror, limit, whole=again and job.doubts.in_one_piece)
                except Failed as failure:
                    self._remember(mirror, reached=failure.reached)
                    rounds.failed(candidate, failure, time.monotonic())
                    if place + 1 < len(turn):
                        logger.warning("%s: %s; trying the next mirror", job.wanted.label, failure.error)
                else:
                    self._remember(mirror, reached=True)
                    return redact(mirror.label)
            pause = rounds.pause(job.partial.held - before, time.monotonic())
            if pause is None:
                raise rounds.verdict()
            logger.info("%s: %s; trying again in %.0f s", job.wanted.label, rounds.trouble, pause)
            self._cancel.sleep(pause)

    def _try_mirror(self, job: _Job, mirror: Mirror, connect_limit: float, *, whole: bool) -> None:
        """Fill the partial from one mirror and check the digest.

        Raises:
            Failed: the mirror does not have the bytes, or could not be reached.
        """
        sink = self._attempt(job, mirror, connect_limit, whole=whole)
        actual = job.follower.hexdigest()
        if actual != job.wanted.checksum.hexdigest and can_be_undone(sink.encoded):
            # Encoded against our wish: once more, in one piece and decoded.
            job.drop()
            sink = self._attempt(job, mirror, connect_limit, whole=True)
            actual = job.follower.hexdigest()
        if actual == job.wanted.checksum.hexdigest:
            return
        error = _wrong(job.wanted, sink, mirror, actual)
        if not isinstance(error, ChecksumMismatch):
            job.drop()
        elif job.doubt(actual):
            error = UnlikeContent(job.wanted.label, error.expected, error.actual, redact(mirror.label))
        raise Failed(error)

    def _attempt(self, job: _Job, mirror: Mirror, connect_limit: float, *, whole: bool) -> Sink:
        sink = Sink(job.wanted, job.partial, job.bar)
        supply: Supply
        if isinstance(mirror, StreamMirror):
            supply = StreamSupply(mirror, sink)
        else:
            from modeltasks.transfer.http_download import UrlSupply

            supply = UrlSupply(mirror, sink, self._shared(), whole=whole)
        try:
            Crew(sink, job.follower, self._budget, self._cancel).run(supply, connect_limit)
        finally:
            job.received += sink.received
        return sink

    def _shared(self) -> Means:
        from modeltasks.transfer.http_client import Web
        from modeltasks.transfer.http_download import Means

        with self._lock:
            if self._means is None:
                web = Web(self._network.connections)
                self._means = Means(self._network, web, self._budget, self._rate)
            return self._means

    def _remember(self, mirror: Mirror, *, reached: bool) -> None:
        origin = _origin(mirror)
        if origin is not None:
            (self._dead.discard if reached else self._dead.add)(origin)


@dataclass(slots=True)
class _Job:
    """One file under way."""

    wanted: Wanted
    partial: Partial
    follower: Follower
    bar: FileProgress
    doubts: Doubts = field(default_factory=Doubts)
    received: int = 0
    _received_first: int | None = None

    @property
    def received_again(self) -> int:
        """Bytes that came after all had come once."""
        return 0 if self._received_first is None else self.received - self._received_first

    def drop(self) -> None:
        """Throw away what is there."""
        self.bar.advance(-self.partial.clear())

    def doubt(self, actual: str) -> bool:
        """Say whether wrong bytes are worth fetching again, and prepare that; else throw them away."""
        if self._received_first is None:
            self._received_first = self.received
        lost = self.doubts.judge(actual, self.partial, self.follower)
        if lost is None:
            self.drop()
            return False
        self.bar.advance(-lost)
        return True


def _wrong(wanted: Wanted, sink: Sink, mirror: Mirror, actual: str) -> ModelTasksError:
    """Return what it means that all of a mirror's bytes came, and have the digest `actual`."""
    if isinstance(mirror, UrlMirror):
        from modeltasks.transfer.http_errors import still_encoded

        if sink.looks_like_html:
            return HtmlInsteadOfModel(redact(mirror.url))
        if sink.encoded:
            return still_encoded(mirror.url, wanted.label, sink.encoded)
        if not sink.partial.held:
            return BadAnswer(host_of(mirror.url), wanted.label, "it sends an empty file")
    checksum = wanted.checksum
    found = f"{checksum.algorithm}:{actual}"
    return ChecksumMismatch(wanted.label, str(checksum), found, redact(mirror.label))


def _origin(mirror: Mirror) -> Origin | None:
    return origin_of(mirror.url) if isinstance(mirror, UrlMirror) else None


def _usable(mirrors: Sequence[Mirror], wanted: Wanted, network: NetworkSettings) -> Sequence[Mirror]:
    """Return the mirrors that may be used: offline, only those that are on this machine.

    Raises:
        Offline: there are none.
        ConfigError: there were none to begin with.
    """
    if not mirrors:
        raise ConfigError(
            f"{wanted.label} cannot be fetched",
            "no source is given for it",
            "Add a `url`, `repo` or mirror to the config",
        )
    switch = offline_switch(network)
    if switch is None:
        return mirrors
    local = [each for each in mirrors if not each.needs_network]
    if not local:
        raise Offline(wanted.label, switch)
    return local
