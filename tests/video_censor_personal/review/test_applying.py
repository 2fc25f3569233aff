from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.video_censor_personal.examples import hit, segment
from tests.video_censor_personal.review.films import (
    DURATION,
    FOUND,
    NUDE,
    RESULTS,
    Page,
    content,
    results_path,
)
from video_censor_personal.config.values import OutputConfig
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.findings.segments import PictureStyle
from video_censor_personal.review.applying import version_of
from video_censor_personal.review.changes import as_json
from video_censor_personal.review.errors import Conflict, NotPossible

Make = Callable[[Page], list[dict[str, Any]]]


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(results_path(tmp_path), tmp_path / "notes")


def set_(name: str, **values: Any) -> Make:
    return lambda page: [{"kind": "set", **page.of(name), **values}]


def split(name: str, at: float) -> Make:
    return lambda page: [{"kind": "split", **page.of(name), "at": at}]


def merge(*names: str) -> Make:
    return lambda page: [{"kind": "merge", "segments": [page.of(name) for name in names]}]


def add(start: float, end: float, category: str, **values: Any) -> Make:
    return lambda _: [{"kind": "add", "start": start, "end": end, "category": category, **values}]


def several(*makes: Make) -> Make:
    return lambda page: [change for make in makes for change in make(page)]


KINDS = {
    "allow": set_("profanity-10.0", allow=True),
    "every decision": set_(
        NUDE,
        allow=True,
        reviewed=None,
        audio_remediation="bleep",
        video_remediation="none",
        video_style={"area": "picture", "color": "#F00"},
        note="a\nstatue <b>",
    ),
    "borders": set_(NUDE, start=32.0, end=60.0005),
    "category": set_(NUDE, category="Art"),
    "a weak one": set_("nudity-90.0", allow=False),
    "a retired one": set_("profanity-120.0", allow=False, note=None),
    "a new one": add(10.0, 10.5, "Profanity", note="missed", audio_remediation="silence"),
    "a split": split(NUDE, 40.0),
    "a split of a weak one": split("nudity-90.0", 90.5),
    "a merge": merge("profanity-20.0", "profanity-10.0"),
    "a merge with a weak one": merge("nudity-90.0", "nudity-70.0"),
    "several": several(set_("profanity-10.0", allow=True), split(NUDE, 33.0), add(1, 2, "Violence")),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [OutputConfig(), OutputConfig(False, False)])
def test_what_is_undone_is_as_before_and_what_is_done_again_as_after(
    tmp_path: Path, kind: str, options: OutputConfig
) -> None:
    path = results_path(tmp_path, options=options)
    page = Page(path, tmp_path / "notes")
    before = content(path)
    done = page.send(*KINDS[kind](page))
    after = content(path)
    assert after != before
    undone = page.undo(done)
    assert content(path) == before
    again = page.undo(undone)
    assert content(path) == after
    page.undo(again)
    assert content(path) == before


def test_a_decision_counts_as_a_look(page: Page) -> None:
    (changed,) = page.send(*set_("profanity-10.0", allow=True)(page)).changed
    assert (changed.allow, changed.reviewed) == (True, True)
    (changed,) = page.send(*set_("profanity-10.0", allow=False, reviewed=False)(page)).changed
    assert (changed.allow, changed.reviewed) == (False, False)


def test_what_changes_nothing_writes_nothing(page: Page) -> None:
    change = set_("profanity-10.0", reviewed=None)(page)
    before = page.file.path.stat()
    applied = page.send(*change)
    assert (applied.changed, applied.removed, applied.inverse) == ((), (), ())
    assert page.file.path.stat() == before


def test_borders_keep_what_was_found(page: Page) -> None:
    (changed,) = page.send(*set_(NUDE, start=30.25, end=30.75)(page)).changed
    assert (changed.start, changed.end) == (30.25, 30.75)
    assert changed.detections == FOUND[2].detections


def test_a_time_a_hair_past_the_end_is_the_end(page: Page) -> None:
    (changed,) = page.send(*set_(NUDE, end=DURATION + 0.04)(page)).changed
    assert changed.end == DURATION


def test_the_parts_of_a_split_have_what_was_found_on_their_sides(page: Page) -> None:
    applied = page.send(*split(NUDE, 40.0)(page))
    first, second = applied.changed
    assert [(each.id, each.start, each.end) for each in applied.changed] == [
        (NUDE, 30.0, 40.0),
        (f"{NUDE}-2", 40.0, 50.0),
    ]
    assert [each.start for each in first.detections] == [30.0, 35.0]
    assert [each.start for each in second.detections] == [35.0, 48.0]
    assert {each.video_style for each in applied.changed} == {PictureStyle(strength=0.7)}
    assert second.detections[0].sightings == first.detections[1].sightings != ()


def test_the_merged_one_has_all_that_was_found_and_is_allowed_only_if_all_were(page: Page) -> None:
    page.send(*set_("profanity-10.0", allow=True, note="one")(page))
    applied = page.send(*merge("profanity-20.0", "profanity-10.0")(page))
    (merged,) = applied.changed
    assert applied.removed == ("profanity-20.0",)
    assert (merged.id, merged.start, merged.end) == ("profanity-10.0", 10.0, 21.0)
    assert [each.text for each in merged.detections] == ["damn", "hell", "damn"]
    assert (merged.allow, merged.reviewed, merged.note) == (False, None, "one")
    assert merged.labels == ("Profanity", "damn", "hell")


