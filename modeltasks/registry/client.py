"""Metadata of models on a Hugging Face hub: asked for once a day, kept on disk, better old than none."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from modeltasks.errors import (
    AbsentOrPrivate,
    Disabled,
    Gated,
    ModelTasksError,
    Offline,
    RateLimited,
    RevisionGone,
)
from modeltasks.registry.cache import Record, RegistryCache, Trouble
from modeltasks.registry.metadata import ModelMetadata, Versions
from modeltasks.report.display import age_text
from modeltasks.report.notice import Notice
from modeltasks.settings import NetworkSettings, offline_switch
from modeltasks.sources.huggingface import access_token, endpoint
from modeltasks.support.cancel import CancelToken

if TYPE_CHECKING:
    from modeltasks.registry.hub import Hub

logger = logging.getLogger(__name__)
T = TypeVar("T")

DAY = 24 * 3600.0
TROUBLE_TTL = 600.0
"""Seconds for which a failure is believed without asking again: long enough for a run over many models,
short enough that a user who has mended the cause does not wonder."""
LONGEST_WAIT = 60.0
"""Seconds. Metadata that takes longer than this is not worth a run's time."""

_MOST_SUCCESSORS = 10


class Registry:
    """Answers from its records while they are fresh, else asks the hub: one call a model a day.

    The hub is the one that `HF_ENDPOINT` names, asked with the user's token. All methods may be called
    from several threads and processes at once.

    Args:
        cache_dir: the store's folder; records are kept under `.modeltasks/registry` in it.
        network: limits; a failed call is repeated as they say when nothing is known yet.
        cancel: set it to stop what is under way.
        ttl: seconds for which a record is fresh.
        clock: Unix time.
    """

    def __init__(
        self,
        cache_dir: Path,
        network: NetworkSettings | None = None,
        cancel: CancelToken | None = None,
        ttl: float = DAY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.cache = RegistryCache(cache_dir / ".modeltasks" / "registry")
        self._network = network or NetworkSettings()
        self._cancel = cancel or CancelToken()
        self._ttl = ttl
        self._clock = clock
        self._guard = threading.Lock()
        self._turns: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self._quiet_until = 0.0

    def query(self, repo: str, revision: str = "main", force_refresh: bool = False) -> ModelMetadata:
        """Return what the hub says about a repository at a revision, with notices of what to look at.

        Args:
            repo: `owner/name`.
            revision: commit, tag or branch.
            force_refresh: ask the hub even if the record is fresh.

        Raises:
            ModelTasksError: nothing is known, and the hub gives no answer.
            Cancelled: a stop was asked for.
        """
        with self._turn(repo, revision):
            record = self.cache.read(repo, revision, endpoint())
            if not force_refresh:
                known = self._without_asking(repo, revision, record)
                if known is not None:
                    return known
            return self._by_asking(repo, revision, record)

    def cached(self, repo: str, revision: str = "main") -> ModelMetadata | None:
        """Return what is known, however old, without asking the hub."""
        return self.cache.read(repo, revision, endpoint()).metadata

    def is_fresh(self, repo: str, revision: str = "main") -> bool:
        """Whether a query would be answered from a record: younger than `ttl`, and not contradicted."""
        return self._is_good(self.cache.read(repo, revision, endpoint()))

    def ask_again(self, doubted: ModelMetadata) -> ModelMetadata:
        """Ask about a repository anew, because what came contradicts `doubted`, however young that is.

        Once for all models of the repository: who comes later gets the answer that came meanwhile.

        Raises:
            ModelTasksError: the hub gives no answer; `doubted` is not believed any more.
            Cancelled: a stop was asked for.
        """
        repo, revision = doubted.repo, doubted.revision
        with self._turn(repo, revision):
            record = self.cache.read(repo, revision, endpoint())
            known = record.metadata
            if known is not None and not record.doubted and known.fetched_at > doubted.fetched_at:
                return known
            record = replace(record, metadata=known or doubted, doubted=True)
            self.cache.write(repo, revision, record)
            return self._by_asking(repo, revision, record)

    def doubt(self, metadata: ModelMetadata) -> None:
        """Let nobody believe an answer without asking again: what came contradicts it."""
        repo, revision = metadata.repo, metadata.revision
        with self._turn(repo, revision):
            record = self.cache.read(repo, revision, endpoint())
            if record.metadata == metadata:
                self.cache.write(repo, revision, replace(record, doubted=True))

    def age(self, metadata: ModelMetadata) -> float:
        """Return the seconds since the hub gave an answer."""
        return max(0.0, self._clock() - metadata.fetched_at)

    def versions(self, repo: str, force_refresh: bool = False) -> Versions:
        """Return branches and tags: a call of its own, once a day.

        Raises:
            ModelTasksError: they are not known, and the hub gives no answer.
        """
        base = endpoint()
        known = self.cache.read_versions(repo, base)
        if known is not None and not force_refresh and self._young(known.fetched_at, self._ttl):
            return known
        try:
            found = self._ask(repo, lambda hub: hub.versions(repo, self._clock()), patient=known is None)
        except ModelTasksError:
            if known is None:
                raise
            return known
        self.cache.write_versions(repo, base, found)
        return found

    def commits(self, repo: str, revision: str = "main") -> tuple[str, ...]:
        """Return the newest commits of a revision, newest first: always a call.

        Raises:
            ModelTasksError: the hub gives no answer.
        """
        return self._ask(repo, lambda hub: hub.commits(repo, revision), patient=True)

    def search(self, limit: int = 5, **filters: str) -> tuple[str, ...]:
        """Return public models that match, most downloaded first; none when the hub gives no answer.

        Args:
            limit: how many at most.
            filters: `search`, `author` or `pipeline_tag`.
        """
        try:
            return self._ask("models", lambda hub: hub.search(limit, **filters), patient=False)
        except ModelTasksError as error:
            logger.debug("search for %s: %s", filters, error)
            return ()

    def successors(self, metadata: ModelMetadata) -> tuple[str, ...]:
        """Follow `new_version` from model to model; the last one is the one to use.

        A chain that comes back to where it was ends there. What cannot be asked ends it too.
        """
        chain: list[str] = []
        following = metadata.new_version
        seen = {metadata.repo, metadata.id}
        while following is not None and following not in seen and len(chain) < _MOST_SUCCESSORS:
            seen.add(following)
            try:
                metadata = self.query(following)
            except ModelTasksError as error:
                logger.debug("successor %s: %s", following, error)
                break
            chain.append(following)
            following = metadata.new_version
        return tuple(chain)

    def _without_asking(self, repo: str, revision: str, record: Record) -> ModelMetadata | None:
        """Return an answer that needs no request, raise a failure that needs none, or None."""
        metadata, trouble = record.metadata, record.trouble
        if metadata is not None and self._is_good(record):
            return metadata
        if trouble is None or trouble.credentials != _fingerprint(access_token()):
            return None
        if not self._young(trouble.at, TROUBLE_TTL):
            return None
        if metadata is not None and not record.doubted:
            return self._old(metadata, trouble.kind, trouble.message)
        error = _definite(trouble.kind, repo, revision)
        if error is not None:
            since = age_text(self._clock() - trouble.at)
            error.why = (
                f"{error.why} (so it was told {since} ago; `doit registry --force` asks again at once)"
            )
            raise error
        return None

    def _by_asking(self, repo: str, revision: str, record: Record) -> ModelMetadata:
        known = record.metadata
        believed = None if record.doubted else known
        try:
            found = self._ask(
                repo, lambda hub: hub.describe(repo, revision, self._clock()), patient=believed is None
            )
        except ModelTasksError as error:
            if not isinstance(error, Offline):
                trouble = Trouble(error.kind, self._clock(), _fingerprint(access_token()), str(error))
                self.cache.write(repo, revision, replace(record, trouble=trouble))
            if believed is None:
                raise
            return self._old(believed, error.kind, str(error))
        if known is not None:
            found = replace(
                found,
                moved_from=known.commit if known.commit != found.commit else None,
                replaced_uid=known.uid if known.uid and found.uid and known.uid != found.uid else None,
            )
        self.cache.write(repo, revision, Record(record.endpoint, found))
        return found

    def _old(self, metadata: ModelMetadata, kind: str, why: str) -> ModelMetadata:
        gone = _definite(kind, metadata.repo, metadata.revision) is not None
        age = age_text(self.age(metadata))
        notice = Notice(
            "gone" if gone else "stale",
            f"what is known of {metadata.repo} is {age} old, because it cannot be asked for: {why}",
        )
        return replace(metadata, stale=notice)

    def _ask(self, repo: str, call: Callable[[Hub], T], patient: bool) -> T:
        """Make a call, repeated as the settings say when `patient`: when there is nothing to fall back on."""
        switch = offline_switch(self._network)
        if switch is not None:
            raise Offline(f"The description of {repo}", switch)
        from modeltasks.registry.hub import Hub
        from modeltasks.transfer.mirrors import delay

        hub = Hub(endpoint(), access_token(), self._network.connect_timeout, self._cancel)
        failed = 0
        while True:
            self._cancel.check()
            self._keep_quiet(hub.host, patient)
            try:
                return call(hub)
            except ModelTasksError as error:
                asked = error.retry_after if isinstance(error, RateLimited) else None
                if asked is not None:
                    self._quiet_until = time.monotonic() + asked
                failed += 1
                jitter = random.random()  # noqa: S311 - no secret
                pause = delay(failed, error, asked, self._network.backoff, jitter)
                if not patient or failed > self._network.retries or pause is None or pause > LONGEST_WAIT:
                    raise
                logger.info("%s; asking again in %.0f s", error, pause)
            self._cancel.sleep(pause)

    def _keep_quiet(self, host: str, patient: bool) -> None:
        """Respect a limit that another call ran into."""
        left = self._quiet_until - time.monotonic()
        if left > (LONGEST_WAIT if patient else 0.0):
            raise RateLimited(host, left)
        if left > 0:
            self._cancel.sleep(left)

    def _turn(self, repo: str, revision: str) -> threading.Lock:
        with self._guard:
            return self._turns[repo, revision]

    def _is_good(self, record: Record) -> bool:
        """Whether a record needs no asking: it is young, and nothing that came contradicts it."""
        metadata = record.metadata
        return metadata is not None and not record.doubted and self._young(metadata.fetched_at, self._ttl)

    def _young(self, since: float, ttl: float) -> bool:
        # A record from the future (the clock was set back) is not fresh for ever: it is not fresh at all.
        return 0 <= self._clock() - since < ttl


def _definite(kind: str, repo: str, revision: str) -> ModelTasksError | None:
    """The failure of that kind again, if it is one that asking once more does not cure."""
    failures = {
        AbsentOrPrivate.kind: AbsentOrPrivate(repo),
        RevisionGone.kind: RevisionGone(repo, revision),
        Disabled.kind: Disabled(repo),
        Gated.kind: Gated(repo, f"{endpoint()}/{repo}"),
    }
    return failures.get(kind)


def _fingerprint(token: str | None) -> str:
    """Tells whether a failure was met with the same credentials, and tells nothing about them."""
    return blake2b(token.encode(), digest_size=4).hexdigest() if token else ""
