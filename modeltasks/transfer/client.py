"""The transfers of a run: a partial is claimed, filled from one mirror after the other, and checked."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial as bind
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
)
from modeltasks.report.os_errors import explained
from modeltasks.report.progress import Progress
from modeltasks.settings import NetworkSettings, offline_switch
from modeltasks.support.cancel import CancelToken
from modeltasks.transfer.copy import copy_stream
from modeltasks.transfer.encoding import is_decodable
from modeltasks.transfer.join import PartFile, copy_parts
from modeltasks.transfer.limits import ConnectionBudget
from modeltasks.transfer.mirror import (
    Failed,
    Fetched,
    JoinedMirror,
    Mirror,
    MirrorPart,
    StreamMirror,
    UrlMirror,
    Wanted,
)
from modeltasks.transfer.mirrors import MirrorRounds
from modeltasks.transfer.partial import (
    Partial,
    check_free_space,
    claimed,
    forget,
    held_by_name,
    partial_name,
    release,
)
from modeltasks.transfer.prefix_hash import PrefixHash
from modeltasks.transfer.repair import DamagedContent, Repair, copy_right_blocks
from modeltasks.transfer.url import Origin, host_of, redact
from modeltasks.transfer.workers import Attempt

if TYPE_CHECKING:
    from modeltasks.transfer.http_client import HttpClient

logger = logging.getLogger(__name__)

QUICK_CONNECT = 1.5
"""Seconds for reaching a host while other mirrors have not been tried."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file that is being fetched."""

    wanted: Wanted
    partial: Partial
    prefix_hash: PrefixHash
    repair: Repair


