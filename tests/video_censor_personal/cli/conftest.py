from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.media_clips import Clip, make_clip

WORDS = [{"start": 0.5, "end": 0.7, "label": "Profanity", "score": 0.9, "text": "damn"}]


@pytest.fixture
def here(film_folder: Path) -> Path:
    """A folder with two short films, film.mp4 and other.mkv."""
    (film_folder.parent / "script.json").write_text(json.dumps(WORDS))
    make_clip(film_folder / "other.mkv", Clip(seconds=2.0))
    return film_folder


@pytest.fixture
def config(config_file: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """Write a config whose detector reports what the script says; sections by keyword."""

    def write(**sections: object) -> Path:
        detector = {"name": "notes", "type": "scripted", "script": str(tmp_path / "script.json")}
        return config_file(
            detectors=[{**detector, "categories": ["Profanity"]}],
            remediation={"audio": {"enabled": True, "categories": ["Profanity"]}},
            **sections,
        )

    return write
