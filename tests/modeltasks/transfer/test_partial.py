"""A partial, as its reader waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from modeltasks.transfer.partial import Partial
from tests.support.promptly import AGES, PROMPT

SIZE = 1000


@pytest.fixture
def partial(tmp_path: Path) -> Partial:
    path = tmp_path / "partial"
    path.write_bytes(b"")
    return Partial(path, SIZE)


@pytest.mark.parametrize(
    ("events", "wakes"),
    [
        ([lambda partial: partial.landed(0, 100)], False),
        ([lambda partial: partial.landed(500, 1000)], False),
        ([lambda partial: partial.landed(0, 400)], True),
        ([lambda partial: partial.landed(400, 1000), lambda partial: partial.landed(0, 400)], True),
        ([lambda partial: partial.set_size(0)], True),
        ([lambda partial: partial.landed(0, 100), lambda partial: partial.restart()], True),
    ],
    ids=["too little", "behind a gap", "enough", "complete", "nothing more will come", "all begins anew"],
)
def test_the_reader_is_woken_when_it_is_worth_it(
    partial: Partial, events: list[Callable[[Partial], object]], wakes: bool
) -> None:
    awake = threading.Event()
    waiting = threading.Event()

    def read() -> None:
        with partial.changed:
            waiting.set()
            partial.wait_for(300, AGES)
        awake.set()

    threading.Thread(target=read, daemon=True).start()
    assert waiting.wait(PROMPT)
    for event in events:
        event(partial)
    assert awake.wait(PROMPT if wakes else 0.1) is wakes


def test_what_is_there_is_not_waited_for(partial: Partial) -> None:
    partial.landed(0, 300)
    started = time.monotonic()
    partial.wait_for(300, AGES)
    assert time.monotonic() - started < PROMPT


@pytest.mark.parametrize(("length", "keep"), [(0, 0), (5, 5), (5, 3), (5, 0)])
def test_a_restart_leaves_what_is_to_be_kept(tmp_path: Path, length: int, keep: int) -> None:
    path = tmp_path / "partial"
    path.write_bytes(b"12345"[:length])
    partial = Partial(path, SIZE)
    assert partial.restart(keep) == length - keep
    assert path.read_bytes() == b"12345"[:keep]
