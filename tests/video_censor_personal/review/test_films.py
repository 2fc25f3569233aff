"""What the page is told of films, and of all that may be wrong with them."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import wait_until
from tests.video_censor_personal.review.page import (
    CLIP,
    film,
    finder,
    found,
    looks_at_files,
    page,
    results_of,
)
from video_censor_personal.findings.coverage import Coverage

DOUBTFUL = found(0.8, 1.0, "Nudity", None, certainty="doubtful", allow=True)


def test_a_film_with_all_that_was_found_in_it(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    seen = Coverage(0, "video", 0.0, 1.5, detector="eye")
    results = results_of(shown, found(0.2, 0.5), DOUBTFUL, coverage=(seen,), warnings=("odd",))
    with page(finder(tmp_path), results) as opened:
        (listed,) = opened.json("/api/films")["films"]
        assert (listed["name"], listed["path"], listed["results"]) == ("film.mp4", str(shown), str(results))
        assert (listed["duration"], listed["problem"]) == (1.5, None)
        assert listed["counts"] == {"segments": 2, "to_decide": 1, "allowed": 1, "reviewed": 0}
        assert (listed["copy"]["state"], listed["copy"]["path"]) == ("none", str(tmp_path / "film.clean.mp4"))
        assert "segments" not in listed

        wait_until(lambda: opened.first.known().inspected)
        told = opened.json("/api/films/f0")
        assert told["film"]["media"]["direct"]
        assert [each["category"] for each in told["segments"]] == ["Profanity", "Nudity"]
        assert told["segments"][0]["effect"] == {
            **{"sound": "silence", "sound_span": [pytest.approx(0.0, abs=0.21), pytest.approx(0.7)]},
            **{"picture": "none", "picture_span": None},
        }
        assert told["segments"][1]["effect"]["sound"] == "none"
        assert told["warnings"] == ["odd"]
        assert told["coverage"][0]["looked_at_seconds"] == 1.5
        assert len(told["coverage_lines"]) == 1
        assert {"silence", "bleep", "none"} <= set(told["choices"]["sound"])
        assert {"blank", "blur", "cut", "none"} <= set(told["choices"]["picture"])
        assert {"Profanity", "Nudity"} <= set(told["choices"]["categories"])

        state = opened.state()
        assert state["revision"] == told["revision"]
        assert state["counts"] == listed["counts"]


def test_names_that_are_no_unicode_and_markup_come_as_they_are(tmp_path: Path) -> None:
    name = b"<b>\xff&.mp4".decode("utf-8", "surrogateescape")
    try:
        shown = film(tmp_path / "film.mp4").rename(tmp_path / name)
    except OSError:
        pytest.skip("this file system takes no such name")
    with page(finder(tmp_path), results_of(shown, found(0.2, 0.5, text="<script>"))) as opened:
        told = opened.json("/api/films/f0")
        assert told["film"]["path"] == str(shown)
        assert told["segments"][0]["detections"][0]["text"] == "<script>"
        answer = opened.get("/api/films/f0/media")
        assert (answer.status_code, answer.content) == (200, shown.read_bytes())


@pytest.mark.parametrize(
    ("decided", "waiting"),
    [({}, 1), ({"reviewed": True}, 0), ({"reviewed": False}, 1), ({"allow": False}, 1)],
)
def test_what_is_reviewed_no_more_is_to_be_decided_again(
    decided: dict[str, Any], waiting: int, tmp_path: Path
) -> None:
    results = results_of(film(tmp_path / "film.mp4"), replace(DOUBTFUL, **decided), found(0.2, 0.5))
    with page(finder(tmp_path), results) as opened:
        assert opened.state()["counts"]["to_decide"] == waiting


def test_results_that_another_program_changes_are_told_at_once(tmp_path: Path) -> None:
    results = results_of(film(tmp_path / "film.mp4"), found(0.2, 0.5))
    with page(finder(tmp_path), results) as opened:
        before = opened.state()
        document = json.loads(results.read_text())
        document["segments"][0]["allow"] = True
        results.write_text(json.dumps(document))
        after = opened.state()
        assert after["revision"] != before["revision"]
        assert after["counts"]["allowed"] == 1


def test_all_that_is_told_at_once_is_of_one_revision(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.2, 0.5))
    with page(finder(tmp_path), results) as opened:
        wait_until(lambda: opened.first.known().inspected)
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                for end in (0.5, 0.6):
                    results_of(shown, found(0.2, end))

        told: list[dict[str, Any]] = []

        def has_seen_many() -> bool:
            told.extend(opened.first.details() for _ in range(20))
            revisions: list[str] = [each["revision"] for each in told]
            return sum(one != other for one, other in pairwise(revisions)) > 50

        writer = threading.Thread(target=write)
        writer.start()
        try:
            wait_until(has_seen_many)
        finally:
            stop.set()
            writer.join()
        assert [each["film"]["revision"] for each in told] == [each["revision"] for each in told]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_text("{"),
        lambda path: path.write_text(path.read_text().replace('"allow": false', '"allow": "perhaps"')),
        lambda path: path.write_text('{"segments": 1}'),
        lambda path: path.unlink(),
    ],
    ids=["no JSON", "no decision", "no results", "gone"],
)
def test_results_that_become_unreadable_are_told_and_come_back(
    spoil: Callable[[Path], None], tmp_path: Path
) -> None:
    results = results_of(film(tmp_path / "film.mp4"), found(0.2, 0.5))
    good = results.read_bytes()
    with page(finder(tmp_path), results) as opened:
        spoil(results)
        problem = opened.state()["problem"]
        assert problem
        assert set(problem) == {"kind", "what", "why", "fix"}
        told = opened.json("/api/films/f0")
        assert (told["segments"], told["film"]["problem"]) == ([], problem)
        assert opened.post("/api/films/f0/render").status_code >= 400
        results.write_bytes(good)
        assert opened.state()["problem"] is None


def test_a_film_that_is_gone_and_where_it_is_now(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.2, 0.5))
    with page(finder(tmp_path), results) as opened:
        assert opened.state()["problem"] is None
        (tmp_path / "away").mkdir()
        moved = shown.rename(tmp_path / "away" / "renamed.mp4")
        assert opened.state()["problem"]["kind"] == "file-gone"
        assert opened.get("/api/films/f0/media").status_code == 404
        assert opened.post("/api/films/f0/render").status_code == 404
        assert len(opened.json("/api/films/f0")["segments"]) == 1  # what was found is told all the same

        nowhere = opened.post("/api/films/f0/film", {"path": str(tmp_path / "nowhere.mp4")})
        assert nowhere.status_code == 422
        for typed in (f'  "{moved}" ', str(moved)):  # as programs and people write it
            told = opened.post("/api/films/f0/film", {"path": typed})
            assert (told.status_code, told.json()["film"]["path"]) == (200, str(moved))
        assert opened.state()["problem"] is None
        assert opened.get("/api/films/f0/media").content == moved.read_bytes()
        wait_until(lambda: opened.first.known().fingerprint)
        opened.state()
    # It is remembered by its content.
    with page(finder(tmp_path), results) as again:
        assert again.json("/api/films/f0")["film"]["path"] == str(moved)


def test_another_film_under_the_same_name_is_refused(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.2, 0.5))
    film(shown, replace(CLIP, seconds=4))
    with page(finder(tmp_path), results) as opened:
        opened.json("/api/films/f0")
        wait_until(lambda: opened.state()["problem"])
        problem = opened.state()["problem"]
        assert "not the film" in problem["what"]
        assert "0:00:04" in problem["why"]
        answer = opened.post("/api/films/f0/render")
        assert (answer.status_code, answer.json()["error"]) == (409, problem)
        refused = opened.post("/api/films/f0/film", {"path": str(shown)})
        assert refused.status_code == 409
        taken = opened.post("/api/films/f0/film", {"path": str(shown), "anyway": True})
        assert (taken.status_code, taken.json()["film"]["problem"]) == (200, None)
        film(shown, replace(CLIP, seconds=5))  # that was said of the other file
        opened.json("/api/films/f0")
        wait_until(lambda: opened.state()["problem"])


def test_a_film_as_long_under_the_same_name_is_taken_with_a_word(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.2, 0.5))
    film(shown, title="with other tags")
    with page(finder(tmp_path), results) as opened:
        opened.first.known()
        wait_until(lambda: opened.json("/api/films/f0")["film"]["warnings"])
        assert opened.state()["problem"] is None


def test_who_asks_while_somebody_points_elsewhere_is_told_of_one_place(tmp_path: Path) -> None:
    shown = film(tmp_path / "a" / "film.mp4")
    (tmp_path / "b").mkdir()
    other = Path(shutil.copy2(shown, tmp_path / "b" / "film.mp4"))
    with page(finder(tmp_path), results_of(shown, found(0.2, 0.5))) as opened:

        def point() -> None:
            for _ in range(20):
                for path in (other, shown):
                    opened.first.point_to(str(path), anyway=False)

        pointing = threading.Thread(target=point)
        pointing.start()
        places = set()
        while pointing.is_alive():
            told = opened.first.summary()
            places.add((told["path"], told["copy"]["path"]))
        pointing.join()
        assert places <= {(str(each), str(each.with_name("film.clean.mp4"))) for each in (shown, other)}


def test_a_path_is_taken_as_it_is_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown = film(tmp_path / "film.mp4")
    odd = Path(shutil.copy2(shown, tmp_path / "~film.mp4"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with page(finder(tmp_path), results_of(shown, found(0.2, 0.5))) as opened:
        for typed, meant in ((".", shown), ("film.mp4", shown), ("~film.mp4", odd), ("~/film.mp4", shown)):
            told = opened.post("/api/films/f0/film", {"path": typed})
            assert (told.status_code, told.json()["film"]["path"]) == (200, str(meant)), typed


@pytest.mark.parametrize(
    ("typed", "status", "why"),
    [
        ("~nobody-here/film.mkv", 422, "no such file"),
        ("a\0b.mkv", 400, "such a character"),
        ("~a\0b/c.mkv", 400, "such a character"),
        ("\ud800.mkv", 400, "such a character"),
        ("x" * 300, 422, "too long"),
    ],
)
def test_a_path_that_no_file_has(typed: str, status: int, why: str, tmp_path: Path) -> None:
    results = results_of(film(tmp_path / "film.mp4"), found(0.2, 0.5))
    with page(finder(tmp_path), results) as opened:
        answer = opened.post("/api/films/f0/film", {"path": typed})
        assert answer.status_code == status
        assert why in answer.json()["error"]["why"]
        assert opened.state()["problem"] is None


@pytest.mark.parametrize("body", [{}, {"path": ""}, {"path": 5}, {"path": "x", "anyway": "yes"}])
def test_a_place_that_is_none(body: dict[str, object], tmp_path: Path) -> None:
    results = results_of(film(tmp_path / "film.mp4"), found(0.2, 0.5))
    with page(finder(tmp_path), results) as opened:
        assert opened.post("/api/films/f0/film", body).status_code == 400


def test_how_one_film_stands(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        results_of(film(tmp_path / f"{name}.mp4", title=name), found(0.2, 0.5))
    with page(finder(tmp_path), tmp_path) as opened:
        every = opened.json("/api/state")["films"]
        assert list(every) == ["f0", "f1", "f2"]
        assert opened.json("/api/state?film=f1")["films"] == {"f1": every["f1"]}
        assert list(opened.json("/api/state?film=f2&film=f0")["films"]) == ["f2", "f0"]


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/api/state?film=f9", "GET", 404),
        ("/api/films/f9", "GET", 404),
        ("/api/films/..", "GET", 404),
        ("/api/nothing", "GET", 404),
        ("/nothing", "GET", 404),
        ("/api/films", "POST", 405),
        ("/api/films/f0/render", "GET", 405),
        ("/api/quit", "GET", 405),
    ],
)
def test_what_there_is_not(path: str, method: str, status: int, tmp_path: Path) -> None:
    results = results_of(film(tmp_path / "film.mp4"), found(0.2, 0.5))
    with page(finder(tmp_path), results) as opened:
        answer = opened.get(path) if method == "GET" else opened.post(path)
        assert answer.status_code == status
        assert answer.json()["error"]["fix"]


def test_each_file_of_a_library_is_looked_at_once(tmp_path: Path) -> None:
    shown = film(tmp_path / "films" / "film000.mp4")
    segments = tuple(found(n * 0.02, n * 0.02 + 0.01) for n in range(50))
    results_of(shown, *segments)
    for number in range(1, 30):
        results_of(Path(shutil.copy2(shown, tmp_path / "films" / f"film{number:03}.mp4")), *segments)
    with page(finder(tmp_path, library={"films": [str(tmp_path / "films" / "*.mp4")]})) as opened:
        listed = opened.json("/api/films")["films"]
        assert len(listed) == 30
        assert [each["id"] for each in listed] == list(opened.json("/api/state")["films"])
        for make in (opened.films.listed, lambda: opened.films.states(opened.films)):
            assert looks_at_files(make) / 30 < 25
