"""Clean copies made from the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.report.progress import NoProgress
from modeltasks.support.cancel import CancelToken
from tests.support.media_clips import loudness
from tests.support.waiting import PATIENCE, wait_until
from tests.video_censor_personal.review.page import CLIP, film, finder, found, page, results_of
from video_censor_personal.findings.coverage import Coverage, Span
from video_censor_personal.review.copying import FilmCopy
from video_censor_personal.review.film import Desk, ReviewedFilm
from video_censor_personal.review.looks import Looks
from video_censor_personal.review.rendering import Renders
from video_censor_personal.runners.workers import LocalWorkers
from video_censor_personal.targets.session import Options

RENDER = "/api/films/f0/render"


def allow(results: Path, number: int = 0) -> None:
    """Let a segment stay, as another program would write that."""
    document = json.loads(results.read_text())
    document["segments"][number]["allow"] = True
    results.write_text(json.dumps(document))


def test_a_copy_is_made_and_made_again_when_something_is_decided(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.3, 0.6), found(1.0, 1.2))
    made = tmp_path / "film.clean.mp4"
    with page(finder(tmp_path), results) as opened:
        begun = opened.post(RENDER)
        assert (begun.status_code, begun.json()["copy"]["state"] in {"waiting", "rendering"}) == (200, True)
        opened.copy_is("current")
        assert loudness(made, 0.35, 0.55) < -60
        assert loudness(made, 1.05, 1.15) < -60

        allow(results)
        assert opened.state()["copy"]["state"] == "stale"
        opened.post(RENDER)
        opened.copy_is("current")
        assert loudness(made, 0.35, 0.55) > -30
        assert loudness(made, 1.05, 1.15) < -60
    # The rest of the program knows that copy for its own.
    with page(finder(tmp_path), results) as again:
        assert again.copy_is("current", "stale")["state"] == "current"
        made.unlink()
        assert again.state()["copy"]["state"] == "none"


def test_what_is_decided_while_it_is_made_is_not_in_it_and_told(tmp_path: Path) -> None:
    long = film(tmp_path / "film.mkv", replace(CLIP, seconds=8, size=(320, 240)))
    results = results_of(long, found(0.3, 0.6), found(1.0, 1.2, "Nudity", None), duration=8)
    config = {"remediation": {"audio": {"enabled": True}, "video": {"enabled": True, "mode": "blank"}}}
    with page(finder(tmp_path, **config), results) as opened:
        opened.post(RENDER)
        opened.copy_is("rendering")
        wait_until(
            lambda: (
                (opened.state()["copy"]["share"] or 0) > 0 or opened.state()["copy"]["state"] != "rendering"
            )
        )
        allow(results)
        assert opened.copy_is("current", "stale", "failed")["state"] == "stale"


def test_one_after_the_other_and_stopped(tmp_path: Path) -> None:
    results = []
    for name in ("a.mkv", "b.mkv", "c.mkv"):
        long = film(tmp_path / name, replace(CLIP, seconds=20, size=(640, 480)), title=name)
        results.append(results_of(long, found(0.3, 19, "Nudity", None), duration=20))
    config = {"remediation": {"video": {"enabled": True, "mode": "blur"}}}
    with page(finder(tmp_path, **config), *results) as opened:
        for number in range(3):
            assert opened.post(f"/api/films/f{number}/render").status_code == 200
        assert opened.post(RENDER).status_code == 409
        opened.copy_is("rendering")
        states = [opened.state(f"f{number}")["copy"]["state"] for number in range(3)]
        assert states == ["rendering", "waiting", "waiting"]
        assert opened.delete("/api/films/f1/render").json()["copy"]["state"] == "none"
        wait_until(lambda: opened.state()["copy"]["share"])
        copy = opened.state()["copy"]
        assert 0 < copy["share"] <= 1
        assert "writing" in copy["text"]
        assert opened.delete(RENDER).status_code == 200
        opened.copy_is("none")
        opened.copy_is("rendering", film="f2")
        # What is under way when the server ends is told, and nothing of it is left.
        assert opened.close() == ("c.mkv",)
    assert sorted(path.name for path in tmp_path.glob("*.mkv*")) == ["a.mkv", "b.mkv", "c.mkv"]


def test_a_copy_that_is_not_ours_stays(tmp_path: Path) -> None:
    results = results_of(film(tmp_path / "film.mp4"), found(0.3, 0.6))
    other = tmp_path / "film.clean.mp4"
    other.write_text("somebody's")
    with page(finder(tmp_path), results) as opened:
        copy = opened.state()["copy"]
        assert (copy["state"], "already" in copy["error"]["why"]) == ("none", True)
        opened.post(RENDER)
        assert "--overwrite" in opened.copy_is("failed")["error"]["fix"]
        assert other.read_text() == "somebody's"
        other.rename(tmp_path / "saved.mp4")
        opened.post(RENDER)
        assert opened.copy_is("current", "failed")["error"] is None
    other.write_text("somebody's")
    with page(finder(tmp_path), results, options=Options(overwrite=True)) as opened:
        opened.post(RENDER)
        opened.copy_is("current")


def test_a_film_that_was_not_looked_at_in_whole_is_asked_about(tmp_path: Path) -> None:
    seen = Coverage(0, "video", 0.0, 9.0, gaps=(Span(1.0, 8.0),), detector="eye")
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.3, 0.6), coverage=(seen,), incomplete=("eye",))
    with page(finder(tmp_path), results) as opened:
        assert opened.json("/api/films/f0")["incomplete"] == ["eye"]
        opened.post(RENDER)
        assert "not all of" in opened.copy_is("failed")["error"]["what"]
        assert not (tmp_path / "film.clean.mp4").exists()
        assert opened.post(RENDER, {"allow_incomplete": "yes"}).status_code == 400
        opened.post(RENDER, {"allow_incomplete": True})
        opened.copy_is("current")
        (tmp_path / "film.clean.mp4").unlink()
        opened.post(RENDER)  # it was said of the other copy
        opened.copy_is("failed")


def test_the_failure_of_a_copy_is_told_until_something_changes(tmp_path: Path) -> None:
    results = results_of(film(tmp_path / "film.mp4"), found(0.3, 0.6, audio_remediation="sound"))
    with page(finder(tmp_path), results) as opened:
        opened.post(RENDER)
        assert set(opened.copy_is("failed")["error"]) == {"kind", "what", "why", "fix"}
        allow(results)
        assert opened.state()["copy"]["state"] == "none"
        opened.post(RENDER)
        opened.copy_is("current")


def test_a_failure_is_told_no_more_once_the_copy_was_made_in_a_terminal(tmp_path: Path) -> None:
    seen = Coverage(0, "video", 0.0, 9.0, gaps=(Span(1.0, 8.0),), detector="eye")
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.3, 0.6), coverage=(seen,), incomplete=("eye",))
    with page(finder(tmp_path), results) as opened:
        opened.post(RENDER)
        opened.copy_is("failed")
        terminal = finder(tmp_path)
        copy = FilmCopy(terminal.of_results(results), terminal.session)
        copy.make(lambda _facts: None, NoProgress(), CancelToken(), allow_incomplete=True)
        assert opened.copy_is("current", "stale")["error"] is None


def test_a_failure_is_told_no_more_once_somebody_said_where_the_film_is(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.3, 0.6))
    film(shown, replace(CLIP, seconds=4))
    with page(finder(tmp_path), results) as opened:
        opened.post(RENDER)
        wait_until(lambda: opened.films.renders.wait(0))
        assert "not the film" in opened.state()["copy"]["error"]["what"]
        taken = opened.post("/api/films/f0/film", {"path": str(shown), "anyway": True})
        assert (taken.status_code, taken.json()["film"]["copy"]["error"]) == (200, None)


class _Odd(ReviewedFilm):
    """A film with a mistake of ours in it."""

    def situation(self) -> object:
        raise ZeroDivisionError


def test_a_mistake_of_ours_does_not_end_all_copies(tmp_path: Path) -> None:
    results = results_of(film(tmp_path / "film.mp4"), found(0.3, 0.6, audio_remediation="sound"))
    made, workers, renders = finder(tmp_path), LocalWorkers(1), Renders()
    looks = Looks(workers, made.session.folder)
    odd = _Odd("f0", made.of_results(results), Desk(made, looks))
    for _ in range(2):
        renders.begin(odd)
        assert renders.wait(PATIENCE)
    assert renders.close() == ()
    looks.close()
    workers.close()


def test_the_film_is_hashed_before_a_copy_is_made_of_it(tmp_path: Path) -> None:
    """What nobody has opened on the page yet, and is another film, is found out then."""
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.3, 0.6))
    film(shown, replace(CLIP, seconds=4))
    with page(finder(tmp_path), results) as opened:
        opened.post(RENDER)
        assert "not the film" in opened.copy_is("failed", "none")["error"]["what"]
        assert not (tmp_path / "film.clean.mp4").exists()


def test_exports_of_the_library_are_written_too(tmp_path: Path) -> None:
    shown = film(tmp_path / "films" / "film.mp4")
    results = results_of(shown, found(0.3, 0.6), found(1.0, 1.2))
    library = {"films": [str(tmp_path / "films" / "*.mp4")], "exports": ["mcf"]}
    with page(finder(tmp_path, library=library)) as opened:
        opened.post(RENDER)
        opened.copy_is("current")
        mcf = tmp_path / "films" / "film.mcf"
        before = mcf.read_text()
        allow(results)
        opened.copy_is("stale")
        opened.post(RENDER)
        opened.copy_is("current")
        assert len(mcf.read_text()) < len(before)
        mcf.write_text("somebody's")
        allow(results, 1)
        opened.copy_is("stale")
        opened.post(RENDER)
        copy = opened.copy_is("current", "failed")
        assert copy["state"] == "current"
        assert str(mcf) in copy["error"]["what"]
        assert mcf.read_text() == "somebody's"
        mcf.unlink()
        assert opened.state()["copy"]["error"] is None


def test_the_page_of_the_library_tells_of_the_copy(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "films"
    for name in ("film", "other"):
        results_of(film(folder / f"{name}.mp4", title=name), found(0.3, 0.6))
    library = {"films": [str(folder / "*.mp4")], "exports": ["report"]}
    with page(finder(tmp_path, library=library)) as opened:
        opened.post(RENDER)
        opened.copy_is("current")
        index = folder / "index.html"
        assert "film.clean.mp4" in index.read_text()
        assert "other.clean.mp4" not in index.read_text()
        index.write_text("somebody's")
        allow(folder / "film.results.json")
        opened.copy_is("stale")
        opened.post(RENDER)
        assert opened.copy_is("current", "failed")["error"] is None
        assert index.read_text() == "somebody's"
        assert f"warning: {index}" in capfd.readouterr().err


def test_a_config_without_copies_says_so(tmp_path: Path) -> None:
    shown = film(tmp_path / "films" / "film.mp4")
    results_of(shown, found(0.3, 0.6))
    library = {"films": [str(tmp_path / "films" / "*.mp4")], "copy": None}
    with page(finder(tmp_path, library=library)) as opened:
        assert opened.state()["copy"]["path"] is None
        opened.post(RENDER)
        assert "copy" in opened.copy_is("failed")["error"]["fix"]
