from __future__ import annotations

from pathlib import Path

import pytest

from tests.video_censor_personal.examples import hit
from video_censor_personal.export.edl import edl_text, write_edl

Spans = list[tuple[float, float]]


@pytest.mark.parametrize(
    ("mutes", "skips", "expected"),
    [
        pytest.param([], [], "", id="nothing"),
        pytest.param([(5.3, 5.48), (1, 2)], [], "1.000\t2.000\t1\n5.300\t5.480\t1\n", id="in time order"),
        pytest.param([(1, 3), (2, 4), (4, 5)], [], "1.000\t5.000\t1\n", id="joined"),
        pytest.param([(1, 2)], [(10, 20)], "1.000\t2.000\t1\n10.000\t20.000\t0\n", id="both actions"),
        pytest.param([(11, 12)], [(10, 20)], "10.000\t20.000\t0\n", id="what is skipped need not be muted"),
        pytest.param(
            [(8, 25)],
            [(10, 12), (20, 21)],
            "8.000\t10.000\t1\n10.000\t12.000\t0\n12.000\t20.000\t1\n20.000\t21.000\t0\n21.000\t25.000\t1\n",
            id="muted around what is skipped",
        ),
        pytest.param(
            [(10, 12)], [(11, 13), (9, 10.5)], "9.000\t10.500\t0\n10.500\t11.000\t1\n11.000\t13.000\t0\n"
        ),
        pytest.param([(-0.2, 1), (3, 3)], [], "0.000\t1.000\t1\n", id="not before the beginning, none empty"),
    ],
)
def test_spans_become_lines(mutes: Spans, skips: Spans, expected: str) -> None:
    assert edl_text([hit(*span) for span in mutes], [hit(*span) for span in skips]) == expected


def test_the_list_is_a_file(tmp_path: Path) -> None:
    write_edl(tmp_path / "film.edl", [hit(1, 2)])
    assert (tmp_path / "film.edl").read_text() == "1.000\t2.000\t1\n"
