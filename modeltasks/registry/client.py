"""Registry: metadata of models on a Hugging Face hub, from records on disk or else from the hub."""

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
    ConfigError,
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
from modeltasks.support.commands import command

if TYPE_CHECKING:
    from modeltasks.registry.hub import Hub

logger = logging.getLogger(__name__)
T = TypeVar("T")

DAY = 24 * 3600.0
TROUBLE_TTL = 600.0
"""Seconds before a call that failed is made again: long enough for a run over many models, short enough for
a user who has removed the cause."""
_LONGEST_WAIT = 60.0
"""Seconds to wait for a rate limit to pass before giving up."""

_MOST_SUCCESSORS = 10


class Registry:
    """Returns records while they are fresh, else asks the hub: one call a model a day.

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
        self._locks: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self._limited_until = 0.0

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
        with self._lock(repo, revision):
            record = self.cache.read(repo, revision, endpoint())
            if not force_refresh:
                known = self._from_record(repo, revision, record)
                if known is not None:
                    return known
            return self._from_hub(repo, revision, record)

    def cached(self, repo: str, revision: str = "main") -> ModelMetadata | None:
        """Return what is known, however old, without asking the hub; never raises."""
        return self._record(repo, revision).metadata

    def is_fresh(self, repo: str, revision: str = "main") -> bool:
        """Whether a query would be answered from a record: younger than `ttl`, and not contradicted."""
        return self._is_valid(self._record(repo, revision))

    def ask_again(self, doubted: ModelMetadata) -> ModelMetadata:
        """Ask about a repository again, because downloaded files contradict `doubted`, however young that is.

        One call for all models of the repository: later callers get the record that it made.

        Raises:
            ModelTasksError: the hub gives no answer; `doubted` is not used again.
            Cancelled: a stop was asked for.
        """
        repo, revision = doubted.repo, doubted.revision
        with self._lock(repo, revision):
            record = self.cache.read(repo, revision, endpoint())
            known = record.metadata
            if known is not None and not record.doubted and known.fetched_at > doubted.fetched_at:
                return known
            record = replace(record, metadata=known or doubted, doubted=True)
            self.cache.write(repo, revision, record)
            return self._from_hub(repo, revision, record)

    def doubt(self, metadata: ModelMetadata) -> None:
        """Note that downloaded files contradict a record: the hub is asked before it is used again."""
        repo, revision = metadata.repo, metadata.revision
        with self._lock(repo, revision):
            record = self.cache.read(repo, revision, endpoint())
            if record.metadata == metadata:
                self.cache.write(repo, revision, replace(record, doubted=True))

    def age(self, metadata: ModelMetadata) -> float:
        """Return the seconds since the hub was asked."""
        return max(0.0, self._clock() - metadata.fetched_at)

    def versions(self, repo: str, force_refresh: bool = False) -> Versions:
        """Return branches and tags: a call of its own, once a day.

        Raises:
            ModelTasksError: they are not known, and the hub gives no answer.
        """
        base = endpoint()
        known = self.cache.read_versions(repo, base)
        if known is not None and not force_refresh and self._is_young(known.fetched_at, self._ttl):
            return known
        try:
            found = self._call(repo, lambda hub: hub.versions(repo, self._clock()), retry=known is None)
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
        return self._call(repo, lambda hub: hub.commits(repo, revision), retry=True)

    def search(self, limit: int = 5, **filters: str) -> tuple[str, ...]:
        """Return public models that match, most downloaded first; none when the hub gives no answer.

        Args:
            limit: how many at most.
            filters: `search`, `author` or `pipeline_tag`.
        """
        try:
            return self._call("models", lambda hub: hub.search(limit, **filters), retry=False)
        except ModelTasksError as error:
            logger.debug("search for %s: %s", filters, error)
            return ()

    def successors(self, metadata: ModelMetadata) -> tuple[str, ...]:
        """Follow `new_version` from model to model; the last one is the one to use.

        A loop ends the chain, and so does a model that the hub does not describe.
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

    def _record(self, repo: str, revision: str) -> Record:
        try:
            return self.cache.read(repo, revision, endpoint())
        except ConfigError:
            # HF_ENDPOINT is no address. Who asks the hub is told so; nothing is known of such a hub.
            return Record("")

    def _from_record(self, repo: str, revision: str, record: Record) -> ModelMetadata | None:
        """Return metadata, or raise a failure, where that takes no request; else None."""
        metadata, trouble = record.metadata, record.trouble
        if metadata is not None and self._is_valid(record):
            return metadata
        if trouble is None or trouble.credentials != _fingerprint(access_token()):
            return None
        if not self._is_young(trouble.at, TROUBLE_TTL):
            return None
        if metadata is not None and not record.doubted:
            return self._outdated(metadata, trouble.kind, trouble.message)
        error = _lasting(trouble.kind, repo, revision)
        if error is not None:
            since = age_text(self._clock() - trouble.at)
            again = command("registry --force")
            advice = f"; {again} asks again at once" if again else ""
            error.why = f"{error.why} (the hub said so {since} ago{advice})"
            raise error
        return None

    def _from_hub(self, repo: str, revision: str, record: Record) -> ModelMetadata:
        known = record.metadata
        believed = None if record.doubted else known
        try:
            found = self._call(
                repo, lambda hub: hub.describe(repo, revision, self._clock()), retry=believed is None
            )
        except ModelTasksError as error:
            if not isinstance(error, Offline):
                trouble = Trouble(error.kind, self._clock(), _fingerprint(access_token()), str(error))
                self.cache.write(repo, revision, replace(record, trouble=trouble))
            if believed is None:
                raise
            return self._outdated(believed, error.kind, str(error))
        if known is not None:
            found = replace(
                found,
                moved_from=known.commit if known.commit != found.commit else None,
                replaced_uid=known.uid if known.uid and found.uid and known.uid != found.uid else None,
            )
        self.cache.write(repo, revision, Record(record.endpoint, found))
        return found

    def _outdated(self, metadata: ModelMetadata, kind: str, why: str) -> ModelMetadata:
        gone = _lasting(kind, metadata.repo, metadata.revision) is not None
        age = age_text(self.age(metadata))
        notice = Notice(
            "gone" if gone else "stale",
            f"what is known of {metadata.repo} is {age} old, because it cannot be asked for: {why}",
        )
        return replace(metadata, stale=notice)

    def _call(self, repo: str, call: Callable[[Hub], T], retry: bool) -> T:
        """Make a call; with `retry`, where no record can be used instead, repeat it as the settings say."""
        switch = offline_switch(self._network)
        if switch is not None:
            raise Offline(f"The description of {repo}", switch)
        from modeltasks.registry.hub import Hub
        from modeltasks.transfer.mirrors import delay

        hub = Hub(endpoint(), access_token(), self._network.connect_timeout, self._cancel)
        failed = 0
        while True:
            self._cancel.check()
            self._wait_for_rate_limit(hub.host, retry)
            try:
                return call(hub)
            except ModelTasksError as error:
                asked = error.retry_after if isinstance(error, RateLimited) else None
                if asked is not None:
                    self._limited_until = time.monotonic() + asked
                failed += 1
                jitter = random.random()  # noqa: S311 - no secret
                pause = delay(failed, error, asked, self._network.backoff, jitter)
                if not retry or failed > self._network.retries or pause is None or pause > _LONGEST_WAIT:
                    raise
                logger.info("%s; asking again in %.0f s", error, pause)
            self._cancel.sleep(pause)

    def _wait_for_rate_limit(self, host: str, retry: bool) -> None:
        """Wait until a rate limit that another call met has passed; raise if that takes too long."""
        left = self._limited_until - time.monotonic()
        if left > (_LONGEST_WAIT if retry else 0.0):
            raise RateLimited(host, left)
        if left > 0:
            self._cancel.sleep(left)

    def _lock(self, repo: str, revision: str) -> threading.Lock:
        with self._guard:
            return self._locks[repo, revision]

    def _is_valid(self, record: Record) -> bool:
        """Whether a record can be used without asking: it is young, and no downloaded file contradicts it."""
        metadata = record.metadata
        return metadata is not None and not record.doubted and self._is_young(metadata.fetched_at, self._ttl)

    def _is_young(self, since: float, ttl: float) -> bool:
        # A record from the future (the clock was set back) is not fresh for ever: it is not fresh at all.
        return 0 <= self._clock() - since < ttl


def _lasting(kind: str, repo: str, revision: str) -> ModelTasksError | None:
    """Return the failure of that kind, if it is one that another attempt does not cure."""
    failures = {
        AbsentOrPrivate.kind: AbsentOrPrivate(repo),
        RevisionGone.kind: RevisionGone(repo, revision),
        Disabled.kind: Disabled(repo),
        Gated.kind: Gated(repo, f"{endpoint()}/{repo}"),
    }
    return failures.get(kind)


def _fingerprint(token: str | None) -> str:
    """Return what is the same for the same credentials and reveals nothing of them."""
    return blake2b(token.encode(), digest_size=4).hexdigest() if token else ""
