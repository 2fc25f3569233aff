"""Where the benchmark's face is."""

from __future__ import annotations

from itertools import pairwise

import pytest
from streets import FACE, FRAMES, HEIGHT, WIDTH, Crossing, to_and_fro


@pytest.mark.parametrize(("gone", "at"), [(0, 0), (60, 60), (100, 100), (130, 70), (200, 0), (230, 30)])
def test_what_reaches_the_end_of_its_room_turns_back(gone: float, at: float) -> None:
    assert to_and_fro(gone, 100) == at


@pytest.mark.parametrize("speed", [100, 300, 500, 800])
def test_a_face_stays_in_the_picture_and_has_its_speed(speed: int) -> None:
    crossing = Crossing(speed)
    places = [crossing.at(number) for number in range(20 * FRAMES)]
    assert all(0 <= left <= WIDTH - FACE and 0 <= top <= HEIGHT - FACE for left, top in places)
    assert max(abs(b[0] - a[0]) for a, b in pairwise(places)) <= speed / FRAMES + 2
