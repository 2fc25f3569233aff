"""The end of the page: it says what is saved, and never that what was given up is."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_deciding import stop_answering, stop_saving
from tests.browser.visiting import TWO_WORDS, button, film_with, is_saved, rows, served, stored, visit
from tests.video_censor_personal.review.page import finder

SAVED = "All decisions are saved."
SILENT = "The program does not answer"


def last_page(page: Page) -> Locator:
    """All that is to be seen once the page has ended."""
    return page.locator("main.ended")


@pytest.mark.parametrize("answers", [True, False], ids=["the file is not written to", "the program is gone"])
def test_what_is_given_up_at_the_end_is_not_said_to_be_saved(
    browser: Browser, tmp_path: Path, answers: bool
) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        (stop_saving if answers else stop_answering)(page, results)
        page.keyboard.press("a")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("a")
        expect(page.locator("#unsaved")).to_contain_text("2 decisions are not saved")
        button(page, "Done").click()
        button(page, "Leave them").click()
        expect(last_page(page)).to_contain_text("2 decisions are not saved: d***, h***.")
        told = last_page(page).inner_text()
        assert SAVED not in told
        assert (SILENT in told) != answers
    assert stored(results) == list(TWO_WORDS)


@pytest.mark.parametrize("answers", [True, False], ids=["the program ends", "the program is gone"])
def test_what_is_saved_is_said_to_be(browser: Browser, tmp_path: Path, answers: bool) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        page.keyboard.press("a")
        expect(rows(page).first).to_contain_text("left as it is")
        is_saved(page)
        if not answers:
            stop_answering(page, results)
        button(page, "Done").click()
        expect(last_page(page)).to_contain_text(SAVED)
        assert (SILENT in last_page(page).inner_text()) != answers
    assert stored(results)[0].allow
