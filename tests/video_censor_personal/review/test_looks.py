from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE, wait_until
from tests.video_censor_personal.clips.jobs import Counted, Crash
from tests.video_censor_personal.review.page import film
from video_censor_personal.errors import ProcessDied
from video_censor_personal.review.looks import Looks
from video_censor_personal.review.playing import Inspect
from video_censor_personal.targets.jobs import Look


@pytest.fixture
def runner() -> Iterator[Counted]:
    made = Counted()
    yield made
    made.close()


@pytest.fixture
def looks(tmp_path: Path, runner: Counted) -> Iterator[Looks]:
    made = Looks(runner, tmp_path / "notes")
    yield made
    made.close()


def test_what_failed_is_tried_again(tmp_path: Path, looks: Looks, runner: Counted) -> None:
    shown = film(tmp_path / "film.mp4")
    runner.instead = Crash(shown)
    assert isinstance(looks.look(shown, PATIENCE).error, ProcessDied)
    assert looks.look(shown, PATIENCE).inspected is not None
    wait_until(lambda: looks.known(shown).fingerprint)
    assert looks.known(shown).error is None


def test_what_is_in_a_film_is_known_though_it_cannot_be_hashed(
    tmp_path: Path, looks: Looks, runner: Counted
) -> None:
    shown = film(tmp_path / "film.mp4")
    runner.instead, runner.instead_of = Crash(shown), Look
    looks.look(shown, PATIENCE)
    wait_until(lambda: looks.known(shown).error)
    assert looks.known(shown).inspected is not None
    looks.look(shown, PATIENCE)
    wait_until(lambda: looks.known(shown).fingerprint)
    assert [type(each) for each in runner.jobs] == [Inspect, Look, Inspect, Look]
