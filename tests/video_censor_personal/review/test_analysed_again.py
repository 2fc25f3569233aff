"""What a person decided is still there when the film is analysed again, and nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.video_censor_personal.examples import hit, segment, word
from tests.video_censor_personal.review.films import FOUND, NUDE, RESULTS, Page, content, results_path
from tests.video_censor_personal.review.test_applying import KINDS, Make, add, merge, set_, several, split
from video_censor_personal.export.results_update import Updated, update_results
from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.parts import with_hits
from video_censor_personal.findings.segments import PictureStyle, Segment

NEW = replace(
    RESULTS,
    segments=tuple(replace(each, video_style=PictureStyle()) for each in FOUND),
    retired=(),
    processed_at=None,
)
NUDITY = replace(FOUND[2], video_style=PictureStyle())

Told = tuple[float, float, str, bool]


def told(segments: Iterable[Segment]) -> list[Told]:
    return [(each.start, each.end, each.category, each.allow) for each in segments]


def again(page: Page, *segments: Segment) -> Updated:
    """Analyse again; these are found, where any are given."""
    new = replace(NEW, segments=segments) if segments else NEW
    updated = update_results(page.file.path, new)
    page.look()
    return updated


def found(*hits: Hit, category: str = "Nudity") -> Segment:
    """The segment that an analysis makes of hits."""
    start, end = min(each.start for each in hits), max(each.end for each in hits)
    return with_hits(segment(start, end, category, detections=()), hits)


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(results_path(tmp_path), tmp_path / "notes")


MORE: dict[str, Make] = {
    "moved to where nothing was found": set_(NUDE, start=51.0, end=55.0),
    "moved, then split": several(set_(NUDE, start=30.0, end=33.0), split(NUDE, 32.0)),
    "split where nothing was found": split(NUDE, 33.0),
    "a part that is allowed": several(split(NUDE, 40.0), set_(NUDE, allow=True)),
    "a part that was moved": several(split(NUDE, 40.0), set_(NUDE, start=36.0, end=44.0)),
    "another category, then a split": several(set_(NUDE, category="Art"), split(NUDE, 40.0)),
    "merged with a new one": several(add(12.0, 13.0, "Profanity"), merge("profanity-10.0", "profanity-20.0")),
}


DONE: dict[str, Make] = {**KINDS, **MORE}


@pytest.mark.parametrize("kind", DONE)
def test_the_same_analysis_changes_nothing(page: Page, kind: str) -> None:
    for change in DONE[kind](page):
        name = change.get("id")
        page.send(change | (page.of(name) if name else {}))
    before, path = content(page.file.path), page.file.path
    for _ in range(2):
        updated = again(page)
        assert content(path) == before
        assert (updated.written, updated.warnings) == (False, ())


@pytest.mark.parametrize("kind", [name for name in KINDS if name != "a weak one"])
def test_a_threshold_that_goes_up_and_down_loses_nothing(page: Page, kind: str) -> None:
    page.send(*KINDS[kind](page))
    before = content(page.file.path)
    again(page, segment(170.0, 171.0, "Violence"))
    again(page)
    assert content(page.file.path) == before


def test_while_nothing_is_found_there_what_was_split_and_merged_stays(page: Page) -> None:
    page.send(*split(NUDE, 40.0)(page))
    page.send(*merge("profanity-10.0", "profanity-20.0")(page))
    again(page, segment(170.0, 171.0, "Violence"))
    assert told(page.all()) == [
        (10.0, 21.0, "Profanity", False),
        (30.0, 40.0, "Nudity", False),
        (40.0, 50.0, "Nudity", False),
        (170.0, 171.0, "Violence", False),
    ]


PARTS = [(30.0, 40.0, "Nudity", True), (40.0, 50.0, "Nudity", False)]
HITS = NUDITY.detections


@pytest.mark.parametrize(
    ("segments", "expected", "warned"),
    [
        pytest.param([found(*(replace(each, score=0.5) for each in HITS))], PARTS, False, id="other scores"),
        pytest.param(
            [found(*(replace(each, start=each.start + 0.2, end=each.end + 0.2) for each in HITS))],
            PARTS,
            False,
            id="a little later",
        ),
        pytest.param([found(HITS[0]), found(*HITS[1:])], PARTS, False, id="two segments now"),
        pytest.param([found(*HITS, hit(33.0, 34.0))], PARTS, False, id="more of the same within"),
        pytest.param(
            [found(*HITS, hit(51.5, 53.0))],
            [*PARTS, (51.5, 53.0, "Nudity", False)],
            False,
            id="more of the same behind",
        ),
        pytest.param(
            [found(hit(28.0, 29.0), *HITS, hit(55.0, 56.0))],
            [(28.0, 29.0, "Nudity", False), *PARTS, (55.0, 56.0, "Nudity", False)],
            False,
            id="on both sides",
        ),
        pytest.param(
            [found(*HITS, hit(33.0, 34.0, label="gore"))],
            [(30.0, 40.0, "Nudity", False), PARTS[1]],
            True,
            id="something else within",
        ),
        pytest.param(
            [found(hit(30.0, 31.0), hit(35.0, 46.5), hit(48.0, 50.0))], PARTS, False, id="longer in both"
        ),
        pytest.param(
            [found(*HITS[:2], hit(48.0, 51.2))],
            [*PARTS, (48.0, 51.2, "Nudity", False)],
            False,
            id="longer than was looked at",
        ),
        pytest.param(
            [NUDITY, found(hit(38.0, 39.0, "Violence"), category="Violence")],
            [PARTS[0], (38.0, 39.0, "Violence", False), PARTS[1]],
            False,
            id="another category",
        ),
    ],
)
def test_parts_take_what_is_found_in_them_and_no_more(
    page: Page, segments: list[Segment], expected: list[Told], warned: bool
) -> None:
    page.send(*split(NUDE, 40.0)(page))
    page.send(*set_(NUDE, allow=True)(page))
    updated = again(page, *segments)
    assert told(page.all()) == expected
    assert bool(updated.warnings) is warned
    assert not again(page, *segments).written


def test_what_comes_twice_as_another_category_is_not_taken_for_a_part(page: Page) -> None:
    page.send(*split(NUDE, 40.0)(page))
    other = replace(NUDITY, id="art-30.0", category="Art", labels=("Art", "nsfw"))
    again(page, NUDITY, other)
    assert told(page.all()) == [
        (30.0, 40.0, "Nudity", False),
        (30.0, 50.0, "Art", False),
        (40.0, 50.0, "Nudity", False),
    ]


def test_a_merged_one_keeps_its_permission_for_what_it_had(page: Page) -> None:
    page.send(*merge("profanity-10.0", "profanity-20.0")(page))
    page.send(*set_("profanity-10.0", allow=True)(page))
    words = [word(10.0, 11.0), word(15.0, 15.4, "damn")]
    again(page, *(found(each, category="Profanity") for each in words))
    assert told(page.all()) == [(10.0, 21.0, "Profanity", True), (15.0, 15.4, "Profanity", False)]


def test_how_sure_a_part_is_follows_the_analysis(page: Page) -> None:
    page.send(*split("nudity-70.0", 70.5)(page))
    sure = replace(FOUND[3], certainty="sure", allow=False)
    again(page, sure)
    assert [(each.start, each.certainty, each.allow) for each in page.all()] == [
        (70.0, "sure", False),
        (70.5, "sure", False),
    ]


def test_a_segment_with_borders_of_its_own_is_found_by_what_was_found_in_it(page: Page) -> None:
    page.send(*set_("profanity-10.0", start=9.0, end=13.5, note="wide")(page))
    again(page, found(word(10.2, 11.1), category="Profanity"))
    assert [(each.start, each.end, each.note) for each in page.all()] == [(9.0, 13.5, "wide")]
