"""All checks, at the same time: a disk or a host that hangs holds up no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import wait
from dataclasses import dataclass
from functools import partial

from modeltasks.errors import Failure, Unexpected
from modeltasks.settings import offline_switch
from modeltasks.support.threads import in_threads
from video_censor_personal.config import load_config
from video_censor_personal.doctor.check import Check, from_failure, in_order, verdict
from video_censor_personal.doctor.folders import look_at_films, look_at_store
from video_censor_personal.doctor.installation import look_at_installation, look_at_review_page
from video_censor_personal.doctor.models import Standing, look_at_models, standings
from video_censor_personal.doctor.runtimes import look_at_machine, look_at_runtime, runtimes
from video_censor_personal.doctor.services import look_at_endpoints, look_at_scheduler, look_at_way_out
from video_censor_personal.model_manager import ModelManager
from video_censor_personal.shipped import manual_page

WHOLE = 9.5
"""Seconds that all of it may take, for a user who waits."""
_ANSWER, _SOURCES = 0.5, 0.9
"""Of that, what the answer of one server may take, and those of all sources of models together."""

_DISKS = ("Folder of models", "Films")

Look = Callable[[], Iterable[Check]]


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found, problems first; whether the config can be used."""

    checks: tuple[Check, ...]
    has_config: bool

    @property
    def verdict(self) -> str:
        """What all of it means, in a line."""
        return verdict(self.checks)

    @property
    def is_well(self) -> bool:
        """Whether nothing will fail."""
        return all(check.state != "failed" for check in self.checks)


def examine(config: str | Failure, *, offline: bool, seconds: float = WHOLE) -> Examination:
    """Look at everything. Nothing is changed, and nothing but first bytes is fetched.

    Args:
        config: the path of the config, or why there is none.
        offline: the network is not to be used.
        seconds: how long all of it may take.
    """
    until = time.monotonic() + seconds
    manager, checks = _configured(config, offline=offline)
    looks = _looks(manager, seconds)
    futures = in_threads([partial(_all_of, name, look) for name, look in looks], len(looks), "doctor")
    wait(futures, timeout=max(0.0, until - time.monotonic()))
    for (name, _), future in zip(looks, futures, strict=True):
        checks += future.result() if future.done() else [_no_answer(name, seconds)]
    return Examination(tuple(in_order(checks)), manager is not None)


def _configured(config: str | Failure, *, offline: bool) -> tuple[ModelManager | None, list[Check]]:
    try:
        if isinstance(config, Failure):
            raise config
        read = load_config(config)
        if offline:
            read = read.without_network()
        manager = ModelManager(read)
    except Failure as error:
        return None, [from_failure("Config", error)]
    checks = [Check("Config", "ok", str(config))]
    fix = f"Correct it, or take the key out; every key is in {manual_page('configuration.md')}"
    checks += [Check("Config", "warning", warning, fix) for warning in read.warnings]
    return manager, checks


def _looks(manager: ModelManager | None, seconds: float) -> list[tuple[str, Look]]:
    config = None if manager is None else manager.config
    # Once for all, on a thread of its own: the disk may hang, and then holds up only who asks for it.
    stand = in_threads([partial(_standings, manager)], 1, "doctor")[0]
    looks: list[tuple[str, Look]] = [
        ("Installation", lambda: look_at_installation(config)),
        *((name, partial(look_at_runtime, name, config)) for name in runtimes(config)),
        ("Machine", look_at_machine),
        ("Folder of models", lambda: look_at_store(manager, stand.result())),
        ("Review page", look_at_review_page),
        ("Way to the network", look_at_way_out),
    ]
    if manager is None or config is None:
        return looks
    looks += [
        ("Models", lambda: look_at_models(manager, stand.result(), seconds * _SOURCES)),
        ("Films", lambda: look_at_films(manager)),
    ]
    if offline_switch(config.models.network) is None:
        looks.append(("Servers", lambda: look_at_endpoints(config, seconds * _ANSWER)))
    if config.library is not None and config.library.runner != "local":
        looks.append(("Scheduler", partial(look_at_scheduler, config.library.runner, seconds * _ANSWER)))
    return looks


def _standings(manager: ModelManager | None) -> list[Standing]:
    return [] if manager is None else standings(manager)


def _all_of(name: str, look: Look) -> list[Check]:
    try:
        return list(look())
    except Failure as error:
        return [from_failure(name, error)]
    except Exception as error:  # noqa: BLE001 - a mistake of ours in one check leaves the others
        return [from_failure(name, Unexpected(name, f"{type(error).__name__}: {error}"))]


def _no_answer(name: str, seconds: float) -> Check:
    """Return what is said of what took too long: a disk that hangs fails, others may only be slow."""
    what = f"did not answer within {seconds:g} s, so nothing is known of it"
    if name in _DISKS:
        return Check(name, "failed", what, "See whether its disk or network hangs, and run again")
    return Check(name, "warning", what, "Run again when the machine is less busy")
