"""The review page as a person has it: in a browser, from a server with real films."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route

from tests.support.media_clips import Clip
from tests.support.waiting import PATIENCE, PROMPT, wait_until
from tests.video_censor_personal.review.page import Page as Server
from tests.video_censor_personal.review.page import film, found, results_of
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.findings.segments import Segment
from video_censor_personal.review.finding import Finder
from video_censor_personal.targets.session import Options

CLIP = Clip(seconds=4.0, size=(320, 180), rate=10)
WORD = found(0.5, 0.9)
HELL = found(1.5, 1.8, text="hell")
DOUBTFUL = found(2.5, 3.0, "Nudity", None, certainty="doubtful", allow=True)
TWO_WORDS = (WORD, HELL)


def film_with(
    folder: Path, *segments: Segment, name: str = "film.mp4", clip: Clip = CLIP, **rest: Any
) -> Path:
    """Make a film, and results in which this was found; return the results file."""
    return results_of(film(folder / name, clip), *segments, duration=clip.seconds, **rest)


def stored(results: Path) -> list[Segment]:
    """Return what is in a results file."""
    return list(read_results(results).segments)


@contextmanager
def served(finder: Finder, *results: Path, port: int = 0) -> Iterator[Server]:
    """Open the page's server; it is closed on another thread, since the browser's event loop has this one."""
    opened = Server(finder, results, Options(), port)
    try:
        yield opened
    finally:
        closing = threading.Thread(target=opened.close)
        closing.start()
        closing.join(PATIENCE)
        assert not closing.is_alive()


@contextmanager
def visit(browser: Browser, address: str, **context: Any) -> Iterator[Page]:
    """Open the page as a new person; make sure that no script fails, and nothing is against its policy."""
    wrong: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            wrong.append(message.text)

    with browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **context}) as opened:
        opened.set_default_timeout(PROMPT * 1000)
        page = opened.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(address)
        page.locator("#film-counts").filter(has_text="found").wait_for()
        yield page
    assert not wrong, wrong


def rows(page: Page) -> Locator:
    """The rows of the list of findings."""
    return page.locator("#findings [role=option]")


def chosen(page: Page) -> Locator:
    """The row of the finding that is chosen."""
    return page.locator("#findings [aria-selected=true]")


def button(page: Page, name: str) -> Locator:
    """A button by what is written on it."""
    return page.get_by_role("button", name=name, exact=True)


def is_saved(page: Page) -> None:
    """Wait until all that was decided is on the disk."""
    page.locator("#saved").filter(has_text="All decisions are saved.").wait_for(state="attached")


def hold(page: Page, path: str, ask: Callable[[], object]) -> Route:
    """Let the page ask for something; return that request, which is on its way until it is let go."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(path, keep, times=1)
    with page.expect_request(path):
        ask()
    wait_until(lambda: page.evaluate("true") and held)
    return held[0]
