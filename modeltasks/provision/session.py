"""What all actions of one run share: the store, the network, and the wish to stop."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modeltasks.registry import Registry
from modeltasks.report.progress import NoProgress, Progress
from modeltasks.report.results import ModelResult
from modeltasks.resolve.installed import Installed
from modeltasks.resolve.lockfile import Lock
from modeltasks.resolve.resolver import Resolver
from modeltasks.settings import NetworkSettings
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
        lock: what is pinned; nothing by default.
    """

    def __init__(
        self,
        store: Store,
        network: NetworkSettings | None = None,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        lock: Lock | None = None,
    ) -> None:
        self.store = store
        self.network = network or NetworkSettings()
        self.progress = progress or NoProgress()
        self.cancel = cancel or CancelToken()
        self.registry = Registry(store.root, self.network, self.cancel)
        self.resolver = Resolver(lock or Lock(), self.registry, Installed(store.layout.installed))
        self.quota = Quota(store, self.cancel, None, ())
        self.results: dict[str, ModelResult] = {}
        self._guard = threading.Lock()
        self._idle = threading.Condition()
        self._working = 0
        self._transfer: Transfer | None = None
        self._wheels: PipWheels | None = None

    def limit(self, max_size: int | None, protected: Collection[str]) -> None:
        """Let all models together have at most `max_size` bytes, the `protected` ones whatever they have."""
        self.quota = Quota(self.store, self.cancel, max_size, protected)

    @property
    def transfer(self) -> Transfer:
        """The one transfer engine of this run, with its one budget of connections."""
        with self._guard:
            if self._transfer is None:
                from modeltasks.transfer.client import Transfer

                self._transfer = Transfer(self.network, self.store.partials, self.cancel, self.progress)
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
        """Mark an action as under way, so that `close` can wait until it has put its work down."""
        with self._idle:
            self._working += 1
        try:
            yield
        finally:
            with self._idle:
                self._working -= 1
                self._idle.notify_all()

    def close(self, patience: float = 10.0) -> None:
        """Stop what is still under way, waiting up to `patience` seconds, and let go of the network."""
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
