"""What becomes of sound tracks that nobody listened to, measured in the copy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from modeltasks.support.cancel import CancelToken
from tests.support.media_clips import Clip, Track, decibels, make_clip
from tests.video_censor_personal.media.reading import read_pcm
from tests.video_censor_personal.render.made import copied
from video_censor_personal.config import parse_config
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.tracks import SoundTrack
from video_censor_personal.media.audio import RATE
from video_censor_personal.media.probe import probe
from video_censor_personal.render.clean_copy import CleanCopy, Copier

WORD = Segment("damn", 0.9, 1.3, "Profanity", ("Profanity",), "", 0.9)
DUB = Track("ac3", "stereo", language="rus", disposition=1)
LATE_COMMENTARY = Track("ac3", "mono", language="eng", title="Director", start=0.4)
TRACKS = (DUB, Track("aac", "mono", language="eng"), LATE_COMMENTARY)
KNOWN = (
    SoundTrack(1, "rus"),
    SoundTrack(2, "eng", heard_by=("a",)),
    SoundTrack(3, "eng", heard_by=("a", "b")),
)
NOBODY = tuple(replace(track, heard_by=()) for track in KNOWN)

LEFT_OUT = "{} is without stream 1 (audio, ac3, rus): nobody listened to it"
KEPT = "stream 1 (audio, ac3, rus) is copied as it is: what is said there was not looked at"


def cleaned(
    tmp_path: Path, suffix: str, other_tracks: str, known: tuple[SoundTrack, ...], *segments: Segment
) -> tuple[Path, CleanCopy]:
    film = tmp_path / f"film{suffix}"
    if not film.exists():
        make_clip(film, Clip(seconds=2.0, audio=TRACKS))
    audio = f"enabled: true, categories: [Profanity], padding: 0, other_tracks: {other_tracks}"
    config = parse_config(f"detectors: [{{type: scripted}}]\nremediation: {{audio: {{{audio}}}}}", "c.yaml")
    copier = Copier(tmp_path / "notes", CancelToken())
    return film, copied(copier, film, tmp_path / f"clean{suffix}", segments, config, known)


def muted(path: Path, stream: int) -> bool:
    """Whether a track is silent where the word is, and sounds elsewhere."""
    sound = np.concatenate(list(read_pcm(path, RATE, track=stream)))
    assert decibels(sound[round(1.5 * RATE) : round(1.8 * RATE)]) > -30
    return decibels(sound[round(0.97 * RATE) : round(1.23 * RATE)]) < -80


TREATED: dict[str, tuple[str, tuple[SoundTrack, ...], dict[str, bool], tuple[str, ...]]] = {
    "muted with the others": ("mute", KNOWN, {"rus": True, "eng": True, "eng2": True}, ()),
    "dropped": ("drop", KNOWN, {"eng": True, "eng2": True}, (LEFT_OUT,)),
    "kept": ("keep", KNOWN, {"rus": False, "eng": True, "eng2": True}, (KEPT,)),
    "nobody listened to any": ("drop", NOBODY, {"rus": True, "eng": True, "eng2": True}, ()),
    "nothing is known": ("keep", (), {"rus": True, "eng": True, "eng2": True}, ()),
}


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("name", TREATED)
def test_a_track_that_nobody_heard_is_treated_as_configured(tmp_path: Path, name: str, suffix: str) -> None:
    other_tracks, known, expected, warnings = TREATED[name]

    film, copy = cleaned(tmp_path, suffix, other_tracks, known, WORD)

    found: dict[str, bool] = {}
    for track in probe(copy.path).of_kind("audio"):
        key = f"{track.language}2" if str(track.language) in found else str(track.language)
        found[key] = muted(copy.path, track.index)
    assert found == expected
    assert copy.warnings == tuple(each.format(copy.path.name) for each in warnings)
    assert len(probe(film).of_kind("audio")) == 3


@pytest.mark.parametrize(
    ("other_tracks", "languages", "warnings"),
    [
        ("mute", ["rus", "eng", "eng"], ()),
        ("drop", ["eng", "eng"], (LEFT_OUT,)),
        ("keep", ["rus", "eng", "eng"], (KEPT,)),
    ],
)
def test_that_nothing_was_found_elsewhere_makes_it_no_cleaner(
    tmp_path: Path, other_tracks: str, languages: list[str], warnings: tuple[str, ...]
) -> None:
    _, copy = cleaned(tmp_path, ".mkv", other_tracks, KNOWN)
    assert [track.language for track in probe(copy.path).of_kind("audio")] == languages
    assert copy.warnings == tuple(each.format(copy.path.name) for each in warnings)


def test_a_copy_is_made_again_when_its_tracks_would_be_others(tmp_path: Path) -> None:
    heard_all = tuple(replace(track, heard_by=("a",)) for track in KNOWN)
    runs = [("mute", KNOWN), ("mute", KNOWN), ("drop", KNOWN), ("drop", KNOWN), ("drop", heard_all)]
    written = [
        cleaned(tmp_path, ".mkv", other_tracks, known, WORD)[1].written for other_tracks, known in runs
    ]
    assert written == [True, False, True, False, True]


def test_a_dropped_track_may_be_the_longest(tmp_path: Path) -> None:
    tracks = (Track("ac3", language="eng", gap=(1.0, 9.0)), Track("ac3", language="rus"))
    pictures = tuple(number / 25 for number in range(25))
    make_clip(tmp_path / "film.mkv", Clip(seconds=3.0, frame_times=pictures, audio=tracks))
    known = (SoundTrack(1, "eng", heard_by=("a",)), SoundTrack(2, "rus"))

    _, copy = cleaned(tmp_path, ".mkv", "drop", known, replace(WORD, start=0.4, end=0.6))

    assert probe(copy.path).duration == pytest.approx(1.0, abs=0.1)
