"""Many films on one page: which one is looked through."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.visiting import DOUBTFUL, TWO_WORDS, WORD, film_with, is_saved, served, visit
from tests.support.waiting import wait_until
from tests.video_censor_personal.review.page import finder
from video_censor_personal.export.results_json import Results, write_results


def test_films_that_are_not_listed_are_counted_and_found_by_search(browser: Browser, tmp_path: Path) -> None:
    """The films themselves are gone: what was found can be looked through all the same."""
    shelf = [tmp_path / f"film-{number:03}.results.json" for number in range(503)]
    for number, path in enumerate(shelf):
        write_results(path, Results(f"film-{number:03}.mp4", 4.0, TWO_WORDS, fingerprint=f"{number:064}"))
    with served(finder(tmp_path), *shelf) as opened, visit(browser, opened.access.address) as page:
        page.locator("#open-films").click()
        listed = page.locator("#films-list li")
        expect(listed).to_have_count(501)
        expect(listed.last).to_contain_text("3 more")
        page.get_by_role("searchbox", name="Search").last.fill("film-502")
        expect(listed).to_have_count(1)
        listed.get_by_role("button").click()
        expect(page.locator("#film-name")).to_contain_text("film-502")


def test_the_film_that_is_shown_is_asked_after_most(browser: Browser, tmp_path: Path) -> None:
    results, other = film_with(tmp_path, WORD), film_with(tmp_path, DOUBTFUL, name="other.mp4")
    with served(finder(tmp_path), results, other) as opened:
        address = opened.access.address
        with visit(browser, f"{address}#f1") as theirs, visit(browser, f"{address}#f0") as page:
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
            expect(page.locator("#open-films")).to_have_text("Films: 1 to decide")
            theirs.keyboard.press("a")
            is_saved(theirs)
            expect(page.locator("#open-films")).to_have_text("Films: 2")  # others are asked after, too
            wait_until(lambda: page.evaluate("true") and asked.count("state?film=f0") > asked.count("state"))


def test_who_skips_to_the_findings_stays_with_the_film(browser: Browser, tmp_path: Path) -> None:
    results, other = film_with(tmp_path, WORD), film_with(tmp_path, DOUBTFUL, name="other.mp4")
    with (
        served(finder(tmp_path), results, other) as opened,
        visit(browser, f"{opened.access.address}#f0") as page,
    ):
        expect(page.locator("#film-name")).to_contain_text("film.mp4")
        page.locator(".skip").focus()
        with page.expect_event("framenavigated"):
            page.keyboard.press("Enter")
        page.keyboard.press("a")
        is_saved(page)
        expect(page.locator("#film-name")).to_contain_text("film.mp4")
        assert page.url.endswith("#findings")
