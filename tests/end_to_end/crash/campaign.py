"""Kills `video-censor --download-models` at random moments and looks at the store after each kill."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.end_to_end.crash.counting_host import CountingHost, hosting
from tests.end_to_end.crash.stores import (
    CONNECTIONS,
    Contents,
    Findings,
    inspect,
    paths,
    size_of,
    write_config,
)
from tests.support.programs import command, start, video_censor
from tests.support.waiting import PATIENCE

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
JOBS = (1, 4)

LOST_MOST = CONNECTIONS * 512 * 1024
"""Bytes that a kill may cost: of each connection a journal's block that was not full yet (256 KiB), and
what was between the two ends of its socket."""

_STARTUP = 0.6
_AT_THE_END = 0.03


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill: by which signal, where it hit, and what it cost."""

    signal: signal.Signals
    jobs: int
    hit: str
    code: int
    seconds_to_end: float
    traceback: bool
    lost: int
    findings: Findings


@dataclass(slots=True)
class Tally:
    """All kills of a campaign, and what its complete fetches cost.

    Args:
        kills: one by one.
        violations: what must not be.
        complete: how often everything was fetched to the end.
        served: bytes that the server gave in all.
        size: bytes of all models.
    """

    size: int
    kills: list[Kill] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    complete: int = 0
    served: int = 0

    @property
    def refetched(self) -> int:
        """Bytes served beyond one copy of each model for each complete fetch."""
        return self.served - self.complete * self.size

    @property
    def allowed(self) -> int:
        """Bytes that may be fetched again: a bounded part for each kill."""
        return len(self.kills) * LOST_MOST

    def count(self, what: str) -> Counter[str]:
        """Count the kills by an attribute."""
        return Counter(
            value.name if isinstance(value := getattr(kill, what), signal.Signals) else str(value)
            for kill in self.kills
        )


def campaign(folder: Path, models: Contents, *, kills: int, seed: int, rate: float) -> Tally:
    """Fetch `models` again and again, killed `kills` times, until the last fetch is complete.

    Args:
        folder: an empty one for store and config.
        models: what to fetch.
        kills: how many.
        seed: of all that is random.
        rate: bytes per second that the server gives.
    """
    chance = random.Random(seed)
    tally = Tally(size_of(models))
    plan = iter([(SIGNALS[n % 3], JOBS[n // 3 % 2]) for n in range(kills)])
    with hosting(paths(models), rate) as host:
        store = folder / "store"
        config = write_config(folder / "video-censor.yaml", models, host, store)
        for number, jobs in plan:
            while not _kill_one(tally, _Run(config, store, models, host, jobs), number, chance):
                _finish(tally, config, store, models)
                shutil.rmtree(store)
            if tally.kills[-1].hit == "ending":
                _finish(tally, config, store, models)
                shutil.rmtree(store)
        _finish(tally, config, store, models)
        tally.served = host.total
    return tally


@dataclass(frozen=True, slots=True)
class _Run:
    config: Path
    store: Path
    models: Contents
    host: CountingHost
    jobs: int

    def command(self) -> list[str]:
        return command("--download-models", "--config", self.config, "--jobs", self.jobs)


def _kill_one(tally: Tally, run: _Run, number: signal.Signals, chance: random.Random) -> bool:
    """Start the program and kill it; return whether it was there to be killed."""
    before = run.host.total
    found = inspect(run.store, run.models)
    had = _kept(found)
    log_file = run.config.with_suffix(".log")
    with log_file.open("wb") as log:
        process = start(run.command(), run.config.parent, stdout=log, stderr=log)
        for _ in _until_the_moment(run, tally.size - had, chance):
            if process.poll() is not None:
                break
        ended = process.poll() is not None
        process.send_signal(number)
        sent = time.monotonic()
        code = process.wait(timeout=PATIENCE)
    if ended or code == 0:
        if code:
            tally.violations.append(f"it failed by itself: {log_file.read_text()}")
        return False
    findings = inspect(run.store, run.models)
    served = run.host.total - before
    seconds = time.monotonic() - sent
    traceback = b"Traceback" in log_file.read_bytes()
    lost = had + served - _kept(findings)
    hit = _where(served, tally.size, found, findings)
    tally.kills.append(Kill(number, run.jobs, hit, code, seconds, traceback, lost, findings))
    tally.violations += [f"{number.name}, {run.jobs} jobs, {hit}: {each}" for each in findings.violations]
    return True


def _until_the_moment(run: _Run, missing: int, chance: random.Random) -> Iterator[None]:
    """Yield until a moment that is drawn: in the start, within the bytes to come, or around their end."""
    kind = chance.choices(("start", "bytes", "end"), (1, 5, 2))[0]
    seconds = chance.uniform(0, _STARTUP if kind == "start" or not missing else _AT_THE_END)
    share = {"start": 0.0, "end": 1.0, "bytes": chance.random() ** 2}[kind]
    goal = run.host.total + int(share * missing)
    while run.host.total < goal:
        time.sleep(0.002)
        yield
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.002)
        yield


def _kept(findings: Findings) -> int:
    return findings.published + findings.on_their_way


def _where(served: int, size: int, before: Findings, after: Findings) -> str:
    if not served and after == before:
        return "starting" if before.published < size else "ending"
    if after.whole or after.unstamped:
        return "between last byte and receipt"
    return "ending" if after.published == size else "within the bytes"


def _finish(tally: Tally, config: Path, store: Path, models: Contents) -> None:
    reply = video_censor(config.parent, "--download-models", "--config", config, "--json")
    findings = inspect(store, models)
    tally.violations += findings.violations
    if reply.code or findings.published != tally.size or findings.unstamped or findings.on_their_way:
        tally.violations.append(f"not complete after a whole run: {reply.err}")
    states = {model["name"]: model["status"] for model in reply.json["models"]}
    if set(states) != set(models):
        tally.violations.append(f"reported {states}")
    tally.complete += 1
