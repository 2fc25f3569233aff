"""Decisions on the page: undone, made by two at once, and kept where they cannot be saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visiting import (
    TWO_WORDS,
    WORD,
    button,
    chosen,
    film_with,
    hold,
    is_saved,
    rows,
    served,
    stored,
    visit,
)
from tests.support.waiting import wait_until
from tests.video_censor_personal.review.page import finder, found

SLOW = """(() => {
    const { fetch } = window;
    window.fetch = async (path, options) => {
        const answer = await fetch(path, options);
        if (path === "/api/films/f0") await new Promise((done) => setTimeout(done, 1500));
        return answer;
    };
})()"""
"""All about a film takes longer to come than the page waits before it asks again."""


def test_all_that_can_be_done_to_a_finding_and_undone(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        start, note = page.get_by_label("From"), page.get_by_label("Note")
        start.fill("0:00.250")
        start.press("Enter")
        note.fill("he says it twice")
        page.get_by_role("combobox", name="Sound", exact=True).select_option(label="A bleep")
        page.get_by_role("combobox", name="Picture", exact=True).select_option(label="Blur")
        is_saved(page)
        (first, second) = stored(results)
        assert (first.start, first.note) == (0.25, "he says it twice")
        assert (first.audio_remediation, first.video_remediation) == ("bleep", "blur")
        assert second.reviewed is None

        for typed, told in (
            ("0:02", "after the beginning"),
            ("0:09", "ends at 0:04.0"),
            ("soon", "1:02:03.4"),
        ):
            start.fill(typed)
            start.press("Enter")
            expect(page.locator("#start-problem")).to_contain_text(told)
        start.fill("0:00.250")

        page.locator("#position").fill("0.6")
        button(page, "Split here").click()
        expect(rows(page)).to_have_count(3)
        button(page, "Join with the next").click()
        expect(rows(page)).to_have_count(2)
        button(page, "New finding").click()
        expect(rows(page)).to_have_count(3)
        button(page, "Remove").click()
        expect(rows(page)).to_have_count(2)
        is_saved(page)

        undo = button(page, "Undo")
        while undo.is_enabled():
            undo.click()
            is_saved(page)
        assert stored(results) == list(TWO_WORDS)
        button(page, "Redo").click()
        is_saved(page)
        assert stored(results)[0].start == 0.25


def test_a_finding_that_is_not_listed_is_joined_with_the_next_not_an_earlier_one(
    browser: Browser, tmp_path: Path
) -> None:
    results = film_with(tmp_path, *TWO_WORDS, found(2.5, 2.9))
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        rows(page).filter(has_text="h***").click()
        page.get_by_role("searchbox", name="Search").first.fill("damn")
        expect(rows(page)).to_have_count(2)
        button(page, "Join with the next").click()
        is_saved(page)
        assert [(each.start, each.end) for each in stored(results)] == [(0.5, 0.9), (1.5, 2.9)]


def test_two_pages_see_what_the_other_one_decides(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with served(finder(tmp_path), results) as opened:
        address = opened.access.address
        with visit(browser, address) as one, visit(browser, address) as other:
            note = other.get_by_label("Note")
            note.press_sequentially("half a sen")
            rows(one).filter(has_text="h***").click()
            one.keyboard.press("a")
            expect(rows(other).nth(1)).to_contain_text("left as it is")
            expect(note).to_have_value("half a sen")
            note.press_sequentially("tence")
            expect(one.locator("#list-count")).to_have_text("2 in all")
            is_saved(other)
            wait_until(lambda: stored(results)[0].note == "half a sentence")
            assert stored(results)[1].allow


def test_a_slow_page_sees_what_the_other_one_decides(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with served(finder(tmp_path), results) as opened:
        address = opened.access.address
        with visit(browser, address) as one, visit(browser, address) as slow:
            slow.add_init_script(SLOW)
            slow.reload()
            expect(rows(slow)).to_have_count(2)
            one.keyboard.press("a")
            expect(rows(slow).first).to_contain_text("left as it is")


def test_a_film_that_is_asked_for_is_shown_though_the_one_before_changes(
    browser: Browser, tmp_path: Path
) -> None:
    results, other = film_with(tmp_path, WORD), film_with(tmp_path, WORD, name="other.mp4")
    with served(finder(tmp_path), results, other) as opened:
        address = opened.access.address
        with visit(browser, address) as one, visit(browser, address) as page:
            asked = hold(page, "**/api/films/f1", lambda: page.evaluate("location.hash = 'f1'"))
            one.keyboard.press("a")
            expect(rows(page).first).to_contain_text("left as it is")
            asked.continue_()
            expect(page.locator("#film-name")).to_have_text("other.mp4")


@pytest.mark.parametrize("keeps", ["theirs", "mine"])
def test_who_decided_about_the_same_is_asked(browser: Browser, tmp_path: Path, keeps: str) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with served(finder(tmp_path), results) as opened:
        address = opened.access.address
        with visit(browser, address) as one, visit(browser, address) as other:
            other.route("**/api/state*", lambda route: route.abort())  # it knows nothing of the first one
            one.get_by_label("Note").fill("theirs")
            is_saved(one)
            wait_until(lambda: stored(results)[0].note == "theirs")
            other.get_by_label("Note").fill("mine")
            dialog = other.get_by_role("dialog")
            expect(dialog).to_contain_text("note: theirs")
            expect(dialog).to_contain_text("note: mine")
            assert stored(results)[0].note == "theirs"
            button(other, "Keep theirs" if keeps == "theirs" else "Save mine").click()
            is_saved(other)
            expect(other.get_by_label("Note")).to_have_value(keeps)
            assert stored(results)[0].note == keeps


def stop_saving(page: Page, results: Path) -> Callable[[], object]:
    """Make the results file one that is not written to; return what mends it."""
    away = results.rename(results.with_suffix(".away"))
    results.symlink_to(away)

    return lambda: away.replace(results)


def stop_answering(page: Page, results: Path) -> Callable[[], object]:
    """Let the program be gone; return what brings it back."""
    page.route("**/api/**", lambda route: route.abort())
    return lambda: page.unroute("**/api/**")


def cut_answers_short(page: Page, results: Path) -> Callable[[], object]:
    """Let the program be gone in the midst of its answers; return what brings it back."""
    page.route("**/changes", lambda route: route.fulfill(body='{"revis', content_type="application/json"))
    return lambda: page.unroute("**/changes")


@pytest.mark.parametrize("stop", [stop_saving, stop_answering, cut_answers_short])
def test_what_cannot_be_saved_is_kept_and_told(
    browser: Browser, tmp_path: Path, stop: Callable[[Page, Path], Callable[[], object]]
) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        mend = stop(page, results)
        page.keyboard.press("a")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("a")
        told = page.locator("#unsaved")
        expect(told).to_contain_text("2 decisions are not saved")
        expect(rows(page).first).to_contain_text("left as it is")
        assert not page.locator("#saved").inner_text()
        expect(button(page, "Try again")).to_be_visible()
        mend()
        is_saved(page)  # by itself: it is tried again and again
        expect(told).to_be_empty()
        assert [each.allow for each in stored(results)] == [True, True]


@pytest.mark.parametrize("stop", [stop_saving, stop_answering])
def test_what_is_given_up_is_shown_as_it_is(
    browser: Browser, tmp_path: Path, stop: Callable[[Page, Path], Callable[[], object]]
) -> None:
    results = film_with(tmp_path, WORD)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        mend = stop(page, results)
        page.keyboard.press("a")
        expect(chosen(page)).to_contain_text("left as it is")
        button(page, "Give it up").click()
        expect(chosen(page)).to_contain_text("silent")
        mend()
        is_saved(page)
        expect(page.locator("#gone")).to_have_count(0)
        expect(chosen(page)).to_contain_text("silent")
        assert stored(results) == [WORD]


def test_what_is_refused_is_not_shown_as_saved_though_nothing_can_be_read(
    browser: Browser, tmp_path: Path
) -> None:
    results = film_with(tmp_path, WORD)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        page.route("**/changes", lambda route: route.continue_(post_data='{"changes": [{"kind": "odd"}]}'))
        page.route("**/api/films/f0", lambda route: route.abort())
        page.keyboard.press("a")
        expect(page.locator("#refused")).to_contain_text("Nothing was changed")
        expect(chosen(page)).to_contain_text("silent")
