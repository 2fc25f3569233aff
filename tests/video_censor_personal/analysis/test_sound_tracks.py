"""Which sound tracks a detector listens to, and what is said of the others."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.media_clips import Clip, Track, make_clip
from tests.video_censor_personal.analysis.bench import LIGHT, SOUND, Bench
from tests.video_censor_personal.analysis.small_detectors import Listening, Loudness
from video_censor_personal.analysis import AnalysisRequest, EnabledDetector
from video_censor_personal.analysis.track_notes import sound_tracks
from video_censor_personal.errors import DetectorError
from video_censor_personal.media.probe import Film

LISTENER = EnabledDetector("listener", Listening, "ear")
DEFAULT, COMMENTARY = 1, 1 << 3


def film(path: Path, *tracks: Track) -> Path:
    return make_clip(path, Clip(seconds=1.0, audio=tracks))


def tagged(*languages: str | None) -> tuple[Track, ...]:
    return tuple(Track("ac3", "mono", language=language) for language in languages)


HEARD: dict[str, tuple[str, tuple[Track, ...], list[int]]] = {
    "the only one": ("en", tagged("eng"), [1]),
    "untagged": ("en", tagged(None), [1]),
    "of no known language": ("en", tagged("und", "mis", "zxx", "mul", "qaa"), [1, 2, 3, 4, 5]),
    "the second, though another is the default": (
        "en",
        (Track("ac3", language="rus", disposition=DEFAULT), Track("ac3", language="eng")),
        [2],
    ),
    "both of the language": ("en", tagged("eng", "rus", "en"), [1, 3]),
    "regions": ("en-GB", tagged("en-US", "fre", "EN"), [1, 3]),
    "terminological and bibliographic": ("de", tagged("ger", "deu", "eng", "de"), [1, 2, 4]),
    "as the config writes it": ("fre", tagged("fra", "eng", "fr-CA"), [1, 3]),
    "a commentary": (
        "en",
        (Track("ac3", language="eng"), Track("ac3", language="eng", disposition=COMMENTARY)),
        [1, 2],
    ),
}


@pytest.mark.parametrize("name", HEARD)
def test_the_tracks_of_its_language_and_untagged_ones_are_each_heard(
    bench: Bench, tmp_path: Path, name: str
) -> None:
    language, tracks, streams = HEARD[name]
    listener = replace(LISTENER, parameters={"language": language})
    result = bench.run(film(tmp_path / "film.mkv", *tracks), listener)
    notes = bench.notes("ear")
    assert notes.count("window 0.0") == len(streams)
    assert (notes.count("open"), notes.count("close")) == (1, 1)
    assert [track.stream for track in result.tracks if track.heard_by == ("listener",)] == streams
    assert [track.stream for track in result.tracks] == list(range(1, len(tracks) + 1))
    assert {hit.track for each in result.segments for hit in each.detections} == set(streams)
    assert result.not_listening == ()


def test_what_nobody_listened_to_is_named_each_time(bench: Bench, tmp_path: Path) -> None:
    video = film(tmp_path / "film.mkv", *tagged("rus", "eng"), Track("ac3", language="spa", title="Doblaje"))
    for _ in range(2):
        result = bench.run(video, LISTENER)
        unheard = "audio stream 1 (rus), audio stream 3 (spa, Doblaje)"
        assert result.warnings == (f"no detector listened to {unheard}",)


def test_a_film_without_the_language_is_not_taken_for_clean(bench: Bench, tmp_path: Path) -> None:
    result = bench.run(film(tmp_path / "film.mkv", *tagged("rus", "ukr")), LISTENER, LIGHT)
    assert result.not_listening == ("listener",)
    assert bench.opened() == {"eye"}, "there was nothing to listen to"
    (warning,) = result.warnings
    assert warning.startswith(
        "listener listened to nothing: its language is en, and the film has only audio stream 1 (rus)"
    )
    assert result.observed == ("light",)
    assert all(track.heard_by == () for track in result.tracks)


def test_all_tracks_are_heard_if_that_is_asked_for_and_none_twice(bench: Bench, tmp_path: Path) -> None:
    video = film(tmp_path / "film.mkv", *tagged("rus", "eng", "spa"))
    bench.run(video, LISTENER)
    assert bench.notes("ear").count("window 0.0") == 1
    result = bench.run(video, replace(LISTENER, parameters={"tracks": "all"}))
    assert bench.notes("ear").count("window 0.0") == 2, "the English track was heard before"
    assert result.observed == ("listener",)
    again = bench.run(video, replace(LISTENER, parameters={"tracks": "all", "language": "ENG"}))
    assert (again.observed, again.remembered) == ((), ("listener",))
    assert again.segments == result.segments


def test_each_track_has_listeners_of_its_own(bench: Bench, tmp_path: Path) -> None:
    spanish = replace(LISTENER, name="oyente", parameters={"language": "es"})
    result = bench.run(film(tmp_path / "film.mkv", *tagged("eng", "spa", None)), LISTENER, spanish, SOUND)
    assert [track.heard_by for track in result.tracks] == [
        ("listener", "sound"),
        ("oyente", "sound"),
        ("listener", "oyente", "sound"),
    ], "a detector without a language listens to all"


def test_a_run_that_failed_in_the_second_track_resumes_there(bench: Bench, tmp_path: Path) -> None:
    tracks = (Track("ac3", "mono", language="eng", gap=(0.0, 9.0)), Track("ac3", "mono", language="eng"))
    video = film(tmp_path / "film.mkv", *tracks)
    (bench.model("ear") / "fault").write_text("observe")
    with pytest.raises(DetectorError, match="broke in observe"):
        bench.run(video, LISTENER)
    (bench.model("ear") / "fault").unlink()
    failed = bench.notes("ear")
    bench.run(video, LISTENER)
    assert "window 0.0" in failed
    assert "window 0.0" not in bench.notes("ear")


def test_forgetting_forgets_every_track(bench: Bench, tmp_path: Path) -> None:
    video = film(tmp_path / "film.mkv", *tagged("eng", None))
    bench.run(video, LISTENER)
    bench.notes("ear")
    bench.analyser().forget(AnalysisRequest(Film(video), (LISTENER,), step=0.5))
    bench.run(video, LISTENER)
    assert bench.notes("ear").count("window 0.0") == 2


def test_a_note_of_tracks_that_another_run_removes_was_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = film(tmp_path / "film.mkv", *tagged("eng"))
    first = sound_tracks(Film(video), "digest", tmp_path)

    def removed(path: Path, **_: object) -> None:
        path.unlink()
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "utime", removed)
    assert sound_tracks(Film(video), "digest", tmp_path) == first


class Noises(Listening):
    """One that hears no words, in whatever language."""

    type_name = "noises"
    schema = Loudness.schema
    hears_words = False


def test_who_hears_no_words_does_not_count_as_listening_to_them(bench: Bench, tmp_path: Path) -> None:
    noises = EnabledDetector("noises", Noises, "ear")
    result = bench.run(film(tmp_path / "film.mkv", *tagged("eng", "rus")), LISTENER, noises)
    assert [track.heard_by for track in result.tracks] == [("listener",), ()]
    assert "no detector listened to audio stream 2 (rus)" in result.warnings
    assert [(each.detector, each.stream) for each in result.coverage] == [
        ("listener", 1),
        ("noises", 1),
        ("noises", 2),
    ]
