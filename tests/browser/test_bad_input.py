"""What may go wrong around an open page is told on it, and nothing that somebody decided is lost."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visiting import (
    CLIP,
    TWO_WORDS,
    WORD,
    button,
    film_with,
    is_saved,
    rows,
    served,
    stored,
    visit,
)
from tests.support.waiting import wait_until
from tests.video_censor_personal.review.page import film, finder, found

TURNED = "film \u202e4pm.exe\u202c"
"""Where signs that turn the direction of text are obeyed, it ends in mp4."""


def cut_short(results: Path) -> None:
    results.write_text(results.read_text()[:200])


def of_another_film(results: Path) -> None:
    other = film_with(results.parent / "other", WORD, name="other.mp4", clip=replace(CLIP, seconds=9.0))
    other.replace(results)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [(cut_short, "not valid JSON"), (Path.unlink, "No such file"), (of_another_film, "about other.mp4")],
    ids=["cut short", "gone", "of another film"],
)
def test_a_file_that_cannot_be_read_any_more_is_not_nothing_found(
    browser: Browser, tmp_path: Path, spoil: Callable[[Path], object], told: str
) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        whole = results.read_bytes()
        spoil(results)
        about = page.locator("#about-film")
        expect(about).to_contain_text(told)
        expect(about.get_by_label("Where is the film?")).to_have_count(0)  # that would mend nothing
        expect(page.locator("#film-counts")).to_have_text("2 found.")
        expect(rows(page)).to_have_count(2)
        page.keyboard.press("a")
        expect(page.locator("#unsaved")).to_contain_text("One decision is not saved")
        results.write_bytes(whole)
        is_saved(page)  # by itself
        expect(about).to_be_empty()
        expect(page.locator("#unsaved")).to_be_empty()
        assert [each.allow for each in stored(results)] == [True, False]


def test_what_an_editor_writes_is_shown_and_what_is_typed_stays(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        note = page.get_by_label("Note")
        note.press_sequentially("half a sen")
        is_saved(page)
        results.write_text(results.read_text().replace('"Profanity"', '"Swearing"'))
        expect(rows(page).first).to_contain_text("Swearing")
        expect(note).to_have_value("half a sen")
        note.press_sequentially("tence")
        is_saved(page)
        wait_until(lambda: stored(results)[0].note == "half a sentence")
        assert stored(results)[0].category == "Swearing"


def test_a_film_that_was_away_plays_again(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, WORD)
    here, away = tmp_path / "film.mp4", tmp_path / "away.mp4"
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        for _ in range(3):  # once, perhaps, while it is still read to the end
            here.rename(away)
            expect(page.get_by_label("Where is the film?")).to_be_visible()
            away.rename(here)
            expect(page.locator("#about-film")).to_be_empty()
            wait_until(lambda: page.locator("#screen video").evaluate("each => each.readyState") >= 2)


def test_another_film_in_its_place_is_told(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, WORD)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        film(tmp_path / "new" / "film.mp4", replace(CLIP, seconds=9.0)).replace(tmp_path / "film.mp4")
        expect(page.locator("#about-film")).to_contain_text("film.mp4 is not the film that was looked at")
        expect(button(page, "Make the clean copy")).to_be_disabled()


def test_a_page_goes_on_when_the_program_was_started_again(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, *TWO_WORDS)
    with browser.new_context() as context:
        page = context.new_page()
        with served(finder(tmp_path), results) as opened:
            page.goto(opened.access.address)
            expect(rows(page)).to_have_count(2)
        gone, unsaved = page.locator("#gone"), page.locator("#unsaved")
        expect(gone).to_contain_text("start it again as you did before")
        page.keyboard.press("a")
        expect(unsaved).to_contain_text("One decision is not saved")
        with served(finder(tmp_path), results) as again:
            expect(gone).to_contain_text("This page is locked")
            assert [each.allow for each in stored(results)] == [False, False]
            context.new_page().goto(again.access.address)
            page.bring_to_front()
            is_saved(page)
            expect(gone).to_have_count(0)
            expect(unsaved).to_be_empty()
            assert [each.allow for each in stored(results)] == [True, False]


def test_a_page_of_another_film_changes_nothing_in_this_one(browser: Browser, tmp_path: Path) -> None:
    one, other = (film_with(tmp_path / name, *TWO_WORDS, name=f"{name}.mp4") for name in ("one", "other"))
    with browser.new_context() as context:
        page = context.new_page()
        with served(finder(tmp_path), one) as opened:
            page.goto(opened.access.address)
            expect(rows(page)).to_have_count(2)
        expect(page.locator("#gone")).to_be_visible()
        page.keyboard.press("n")  # a new finding has no version that could be an old one
        with served(finder(tmp_path), other, port=opened.server.port) as again:
            context.new_page().goto(again.access.address)
            page.bring_to_front()
            expect(page.locator("#gone")).to_contain_text("Another film is shown at this address now")
            button(page, "Try again").click()
            expect(page.locator("#unsaved")).to_contain_text("the program shows others now")
            assert len(stored(other)) == 2
        with served(finder(tmp_path), one, port=opened.server.port) as back:
            context.new_page().goto(back.access.address)
            page.bring_to_front()
            is_saved(page)
            assert len(stored(one)) == 3


@pytest.mark.parametrize("how", ["key", "note"])
def test_a_page_that_is_closed_at_once_has_saved_all(browser: Browser, tmp_path: Path, how: str) -> None:
    results = film_with(tmp_path, WORD)
    with served(finder(tmp_path), results) as opened:
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(opened.access.address)
            expect(rows(page)).to_have_count(1)
            if how == "key":
                page.keyboard.press("a")
            else:
                page.get_by_label("Note").press_sequentially("a word")
            page.close()
            wait_until(lambda: stored(results)[0].reviewed)
        assert (stored(results)[0].allow, stored(results)[0].note) == (
            (True, None) if how == "key" else (False, "a word")
        )


def test_what_lies_past_the_end_is_told_and_can_be_mended(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, WORD, found(7.0, 8.0, text="late"))
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        beyond = page.locator("#beyond")
        expect(beyond).to_contain_text("One finding is after the end of the film. The film ends at 0:04.0.")
        button(page, "Make the clean copy").click()
        expect(page.locator("#copy-text")).to_contain_text("Profanity at 7.00 is after the end of the film")
        beyond.get_by_role("button", name="Show it").click()
        for label, time in (("From", "0:03"), ("To", "0:03.5")):
            field = page.get_by_role("textbox", name=label, exact=True)
            field.fill(time)
            field.press("Enter")
        is_saved(page)
        expect(beyond).to_be_empty()
        button(page, "Make the clean copy").click()
        expect(page.locator("#copy-text")).to_contain_text("is made, and as you decided")


def test_signs_that_turn_text_are_seen(browser: Browser, tmp_path: Path) -> None:
    odd = replace(found(0.5, 0.9, text=TURNED), note=TURNED, description=TURNED)
    label = replace(found(1.5, 1.8, label=TURNED, text=None), labels=(TURNED,))
    results = film_with(tmp_path, odd, label, name=f"{TURNED}.mp4", warnings=(TURNED,))
    shown = "film \\u202e4pm.exe\\u202c"
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        page.get_by_label("Show words").check()
        page.get_by_text("Why it was found").click()
        page.keyboard.press("ArrowDown")
        for place in ("#film-name", "#about-film", "#details-heading", "#legend", ".facts", "#spoken"):
            expect(page.locator(place)).to_contain_text(shown)
        said = page.locator("body").inner_text() + page.title()
        assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(said)


def test_pages_of_other_programs_on_this_machine_change_and_read_nothing(
    browser: Browser, tmp_path: Path
) -> None:
    """A cookie is for all ports of a machine: what another page asks for brings it, and is refused."""
    results = film_with(tmp_path, *TWO_WORDS)
    ask = """async (root) => {
        const answers = [];
        for (const [path, options] of [
            ["/api/films", {}],
            ["/api/films/f0/media", {}],
            ["/api/films/f0/changes", { method: "POST", body: "{}" }],
            ["/api/quit", { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } }],
            ["/api/quit", { method: "POST", body: "{}", mode: "no-cors" }],
        ]) {
            const answer = await fetch(root + path, { credentials: "include", ...options }).catch(() => null);
            answers.push(answer && answer.type !== "opaque" ? answer.status : null);
        }
        return answers;
    }"""
    with (
        served(finder(tmp_path), results) as opened,
        other_server() as address,
        browser.new_context() as context,
    ):
        context.new_page().goto(opened.access.address)
        page = context.new_page()
        page.goto(address)
        assert page.evaluate(ask, opened.root) == [None] * 5
        assert opened.get("/api/films").status_code == 200
        assert opened.thread.is_alive()


@contextmanager
def other_server() -> Iterator[str]:
    """A page at another port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Empty)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


class _Empty(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>another page</title>")

    def log_message(self, format: str, *args: object) -> None:
        return
