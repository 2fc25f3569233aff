"""In which order mirrors are tried, when again, and what the error is if none works. No clock, no network."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from modeltasks.errors import ChecksumMismatch, DiskFull, ModelTasksError
from modeltasks.settings import NetworkSettings
from modeltasks.transfer.mirror import Failed, Mirror
from modeltasks.transfer.repair import DamagedContent
from modeltasks.transfer.url import Origin

LONGEST_WAIT = 300.0
"""Seconds. Hubs count requests in windows of five minutes, so no honest request to wait is longer;
a mirror that asks for more is not tried again."""

JITTER = 0.25
"""At most this part of a pause is added at random, so that many clients do not come back together."""

ENOUGH_PROGRESS = 8 * 1024 * 1024
"""A round that brings this many bytes is not counted as failed."""

REFETCHES = 3
"""How often wrong bytes are fetched again from one mirror without a pause, while no two fetches agree."""


@dataclass(slots=True)
class Candidate:
    """A mirror, and what came of asking it.

    Args:
        mirror: where the bytes are.
        error: why it failed the last time.
        retry_after: seconds that its server asked to wait then.
        given_up: it is not asked again.
        refetch: its bytes were wrong, and may have been damaged on their way: ask again at once.
        refetches: how often that was done.
        not_before: the time until which its server asked to wait.
    """

    mirror: Mirror
    error: ModelTasksError | None = None
    retry_after: float | None = None
    given_up: bool = False
    refetch: bool = False
    refetches: int = 0
    not_before: float = 0.0


class MirrorRounds:
    """Each round tries every mirror once; only a round in which all failed is followed by a pause.

    Between two rounds the mirrors that gave wrong bytes are asked again, without a pause.

    Args:
        mirrors: the best first.
        dead: servers that could not be reached before in this run: tried last.
        network: how often to try again, and after which pauses.
        rng: gives a number from 0 up to 1.
    """

    def __init__(
        self,
        mirrors: Sequence[Mirror],
        dead: Collection[Origin],
        network: NetworkSettings,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self._by_rank = [Candidate(mirror) for mirror in mirrors]
        self._candidates = sorted(self._by_rank, key=lambda each: each.mirror.origin in dead)
        self._network = network
        self._rng = rng
        self._failed = 0

    @property
    def first(self) -> bool:
        """Whether no round has failed yet."""
        return self._failed == 0

    def due(self, now: float) -> list[Candidate]:
        """Return the mirrors to try now, in order, without those that asked to wait longer."""
        if suspects := [each for each in self._candidates if each.refetch]:
            return suspects
        return [each for each in self._candidates if not each.given_up and each.not_before <= now]

    def failed(self, candidate: Candidate, failure: Failed, now: float) -> None:
        """Note that a mirror failed at the time `now`."""
        candidate.error = failure.error
        candidate.retry_after = failure.retry_after
        candidate.not_before = now + (failure.retry_after or 0.0)
        candidate.refetch = isinstance(failure.error, DamagedContent) and candidate.refetches < REFETCHES
        candidate.refetches += candidate.refetch
        if isinstance(failure.error, ChecksumMismatch) and not candidate.refetch:
            self._drop_agreeing(failure.error)

    def _drop_agreeing(self, error: ChecksumMismatch) -> None:
        """Do not repeat mirrors that gave these same wrong bytes: two agree, so that is what they have."""
        for each in self._candidates:
            if isinstance(each.error, ChecksumMismatch) and each.error.actual == error.actual:
                each.refetch = False

    def pause(self, gained: int, now: float) -> float | None:
        """Return the seconds to wait before the next round; None: there is no next round.

        Args:
            gained: bytes that this round brought.
            now: the time of its end.
        """
        if any(each.refetch for each in self._candidates):
            return 0.0
        self._failed = 1 if gained >= ENOUGH_PROGRESS else self._failed + 1
        if self._failed > self._network.retries:
            return None
        pauses = []
        share = self._rng()
        for each in self._candidates:
            if each.given_up or each.error is None:
                continue
            left = max(0.0, each.not_before - now) if each.retry_after is not None else None
            pause = delay(self._failed, each.error, left, self._network.backoff, share)
            if pause is None:
                each.given_up = True
            else:
                pauses.append(pause)
        return min(pauses, default=None)

    @property
    def reason(self) -> str:
        """What went wrong with the first mirror, in a few words."""
        return self._errors()[0].what

    def error(self) -> ModelTasksError:
        """Return the first mirror's error, with those of the others as notes.

        A full disk comes first: the bytes of another mirror would need the same room.
        """
        first, *others = sorted(self._errors(), key=lambda error: not isinstance(error, DiskFull))
        for other in others:
            first.add_note(f"Another mirror: {other}")
        return first

    def _errors(self) -> list[ModelTasksError]:
        return [each.error for each in self._by_rank if each.error]


def delay(
    failed_rounds: int,
    error: ModelTasksError,
    retry_after: float | None,
    backoff: Sequence[float],
    jitter: float,
) -> float | None:
    """Return the seconds to wait before asking this mirror again; None: do not ask it again.

    Args:
        failed_rounds: how many rounds have failed, this one included; from 1.
        error: why the mirror failed.
        retry_after: the seconds that the server asked to wait: the least that is waited.
        backoff: seconds to wait after each failed round; the last one is used from there on.
        jitter: a random number from 0 up to 1.
    """
    if not error.transient or (retry_after is not None and retry_after > LONGEST_WAIT):
        return None
    base = backoff[min(failed_rounds, len(backoff)) - 1] if backoff else 0.0
    pause = max(base, retry_after or 0.0)
    return pause + base * JITTER * jitter
