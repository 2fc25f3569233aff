from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import pytest

from tests.video_censor_personal.examples import segment
from tests.video_censor_personal.export.exported import ODD_NAME, film, seen, spoken
from video_censor_personal.export import chapters
from video_censor_personal.export.chapters import Part, parts, skips, with_skips
from video_censor_personal.export.stretches import ExportInput, shown
from video_censor_personal.media.info import Chapter

TWO = (Chapter(0.0, 60.0, "One"), Chapter(60.0, 100.0, "Two"))


def read(path: Path, source: ExportInput) -> list[Part]:
    """Read the chapters as ffmpeg does."""
    path.write_text(chapters.ffmetadata(source), encoding="utf-8")
    with av.open(path, format="ffmetadata") as container:
        return [
            Part(
                round(each["start"] * (each["time_base"] or 0) * 1000),
                round(each["end"] * (each["time_base"] or 0) * 1000),
                each["metadata"].get("title", ""),
            )
            for each in container.chapters()
        ]


def test_hidden_stretches_are_chapters_and_the_film_s_own_go_on_after_them(tmp_path: Path) -> None:
    source = film(seen(30.0, 35.0), spoken(70.1, 71.0), chapters=TWO)
    expected = [
        Part(0, 30000, "One"),
        Part(30000, 35000, "skip: Nudity [90%]"),
        Part(35000, 60000, "One"),
        Part(60000, 70000, "Two"),
        Part(70000, 71100, "mute: Profanity [90%]"),
        Part(71100, 100000, "Two"),
    ]
    assert list(parts(source)) == expected
    assert read(tmp_path / "c.txt", source) == expected


def test_what_is_skipped_is_no_chapter_of_what_is_muted() -> None:
    found = parts(film(spoken(10.1, 20.0), seen(12.0, 14.0)))
    assert [(each.start, each.end, each.title.partition(":")[0]) for each in found] == [
        (0, 10000, "Film"),
        (10000, 12000, "mute"),
        (12000, 14000, "skip"),
        (14000, 20100, "mute"),
        (20100, 100000, "Film"),
    ]


def test_a_title_names_each_category_once_and_no_word() -> None:
    both = film(seen(1.0, 3.0, confidence=0.5), seen(2.0, 4.0, "Violence"), seen(3.0, 3.5), spoken(9.0, 10.0))
    titles = [each.title for each in parts(both)]
    assert "skip: Nudity, Violence [90%]" in titles
    assert "hell" not in "".join(titles)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ((), [(0, 40000, "Film"), (40000, 50000, "skip"), (50000, 100000, "Film")]),
        # a chapter that begins in what is skipped begins after it
        (
            (Chapter(0.0, 45.0, "One"), Chapter(45.0, 100.0, "Two")),
            [(0, 40000, "One"), (40000, 50000, "skip"), (50000, 100000, "Two")],
        ),
        # one that lies in it is gone
        (
            (Chapter(0.0, 42.0, "One"), Chapter(42.0, 43.0, "In"), Chapter(43.0, 100.0, "Two")),
            [(0, 40000, "One"), (40000, 50000, "skip"), (50000, 100000, "Two")],
        ),
        # one lasts until the next begins, whatever end the file gives it
        (
            (Chapter(60.0, 60.0, "Two"), Chapter(10.0, 59.9, "One")),
            [
                *((0, 10000, "Film"), (10000, 40000, "One"), (40000, 50000, "skip")),
                *((50000, 60000, "One"), (60000, 100000, "Two")),
            ],
        ),
        # past the film there is none
        (
            (Chapter(-1.0, 50.0, "One"), Chapter(200.0, 300.0, "Past")),
            [(0, 40000, "One"), (40000, 50000, "skip"), (50000, 100000, "One")],
        ),
    ],
)
def test_chapters_never_overlap(own: tuple[Chapter, ...], expected: list[tuple[int, int, str]]) -> None:
    found = parts(film(seen(40.0, 50.0), chapters=own))
    assert [(each.start, each.end, each.title.partition(":")[0]) for each in found] == expected


@pytest.mark.parametrize(("own", "expected"), [((), 0), (TWO, 2)])
def test_where_nothing_is_hidden_the_film_s_own_chapters_are_all(
    own: tuple[Chapter, ...], expected: int, tmp_path: Path
) -> None:
    assert len(read(tmp_path / "c.txt", film(chapters=own))) == expected


def test_any_title_is_read_as_it_was_written(tmp_path: Path) -> None:
    odd = shown(ODD_NAME.removesuffix(".mkv"))
    source = film(
        seen(1.0, 2.0, category="A=B;#\\"), name=ODD_NAME, chapters=(Chapter(50.0, 60.0, ODD_NAME),)
    )
    titles = [each.title for each in read(tmp_path / "c.txt", source)]
    assert titles == [odd, "skip: A=B;#\\ [90%]", odd, f"{odd}.mkv"]


def test_simple_chapters_have_a_time_and_a_name_each() -> None:
    assert chapters.ogm(film(seen(0.0, 3661.5), duration=4000.0)) == (
        "CHAPTER01=00:00:00.000\nCHAPTER01NAME=skip: Nudity [90%]\n"
        "CHAPTER02=01:01:01.500\nCHAPTER02NAME=Film\n"
    )
    assert chapters.ogm(film()) == ""


def test_simple_chapters_go_on_after_the_99th() -> None:
    text = chapters.ogm(film(*(seen(time, time + 0.5) for time in range(1, 61))))
    numbers = [line.partition("=")[0] for line in text.splitlines()[::2]]
    assert len(numbers) == 121
    assert numbers[-1] == "CHAPTER121"


def test_without_a_known_length_all_is_there() -> None:
    found = parts(film(seen(10.0, 20.0), chapters=(Chapter(0.0, 30.0, "One"),), duration=0.0))
    assert [(each.start, each.end) for each in found] == [(0, 10000), (10000, 20000), (20000, 30000)]
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_all_that_is_not_allowed_is_a_chapter_to_skip() -> None:
    segments = [
        segment(1.0, 3.0, "Nudity", confidence=0.5),
        segment(2.0, 4.0, "Violence"),
        segment(9.0, 9.0, "Profanity"),
        segment(20.0, 30.0, "Nudity", allow=True),
    ]
    assert skips(segments) == (
        Part(1000, 4000, "skip: Nudity, Violence [90%]"),
        Part(8950, 9050, "skip: Profanity [90%]"),
    )


def test_chapters_to_skip_stand_beside_the_film_s_own_as_hidden_ones_do() -> None:
    source = film(seen(30.0, 35.0), chapters=TWO)
    skipped = skips([each.segment for each in source.segments])
    assert with_skips(source.film, source.duration, source.chapters, skipped) == parts(source)
