"""`video-censor` with subtitles that are right, garbage, or gone: exit codes, results, copies."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.media_clips import Captions, Clip, make_clip
from tests.support.programs import Outcome, video_censor

SRT = "1\n00:00:00,300 --> 00:00:01,700\noh damn\n"
PGS = Captions("hdmv_pgs_subtitle", "eng", ((0.3, 0.8, b"\x16\x00\x00"),))


@pytest.fixture
def config(config_file: Callable[..., Path]) -> Path:
    return config_file(
        detectors=[{"name": "reader", "type": "subtitles"}],
        remediation={"audio": {"enabled": True, "categories": ["Profanity"]}},
    )


def run(folder: Path, config: Path, *tracks: Captions, **files: bytes) -> tuple[Outcome, dict[str, Any]]:
    """Clean a film beside which these files lie, `_` for each dot; return what its results say too."""
    make_clip(folder / "film.mkv", Clip(seconds=2.0, size=(64, 48), rate=5, subtitles=tracks))
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    done = video_censor(folder, "film.mkv", "--config", config, "--json")
    return done, json.loads((folder / "film.results.json").read_text())


def test_a_word_in_a_file_beside_the_film_is_hidden_in_the_copy(tmp_path: Path, config: Path) -> None:
    done, results = run(tmp_path, config, film_en_srt=SRT.encode())
    assert done.code == 0, done.err
    (segment,) = results["segments"]
    assert segment["labels"] == ["Profanity", "damn"]
    (read,) = results["metadata"]["coverage"]
    assert (read["kind"], read["file"], read["stream"], read["language"]) == (
        "text",
        "film.en.srt",
        None,
        "en",
    )
    assert (read["incomplete"], read["why"]) == (False, None)
    assert (tmp_path / "film.clean.mkv").exists()


def test_garbage_is_named_and_there_is_no_copy_but_for_who_accepts_it(tmp_path: Path, config: Path) -> None:
    done, results = run(tmp_path, config, film_en_srt=SRT.encode(), film_srt=bytes(range(256)) * 9)
    assert done.code == 1
    assert "film.srt" in done.json["error"]["why"]
    assert [each["labels"][1] for each in results["segments"]] == ["damn"]
    assert results["metadata"]["incomplete"] == ["reader"]
    assert not (tmp_path / "film.clean.mkv").exists()

    accepted = video_censor(tmp_path, "film.mkv", "--config", config, "--allow-incomplete")
    assert accepted.code == 1
    assert (tmp_path / "film.clean.mkv").exists()

    (tmp_path / "film.srt").unlink()
    assert video_censor(tmp_path, "film.mkv", "--config", config).code == 0


def test_pictures_are_named_and_change_nothing_else(tmp_path: Path, config: Path) -> None:
    done, results = run(tmp_path, config, PGS)
    assert done.code == 0, done.err
    (read,) = results["metadata"]["coverage"]
    assert (read["stream"], read["incomplete"], read["looked_at_seconds"]) == (2, False, 0)
    assert "PGS" in read["why"]
    assert "PGS" in results["metadata"]["warnings"][0]
    assert results["metadata"]["incomplete"] == []


def test_a_film_without_subtitles_is_clean(tmp_path: Path, config: Path) -> None:
    done, results = run(tmp_path, config)
    assert (done.code, results["segments"], results["metadata"]["warnings"]) == (0, [], [])
