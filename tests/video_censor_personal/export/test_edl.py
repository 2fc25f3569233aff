from __future__ import annotations

import random
from itertools import pairwise

import pytest

from tests.video_censor_personal.export.exported import Played, film, kodi, seen, spoken
from video_censor_personal.export import edl
from video_censor_personal.export.edl import BEGIN, END, MUTE, SKIP
from video_censor_personal.export.stretches import Treated


def section(*lines: str) -> str:
    return "\n".join([BEGIN, *lines, END, ""])


def test_words_are_muted_and_sights_are_skipped() -> None:
    text = edl.render(film(spoken(10.0, 10.5), seen(20.0, 22.25)))
    assert text == section("9.900\t10.600\t1", "20.000\t22.250\t0")
    assert kodi(text) == ([Played(9900, 10600, MUTE), Played(20000, 22250, SKIP)], [])


def test_where_nothing_is_hidden_kodi_finds_no_edit() -> None:
    assert edl.render(film(spoken(1.0, 2.0, allow=True))) == section()
    assert kodi(section()) == ([], [])


def test_comments_are_comments_to_kodi_which_wants_a_second_word_in_them() -> None:
    for line in (BEGIN, END):
        assert line.startswith("## ")
        assert len(line.split()) >= 3
        assert not line.split()[2].isdigit()


def test_what_is_skipped_is_not_muted_as_well() -> None:
    text = edl.render(film(spoken(10.1, 20.0), seen(12.0, 14.0)))
    assert text == section("10.000\t11.998\t1", "12.000\t14.000\t0", "14.002\t20.100\t1")


def test_edits_too_near_for_kodi_are_one() -> None:
    assert edl.render(film(seen(1.0, 2.0), seen(2.001, 3.0))) == section("1.000\t3.000\t0")


def test_kodi_takes_every_edit_whatever_the_times() -> None:
    chance = random.Random(10)
    for _ in range(200):
        starts = [chance.randrange(0, 7_190_000) / 1000 for _ in range(10)]
        starts += [start + chance.choice([0.001, 0.002, 0.003, 0.5]) for start in starts]
        lengths = [0.0, 0.001, 0.009, 0.01, 0.5, 3.0]
        found = [chance.choice([spoken, seen])(start, start + chance.choice(lengths)) for start in starts]
        played, refused = kodi(edl.render(film(*found, duration=7200.0)))
        assert refused == []
        assert all(one.end < other.start for one, other in pairwise(played))
        for treated in found:
            actions = (SKIP,) if treated.sound is None else (SKIP, MUTE)
            middle = (treated.segment.start + treated.segment.end) * 500
            # between a skip and a mute there are two milliseconds, and one or two are cut off
            assert any(each.start - 4 <= middle <= each.end + 4 for each in played if each.action in actions)


def test_mplayer_wants_them_in_order_of_time() -> None:
    text = edl.render(film(seen(30.0, 31.0), spoken(20.0, 21.0), seen(10.0, 11.0)))
    starts = [float(line.split()[0]) for line in text.splitlines() if not line.startswith("#")]
    assert starts == sorted(starts)
    assert len(starts) == 3


def test_lines_of_others_are_kept_below_ours_and_ours_are_written_anew() -> None:
    others = "## my own\n5.0 6.0 3\n\n00:01:10.5\t00:01:20\t0\n50 2\n#100 #200 1\nnonsense\r\n"
    first = edl.update(others, film(seen(20.0, 21.0)))
    assert first == section("20.000\t21.000\t0") + others
    second = edl.update(first, film(seen(30.0, 31.0)))
    assert second == section("30.000\t31.000\t0") + others
    assert kodi(second.replace("#100 #200 1\nnonsense\r\n", ""))[1] == []


@pytest.mark.parametrize(
    ("theirs", "ours", "expected"),
    [
        # (start, end, action): the rest of their edit is written with ours
        ("8 11 1", seen(9.0, 12.0), [(8000, 8998, 1), (9000, 12000, 0)]),
        ("9.5 10 0", seen(9.0, 12.0), [(9000, 12000, 0)]),
        ("8 13 3", seen(9.0, 12.0), [(8000, 8998, 3), (9000, 12000, 0), (12002, 13000, 3)]),
        ("8 13 3", spoken(9.1, 11.9), [(8000, 8998, 3), (9000, 12000, 1), (12002, 13000, 3)]),
        ("8 13 1", spoken(9.1, 11.9), [(8000, 8998, 1), (9000, 12000, 1), (12002, 13000, 1)]),
        # what somebody cuts need not be muted
        ("8 13 0", spoken(9.1, 11.9), [(8000, 13000, 0)]),
        ("10 13 0", spoken(9.1, 11.9), [(9000, 9998, 1), (10000, 13000, 0)]),
        # nor is what only touches ignored
        ("12 13 0", seen(9.0, 12.0), [(9000, 12000, 0), (12002, 13000, 0)]),
        ("20 21 0", seen(9.0, 12.0), [(9000, 12000, 0), (20000, 21000, 0)]),
    ],
)
def test_neither_our_edits_nor_theirs_are_ignored_where_they_overlap(
    theirs: str, ours: Treated, expected: list[tuple[int, int, int]]
) -> None:
    text = edl.update(f"{theirs}\n", film(ours))
    played, _ = kodi(text)
    near = [Played(*each) for each in expected]
    assert len(played) == len(near)
    for one, other in zip(played, near, strict=True):
        assert one.action == other.action
        assert abs(one.start - other.start) <= 1  # Kodi cuts decimals off
        assert abs(one.end - other.end) <= 1


def test_of_their_overlapping_edits_the_first_counts_as_before() -> None:
    text = edl.update("9 13 1\n8 10 0\n", film(seen(9.5, 9.8)))
    assert kodi(text)[0] == [Played(9000, 9498, 1), Played(9500, 9800, 0), Played(9802, 13000, 1)]


@pytest.mark.parametrize("broken", [f"{BEGIN}\n1 2 0\n", f"1 2 0\n{END}\n", f"{END}\n1 2 0\n{BEGIN}"])
def test_half_a_section_is_none_and_its_lines_are_kept(broken: str) -> None:
    assert not edl.has_section(broken)
    assert edl.update(broken, film()) == section() + "1 2 0\n"


def test_a_section_that_an_editor_gave_other_line_ends_is_found() -> None:
    text = (section("1.000\t2.000\t0") + "5 6 0\n").replace("\n", "\r\n")
    assert edl.has_section(text)
    assert edl.update(text, film()) == section() + "5 6 0\r\n"


def test_a_byte_order_mark_does_not_get_into_the_middle() -> None:
    assert edl.update("\ufeff5 6 0\n", film()) == section() + "5 6 0\n"
