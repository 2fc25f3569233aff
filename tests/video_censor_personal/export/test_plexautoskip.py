from __future__ import annotations

import json

import pytest

from tests.video_censor_personal.export.exported import ODD_NAME, film, seen, spoken
from video_censor_personal.export import plexautoskip
from video_censor_personal.export.stretches import shown


def test_words_turn_the_volume_down_and_sights_are_skipped() -> None:
    source = film(spoken(1.1, 2.0), seen(10.0, 12.0), seen(50.0, 51.0, allow=True))
    assert json.loads(plexautoskip.render(source)) == {
        "markers": {
            "Film.mkv": [
                {"start": 1000, "end": 2100, "mode": "volume"},
                {"start": 10000, "end": 12000, "mode": "skip"},
            ]
        }
    }


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("The Matrix (1999) {imdb-tt0133093}.mkv", "imdb://tt0133093"),
        ("The Matrix (1999) {tmdb-603} - 1080p.mkv", "tmdb://603"),
        ("Show - S01E01 {tvdb-349232}.mkv", "tvdb://349232"),
        ("The Matrix [imdbid-tt0133093].mkv", "imdb://tt0133093"),
        ("The Matrix {edition-imdb}.mkv", "The Matrix {edition-imdb}.mkv"),
        (ODD_NAME, shown(ODD_NAME)),
    ],
)
def test_the_key_is_the_id_in_the_film_s_name_or_else_its_name(name: str, key: str) -> None:
    assert list(json.loads(plexautoskip.render(film(name=name)))["markers"]) == [key]
