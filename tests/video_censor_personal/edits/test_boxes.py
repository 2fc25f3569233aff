"""When boxes are hidden and when the whole picture is, with sightings as a sampler gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.moving_boxes import box_at
from video_censor_personal.config.values import VideoRemediation
from video_censor_personal.edits.boxes import places
from video_censor_personal.edits.plan import plan_picture
from video_censor_personal.edits.values import PictureEdit
from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.observations import Box, Hit, Sighting
from video_censor_personal.findings.segments import PictureStyle, Segment

STEP = 0.5
FRAME = 0.04


def box(left: float, top: float = 0.4, size: float = 0.1) -> Box:
    return Box(left, top, size, size)


def seen(moment: float, where: Box, *, shot: float = 0.0, until: float | None = None) -> Sighting:
    """What was seen in a picture of 1/25 s, with looks half a second before and after it."""
    start = max(shot, moment - STEP + FRAME)
    return Sighting(start, moment + STEP if until is None else until, where, moment, shot)


def hit(*sightings: Sighting, label: str = "FACE", detector: str = "eye") -> Hit:
    start, end = min(each.start for each in sightings), max(each.end for each in sightings)
    return Hit(start, end, "Nudity", label, 0.9, detector, "", box=sightings[0].box, sightings=sightings)


def segment(*hits: Hit, start: float | None = None, end: float | None = None) -> Segment:
    first = min((each.start for each in hits), default=0.0) if start is None else start
    last = max((each.end for each in hits), default=0.0) if end is None else end
    return Segment("n", first, last, "Nudity", ("Nudity",), "", 0.9, detections=hits)


def still(count: int, left: float = 0.3, first: float = 1.0) -> list[Sighting]:
    return [seen(first + number * STEP, box(left)) for number in range(count)]


def contains(outer: Box, inner: Box) -> bool:
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and outer.left + outer.width >= inner.left + inner.width
        and outer.top + outer.height >= inner.top + inner.height
    )


def test_a_box_that_stays_is_one_path_for_as_long_as_it_was_found() -> None:
    found = places(segment(hit(*still(4))))
    (path,) = found.paths
    assert (path.start, path.end, found.whole) == (0.54, 3.0, ())
    assert contains(box_at(path.boxes, 1.7), Box(0.285, 0.385, 0.13, 0.13))
    assert not contains(box_at(path.boxes, 1.7), Box(0.27, 0.37, 0.16, 0.16)), "no more than it needs"


def test_between_two_looks_a_box_moves_in_a_straight_line() -> None:
    (path,) = places(segment(hit(*(seen(1 + n * STEP, box(0.2 + 0.04 * n)) for n in range(4))))).paths
    for moment in (1.0, 1.1, 1.25, 1.6, 1.99, 2.5):
        assert contains(box_at(path.boxes, moment), box(0.2 + 0.08 * (moment - 1)))


def test_a_box_that_turns_back_is_grown_by_what_it_can_have_left_its_line() -> None:
    lefts = [0.2, 0.24, 0.28, 0.28, 0.24, 0.2]
    (path,) = places(segment(hit(*(seen(1 + n * STEP, box(left)) for n, left in enumerate(lefts))))).paths
    assert contains(box_at(path.boxes, 2.25), box(0.3))


def test_two_that_cross_stay_two() -> None:
    both = [
        (seen(1 + n * STEP, box(0.2 + 0.05 * n, 0.40)), seen(1 + n * STEP, box(0.6 - 0.05 * n, 0.45)))
        for n in range(9)
    ]
    found = places(segment(hit(*(each for pair in both for each in pair))))
    assert found.whole == ()
    assert [path.boxes[-1].box.left > path.boxes[0].box.left for path in found.paths] == [True, False]
    assert [len(path.boxes) for path in found.paths] == [13, 13], "the looks, and two beyond each end"


@pytest.mark.parametrize("label", ["FACE", "BREAST"])
def test_every_label_of_a_segment_is_hidden(label: str) -> None:
    found = places(segment(hit(*still(4)), hit(*still(4, left=0.7), label=label)))
    assert [path.boxes[0].box.left for path in found.paths] == pytest.approx([0.285, 0.685], abs=1e-6)


@pytest.mark.parametrize("missed", [1, 2])
def test_one_that_is_missed_for_a_while_is_hidden_all_the_same(missed: int) -> None:
    sightings = [*still(3), *still(3, first=2.5 + missed * STEP)]
    found = places(segment(hit(*sightings[:3]), hit(*sightings[3:])))
    (path,) = found.paths
    assert (path.start, path.end, found.whole) == (0.54, sightings[-1].end, ())


def test_a_jump_without_a_cut_hides_the_whole_picture_between() -> None:
    found = places(segment(hit(*still(3), *still(3, left=0.7, first=2.5))))
    assert len(found.paths) == 2
    assert found.whole == (Span(2.04, 2.499),), "the pictures that were looked at are known"


def test_a_jump_from_one_picture_to_the_next_leaves_nothing_between() -> None:
    before = [*still(2), seen(2.0, box(0.3), until=2.04)]
    after = replace(seen(2.04, box(0.7)), start=2.04)
    assert places(segment(hit(*before, after, *still(2, left=0.7, first=2.54)))).whole == ()


def test_what_leaves_and_comes_at_the_border_is_no_jump() -> None:
    leaving = [seen(1 + n * STEP, box(0.8 + 0.05 * n)) for n in range(3)]
    coming = [seen(2.5 + n * STEP, box(0.05 * n)) for n in range(3)]
    assert places(segment(hit(*leaving, *coming))).whole == ()


def test_boxes_are_not_linked_across_a_cut() -> None:
    before = [seen(1.0, box(0.3)), seen(1.5, box(0.3), until=1.8)]
    after = [seen(2.0, box(0.35), shot=1.8), seen(2.5, box(0.35), shot=1.8)]
    found = places(segment(hit(*before, *after)))
    assert [(path.start, path.end) for path in found.paths] == [(0.54, 1.8), (1.8, 3.0)]
    assert found.whole == ()


def test_another_shot_between_two_is_shown() -> None:
    before = [seen(1.0, box(0.3)), seen(1.5, box(0.3), until=1.8)]
    after = [seen(3.5, box(0.3), shot=3.2), seen(4.0, box(0.3), shot=3.2)]
    found = places(segment(hit(*before), hit(*after)))
    assert found.whole == ()
    assert [(path.start, path.end) for path in found.paths] == [(0.54, 2.3), (3.2, 4.5)], "held a little"


RARE = {
    "seen twice in a long time": [(1.0, 0.1), (4.0, 0.1)],
    "to and fro": [(1.0, 0.1), (1.5, 0.3), (2.0, 0.1), (2.5, 0.3)],
    "back where it was, and fast before": [(1.0, 0.1), (1.1, 0.18), (2.0, 0.2), (2.1, 0.12)],
}


@pytest.mark.parametrize("looks", RARE.values(), ids=RARE)
def test_what_moves_too_fast_for_how_often_one_looked_hides_the_whole_picture(
    looks: list[tuple[float, float]],
) -> None:
    """As where there are too many pictures between two grid times to be held."""
    moments = [moment for moment, _ in looks]
    befores, afters = [moments[0], *moments], [*moments[1:], moments[-1]]
    sightings = [
        Sighting(before + FRAME, after, box(left), moment, 0.0)
        for (moment, left), before, after in zip(looks, befores, afters, strict=False)
    ]
    found = places(segment(hit(*sightings)))
    assert any(span.start <= 1.9 and span.end >= 1.51 for span in found.whole), found.whole


def test_a_large_box_is_the_whole_picture() -> None:
    found = places(segment(hit(*(seen(1 + n * STEP, Box(0.1, 0.1, 0.8, 0.8)) for n in range(3)))))
    assert found.whole == (Span(0.54, 2.5),)


def test_too_many_boxes_are_the_whole_picture() -> None:
    crowd = [seen(1.0, box(0.05 * number, 0.1, 0.02)) for number in range(13)]
    assert places(segment(hit(*crowd))).whole == (Span(0.54, 1.5),)


NO_BOX = Hit(1.0, 3.0, "Nudity", "nude", 0.9, "nsfw", "")
BAD = [Box(0.3, 0.3, 0.0, 0.1), Box(1.2, 0.3, 0.1, 0.1), Box(0.3, 0.3, float("nan"), 0.1)]
UNKNOWN = {
    "made by hand": segment(start=1.0, end=3.0),
    "without length": segment(start=1.0, end=1.0),
    "without a box": segment(NO_BOX),
    "moved elsewhere": segment(hit(*still(3)), start=10.0, end=12.0),
    "of an older version, long": segment(replace(NO_BOX, box=box(0.3))),
    **{f"a box that is none, {each}": segment(hit(seen(1.5, each))) for each in BAD},
}


@pytest.mark.parametrize("unknown", UNKNOWN.values(), ids=UNKNOWN)
def test_where_no_box_is_known_the_whole_picture_is_hidden(unknown: Segment) -> None:
    found = places(unknown)
    assert (found.paths, found.whole) == ((), (Span(unknown.start, unknown.end),))


@pytest.mark.parametrize(
    ("start", "end", "whole"),
    [
        (0.0, 3.0, [Span(0.0, 0.54)]),
        (0.54, 5.0, [Span(3.0, 5.0)]),
        (0.0, 5.0, [Span(0.0, 0.54), Span(3.0, 5.0)]),
        (1.0, 2.0, []),
    ],
)
def test_where_a_person_moved_a_border_outwards_it_is_the_whole_picture(
    start: float, end: float, whole: Sequence[Span]
) -> None:
    found = places(segment(hit(*still(4)), start=start, end=end))
    assert list(found.whole) == whole
    assert min(path.start for path in found.paths) >= start
    assert max(path.end for path in found.paths) <= end


def test_what_has_no_box_is_hidden_wholly_where_no_box_says_where_it_is() -> None:
    found = places(segment(NO_BOX, hit(*still(2, first=1.4))))
    assert found.whole == (Span(2.4, 3.0),)
    assert [(path.start, path.end) for path in found.paths] == [(0.94, 2.9)], "held beyond that"


def test_a_gap_in_mid_shot_hides_the_whole_picture_whatever_was_seen_after() -> None:
    found = places(segment(hit(*still(2)), hit(*still(2, first=3.0), label="BREAST")))
    assert found.whole == (Span(2.0, 2.54),)


STATED = {
    "by a person": replace(NO_BOX, detector="", box=box(0.3)),
    "of an older version, one picture's": replace(NO_BOX, end=2.0, box=box(0.3)),
    "by a script": replace(NO_BOX, sightings=(Sighting(1.0, 3.0, box(0.3)),)),
}


@pytest.mark.parametrize("stated", STATED.values(), ids=STATED)
def test_a_box_that_is_said_to_be_there_is(stated: Hit) -> None:
    found = places(segment(stated))
    (path,) = found.paths
    assert (path.start, path.end, [each.box for each in path.boxes]) == (1.0, stated.end, [box(0.3)])
    assert found.whole == ()


STYLES: dict[str, tuple[VideoRemediation, PictureStyle, bool]] = {
    "blur": (VideoRemediation(enabled=True, mode="blur"), PictureStyle(), True),
    "mosaic": (VideoRemediation(enabled=True, mode="mosaic"), PictureStyle(), True),
    "box": (VideoRemediation(enabled=True, mode="box"), PictureStyle(), True),
    "blank is the whole picture": (VideoRemediation(enabled=True, mode="blank"), PictureStyle(), False),
    "as the config says": (
        VideoRemediation(enabled=True, mode="blur", area="picture"),
        PictureStyle(),
        False,
    ),
    "as the segment says": (
        VideoRemediation(enabled=True, mode="blur"),
        PictureStyle(area="picture"),
        False,
    ),
}


@pytest.mark.parametrize(("remediation", "style", "has_path"), STYLES.values(), ids=STYLES)
def test_which_actions_hide_boxes(remediation: VideoRemediation, style: PictureStyle, has_path: bool) -> None:
    (edit,) = plan_picture([replace(segment(hit(*still(3))), video_style=style)], remediation)
    assert bool(edit.path) == has_path
    assert (edit.start, edit.end) == (0.54, 2.5)


def test_the_whole_picture_of_two_segments_is_one_edit() -> None:
    both = [segment(start=1.0, end=2.0), segment(start=1.5, end=3.0), segment(hit(*still(2, first=8.0)))]
    blurred, moving = plan_picture(both, VideoRemediation(enabled=True, mode="blur"))
    assert blurred == PictureEdit(1.0, 3.0, "blur")
    assert moving.path


def bounced(value: float, room: float) -> float:
    value %= 2 * room
    return min(value, 2 * room - value)


@pytest.mark.parametrize("speed", [0.08, 0.23, 0.39, 0.62, 0.9])
def test_looks_that_come_late_leave_nothing_uncovered(speed: float) -> None:
    """A box that goes to and fro between the borders, its size a tenth of the picture."""

    def place(moment: float) -> Box:
        return box(bounced(0.05 + speed * moment, 0.9))

    looks = [seen(number * STEP, place(number * STEP)) for number in range(40)]
    found = places(segment(hit(*looks), start=0.0, end=20.0))

    def is_hidden(moment: float) -> bool:
        paths = [path for path in found.paths if path.start <= moment <= path.end]
        return any(span.start < moment + 0.04 - 1e-6 and moment <= span.end for span in found.whole) or any(
            contains(box_at(path.boxes, moment), place(moment)) for path in paths
        )

    assert [number / 25 for number in range(500) if not is_hidden(number / 25)] == []
