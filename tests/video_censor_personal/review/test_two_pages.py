"""Two pages decide on one file at random, take back some of it, and another analysis follows."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.video_censor_personal.review.films import DURATION, RESULTS, Page, content, results_path
from tests.video_censor_personal.review.test_analysed_again import NEW
from video_censor_personal.config.values import OutputConfig
from video_censor_personal.export.results_json import render_results
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.export.results_update import update_results
from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.segments import Segment
from video_censor_personal.review.applying import Applied, version_of
from video_censor_personal.review.errors import Conflict, NotPossible

STEPS = 80


def change(page: Page, dice: random.Random) -> dict[str, Any]:
    """A change that a page could ask for, some of them impossible."""
    name = dice.choice(sorted(page.segments))
    segment = page.segments[name]
    middle = round(dice.uniform(segment.start, segment.end), 3)
    kind = dice.choice(("decide", "decide", "move", "category", "add", "split", "split", "merge", "remove"))
    match kind:
        case "decide":
            values = {"allow": dice.random() < 0.5, "note": dice.choice((None, "<b>", "fine"))}
            action = {"audio_remediation": dice.choice((None, "bleep", "none"))}
            return {"kind": "set", **page.of(name), **values, **(action if dice.random() < 0.2 else {})}
        case "move":
            side = dice.choice(("start", "end"))
            moved = getattr(segment, side) + dice.uniform(-2, 2)
            return {"kind": "set", **page.of(name), side: moved}
        case "category":
            return {"kind": "set", **page.of(name), "category": dice.choice(("Art", segment.category))}
        case "add":
            start = dice.uniform(-1, DURATION)
            return {"kind": "add", "start": start, "end": start + dice.uniform(0, 3), "category": "Violence"}
        case "split":
            return {"kind": "split", **page.of(name), "at": middle}
        case "merge":
            alike = [each.id for each in page.segments.values() if each.category == segment.category]
            chosen = dice.sample(alike, min(2, len(alike)))
            return {"kind": "merge", "segments": [page.of(each) for each in chosen]}
    return {"kind": "remove", **page.of(name)}


def hits(segments: Iterable[Segment]) -> set[tuple[float, float, str]]:
    found: set[Hit] = {hit for segment in segments for hit in segment.detections}
    return {(hit.start, hit.end, hit.label) for hit in found}


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_lost_whatever_two_pages_do(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    path = results_path(tmp_path)
    pages = [Page(path, tmp_path / "notes") for _ in range(2)]
    done: dict[Page, list[Applied]] = {page: [] for page in pages}
    outcomes = set()
    for step in range(STEPS):
        page = dice.choice(pages)
        before = content(path)
        try:
            if done[page] and dice.random() < 0.25:
                applied = page.undo(done[page].pop())
                outcomes.add("undone")
            else:
                applied = page.send(*(change(page, dice) for _ in range(dice.choice((1, 1, 1, 2)))))
                done[page].append(applied)
                outcomes.add("done")
        except (Conflict, NotPossible) as error:
            assert content(path) == before, step
            outcomes.add(type(error).__name__)
            if isinstance(error, Conflict):
                page.look()
            continue
        results = read_results(path)
        assert path.read_text(encoding="utf-8") == render_results(results, OutputConfig())
        assert path.read_text(encoding="utf-8") == render_results(page.file.read().results, OutputConfig())
        everything = (*results.segments, *results.weak, *results.retired)
        assert len({each.id for each in everything}) == len(everything), "ids are unique"
        stored = {each.id: version_of(each) for each in everything}
        assert stored.items() >= {each.id: version_of(each) for each in applied.changed}.items()
        assert not stored.keys() & set(applied.removed)
        assert hits(results.segments) >= hits(RESULTS.segments), "what was found is acted on, or allowed"
        assert hits(everything) >= hits((*RESULTS.weak, *RESULTS.retired))
        assert all(0 <= each.start < each.end <= DURATION for each in results.segments)
    assert outcomes == {"done", "undone", "Conflict", "NotPossible"}
    before = content(path)
    for _ in range(2):
        update_results(path, NEW)
        assert content(path) == before, "the same analysis changes nothing"


@pytest.mark.parametrize("seed", range(4))
def test_all_can_be_taken_back_one_after_the_other(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    path = results_path(tmp_path, replace(RESULTS, warnings=("w",)))
    page = Page(path, tmp_path / "notes")
    states = [content(path)]
    done: list[Applied] = []
    while len(done) < 25:
        try:
            done.append(page.send(change(page, dice)))
        except NotPossible:
            continue
        states.append(content(path))
    for applied in reversed(done):
        assert content(path) == states.pop()
        page.undo(applied)
    assert [content(path)] == states
