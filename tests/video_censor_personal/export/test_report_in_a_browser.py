"""The report as a browser shows it: for people who see little, on a phone, in the dark and on paper."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.video_censor_personal.export.exported import film, seen, spoken
from tests.video_censor_personal.export.test_report import facts
from video_censor_personal.export import report, shelf_page
from video_censor_personal.export.report_facts import CopyTold, DetectorTold
from video_censor_personal.media.info import Chapter

pytest.importorskip("playwright", reason="no Playwright: pip install -e '.[dev]'")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Page

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
_WIDTHS = (1280, 1000, 640, 360)
"""A desk, a window, 200 % of zoom on a desk, a phone."""
_A4 = 688
"""Pixels of a sheet between its margins."""


def test_nobody_is_shut_out(tmp_path: Path) -> None:
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("no Chromium: apt-get install chromium")
    told = facts(copy=CopyTold("c.mkv", ("1 muted",), ("a doubt",)), detectors=(DetectorTold("eye", "nsfw"),))
    found = (spoken(10.0, 10.5, note="why " * 40), seen(20.0, 22.0), replace(seen(30.0, 31.0), picture=None))
    chapters = (Chapter(0.0, 50.0, "A long name of a chapter " * 3), Chapter(50.0, 100.0, ""))
    row = shelf_page.ShelfRow("Film.mkv", {"Nudity": 2}, 1, ("ear",), "made", "", {"report": "Film.html"})
    pages = {
        "report.html": report.render(replace(film(*found, chapters=chapters), report=told)),
        "index.html": shelf_page.render([row], ["no film matches"], "a program"),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_OPTIONS))
        for name, text in pages.items():
            (tmp_path / name).write_text(text)
            for width in _WIDTHS:
                _look(browser.new_page(viewport={"width": width, "height": 740}), tmp_path / name)
        browser.close()


def _look(page: Page, path: Path) -> None:
    asked: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: problems.append(message.text))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert problems == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert Axe().run(page).response["violations"] == []
    _fits(page)
    table = page.get_by_role("table").first  # also where a row is laid out as a card
    heads = table.get_by_role("columnheader").all_inner_texts()
    assert heads[0] in {"from", "film"}
    row = table.get_by_role("row").nth(1)
    assert row.get_by_role("rowheader").count() == 1
    assert row.get_by_role("cell").count() == len(heads) - 1
    page.emulate_media(media="print")
    page.set_viewport_size({"width": _A4, "height": 1000})
    _fits(page)
    assert table.evaluate("each => getComputedStyle(each).display") == "table"  # on paper it always is one


def _fits(page: Page) -> None:
    """Make sure that nothing has to be scrolled sideways."""
    told = """[...document.querySelectorAll("*")]
        .filter((each) => !each.closest("svg") && each.getBoundingClientRect().right > innerWidth + 0.5)
        .map((each) => each.outerHTML.slice(0, 200))"""
    assert page.evaluate(told) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
