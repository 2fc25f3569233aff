"""What all actions of one run share: the store, the network, how models stand, and the request to stop."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modeltasks.provision.readiness import Readiness
from modeltasks.registry import Registry
from modeltasks.report.progress import NoProgress, Progress
from modeltasks.report.results import ModelResult
from modeltasks.resolve.installed import Installed
from modeltasks.resolve.lockfile import Lock
from modeltasks.resolve.resolver import Resolver
from modeltasks.settings import NetworkSettings
from modeltasks.spec import ModelSpec
from modeltasks.store import Store
from modeltasks.store.quota import Quota
from modeltasks.support.cancel import CancelToken

if TYPE_CHECKING:
    from modeltasks.sources.pip_wheels import PipWheels
    from modeltasks.transfer.client import Transfer


class Session:
    """Holds what actions share; the network is opened by the first action that needs it.

    Args:
        store: where the files live.
        network: how the network may be used.
        progress: where transfers and hashing are shown.
        cancel: set it to stop what is under way.
        resolver: fills in what a config leaves open; by default one without a lock file.
    """

    def __init__(
        self,
        store: Store,
        network: NetworkSettings | None = None,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        resolver: Resolver | None = None,
    ) -> None:
        self.store = store
        self.network = network or NetworkSettings()
        self.progress = progress or NoProgress()
        self.cancel = cancel or CancelToken()
        self.resolver = resolver or Resolver(
            Lock(), Registry(store.root, self.network, self.cancel), Installed(store.layout.installed)
        )
        self.registry = self.resolver.registry
        self.quota = Quota(store, self.cancel, None, ())
        self.results: dict[str, ModelResult] = {}
        self.readiness: dict[str, Readiness] = {}
        self._guard = threading.Lock()
        self._idle = threading.Condition()
        self._working = 0
        self._transfer: Transfer | None = None
        self._wheels: PipWheels | None = None

    def limit(self, max_size: int | None, protected: Collection[str]) -> None:
        """Let all models together have at most `max_size` bytes; the `protected` ones are never removed."""
        self.quota = Quota(self.store, self.cancel, max_size, protected)

    def why_stale(self, spec: ModelSpec) -> str | None:
        """Return why a model must be looked after, or None: the rule of its task.

        Cheap: asks nobody, hashes nothing, never raises. What is current is kept in `readiness`.
        """
        known = self.resolver.known(spec)
        evidence = self.store.evidence(known)
        if isinstance(evidence, str):
            return evidence
        if not self.resolver.is_settled(spec, known):
            return "its branch has moved, or nobody asked for a day"
        self.readiness[spec.name] = Readiness(spec.name, known, evidence)
        return None

    @property
    def transfer(self) -> Transfer:
        """The one transfer engine of this run, with its one budget of connections."""
        with self._guard:
            if self._transfer is None:
                from modeltasks.transfer.client import Transfer

                self._transfer = Transfer(
                    self.network, self.store.layout.partials, self.cancel, self.progress
                )
            return self._transfer

    @property
    def wheels(self) -> PipWheels:
        """The wheels fetched in this run."""
        with self._guard:
            if self._wheels is None:
                from modeltasks.sources.pip_wheels import PipWheels

                self._wheels = PipWheels(self.store.layout.staging, self.cancel)
            return self._wheels

    @contextmanager
    def working(self) -> Iterator[None]:
        """Mark an action as under way, so that `close` can wait for its end."""
        with self._idle:
            self._working += 1
        try:
            yield
        finally:
            with self._idle:
                self._working -= 1
                self._idle.notify_all()

    def close(self, patience: float = 10.0) -> None:
        """Stop what is still under way, waiting up to `patience` seconds, and close connections."""
        with self._idle:
            if self._working:
                self.cancel.set()
                self._idle.wait_for(lambda: self._working == 0, patience)
        with self._guard:
            if self._transfer is not None:
                self._transfer.close()
            if self._wheels is not None:
                self._wheels.close()
            self._transfer = self._wheels = None
