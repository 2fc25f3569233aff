"""`language: auto`: which tracks are heard, in which language, and what is said where that is no use."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.media_clips import Clip, Track, make_clip
from tests.video_censor_personal.analysis.bench import Bench
from tests.video_censor_personal.analysis.small_detectors import Polyglot
from video_censor_personal.analysis import AnalysisResult, EnabledDetector
from video_censor_personal.findings.coverage import incomplete

EARS = EnabledDetector("ears", Polyglot, "ear", parameters={"language": "auto"})


def heard(
    bench: Bench, path: Path, spoken: dict[str, str], detector: EnabledDetector = EARS
) -> AnalysisResult:
    """Analyse a film whose tracks are tagged as the keys are, and in which the values are spoken."""
    tracks = (Track("ac3", "mono", language=None if tag == "none" else tag) for tag in spoken)
    codes = {"eng": "en", "rus": "ru", "spa": "es", "none": "none"}
    film = path / "film.mkv"
    if not film.exists():
        make_clip(film, Clip(seconds=1.0, audio=tuple(tracks)))
    (bench.model("ear") / "spoken").write_text(json.dumps({codes[tag]: spoken[tag] for tag in spoken}))
    return bench.run(film, detector)


def test_all_tracks_are_heard_each_in_its_language(bench: Bench, tmp_path: Path) -> None:
    result = heard(bench, tmp_path, {"eng": "en", "spa": "es", "none": "de"})
    assert [track.heard_by for track in result.tracks] == [("ears",)] * 3
    assert [each.language for each in result.coverage] == ["en", "es", "de"]
    assert (result.warnings, incomplete(result.coverage)) == ((), ())


def test_a_language_without_a_list_is_not_called_clean(bench: Bench, tmp_path: Path) -> None:
    result = heard(bench, tmp_path, {"rus": "ru"})
    assert [track.heard_by for track in result.tracks] == [()]
    assert incomplete(result.coverage) == ("ears",)
    assert [each.unseen for each in result.coverage] == [pytest.approx(1.0, abs=0.05)]
    assert result.warnings == (
        "ears did not judge 1 s of audio stream 1 (rus): no word list for 'ru': give `words` or `word_file`",
    )


def test_beside_a_track_that_is_heard_it_is_one_of_the_rest(bench: Bench, tmp_path: Path) -> None:
    result = heard(bench, tmp_path, {"eng": "en", "rus": "ru"})
    assert [track.heard_by for track in result.tracks] == [("ears",), ()]
    assert incomplete(result.coverage) == ()
    assert result.warnings == (
        "ears did not judge 1 s of audio stream 2 (rus): no word list for 'ru': give `words` or `word_file`",
        "no detector listened to audio stream 2 (rus)",
    )


def test_a_list_of_ones_own_will_do_for_any_language(bench: Bench, tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("блин\n", encoding="utf-8")
    detector = replace(EARS, parameters={"language": "auto", "word_file": str(own)})
    result = heard(bench, tmp_path, {"rus": "ru"}, detector)
    assert (result.warnings, incomplete(result.coverage)) == ((), ())


def test_what_could_not_be_heard_at_all_is_named(bench: Bench, tmp_path: Path) -> None:
    result = heard(bench, tmp_path, {"spa": "nothing"})
    assert [track.heard_by for track in result.tracks] == [()]
    assert "ears did not judge 1 s of audio stream 1 (spa): it cannot hear that" in result.warnings
    assert incomplete(result.coverage) == ("ears",)


def test_a_tag_that_is_wrong_is_told(bench: Bench, tmp_path: Path) -> None:
    result = heard(bench, tmp_path, {"eng": "es"})
    assert result.warnings == ("ears heard 'es' for 1 s of audio stream 1 (eng), first at 0.00",)
    assert [each.language for each in result.coverage] == ["es"]
    assert incomplete(result.coverage) == ()


def test_what_was_heard_is_remembered_apart_from_that_of_a_given_language(
    bench: Bench, tmp_path: Path
) -> None:
    assert heard(bench, tmp_path, {"eng": "en"}).observed == ("ears",)
    assert heard(bench, tmp_path, {"eng": "en"}).remembered == ("ears",)
    given = replace(EARS, parameters={"language": "en"})
    assert heard(bench, tmp_path, {"eng": "en"}, given).observed == ("ears",)
