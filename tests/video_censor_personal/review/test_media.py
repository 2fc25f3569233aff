"""The film itself, as far as browsers play it, by ranges."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from modeltasks.report.progress import NoProgress
from modeltasks.support.cancel import CancelToken
from tests.support.media_clips import Clip, Track, make_clip
from tests.support.waiting import wait_until
from tests.video_censor_personal.review.page import CLIP, Page, film, finder, found, page, results_of
from video_censor_personal.review.playing import Inspect, Inspected
from video_censor_personal.runners.runner import JobContext

MEDIA = "/api/films/f0/media"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("media")
    results = results_of(film(folder / "film.mp4"), found(0.2, 0.5))
    with page(finder(folder), results) as made:
        wait_until(lambda: made.first.known().inspected)
        yield made


def content(page: Page) -> bytes:
    return Path(page.json("/api/films/f0")["film"]["path"]).read_bytes()


def test_a_film_that_browsers_play_is_sent_as_it_is(opened: Page) -> None:
    whole = opened.get(MEDIA)
    assert (whole.status_code, whole.headers["Content-Type"]) == (200, "video/mp4")
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.content == content(opened)
    head = opened.head(MEDIA)
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (
        200,
        b"",
        str(len(whole.content)),
    )


@pytest.mark.parametrize(
    ("asked", "piece"),
    [("bytes=0-9", slice(0, 10)), ("bytes=100-", slice(100, None)), ("bytes=-7", slice(-7, None))],
)
def test_ranges(opened: Page, asked: str, piece: slice) -> None:
    whole = content(opened)
    answer = opened.get(MEDIA, Range=asked)
    assert (answer.status_code, answer.content) == (206, whole[piece])
    assert answer.headers["Content-Range"].endswith(f"/{len(whole)}")


def test_a_range_behind_the_end_is_refused(opened: Page) -> None:
    answer = opened.get(MEDIA, Range="bytes=99999999-")
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(content(opened))}")


def test_a_range_holds_for_the_same_file_only(opened: Page) -> None:
    tag = opened.get(MEDIA).headers["ETag"]
    assert opened.get(MEDIA, **{"Range": "bytes=0-9", "If-Range": tag}).status_code == 206
    assert opened.get(MEDIA, **{"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200


def test_more_than_four_gigabytes(tmp_path: Path) -> None:
    long = film(tmp_path / "film.mp4")
    size = (1 << 32) + 5000
    results = results_of(long, found(0.2, 0.5))
    with long.open("r+b") as stream:  # what follows the film in the file says that it is free space
        end = stream.seek(0, os.SEEK_END)
        stream.write((1).to_bytes(4, "big") + b"free" + (size - end).to_bytes(8, "big"))
        stream.truncate(size)
    document = results.read_text().replace('"fingerprint"', '"fingerprint_of_the_short_one"')
    results.write_text(document)
    with page(finder(tmp_path), results) as opened:
        wait_until(lambda: opened.first.known().inspected)
        answer = opened.get(MEDIA, Range=f"bytes={size - 10}-")
        assert (answer.status_code, answer.content) == (206, bytes(10))
        assert answer.headers["Content-Range"] == f"bytes {size - 10}-{size - 1}/{size}"


def test_a_film_that_is_cut_short_meanwhile_breaks_no_server(tmp_path: Path) -> None:
    whole = film(tmp_path / "film.mp4", replace(CLIP, seconds=20, size=(320, 240), options={"qp": "0"}))
    with page(finder(tmp_path), results_of(whole, found(0.2, 0.5), duration=20)) as opened:
        begun = opened.begin(MEDIA)
        os.truncate(whole, 1000)
        begun.close()
        assert opened.get("/api/films").status_code == 200
        problem = opened.state()["problem"]
        assert opened.get(MEDIA).status_code in {404, 422} or problem is not None


@pytest.mark.parametrize(
    ("name", "clip", "why"),
    [
        ("plain.mp4", CLIP, ""),
        ("plain.mkv", CLIP, ""),
        ("plain.mov", CLIP, ""),
        ("vp9.webm", replace(CLIP, video="libvpx-vp9", audio=(Track(codec="libopus"),)), ""),
        ("silent.mp4", replace(CLIP, audio=()), ""),
        ("sound.m4a", replace(CLIP, video=None), ""),
        ("sound.mp3", replace(CLIP, video=None, audio=(Track(codec="libmp3lame"),)), ""),
        ("ten.mkv", replace(CLIP, pixels="yuv420p10le"), "H.264"),
        ("full.mkv", replace(CLIP, pixels="yuv444p"), "H.264"),
        ("hevc.mkv", replace(CLIP, video="libx265"), "H.265"),
        ("old.mkv", replace(CLIP, video="mpeg2video"), "MPEG-2"),
        ("ac3.mkv", replace(CLIP, audio=(Track(codec="ac3"),)), "AC-3"),
        ("film.ts", CLIP, "mpegts"),
        ("film.avi", replace(CLIP, audio=(Track(codec="libmp3lame"),)), "avi"),
        (
            "late.mkv",
            replace(CLIP, frame_times=(5.0, 5.1, 5.2), audio=(Track(start=5.0),), seconds=6),
            "times",
        ),
    ],
)
def test_what_browsers_play(name: str, clip: Clip, why: str, tmp_path: Path) -> None:
    found = inspected(make_clip(tmp_path / name, clip), tmp_path / "notes")
    assert why in found.why_not
    assert bool(found.why_not) == bool(why)
    assert found.media_type.startswith("video/" if clip.video else "audio/")


def test_the_page_is_told_what_is_in_the_film(tmp_path: Path) -> None:
    tracks = (Track(language="eng", title="Main"), Track(codec="ac3", layout="5.1", language="deu"))
    told = inspected(
        make_clip(tmp_path / "film.mkv", replace(CLIP, audio=tracks)), tmp_path / "notes"
    ).as_json()
    assert told["video"] == {"codec": "H.264", "width": 64, "height": 48, "rate": 10.0}
    assert told["audio"] == [
        {"stream": 1, "codec": "AAC", "language": "eng", "title": "Main", "channels": 2},
        {"stream": 2, "codec": "AC-3", "language": "deu", "title": None, "channels": 6},
    ]


def inspected(film: Path, notes: Path) -> Inspected:
    return Inspect(film, notes).run(JobContext(NoProgress(), CancelToken()))
