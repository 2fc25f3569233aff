"""Decisions sent to the server: saved as one, or not at all."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import wait_until
from tests.video_censor_personal.review.page import Page, film, finder, found, page, results_of
from video_censor_personal.export.results_json import Results
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.findings.segments import Segment

CHANGES = "/api/films/f0/changes"
NO_NUMBERS = '{"changes": [{"kind": "add", "start": NaN, "end": Infinity, "category": "Nudity"}]}'


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Page]:
    results = results_of(film(tmp_path / "film.mp4"), found(0.2, 0.5), found(0.8, 1.0))
    with page(finder(tmp_path), results) as made:
        yield made


def stored(page: Page) -> Results:
    return read_results(page.first.place.results)


def segments(page: Page) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = page.json("/api/films/f0")["segments"]
    return told


def allowed(segment: dict[str, Any], allow: bool = True) -> dict[str, Any]:
    return {"kind": "set", "id": segment["id"], "version": segment["version"], "allow": allow}


def test_a_decision_is_on_the_disk_when_it_is_answered_and_can_be_undone(opened: Page) -> None:
    first, second = segments(opened)
    answer = opened.post(CHANGES, {"changes": [allowed(first)]})
    assert answer.status_code == 200
    told = answer.json()
    assert [each.allow for each in stored(opened).segments] == [True, False]
    assert told["revision"] == opened.state()["revision"]
    assert told["counts"] == {"segments": 2, "to_decide": 0, "allowed": 1, "reviewed": 1}
    assert (told["removed"], [each["id"] for each in told["segments"]]) == ([], [first["id"]])
    assert told["segments"][0]["effect"]["sound"] == "none"

    undone = opened.post(CHANGES, {"changes": told["inverse"]}).json()
    assert segments(opened) == [first, second]
    redone = opened.post(CHANGES, {"changes": undone["inverse"]})
    assert redone.status_code == 200
    assert [each.allow for each in stored(opened).segments] == [True, False]


def test_two_pages_lose_none_of_each_others_decisions(opened: Page) -> None:
    first, second = segments(opened)
    assert opened.post(CHANGES, {"changes": [allowed(first)]}).status_code == 200
    # The other page has not seen that: what it says of another segment goes together with it,
    assert opened.post(CHANGES, {"changes": [allowed(second)]}).status_code == 200
    assert [each.allow for each in stored(opened).segments] == [True, True]
    # and what it says of the same one is asked about.
    late = opened.post(
        CHANGES, {"changes": [{**allowed(second), "note": "first", "version": first["version"]}]}
    )
    assert late.status_code == 409
    assert set(late.json()) == {"error", "segments", "gone"}
    assert [(each["id"], each["allow"]) for each in late.json()["segments"]] == [(second["id"], True)]
    again = {**allowed(late.json()["segments"][0], allow=False)}
    assert opened.post(CHANGES, {"changes": [again]}).status_code == 200


def test_pages_at_once(opened: Page) -> None:
    changes = [
        {"kind": "add", "start": n / 10, "end": n / 10 + 0.05, "category": "Violence"} for n in range(12)
    ]
    threads = [threading.Thread(target=opened.post, args=(CHANGES, {"changes": [each]})) for each in changes]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(each.category == "Violence" for each in stored(opened).segments) == 12


def test_another_program_may_decide_meanwhile(opened: Page) -> None:
    first, second = segments(opened)
    path = opened.first.place.results
    document = json.loads(path.read_text())
    document["segments"][1]["allow"] = True
    path.write_text(json.dumps(document))
    assert opened.post(CHANGES, {"changes": [allowed(second)]}).status_code == 409
    assert opened.post(CHANGES, {"changes": [allowed(first)]}).status_code == 200
    assert [each.allow for each in stored(opened).segments] == [True, True]


@pytest.mark.parametrize(
    "changes",
    [
        None,
        {},
        "set",
        [{"kind": "explode"}],
        [{"kind": "add", "start": 1.0, "end": 0.5, "category": "Nudity"}],
        [{"kind": "add", "start": 0.5, "end": 99.0, "category": "Nudity"}],
        [{"kind": "set", "id": "ID", "version": "VERSION", "allow": "perhaps"}],
        [{"kind": "set", "id": "ID", "version": "VERSION", "audio_remediation": "shout"}],
        [{"kind": "remove", "id": "ID", "version": "VERSION"}],
    ],
)
def test_what_makes_no_sense_changes_nothing(opened: Page, changes: Any) -> None:
    (first, _), before = segments(opened), stored(opened)
    filled = json.loads(json.dumps(changes).replace("ID", first["id"]).replace("VERSION", first["version"]))
    answer = opened.post(CHANGES, {"changes": filled})
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"kind", "what", "why", "fix"}
    assert stored(opened) == before


@pytest.mark.parametrize("body", ["", "[]", "{", "nul", '"x"', "\xff", NO_NUMBERS, "[" * 100_000])
def test_what_is_no_request_changes_nothing(opened: Page, body: str) -> None:
    before = stored(opened)
    assert opened.send(CHANGES, body.encode("latin-1")).status_code == 400
    assert stored(opened) == before


def test_markup_in_notes_stays_text(opened: Page) -> None:
    first, _ = segments(opened)
    note = "<img src=x onerror=alert(1)>\u2028</script>"
    answer = opened.post(CHANGES, {"changes": [{**allowed(first), "note": note}]})
    assert answer.status_code == 200
    assert segments(opened)[0]["note"] == stored(opened).segments[0].note
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_what_cannot_be_saved_is_told_and_changes_nothing(opened: Page, tmp_path: Path) -> None:
    first, _ = segments(opened)
    before = stored(opened)
    tmp_path.chmod(0o500)
    try:
        answer = opened.post(CHANGES, {"changes": [allowed(first)]})
    finally:
        tmp_path.chmod(0o700)
    assert answer.status_code == 503
    assert stored(opened) == before
    assert opened.post(CHANGES, {"changes": [allowed(first)]}).status_code == 200


def test_results_that_are_spoilt_meanwhile_are_not_written_over(opened: Page) -> None:
    first, _ = segments(opened)
    path = opened.first.place.results
    good = path.read_bytes()
    path.write_text("{")
    answer = opened.post(CHANGES, {"changes": [allowed(first)]})
    assert (answer.status_code, path.read_text()) == (503, "{")
    path.write_bytes(good)
    assert opened.post(CHANGES, {"changes": [allowed(first)]}).status_code == 200


def test_a_page_that_goes_away_in_mid_save_leaves_a_whole_save(opened: Page) -> None:
    first, _ = segments(opened)
    body = json.dumps({"changes": [allowed(first)]}).encode()
    head = (
        f"POST {CHANGES} HTTP/1.1\r\nHost: 127.0.0.1:{opened.server.port}\r\n"
        f"Authorization: Bearer {opened.access.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", opened.server.port)) as half:
        half.sendall(head.encode() + body[:-5])  # never whole: nothing is changed by that
    with socket.create_connection(("127.0.0.1", opened.server.port)) as gone:
        gone.sendall(head.encode() + body)
    wait_until(lambda: stored(opened).segments[0].allow)
    assert opened.state()["counts"]["allowed"] == 1


def test_a_film_that_is_gone_keeps_its_decisions(opened: Page, tmp_path: Path) -> None:
    first, _ = segments(opened)
    (tmp_path / "film.mp4").rename(tmp_path / "moved.mp4")
    assert opened.post(CHANGES, {"changes": [allowed(first)]}).status_code == 200
    assert stored(opened).segments[0].allow


def test_a_page_is_told_what_its_decision_was_added_to(opened: Page) -> None:
    first, second = segments(opened)
    seen = opened.state()["revision"]
    opened.post(CHANGES, {"changes": [allowed(first)]})
    between = opened.state()["revision"]
    answer = opened.post(CHANGES, {"changes": [allowed(second)]}).json()
    assert answer["previous"] == between != seen


@pytest.mark.parametrize(
    ("shown", "track", "actions"),
    [
        (found(0.2, 0.5, "Violence", None), None, (None, "blank")),
        (found(0.2, 0.5, "Violence", None), 1, ("silence", None)),
        (found(0.2, 0.5, "Slurs"), None, ("silence", None)),
        (replace(found(0.2, 0.5, "Violence", None), detections=()), None, ("silence", "blank")),
        (replace(found(0.2, 0.5, "Violence", None), audio_remediation="bleep"), 1, ("bleep", None)),
        (found(0.2, 0.5), 1, (None, None)),
    ],
)
def test_what_is_hidden_by_hand_has_an_action_where_the_config_has_none(
    tmp_path: Path, shown: Segment, track: int | None, actions: tuple[str | None, str | None]
) -> None:
    seen = replace(shown, detections=tuple(replace(each, track=track) for each in shown.detections))
    both = {
        "audio": {"enabled": True, "categories": ["Profanity"]},
        "video": {"enabled": True, "mode": "none"},
    }
    with page(finder(tmp_path, remediation=both), results_of(film(tmp_path / "film.mp4"), seen)) as opened:
        (before,) = segments(opened)
        told = opened.post(CHANGES, {"changes": [allowed(before, allow=False)]}).json()
        (now,) = stored(opened).segments
        assert (now.audio_remediation, now.video_remediation) == actions
        assert {told["segments"][0]["effect"][each] for each in ("sound", "picture")} != {"none"}
        opened.post(CHANGES, {"changes": told["inverse"]})
        assert segments(opened) == [before]
