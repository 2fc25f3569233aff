"""One model made right, while others work on the same store."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.errors import UnsafeFormat
from modeltasks.provision.session import Session
from modeltasks.provision.update import bring_up_to_date
from modeltasks.store import Store
from modeltasks.support.cancel import CancelToken
from tests.modeltasks.store.models import publish, spec_of
from tests.support.waiting import PATIENCE


class Watched(CancelToken):
    """Tells when somebody waits: for the lock that another one holds."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Event()

    def sleep(self, seconds: float) -> None:
        self.waiting.set()
        super().sleep(seconds)


def test_a_pickle_that_another_run_trusted_is_refused_by_one_that_does_not(tmp_path: Path) -> None:
    """It comes while this run waits for the model, after it has looked what is there."""
    contents = {"weights.bin": pickle.dumps({"weights": [1.0] * 99})}
    cancel = Watched()
    store = Store(tmp_path)
    session = Session(store, cancel=cancel)
    strict = spec_of(contents)
    trusting = replace(strict, allow_pickle=True)
    with ThreadPoolExecutor(1) as pool:
        with store.locks.model_lock(strict.name, CancelToken()):
            coming = pool.submit(bring_up_to_date, strict, session)
            assert cancel.waiting.wait(PATIENCE)
            publish(store, trusting, contents)
        with pytest.raises(UnsafeFormat):
            coming.result(PATIENCE)
    assert store.why_stale(strict) == "config entry changed"
    assert store.why_stale(trusting) is None
