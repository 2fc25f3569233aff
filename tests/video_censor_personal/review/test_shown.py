"""What of a film is seen and heard through the server: clips, pictures, the waveform."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from tests.support.media_clips import Track, decibels
from tests.support.waiting import wait_until
from tests.video_censor_personal.review.page import CLIP, Page, film, finder, found, page, results_of

FILM = "/api/films/f0"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("shown")
    shown = film(folder / "film.mkv", replace(CLIP, video="libx265", audio=(Track(), Track(codec="ac3"))))
    with page(finder(folder), results_of(shown, found(0.4, 0.6))) as made:
        wait_until(lambda: made.first.known().inspected)
        yield made


def loudness(content: bytes, start: float, end: float) -> float:
    with av.open(io.BytesIO(content), "r") as clip:
        frames = [frame.to_ndarray() for frame in clip.decode(audio=0)]
        rate = clip.streams.audio[0].rate
    return decibels(np.concatenate(frames, axis=1)[:, round(start * rate) : round(end * rate)])


def test_what_browsers_do_not_play_comes_in_pieces(opened: Page) -> None:
    media = opened.json(FILM)["film"]["media"]
    assert (media["direct"], "H.265" in media["why"]) == (False, True)
    refused = opened.get(f"{FILM}/media")
    assert (refused.status_code, "H.265" in refused.json()["error"]["why"]) == (404, True)

    for audio in ("", "&audio=1", "&audio=2"):
        plain = opened.get(f"{FILM}/clip?start=0.3&seconds=1{audio}")
        assert (plain.status_code, plain.headers["Content-Type"]) == (200, "video/mp4")
        with av.open(io.BytesIO(plain.content)) as clip:
            assert [stream.codec_context.name for stream in clip.streams] == ["h264", "aac"]
        assert loudness(plain.content, 0.15, 0.25) > -30


def test_the_edit_is_heard_before_it_is_made_and_follows_the_decision(opened: Page) -> None:
    edited = opened.get(f"{FILM}/clip?start=0.3&seconds=1&edits=1")
    assert edited.headers["Cache-Control"] == "no-store"
    assert loudness(edited.content, 0.15, 0.25) < -60
    (segment,) = opened.json(FILM)["segments"]
    change = {"kind": "set", "id": segment["id"], "version": segment["version"], "allow": True}
    inverse = opened.post(f"{FILM}/changes", {"changes": [change]}).json()["inverse"]
    assert loudness(opened.get(f"{FILM}/clip?start=0.3&seconds=1&edits=1").content, 0.15, 0.25) > -30
    opened.post(f"{FILM}/changes", {"changes": inverse})


def test_a_clip_is_sent_by_ranges(opened: Page) -> None:
    whole = opened.get(f"{FILM}/clip?start=0&seconds=1").content
    part = opened.get(f"{FILM}/clip?start=0&seconds=1", Range="bytes=0-9")
    assert (part.status_code, part.content) == (206, whole[:10])


def test_pictures_and_the_waveform(opened: Page) -> None:
    still = opened.get(f"{FILM}/still?at=0.5&width=64")
    assert (still.headers["Content-Type"], still.content[:2]) == ("image/jpeg", b"\xff\xd8")
    waves = f"{FILM}/waveform"
    wait_until(lambda: opened.get(waves).status_code == 200)
    answer = opened.get(waves)
    assert answer.headers["X-Per-Second"] == "10"
    assert len(answer.content) in {15, 16}
    assert max(answer.content) > 0


@pytest.mark.parametrize("asked", ["media", "clip?start=0&seconds=1", "still?at=0.5", "waveform"])
def test_what_a_browser_has_is_sent_again_only_when_the_film_is_another(asked: str, tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mp4")
    results = results_of(shown, found(0.4, 0.6))
    with page(finder(tmp_path), results) as opened:
        wait_until(lambda: opened.get(f"{FILM}/{asked}").status_code == 200)
        whole = opened.get(f"{FILM}/{asked}")
        assert whole.headers["Cache-Control"] == "private, no-cache"
        tag = whole.headers["ETag"]
        for kept in (tag, f"W/{tag}", f'"other", {tag}'):
            again = opened.get(f"{FILM}/{asked}", **{"If-None-Match": kept})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert opened.get(f"{FILM}/{asked}", **{"If-None-Match": '"other"'}).content == whole.content

        film(shown, title="another")
        results_of(shown, found(0.4, 0.6))
        wait_until(lambda: opened.get(f"{FILM}/{asked}").status_code == 200)
        other = opened.get(f"{FILM}/{asked}", **{"If-None-Match": tag})
        assert (other.status_code, other.headers["ETag"] != tag) == (200, True)


@pytest.mark.parametrize(
    "asked",
    [
        *("clip?start=-1", "clip?start=x", "clip?start=nan", "clip?seconds=0", "clip?seconds=21"),
        *(
            "clip?edits=2",
            "clip?audio=1.5",
            "still?at=-1",
            "still?at=inf",
            "still?width=5000",
            "still?width=0",
        ),
    ],
)
def test_pieces_that_make_no_sense(opened: Page, asked: str) -> None:
    answer = opened.get(f"{FILM}/{asked}")
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"kind", "what", "why", "fix"}


@pytest.mark.parametrize("asked", ["clip?start=99", "clip?audio=0", "clip?audio=77"])
def test_pieces_that_the_film_has_not(opened: Page, asked: str) -> None:
    answer = opened.get(f"{FILM}/{asked}")
    assert answer.status_code in {404, 422}
    assert opened.get(FILM).status_code == 200


def test_a_film_that_no_decoder_takes_is_told_for_that_piece(tmp_path: Path) -> None:
    shown = film(tmp_path / "film.mkv")
    results = results_of(shown, found(0.4, 0.6))
    shown.write_bytes(b"no film at all" * 1000)
    with page(finder(tmp_path), results) as opened:
        for piece in ("clip?start=0&seconds=1", "clip?start=0&seconds=1&edits=1", "still?at=0", "media"):
            answer = opened.get(f"{FILM}/{piece}")
            assert answer.status_code in {404, 409, 422}, piece
            assert answer.json()["error"]["fix"]
        assert opened.state()["problem"] is not None


def test_a_browser_that_goes_away_stops_its_clip(tmp_path: Path) -> None:
    long = film(tmp_path / "film.mkv", replace(CLIP, seconds=20, size=(640, 480)))
    with page(finder(tmp_path), results_of(long, found(0.4, 0.6), duration=20)) as other:
        other.json(FILM)
        made = other.films.work._shown
        with other.asking(f"{FILM}/clip?start=0&seconds=20"):
            wait_until(lambda: made._known)
        wait_until(lambda: not made._known)
        with other.asking(f"{FILM}/clip?start=0&seconds=20"):
            wait_until(lambda: made._known)
            other.close()  # nor does the server wait for it
