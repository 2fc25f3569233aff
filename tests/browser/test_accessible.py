"""The page for those who do not see it, have no mouse, a small screen, or dark surroundings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.visiting import DOUBTFUL, TWO_WORDS, film_with, rows, served, visit
from tests.support.waiting import wait_until
from tests.video_censor_personal.review.page import finder, found

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SMALLEST = 44
"""Pixels of what a finger meets."""


def _is_in_trouble(page: Page) -> None:
    page.route("**/changes", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.locator("#unsaved")).to_contain_text("not saved")


STATES: dict[str, Callable[[Page], object]] = {
    "as it opens": lambda page: None,
    "a finding to decide": lambda page: rows(page).filter(has_text="to decide").click(),
    "help": lambda page: page.keyboard.press("?"),
    "films": lambda page: page.locator("#open-films").click(),
    "not saved": _is_in_trouble,
    "none chosen": lambda page: page.keyboard.press("Escape"),
}
"""In the order in which they are reached."""


@pytest.mark.parametrize("context", [{}, PHONE], ids=["desk", "phone"])
def test_no_violations_in_any_state(browser: Browser, tmp_path: Path, context: dict[str, Any]) -> None:
    results = film_with(tmp_path, *TWO_WORDS, DOUBTFUL)
    other = film_with(tmp_path, name="other.mp4")
    with (
        served(finder(tmp_path), results, other) as opened,
        visit(browser, opened.access.address, **context) as page,
    ):
        wait_until(lambda: page.locator("#screen video").evaluate("each => each.readyState") >= 2)
        for name, reach in STATES.items():
            reach(page)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                told = Axe().run(page)
                assert told.violations_count == 0, f"{name}, {scheme}: {told.generate_report()}"
            if page.locator("dialog[open]").count():
                page.keyboard.press("Escape")


def test_a_phone_shows_all_without_scrolling_sideways(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, *TWO_WORDS, DOUBTFUL)
    sizes = """() => [...document.querySelectorAll("button, select, summary, [role=option], .check")]
        .filter((each) => each.checkVisibility())
        .map((each) => [each.textContent.trim() || each.id, each.getBoundingClientRect()])
        .map(([name, box]) => ({ name, width: box.width, height: box.height, right: box.right }))"""
    with served(finder(tmp_path), results) as opened:
        for context in (
            PHONE,
            {"viewport": {"width": 640, "height": 430}},
        ):  # the second one is 200 % of zoom
            with visit(browser, opened.access.address, **context) as page:
                rows(page).filter(has_text="to decide").click()
                assert page.viewport_size is not None
                width = page.viewport_size["width"]
                assert page.evaluate("document.documentElement.scrollWidth") == width
                for each in page.evaluate(sizes):
                    assert each["right"] <= width + 0.5, each
                    assert min(each["width"], each["height"]) >= SMALLEST - 0.5, each


def test_what_keys_do_is_said_and_letters_can_be_switched_off(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        said, listbox = page.locator("#spoken"), page.get_by_role("listbox")
        page.keyboard.press("ArrowDown")
        expect(said).to_have_text("h***, Profanity, 0:01.5, silent")
        active = listbox.get_attribute("aria-activedescendant")
        expect(page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
        page.keyboard.press("a")
        expect(said).to_have_text("h***: left as it is")
        page.keyboard.press("?")
        page.get_by_label("Letters and signs work as keys").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("a")
        page.keyboard.press("ArrowUp")
        expect(said).to_have_text("d***, Profanity, 0:00.5, silent")
        assert page.locator("#undo").is_enabled()
        page.reload()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_ten_thousand_findings_are_a_list_that_works(browser: Browser, tmp_path: Path) -> None:
    words = (found(n / 2500, n / 2500 + 0.0004, text=f"word{n:05}") for n in range(9_999))
    many = [replace(each, id=f"word-{number}") for number, each in enumerate(words)]
    results = film_with(tmp_path, *many, DOUBTFUL)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        expect(page.locator("#list-count")).to_have_text("10000 in all")
        assert rows(page).count() < 60
        page.locator("#findings").focus()
        page.keyboard.press("End")
        expect(page.locator("#findings [aria-selected=true]")).to_have_attribute("aria-posinset", "10000")
        page.keyboard.press("a")
        expect(page.locator("#findings [aria-selected=true]")).to_contain_text("left as it is")
        page.get_by_role("searchbox", name="Search").fill("word04999")
        expect(page.locator("#list-count")).to_have_text("1 of 10000")
        page.get_by_role("searchbox", name="Search").fill("")
        page.locator("#filter-state").select_option("todo")
        expect(page.locator("#list-count")).to_have_text("1 of 10000")
