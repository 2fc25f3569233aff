"""From a film to decisions to a clean copy, in a browser: with the mouse, and with the keyboard alone."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.visiting import (
    DOUBTFUL,
    TWO_WORDS,
    button,
    chosen,
    film_with,
    is_saved,
    rows,
    served,
    stored,
    visit,
)
from tests.support.review_program import ADDRESS, running
from tests.support.waiting import wait_until
from tests.video_censor_personal.clips.played import played
from tests.video_censor_personal.review.page import finder
from tests.video_censor_personal.targets.shelf import Shelf

LOUD, SILENT = -30.0, -80.0


def tab_to(page: Page, name: str) -> None:
    """Go on with the Tab key until a part of the page has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def test_by_clicks(browser: Browser, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.add()
    shelf.run("segments")
    copy = shelf.made("clean.mkv")
    with running(shelf.folder, "review", "--config", shelf.config_file) as program:
        address = ADDRESS.search(program.told)
        assert address
        with visit(browser, address[0]) as page:
            expect(page.locator("#film-name")).to_have_text("film.mkv")
            expect(page.locator("#film-counts")).to_have_text("2 found.")
            expect(rows(page)).to_have_count(2)
            button(page, "Make the clean copy").click()
            expect(page.locator("#copy-text")).to_contain_text("is made, and as you decided")
            assert played(copy).level(0.31, 0.39) < SILENT

            rows(page).filter(has_text="d***").click()
            button(page, "Leave it").click()
            is_saved(page)
            expect(page.locator("#copy-text")).to_contain_text("before your last decisions")
            button(page, "Make the clean copy").click()
            expect(page.locator("#copy-text")).to_contain_text("is made, and as you decided")
            assert played(copy).level(0.31, 0.39) > LOUD

            button(page, "Done").click()
            expect(page.get_by_role("heading", name="Done")).to_be_visible()
            assert program.ended()[0] == 0


def test_by_keys(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, *TWO_WORDS, DOUBTFUL)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        press = page.keyboard.press
        video = page.locator("#screen video")
        expect(chosen(page)).to_contain_text("d***")
        press("a")  # the word is left as it is
        is_saved(page)
        assert stored(results)[0].allow
        press("ArrowDown")
        expect(chosen(page)).to_contain_text("h***")
        expect(page.locator("#clock")).to_have_text("0:01.5 of 0:04")

        press("Enter")
        wait_until(lambda: video.evaluate("each => each.currentTime > 0.2 && !each.paused"))
        press("Space")
        expect(page.locator("#play")).to_have_text("Play")

        press("ArrowRight")  # 5 s on is the end; from there back by pictures
        for _ in range(20):
            press(",")
        press("o")
        is_saved(page)
        assert 2.9 < stored(results)[1].end < 3.3
        press("Control+z")
        is_saved(page)
        assert stored(results)[1].end == 1.8

        press("End")  # only in the list; here it does nothing
        press("ArrowDown")
        expect(chosen(page)).to_contain_text("to decide")
        press("a")
        expect(chosen(page)).not_to_contain_text("to decide")
        press("Escape")
        expect(chosen(page)).to_have_count(0)
        press("n")
        expect(rows(page)).to_have_count(4)
        press("/")
        page.keyboard.type("anu")  # letters are letters where somebody writes
        expect(page.locator("#list-count")).to_have_text("0 of 4")
        expect(page.locator("#filter-text")).to_have_value("anu")
        page.locator("#filter-text").fill("")
        is_saved(page)
        assert [each.allow for each in stored(results)] == [True, False, False, False]

        tab_to(page, "render")
        press("Enter")
        expect(page.locator("#copy-text")).to_contain_text("is made, and as you decided")
    copy = played(tmp_path / "film.clean.mp4")
    assert copy.level(0.5, 0.9) > LOUD
    assert copy.level(1.5, 1.8) < SILENT
