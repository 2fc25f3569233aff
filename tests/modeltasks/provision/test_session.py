from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from modeltasks.provision.provide import provide
from modeltasks.support.cancel import Cancelled
from modeltasks.support.identity import stat_identity
from tests.modeltasks.provision.kit import model, no_other, session
from tests.support.waiting import PATIENCE


def test_the_session_keeps_how_a_current_model_stands(tmp_path: Path) -> None:
    run, spec = session(tmp_path), model(tmp_path, "a")
    assert run.why_stale(spec) == "missing"
    assert run.readiness == {}
    provide(spec, run, no_other)
    assert run.why_stale(spec) is None
    stat = stat_identity(run.store.opened(spec).stat())
    assert run.readiness["a"].evidence["a.bin"].stat == stat
    os.utime(run.store.opened(spec), (1, 1))
    assert run.why_stale(spec) == "file touched since it was hashed"


def test_closing_stops_what_is_under_way_and_waits_for_it(tmp_path: Path) -> None:
    run = session(tmp_path)
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        with run.working():
            begun.set()
            with suppress(Cancelled):
                run.cancel.sleep(PATIENCE)
            ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(PATIENCE)
    run.close(PATIENCE)
    assert ended.is_set()
    thread.join()


def test_a_closed_session_opens_a_new_network(tmp_path: Path) -> None:
    run = session(tmp_path)
    first = run.transfer
    assert run.transfer is first
    run.close()
    assert not run.cancel.is_set, "nothing was under way"
    assert run.transfer is not first
    run.close()
