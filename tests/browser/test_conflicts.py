"""Two pages decide about the same: who decided is asked once, and told how it stands by now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visiting import (
    TWO_WORDS,
    WORD,
    button,
    film_with,
    hold,
    is_saved,
    rows,
    served,
    stored,
    visit,
)
from tests.support.waiting import wait_until
from tests.video_censor_personal.review.page import finder

STATE = "**/api/state*"


@contextmanager
def two_pages(browser: Browser, folder: Path, *results: Path) -> Iterator[tuple[Page, Page]]:
    """Open two pages, of which the second one does not hear of the first one."""
    with served(finder(folder), *results) as opened:
        address = opened.access.address
        with visit(browser, address) as theirs, visit(browser, address) as mine:
            mine.route(STATE, lambda route: route.abort())
            yield theirs, mine


def note(page: Page, text: str, results: Path) -> None:
    """Write a note on the first finding."""
    page.get_by_label("Note").fill(text)
    is_saved(page)
    wait_until(lambda: stored(results)[0].note == text)


def show(page: Page, film: str, name: str) -> None:
    """Go to another film."""
    page.evaluate(f"location.hash = '{film}'")
    expect(page.locator("#film-name")).to_have_text(name)


@pytest.mark.parametrize("keeps", ["theirs", "mine"])
def test_two_decisions_about_one_finding_are_one_question(
    browser: Browser, tmp_path: Path, keeps: str
) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with two_pages(browser, tmp_path, results) as (theirs, mine):
        note(theirs, "theirs", results)
        held = hold(mine, "**/changes", lambda: mine.keyboard.press("a"))
        mine.keyboard.press("r")
        held.continue_()
        dialog = mine.get_by_role("dialog")
        expect(dialog).to_contain_text("leave it as it is, not looked at")
        button(mine, "Keep theirs" if keeps == "theirs" else "Save mine").click()
        is_saved(mine)
        expect(dialog).to_have_count(0)
        first = stored(results)[0]
        assert (first.allow, first.reviewed) == ((False, True) if keeps == "theirs" else (True, False))
        assert first.note == "theirs"


def test_what_is_decided_after_a_question_is_no_conflict_with_oneself(
    browser: Browser, tmp_path: Path
) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with two_pages(browser, tmp_path, results) as (theirs, mine):
        note(theirs, "theirs", results)
        mine.keyboard.press("a")
        dialog = mine.get_by_role("dialog")
        expect(dialog).to_contain_text("leave it as it is")
        held = hold(mine, "**/changes", lambda: button(mine, "Save mine").click())
        mine.keyboard.press("r")
        held.continue_()
        is_saved(mine)
        expect(dialog).to_have_count(0)
        first = stored(results)[0]
        assert (first.allow, first.reviewed, first.note) == (True, False, "theirs")


def test_films_in_which_findings_are_called_alike_are_asked_about_apart(
    browser: Browser, tmp_path: Path
) -> None:
    results, other = film_with(tmp_path, WORD), film_with(tmp_path, WORD, name="other.mp4")
    with two_pages(browser, tmp_path, results, other) as (theirs, mine):
        dialog = mine.get_by_role("dialog")
        for film, name, file in (("f0", "film.mp4", results), ("f1", "other.mp4", other)):
            show(theirs, film, name)
            show(mine, film, name)
            note(theirs, f"theirs on {name}", file)
            mine.keyboard.press("a")
            expect(dialog).to_contain_text("theirs on film.mp4")  # which is the first question
            mine.keyboard.press("Escape")
        button(mine, "Decide").click()
        expect(dialog).to_contain_text("theirs on film.mp4")
        button(mine, "Save mine").click()
        expect(dialog).to_contain_text("theirs on other.mp4")
        button(mine, "Keep theirs").click()
        is_saved(mine)
        assert [stored(each)[0].allow for each in (results, other)] == [True, False]


def test_two_decisions_are_saved_though_another_film_is_shown_meanwhile(
    browser: Browser, tmp_path: Path
) -> None:
    results, other = film_with(tmp_path, WORD), film_with(tmp_path, WORD, name="other.mp4")
    with (
        served(finder(tmp_path), results, other) as opened,
        visit(browser, opened.access.address) as page,
    ):
        held = hold(page, "**/changes", lambda: page.keyboard.press("a"))
        page.keyboard.press("r")
        show(page, "f1", "other.mp4")
        held.continue_()
        is_saved(page)
        assert (stored(results)[0].allow, stored(results)[0].reviewed) == (True, False)


def test_the_question_tells_what_is_stored_by_now(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with two_pages(browser, tmp_path, results) as (theirs, mine):
        note(theirs, "first", results)
        mine.keyboard.press("a")
        dialog = mine.get_by_role("dialog")
        expect(dialog).to_contain_text("note: first")
        mine.keyboard.press("Escape")
        note(theirs, "second", results)
        mine.unroute(STATE)
        button(mine, "Decide").click()
        expect(dialog).to_contain_text("note: second")  # which it hears of while it is asked
        button(mine, "Save mine").click()
        is_saved(mine)
        expect(rows(mine).first).to_contain_text("left as it is")
        assert (stored(results)[0].allow, stored(results)[0].note) == (True, "second")