class Transfer:
    """Fetches files with verification; one for all files of a run, safe to use from several threads.

    Args:
        network: limits of all transfers together.
        partials: folder for incomplete files, on the file system of the store.
        cancel: stops everything; the bytes so far are kept.
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
        self._unreachable: set[Origin] = set()
        self._http: HttpClient | None = None
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
            if self._http is not None:
                self._http.close()
                self._http = None

    def fetch(self, wanted: Wanted, mirrors: Sequence[Mirror]) -> Fetched:
        """Fetch bytes with the wanted checksum into a private file, from the first mirror that has them.

        If it fails, the bytes so far are kept for the next call, also of another process.

        Raises:
            ModelTasksError: no mirror gave the bytes (the first mirror's reason, the others as notes),
                or this machine has no room or no right to keep them.
            Cancelled: a stop was asked for.
        """
        fetched = self._fetch(wanted, mirrors, self._network)
        for part in _parts_of(mirrors):
            forget(self._partials, part.wanted.checksum)
        return fetched

    def _fetch(self, wanted: Wanted, mirrors: Sequence[Mirror], network: NetworkSettings) -> Fetched:
        """Do as `fetch`, trying again as `network` says."""
        self._cancel.check()
        with (
            explained(self._partials, wanted.size or 0),
            claimed(self._partials, wanted.checksum) as path,
            closing(Partial(path, wanted.size)) as partial,
        ):
            if wanted.base is not None and wanted.blocks is not None:
                check_free_space(self._partials, wanted.blocks.size, partial.held)
                copy_right_blocks(partial, wanted.base, wanted.blocks, self._cancel)
            with (
                closing(PrefixHash(partial, wanted.checksum.algorithm, wanted.blocks)) as prefix_hash,
                closing(self._progress.begin(wanted.label, wanted.size, partial.held)) as bar,
            ):
                partial.on_bytes = bar.advance
                file = _File(wanted, partial, prefix_hash, Repair(prefix_hash))
                if self._is_complete(file):
                    source = "partial"
                else:
                    source = self._fill(file, self._usable(mirrors, wanted), network)
                blocks, _ = prefix_hash.blocks()
                partial.finish()
                return Fetched(path, partial.received, source, file.repair.bytes_again, blocks)

    def _usable(self, mirrors: Sequence[Mirror], wanted: Wanted) -> Sequence[Mirror]:
        """Return the mirrors that may be used: offline, only those that need no network.

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
        switch = offline_switch(self._network)
        if switch is None:
            return mirrors
        local = [each for each in mirrors if not each.needs_network]
        if not local:
            raise Offline(wanted.label, switch)
        return local

    def _is_complete(self, file: _File) -> bool:
        """Whether the partial has the wanted content already; where it is complete and wrong, repair it."""
        partial, checksum = file.partial, file.wanted.checksum
        if file.wanted.size is None and not partial.may_have_gaps and partial.held:
            # It may be complete or not: only the digest can tell.
            if hash_file(partial.path, checksum.algorithm, cancel=self._cancel) != checksum.hexdigest:
                return False
            partial.set_size(partial.held)
            return True
        if not partial.complete:
            return False
        while file.prefix_hash.step():
            self._cancel.check()
        actual = file.prefix_hash.hexdigest()
        if actual == checksum.hexdigest:
            return True
        file.repair.fetch_again(actual)
        return False

    def _fill(self, file: _File, mirrors: Sequence[Mirror], network: NetworkSettings) -> str:
        """Fill the partial from one of the mirrors and return that mirror's label.

        Raises:
            ModelTasksError: none of them has the bytes.
        """
        wanted, partial = file.wanted, file.partial
        if wanted.size is not None:
            check_free_space(self._partials, wanted.size, partial.held + self._held_in_parts(mirrors))
        rounds = MirrorRounds(mirrors, self._unreachable, network)
        while True:
            before = partial.held
            due = rounds.due(time.monotonic())
            for place, candidate in enumerate(due):
                mirror, later = candidate.mirror, due[place + 1 :]
                others = rounds.first and any(each.mirror.origin not in self._unreachable for each in later)
                limit = min(QUICK_CONNECT, network.connect_timeout) if others else network.connect_timeout
                try:
                    self._try(file, mirror, limit, whole=candidate.refetch and file.repair.in_one_piece)
                except Failed as failure:
                    is_news = self._remember(mirror, reached=failure.reached)
                    rounds.failed(candidate, failure, time.monotonic())
                    if later:  # that a server cannot be reached is said once, not for each of its files
                        level = logging.WARNING if failure.reached or is_news else logging.DEBUG
                        logger.log(level, "%s: %s; trying the next mirror", wanted.label, failure.error)
                else:
                    self._remember(mirror, reached=True)
                    return redact(mirror.label)
            pause = rounds.pause(partial.held - before, time.monotonic())
            if pause is None:
                raise rounds.error()
            logger.info("%s: %s; trying again in %.0f s", wanted.label, rounds.reason, pause)
            self._cancel.sleep(pause)

    def _try(self, file: _File, mirror: Mirror, connect_limit: float, *, whole: bool) -> None:
        """Fill the partial from one mirror and check the digest.

        Raises:
            Failed: the mirror does not have the bytes, or could not be reached.
        """
        wanted, partial = file.wanted, file.partial
        attempt = self._attempt(file, mirror, connect_limit, whole=whole)
        actual = file.prefix_hash.hexdigest()
        if actual != wanted.checksum.hexdigest and is_decodable(attempt.encoded):
            # The server encoded it, though asked not to: fetch it again, in one piece and decoded.
            partial.clear()
            attempt = self._attempt(file, mirror, connect_limit, whole=True)
            actual = file.prefix_hash.hexdigest()
        if actual == wanted.checksum.hexdigest:
            return
        error = _why_wrong(attempt, mirror)
        if error is not None:
            partial.clear()
            raise Failed(error)
        kind = DamagedContent if file.repair.fetch_again(actual) else ChecksumMismatch
        found = f"{wanted.checksum.algorithm}:{actual}"
        raise Failed(kind(wanted.label, str(wanted.checksum), found, redact(mirror.label)))

    def _attempt(self, file: _File, mirror: Mirror, connect_limit: float, *, whole: bool) -> Attempt:
        attempt = Attempt(file.wanted, file.prefix_hash, self._budget, self._cancel, connect_limit)
        if isinstance(mirror, JoinedMirror):
            self._join(mirror, attempt, connect_limit)
        elif isinstance(mirror, StreamMirror):
            attempt.run(bind(copy_stream, mirror, attempt))
        else:
            from modeltasks.transfer.http_download import HttpDownload

            attempt.run(HttpDownload(mirror, attempt, self._http_client(), whole=whole).run)
        return attempt

    def _join(self, mirror: JoinedMirror, attempt: Attempt, connect_limit: float) -> None:
        """Fetch the parts in which bytes are missing, and copy these.

        The parts stay until the whole is right: after a crash, none is fetched twice.

        Raises:
            Failed: a part could not be had.
        """
        partial, received = attempt.partial, attempt.partial.received
        with ExitStack() as stack:
            parts, end = [], 0
            for part in mirror.parts:
                start, end = end, end + part.size
                if partial.lacks(start, end):
                    fetched = stack.enter_context(self._part(part, connect_limit))
                    received += fetched.bytes_fetched
                    parts.append(PartFile(fetched.path, start, end))
                    partial.touch()
            attempt.run(bind(copy_parts, parts, attempt))
        partial.received = received

    @contextmanager
    def _part(self, part: MirrorPart, connect_limit: float) -> Iterator[Fetched]:
        """Fetch a part, which is this process's during the block.

        It is tried once: the whole is what is tried again, with all of its mirrors.
        """
        network = replace(self._network, retries=0, connect_timeout=connect_limit)
        try:
            fetched = self._fetch(part.wanted, [part.mirror], network)
        except ModelTasksError as error:
            raise Failed(error, getattr(error, "retry_after", None)) from error
        try:
            yield fetched
        finally:
            release(fetched.path, part.wanted.checksum)

    def _held_in_parts(self, mirrors: Iterable[Mirror]) -> int:
        """Return how many bytes of parts are here already."""
        parts = _parts_of(mirrors)
        held = held_by_name(self._partials) if parts else {}
        return sum(min(part.size, held.get(partial_name(part.wanted.checksum), 0)) for part in parts)

    def _http_client(self) -> HttpClient:
        from modeltasks.transfer.http_client import HttpClient

        with self._lock:
            if self._http is None:
                self._http = HttpClient(self._network)
            return self._http

    def _remember(self, mirror: Mirror, *, reached: bool) -> bool:
        """Note whether the server of a mirror can be reached, for the other files of the run.

        Return whether that was not noted already.
        """
        if mirror.origin is None:
            return True
        with self._lock:
            is_news = (mirror.origin in self._unreachable) == reached
            if reached:
                self._unreachable.discard(mirror.origin)
            else:
                self._unreachable.add(mirror.origin)
        return is_news


def _parts_of(mirrors: Iterable[Mirror]) -> list[MirrorPart]:
    return [part for mirror in mirrors if isinstance(mirror, JoinedMirror) for part in mirror.parts]


def _why_wrong(attempt: Attempt, mirror: Mirror) -> ModelTasksError | None:
    """Return why the bytes of a mirror are not the wanted ones, if it shows; None: they just differ."""
    if not isinstance(mirror, UrlMirror):
        return None
    from modeltasks.transfer.http_errors import still_encoded

    if attempt.looks_like_html:
        return HtmlInsteadOfModel(redact(mirror.url))
    if attempt.encoded:
        return still_encoded(mirror.url, attempt.wanted.label, attempt.encoded)
    if not attempt.partial.held:
        return BadAnswer(host_of(mirror.url), attempt.wanted.label, "it sends an empty file")
    return None
