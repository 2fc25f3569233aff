"""The film on the page: as it is, in pieces where the browser cannot play it, and as the copy will be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import av
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.visiting import CLIP, DOUBTFUL, WORD, button, film_with, is_saved, rows, served, visit
from tests.support.media_clips import Clip, Track
from tests.support.waiting import wait_until
from tests.video_censor_personal.review.page import film, finder, found, results_of

DIRECT = Clip(**{**vars(CLIP), "seconds": 12.0})
H265 = Clip(**{**vars(DIRECT), "video": "libx265"})
AC3 = Clip(**{**vars(DIRECT), "audio": (Track("ac3"),)})
NO_PICTURE = Clip(**{**vars(DIRECT), "video": None})


def screen(page: Page) -> Locator:
    return page.locator("#screen video")


def plays(page: Page, since: float) -> None:
    """Wait until the film goes on, and something of it is heard or seen."""
    video = screen(page)
    wait_until(lambda: seconds(page) > since)
    assert video.evaluate("each => each.webkitAudioDecodedByteCount") > 0


def seconds(page: Page) -> float:
    """Where the film is, as the page says it."""
    minutes, rest = page.locator("#clock").inner_text().split(" of ")[0].split(":")
    return 60 * int(minutes) + float(rest)


@pytest.mark.parametrize(
    ("name", "clip", "source"),
    [("film.mp4", DIRECT, "/media"), ("film.mkv", H265, "/clip"), ("film.mkv", AC3, "/clip"),
     ("film.m4a", NO_PICTURE, "/media")],
    ids=["as it is", "H.265", "AC-3", "sound alone"],
)  # fmt: skip
def test_every_film_plays(browser: Browser, tmp_path: Path, name: str, clip: Clip, source: str) -> None:
    results = film_with(tmp_path, WORD, name=name, clip=clip)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        video = screen(page)
        wait_until(lambda: video.evaluate("each => each.readyState") >= 2)
        assert source in (video.get_attribute("src") or "")
        assert video.evaluate("each => each.videoWidth") == (0 if clip.video is None else 320)
        page.locator("#position").fill("9.5")
        button(page, "Play").click()
        plays(page, 10.6)  # past the end of the first piece
        expect(button(page, "Play")).to_be_visible()  # it stops at its end


def damage(film: Path, since: float) -> None:
    """Empty all pictures of a film from a moment on; in MP4 each begins with its length and its kind."""
    with av.open(str(film)) as opened:
        rate = opened.streams.video[0].time_base
        assert rate is not None
        packets = [each for each in opened.demux(video=0) if (each.pts or 0) * rate >= since]
        spans = [(each.pos + 5, each.size - 5) for each in packets if each.pos is not None]
    with film.open("r+b") as file:
        for start, size in spans:
            file.seek(start)
            file.write(bytes(size))


def test_a_film_that_breaks_off_goes_on_where_it_was(browser: Browser, tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", DIRECT)
    damage(path, since=8.0)
    results = results_of(path, WORD, duration=DIRECT.seconds)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        wait_until(lambda: screen(page).evaluate("each => each.readyState") >= 2)
        page.locator("#position").fill("4.5")
        with page.expect_request("**/clip?**") as asked:
            button(page, "Play").click()
        start = float(parse_qs(urlsplit(asked.value.url).query)["start"][0])
        assert 5.5 < start < 8.0


def test_a_film_is_heard_as_the_copy_will_be(browser: Browser, tmp_path: Path) -> None:
    """The sound is measured in the browser itself: loud before, and silent after."""
    results = film_with(tmp_path, WORD)
    loudest = """async (video) => {
        const answer = await fetch(video.src);
        const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(await answer.arrayBuffer());
        const from = new URL(video.src).searchParams.get("start") ?? 0;
        const [a, b] = [0.55, 0.85].map((each) => (each - from) * sound.sampleRate);
        return Math.max(...sound.getChannelData(0).slice(a, b).map(Math.abs));
    }"""
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        video = screen(page)
        wait_until(lambda: video.evaluate("each => each.readyState") >= 2)
        assert video.evaluate(loudest) > 0.1
        page.keyboard.press("b")
        expect(page.locator("#as-copy")).to_have_attribute("aria-pressed", "true")
        wait_until(lambda: "edits=1" in video.evaluate("each => each.readyState > 1 ? each.src : ''"))
        assert video.evaluate(loudest) < 0.001
        page.keyboard.press("a")  # what is left as it is is heard again, at once
        is_saved(page)
        wait_until(lambda: video.evaluate("each => each.readyState") >= 2)
        assert video.evaluate(loudest) > 0.1


def test_the_copy_goes_on_behind_a_long_cut(browser: Browser, tmp_path: Path) -> None:
    """The piece from 4 s on has five seconds that stay, and all of the next one is cut out."""
    clip, cut = Clip(**{**vars(CLIP), "seconds": 31.0}), found(9.0, 29.0, "Nudity", None)
    results = film_with(tmp_path, replace(cut, video_remediation="cut"), clip=clip)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        button(page, "As the copy").click()
        page.locator("#position").fill("4")
        button(page, "Play").click()
        plays(page, 29.5)


def test_what_was_seen_is_blurred_until_it_is_asked_for(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, WORD, DOUBTFUL)
    blurs = "each => getComputedStyle(each).filter"
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        assert screen(page).evaluate(blurs) == "none"
        rows(page).nth(1).click()
        still = page.locator("img.still")
        wait_until(lambda: still.evaluate("each => each.naturalWidth") > 0)
        expect(page.locator("#screen.blurred")).to_be_visible()
        assert screen(page).evaluate(blurs) != "none" != still.evaluate(blurs)
        button(page, "Show pictures").click()
        assert screen(page).evaluate(blurs) == "none" == still.evaluate(blurs)
        page.reload()
        expect(page.locator("#unblur")).to_have_attribute("aria-pressed", "true")


def test_what_the_list_leaves_out_is_blurred_too(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, WORD, DOUBTFUL)
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        page.get_by_label("Category").first.select_option("Profanity")
        expect(rows(page)).to_have_count(1)
        page.locator("#position").fill("2.7")
        expect(page.locator("#screen.blurred")).to_be_visible()


def test_a_film_that_is_gone_is_told_and_found_again(browser: Browser, tmp_path: Path) -> None:
    results = film_with(tmp_path, WORD)
    (tmp_path / "away").mkdir()
    with served(finder(tmp_path), results) as opened, visit(browser, opened.access.address) as page:
        moved = (tmp_path / "film.mp4").rename(tmp_path / "away" / "other.mp4")
        where = page.get_by_label("Where is the film?")
        expect(where).to_be_visible()
        page.keyboard.press("a")  # what is done about it can be decided all the same
        is_saved(page)
        where.fill(str(tmp_path / "nowhere.mp4"))
        button(page, "Use it").click()
        expect(page.locator("#about-film")).to_contain_text("nowhere.mp4")
        where.fill(str(moved))
        button(page, "Use it").click()
        expect(where).to_have_count(0)
        wait_until(lambda: screen(page).evaluate("each => each.readyState") >= 2)
