"""Undo takes back what was decided last, also while that is on its way, and is not lost where it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_deciding import stop_answering, stop_saving
from tests.browser.visiting import TWO_WORDS, button, film_with, hold, is_saved, rows, served, stored, visit
from tests.video_censor_personal.review.page import finder

CHANGES = "**/changes"


@contextmanager
def second_left(browser: Browser, folder: Path) -> Iterator[tuple[Page, Path]]:
    """Open a page of two words, of which the second one was left as it is, and choose the first one."""
    results = film_with(folder, *TWO_WORDS)
    with served(finder(folder), results) as opened, visit(browser, opened.access.address) as page:
        page.keyboard.press("ArrowDown")
        page.keyboard.press("a")
        is_saved(page)
        page.keyboard.press("ArrowUp")
        yield page, results


def allowed(results: Path) -> list[bool]:
    """Which findings are left as they are."""
    return [each.allow for each in stored(results)]


def test_what_is_being_saved_is_undone_and_not_what_was_saved_before(
    browser: Browser, tmp_path: Path
) -> None:
    with second_left(browser, tmp_path) as (page, results):
        held = hold(page, CHANGES, lambda: page.keyboard.press("a"))
        page.keyboard.press("u")
        expect(rows(page).first).to_contain_text("silent")
        held.continue_()
        is_saved(page)
        assert allowed(results) == [False, True]
        page.keyboard.press("U")
        is_saved(page)
        assert allowed(results) == [True, True]


def test_what_is_being_undone_is_redone(browser: Browser, tmp_path: Path) -> None:
    with second_left(browser, tmp_path) as (page, results):
        held = hold(page, CHANGES, lambda: page.keyboard.press("u"))
        page.keyboard.press("U")
        held.continue_()
        is_saved(page)
        assert allowed(results) == [False, True]
        expect(button(page, "Undo")).to_be_enabled()


def test_each_undo_takes_back_one_more(browser: Browser, tmp_path: Path) -> None:
    with second_left(browser, tmp_path) as (page, results):
        held = hold(page, CHANGES, lambda: page.keyboard.press("a"))
        page.keyboard.press("r")  # waits, and is taken back first
        for _ in range(3):
            page.keyboard.press("u")
        held.continue_()
        is_saved(page)
        assert stored(results) == list(TWO_WORDS)
        expect(button(page, "Undo")).to_be_disabled()


@pytest.mark.parametrize("stop", [stop_saving, stop_answering])
def test_what_waits_to_be_saved_is_dropped(
    browser: Browser, tmp_path: Path, stop: Callable[[Page, Path], Callable[[], object]]
) -> None:
    with second_left(browser, tmp_path) as (page, results):
        mend = stop(page, results)
        page.keyboard.press("a")
        expect(page.locator("#unsaved")).to_contain_text("One decision is not saved")
        button(page, "Undo").click()
        expect(page.locator("#unsaved")).to_be_empty()
        expect(rows(page).first).to_contain_text("silent")
        mend()
        button(page, "Redo").click()
        is_saved(page)
        assert allowed(results) == [True, True]


def test_what_was_taken_back_while_its_saving_failed_is_dropped(browser: Browser, tmp_path: Path) -> None:
    with second_left(browser, tmp_path) as (page, results):
        held = hold(page, CHANGES, lambda: page.keyboard.press("a"))
        page.keyboard.press("u")
        held.abort()
        is_saved(page)
        expect(page.locator("#unsaved")).to_be_empty()
        assert allowed(results) == [False, True]
        page.keyboard.press("U")
        is_saved(page)
        assert allowed(results) == [True, True]


def test_an_undo_that_is_refused_can_be_tried_again(browser: Browser, tmp_path: Path) -> None:
    with second_left(browser, tmp_path) as (page, results):
        odd = '{"changes": [{"kind": "odd"}]}'
        page.route(CHANGES, lambda route: route.continue_(post_data=odd), times=1)
        page.keyboard.press("u")
        expect(page.locator("#refused")).to_contain_text("Undo: Nothing was changed")
        button(page, "Undo").click()
        is_saved(page)
        assert stored(results) == list(TWO_WORDS)


def test_an_undo_that_is_given_up_can_be_tried_again(browser: Browser, tmp_path: Path) -> None:
    with second_left(browser, tmp_path) as (page, results):
        mend = stop_saving(page, results)
        page.keyboard.press("u")
        button(page, "Give it up").click()
        mend()
        button(page, "Undo").click()
        is_saved(page)
        assert stored(results) == list(TWO_WORDS)


def test_what_was_taken_back_meanwhile_is_not_asked_about(browser: Browser, tmp_path: Path) -> None:
    with second_left(browser, tmp_path) as (page, results):
        page.route("**/api/state*", lambda route: route.abort())  # it hears nothing of the file
        results.write_text(results.read_text().replace('"Profanity"', '"Swearing"'))
        held = hold(page, CHANGES, lambda: page.keyboard.press("a"))
        page.keyboard.press("u")
        held.continue_()
        is_saved(page)
        expect(rows(page).first).to_contain_text("Swearing")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert allowed(results) == [False, True]
