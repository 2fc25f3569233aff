from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest

from video_censor_personal.findings.coverage import Coverage, Judged, Span, coverage_lines, incomplete, joined

HEARD = Coverage(stream=1, kind="audio", start=0.0, end=12.0, frame=0.02, detector="ears", language="eng")


@dataclass(frozen=True)
class Case:
    """A track of `seconds`, made of packets of `frame` seconds, in which `unseen` seconds were not shown."""

    seconds: float
    unseen: float
    frame: float
    expected: bool


RULE = {
    "all of it": Case(7200.0, 0.0, 0.04, False),
    "two seconds of a long film": Case(7200.0, 2.0, 0.04, False),
    "more than two seconds of a long film": Case(7200.0, 2.04, 0.04, True),
    "a percent of a short film": Case(100.0, 1.0, 0.04, False),
    "more than a percent of a short film": Case(100.0, 1.04, 0.04, True),
    "a picture of a very short film": Case(0.5, 0.04, 0.04, False),
    "two pictures of a very short film": Case(0.5, 0.08, 0.04, True),
    "a long packet of a short film": Case(2.0, 0.1, 0.1, False),
    "nothing of it": Case(1.0, 1.0, 0.0, True),
    "nothing there": Case(0.0, 0.0, 0.0, False),
}


@pytest.mark.parametrize("name", RULE)
def test_what_is_too_little(name: str) -> None:
    case = RULE[name]
    gaps = (Span(0.0, case.unseen),) if case.unseen else ()
    covered = Coverage(stream=0, kind="video", start=0.0, end=case.seconds, gaps=gaps, frame=case.frame)
    assert covered.is_incomplete is case.expected
    assert covered.looked_at == pytest.approx(case.seconds - case.unseen)


def test_a_track_that_begins_late_has_nothing_before() -> None:
    late = replace(HEARD, start=9.0)
    assert (late.length, late.looked_at, late.is_incomplete) == (3.0, 3.0, False)


def test_detectors_are_named_once_however_many_tracks_they_missed() -> None:
    cut = replace(HEARD, gaps=(Span(1.0, 2.0),))
    assert incomplete([cut, replace(cut, stream=2), replace(HEARD, detector="eyes")]) == ("ears",)


LINES = {
    "all": ((HEARD,), "ears heard all 12.0 s of audio stream 1 (eng)"),
    "a gap": (
        (replace(HEARD, gaps=(Span(4.1, 6.0),)),),
        "ears heard 10.1 of 12.0 s of audio stream 1 (eng), not 4.10-6.00",
    ),
    "gaps late in a long film": (
        (replace(HEARD, end=8000.0, gaps=(Span(59.996, 62.0), Span(7210.0, 7211.5))),),
        "ears heard 7996.5 of 8000.0 s of audio stream 1 (eng), not 1:00.00-1:02.00, 2:00:10.00-2:00:11.50",
    ),
    "more gaps than anybody reads": (
        (replace(HEARD, gaps=tuple(Span(at, at + 0.5) for at in range(7))),),
        "ears heard 8.5 of 12.0 s of audio stream 1 (eng), not 0.00-0.50, 1.00-1.50, 2.00-2.50, 3.00-3.50, "
        "4.00-4.50 and 2 more",
    ),
    "hardly understood": (
        (replace(HEARD, doubtful=(Span(5.0, 12.0),)),),
        "ears heard all 12.0 s of audio stream 1 (eng), hardly a word understood in 5.00-12.00",
    ),
    "two tracks": (
        (HEARD, replace(HEARD, stream=3, language=None)),
        "ears heard all 12.0 s of audio stream 1 (eng); all 12.0 s of audio stream 3",
    ),
    "pictures": (
        (replace(HEARD, kind="video", stream=0, language=None, detector="my eyes"),),
        "my eyes saw all 12.0 s of video stream 0",
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_tells_a_person(name: str) -> None:
    coverage, line = LINES[name]
    assert coverage_lines(coverage) == (line,)


def test_each_detector_has_a_line() -> None:
    assert len(coverage_lines([HEARD, replace(HEARD, detector="eyes", kind="video")])) == 2


@pytest.mark.parametrize(
    ("spans", "reach", "expected"),
    [
        ([], 0.0, []),
        ([(3, 4), (1, 2)], 0.0, [(1, 2), (3, 4)]),
        ([(1, 2), (2, 3)], 0.0, [(1, 3)]),
        ([(1, 5), (2, 3)], 0.0, [(1, 5)]),
        ([(1, 2), (2.5, 3)], 0.4, [(1, 2), (2.5, 3)]),
        ([(1, 2), (2.5, 3)], 0.5, [(1, 3)]),
    ],
)
def test_spans_are_joined(
    spans: list[tuple[float, float]], reach: float, expected: list[tuple[float, float]]
) -> None:
    found = joined((Span(*pair) for pair in spans), reach)
    assert [(span.start, span.end) for span in found] == expected


def test_it_is_kept_as_it_was() -> None:
    full = replace(HEARD, gaps=(Span(0.1, 0.3),), doubtful=(Span(1.0, 2.0),), undecodable=3, missing=None)
    assert Coverage.from_dict(full.as_dict()) == full
    with pytest.raises((KeyError, TypeError)):
        Coverage.from_dict({"gaps": [], "doubtful": []})


EYES = Coverage(stream=0, kind="video", start=0.0, end=60.0, frame=0.04, detector="judge")
JUDGED = {
    "all": (Judged(5, 5, 5, 20.0), "judge judged 5 of 5 pictures of video stream 0", False, False),
    "the only one": (Judged(1, 1, 1, 20.0), "judge judged 1 of 1 picture of video stream 0", False, False),
    "nothing to judge": (Judged(0, 0, 0), "judge judged 0 of 0 pictures of video stream 0", False, False),
    "as many as it was to": (
        Judged(9, 5, 5, 20.0),
        "judge judged 5 of 9 pictures of video stream 0, 5 were to be",
        True,
        False,
    ),
    "less": (
        Judged(9, 5, 4, 20.0, (Span(1.0, 2.5),), "it is down"),
        "judge judged 4 of 9 pictures of video stream 0, 5 were to be, not 1.00-2.50: it is down",
        True,
        True,
    ),
}


@pytest.mark.parametrize(("judged", "line", "is_partial", "is_incomplete"), JUDGED.values(), ids=JUDGED)
def test_what_was_judged_is_told_and_what_should_have_been(
    judged: Judged, line: str, is_partial: bool, is_incomplete: bool
) -> None:
    covered = replace(EYES, judged=judged)
    assert coverage_lines([covered]) == (line,)
    assert (covered.is_partial, covered.is_incomplete) == (is_partial, is_incomplete)
    assert (covered.looked_at, covered.unseen) == (judged.seconds, 0.0)
    assert Coverage.from_dict(json.loads(json.dumps(covered.as_dict()))) == covered


def test_a_film_that_could_not_be_decoded_is_not_judged_whole() -> None:
    covered = replace(EYES, judged=Judged(5, 5, 5, 20.0), gaps=(Span(10.0, 20.0),))
    assert covered.is_incomplete
    assert str(covered) == "5 of 5 pictures of video stream 0 with 10.0 s that could not be decoded"
