"""What files say is text on the page, and never runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.visiting import film_with, rows, served, visit
from tests.video_censor_personal.review.page import finder, found

EVIL = "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>"
NAME = "<img src=x onerror=window.pwned=1>"


def test_markup_in_words_labels_notes_and_names_is_text(browser: Browser, tmp_path: Path) -> None:
    word = replace(found(0.5, 0.9, text=EVIL), note=EVIL, description=EVIL)
    label = replace(found(1.5, 1.8, label=f"{EVIL}\u202e", text=None), labels=(EVIL,))
    one = film_with(tmp_path, word, label, name=f"{NAME}.mp4", warnings=(EVIL,))
    other = film_with(tmp_path, word, name="javascript:window.pwned=1.mp4")
    with served(finder(tmp_path), one, other) as opened, visit(browser, opened.access.address) as page:
        expect(page.locator("#film-name")).to_have_text(f"{NAME}.mp4")
        page.get_by_label("Show words").check()
        expect(rows(page).first).to_contain_text(EVIL)
        expect(page.get_by_label("Note")).to_have_value(EVIL)
        page.get_by_text("Why it was found").click()
        expect(page.locator(".facts")).to_contain_text(EVIL)
        expect(page.locator("#about-film")).to_contain_text(EVIL)
        rows(page).nth(1).click()
        expect(page.locator("#legend")).to_contain_text(EVIL)
        page.locator("#open-films").click()
        expect(page.locator("#films-list")).to_contain_text(NAME)
        assert page.evaluate("window.pwned") is None
        assert page.locator("main img:not(.still), script:not([src])").count() == 0
