from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.video_censor_personal.examples import hit, segment, word
from video_censor_personal.config.values import (
    AudioMode,
    AudioRemediation,
    Config,
    ModelsConfig,
    VideoMode,
    VideoRemediation,
)
from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.observations import Box, Sighting
from video_censor_personal.findings.segments import PictureArea, Segment
from video_censor_personal.media.info import Chapter, MediaInfo
from video_censor_personal.targets.exports import export_input

FILM = MediaInfo(Path("/films/f.mkv"), "matroska", 60.0, Fraction(0), (), (Chapter(0.0, 60.0, "One"),))
NOTHING = Config(None, ModelsConfig(Path("/cache")))
WORD = segment(10.0, 11.0, detections=(word(10.0, 11.0),))
SIGHT = segment(20.0, 21.0, "Nudity")

Hidden = tuple[Span | None, Span | None]


def hidden(config: Config, *segments: Segment) -> list[Hidden]:
    source = export_input(FILM, segments, config)
    return [(each.sound, each.picture) for each in source.segments]


def test_it_has_the_film_its_chapters_and_all_segments() -> None:
    source = export_input(FILM, [WORD, SIGHT], NOTHING)
    assert (source.film, source.duration, source.chapters) == (FILM.path, 60.0, FILM.chapters)
    assert [each.segment for each in source.segments] == [WORD, SIGHT]


def test_what_is_hidden_is_what_a_copy_would_hide() -> None:
    config = replace(
        NOTHING,
        audio=AudioRemediation(enabled=True, categories=("Profanity",), padding=0.5),
        video=VideoRemediation(
            enabled=True, mode="none", category_modes=MappingProxyType({"Nudity": "blank"})
        ),
    )
    assert hidden(config, WORD, SIGHT) == [(Span(9.5, 11.5), None), (None, Span(20.0, 21.0))]
    only_sound = replace(config, video=VideoRemediation())
    assert hidden(only_sound, WORD, SIGHT) == [(Span(9.5, 11.5), None), (None, None)]


def test_a_config_that_changes_nothing_still_has_words_muted_and_sights_hidden() -> None:
    padded = replace(NOTHING, audio=AudioRemediation(padding=0.25))
    assert hidden(padded, WORD, SIGHT) == [(Span(9.75, 11.25), None), (None, Span(20.0, 21.0))]


@pytest.mark.parametrize("config", [NOTHING, replace(NOTHING, video=VideoRemediation(enabled=True))])
def test_an_allowed_segment_is_hidden_nowhere(config: Config) -> None:
    allowed = [replace(each, allow=True) for each in (WORD, SIGHT)]
    assert hidden(config, *allowed) == [(None, None), (None, None)]


def test_what_a_person_chose_for_a_segment_counts() -> None:
    chosen = replace(SIGHT, audio_remediation="silence", video_remediation="none")
    ((sound, picture),) = hidden(NOTHING, chosen)
    assert sound is not None
    assert picture is None


@pytest.mark.parametrize(
    "video",
    [
        VideoRemediation(enabled=True, mode="cut"),
        VideoRemediation(enabled=True, mode="none", category_modes=MappingProxyType({"Nudity": "cut"})),
    ],
)
def test_what_is_cut_out_is_told_as_such(video: VideoRemediation) -> None:
    for config, found in (
        (replace(NOTHING, video=video), SIGHT),
        (NOTHING, replace(SIGHT, video_remediation="cut")),
    ):
        (treated,) = export_input(FILM, [found], config).segments
        assert (treated.picture, treated.is_cut) == (Span(20.0, 21.0), True)


@pytest.mark.parametrize("mode", ["silence", "bleep", "duck", "reverse"])
def test_how_a_sound_is_hidden_is_told(mode: AudioMode) -> None:
    audio = AudioRemediation(enabled=True, mode=mode, categories=("Profanity",))
    (treated,) = export_input(FILM, [WORD], replace(NOTHING, audio=audio)).segments
    assert (treated.sound_action, treated.picture_action) == (mode, "none")


def test_a_player_skips_from_the_first_box_to_the_last() -> None:
    box = Box(0.1, 0.1, 0.2, 0.2)
    seen = tuple(Sighting(at - 0.5, at + 0.5, box, at, 0.0) for at in (20.5, 21.5, 25.0))
    boxes = (hit(20.0, 25.5, "Nudity", label="breast", box=box, sightings=seen),)
    video = VideoRemediation(enabled=True, mode="box")
    found = segment(20.0, 25.5, "Nudity", detections=boxes)
    (treated,) = export_input(FILM, [found], replace(NOTHING, video=video)).segments
    assert treated.picture is not None
    assert treated.picture.start <= 20.0 < 25.5 <= treated.picture.end
    assert treated.picture_action == "box"


@pytest.mark.parametrize(("mode", "area"), [("blank", "picture"), ("blur", "picture"), ("mosaic", "picture")])
def test_how_a_picture_is_hidden_is_told(mode: VideoMode, area: PictureArea) -> None:
    video = VideoRemediation(enabled=True, mode=mode, area=area)
    (treated,) = export_input(FILM, [SIGHT], replace(NOTHING, video=video)).segments
    assert (treated.sound_action, treated.picture_action) == ("none", mode)