def test_a_split_that_is_merged_again_has_everything_once(page: Page) -> None:
    page.send(*split(NUDE, 40.0)(page))
    (merged,) = page.send(*merge(NUDE, f"{NUDE}-2")(page)).changed
    assert replace(merged, arranged=False) == FOUND[2]


def test_ids_stay_what_they_are_whatever_is_added_before(page: Page) -> None:
    (added,) = page.send(*add(9.96, 9.99, "Profanity")(page)).changed
    assert added.id == "profanity-10.0-2"
    assert "profanity-10.0" in {each.id for each in read_results(page.file.path).segments}
    page.send({"kind": "remove", **page.of(added.id)})
    assert page.all() == RESULTS.segments


def test_a_weak_one_is_among_the_others_once_somebody_decided(page: Page) -> None:
    page.send(*set_("nudity-90.0", allow=False)(page))
    results = page.file.read().results
    assert ("nudity-90.0", False) in [(each.id, each.allow) for each in results.segments]
    assert results.weak == ()


def test_a_weak_one_does_not_take_the_place_of_another_with_its_id(tmp_path: Path) -> None:
    weak = segment(90.0, 91.0, id="profanity-10.0", certainty="weak", allow=True)
    page = Page(results_path(tmp_path, replace(RESULTS, weak=(weak,))), tmp_path)
    page.versions["profanity-10.0"] = version_of(weak)
    page.send(*set_("profanity-10.0", note="?")(page))
    assert [(each.id, each.start, each.note) for each in page.all() if each.category == "Profanity"] == [
        ("profanity-10.0", 10.0, None),
        ("profanity-20.0", 20.0, None),
        ("profanity-10.0-2", 90.0, "?"),
    ]


@pytest.mark.parametrize(
    ("make", "field", "why"),
    [
        (set_(NUDE, start=-1), "start", "is at -1.00 s"),
        (set_(NUDE, end=DURATION + 0.06), "end", "ends at 3:00.00"),
        (set_(NUDE, start=50.0), "start", "begin at 50.00 s and end at 50.00 s"),
        (set_(NUDE, end=29.0), "end", "end at 29.00 s"),
        (set_(NUDE, start=10.0, end=10.0004), "start", "begin"),
        (add(5, 5, "Nudity"), "end", "begin at 5.00 s"),
        (add(6, 5, "Nudity"), "end", "begin at 6.00 s"),
        (split(NUDE, 30.0), "at", "cannot be split there"),
        (split(NUDE, 50.0), "at", "cannot be split there"),
        (split("profanity-120.0", 120.5), None, "not found any more"),
        (merge("profanity-10.0"), "segments", "two or more"),
        (merge("profanity-10.0", "profanity-10.0"), "segments", "two or more"),
        (merge("profanity-10.0", NUDE), "segments", "several categories: Nudity, Profanity"),
        (merge("profanity-10.0", "profanity-120.0"), None, "not found any more"),
        (merge(NUDE, "nudity-70.0"), "video_style", "how the picture is hidden"),
        (lambda page: [{"kind": "remove", **page.of(NUDE)}], None, "found again"),
        (
            several(split(NUDE, 40.0), set_(NUDE, allow=True), merge(NUDE, "nudity-70.0")),
            "video_style",
            "hidden",
        ),
        (
            lambda page: [{"kind": "restore", "replaces": [page.of(NUDE)], "segments": []}],
            None,
            "would be lost",
        ),
    ],
)
def test_what_makes_no_sense_changes_nothing(page: Page, make: Make, field: str | None, why: str) -> None:
    before = page.file.path.read_bytes()
    with pytest.raises(NotPossible, match=why) as caught:
        page.send(*set_("profanity-10.0", allow=True)(page), *make(page))
    assert caught.value.field == field
    assert page.file.path.read_bytes() == before


def test_a_found_one_cannot_be_put_out_of_the_way_as_weak(page: Page) -> None:
    applied = page.send(*set_("nudity-90.0", allow=False)(page))
    (restore,) = map(as_json, applied.inverse)
    restore["segments"][0]["certainty"] = "sure"
    with pytest.raises(NotPossible, match="would be lost"):
        page.send(restore)


def test_a_conflict_tells_what_is_there_now(page: Page) -> None:
    old = set_("profanity-10.0", note="late")(page)
    gone = set_("profanity-20.0", note="late")(page)
    page.send(*set_("profanity-10.0", allow=True)(page))
    page.send(*merge("profanity-10.0", "profanity-20.0")(page))
    before = page.file.path.read_bytes()
    with pytest.raises(Conflict) as caught:
        page.send(*old, *gone)
    assert [(each.id, each.end) for each in caught.value.segments] == [("profanity-10.0", 21.0)]
    assert caught.value.gone == ("profanity-20.0",)
    assert page.file.path.read_bytes() == before


def test_what_is_found_there_anew_is_a_conflict_too(page: Page) -> None:
    change = set_("profanity-10.0", allow=True)(page)
    worse = replace(FOUND[0], detections=(*FOUND[0].detections, hit(10.2, 10.8, "Profanity")))
    results_path(page.file.path.parent, replace(RESULTS, segments=(worse, *FOUND[1:])))
    with pytest.raises(Conflict):
        page.send(*change)
