"""A copy says that it is one, and keeps the film's own tags."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest

from tests.support.media_clips import Clip, Track, make_clip
from video_censor_personal.containers.container import CONTAINERS
from video_censor_personal.containers.tags import marking_problems
from video_censor_personal.edits.values import Edits
from video_censor_personal.media.probe import probe
from video_censor_personal.render.mux import RenderOptions, render
from video_censor_personal.render.streams import plan_streams

FIRST, SECOND = "a" * 64, "b" * 64
OWN = {"title": "My film", "comment": "Words of its own", "artist": "Ann"}
CODECS = {
    **{".mp3": "libmp3lame", ".ogg": "libopus", ".oga": "flac", ".opus": "libopus", ".webm": "libopus"},
    **{".flac": "flac", ".wav": "pcm_s16le", ".aif": "pcm_s16be", ".aiff": "pcm_s16be"},
}
FILM = Clip(seconds=0.5, size=(64, 48), rate=10, metadata=OWN)


def marked(film: Path, target: Path, plan: str) -> dict[str, str]:
    """Return the tags of a copy that is marked with a plan."""
    render(plan_streams(probe(film), target), Edits(), RenderOptions(plan=plan))
    with av.open(target) as made:
        return {name.lower(): text for name, text in {**made.metadata, **made.streams[0].metadata}.items()}


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_copy_is_marked_with_its_plan_and_one_of_a_copy_with_its_own(tmp_path: Path, suffix: str) -> None:
    video = {".mkv": "libx264", ".mp4": "libx264", ".mov": "libx264", ".webm": "libvpx-vp9"}.get(suffix)
    sound = (Track(CODECS.get(suffix, "aac")),)
    film = make_clip(tmp_path / "film.mkv", replace(FILM, video=video, audio=sound))
    before = film
    for plan in (FIRST, SECOND):
        target = tmp_path / f"{plan[0]}{suffix}"
        tags = marked(before, target, plan)
        assert probe(target).plan == plan
        assert list(marking_problems(target, plan)) == []
        assert "".join(tags.values()).count("clean copy by video-censor-personal") == 1
        assert (tags["title"], tags["artist"]) == (OWN["title"], OWN["artist"])
        assert tags["comment"].startswith(OWN["comment"])
        before = target


@pytest.mark.parametrize("to", [".mkv", ".mp4"])
def test_a_copy_of_a_copy_in_another_container_is_marked_once(tmp_path: Path, to: str) -> None:
    other = {".mkv": ".mp4", ".mp4": ".mkv"}[to]
    film = make_clip(tmp_path / "film.mkv", FILM)
    marked(film, tmp_path / f"one{other}", FIRST)
    tags = marked(tmp_path / f"one{other}", tmp_path / f"two{to}", SECOND)
    assert "".join(tags.values()).count("clean copy by video-censor-personal") == 1
    assert probe(tmp_path / f"two{to}").plan == SECOND


def test_a_film_of_an_old_codec_is_marked_too(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.avi", replace(FILM, video="msmpeg4v2", audio=(Track("libmp3lame"),)))
    marked(film, tmp_path / "copy.mkv", FIRST)
    assert probe(tmp_path / "copy.mkv").plan == FIRST


def test_a_copy_without_its_mark_or_with_another_s_fails_its_check(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mkv", FILM)
    assert probe(film).plan is None
    assert list(marking_problems(film, FIRST)) == [f"it is marked with the plan None instead of {FIRST}"]
    marked(film, tmp_path / "copy.mkv", SECOND)
    assert len(list(marking_problems(tmp_path / "copy.mkv", FIRST))) == 1
