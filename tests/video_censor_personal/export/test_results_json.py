from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.video_censor_personal.examples import hit, segment, word
from video_censor_personal.config.values import OutputConfig
from video_censor_personal.export.results_json import ModelUse, Results, write_results
from video_censor_personal.export.results_reader import read_results
from video_censor_personal.findings.observations import Box, Sighting
from video_censor_personal.findings.segments import PictureStyle
from video_censor_personal.findings.tracks import SoundTrack

SIGHTINGS = (
    Sighting(100.0, 101.0, Box(0.1, 0.2, 0.25, 0.5), moment=100.48, shot=98.0),
    Sighting(100.52, 104.0, Box(0.12, 0.2, 0.25, 0.5), moment=101.0, shot=98.0),
    Sighting(102.0, 104.0, Box(0.0, 0.0, 1.0, 1.0)),
)
FULL = Results(
    file="film.mkv",
    duration=5400.1234,
    segments=(
        segment(
            61.5,
            62.25,
            detections=(word(61.5, 62.25, "déjà damn", margin=(0.3, 0.15)),),
            audio_remediation="bleep",
        ),
        segment(
            100.0,
            104.0,
            "Nudity",
            allow=True,
            reviewed=True,
            note="a statue",
            video_remediation="box",
            video_style=PictureStyle("boxes", "#c02040", 0.0),
            detections=(hit(100, 104, box=Box(0.1, 0.2, 0.25, 0.5), sightings=SIGHTINGS),),
        ),
    ),
    config="video-censor.yaml",
    fingerprint="ab" * 32,
    processed_at="2026-01-02T03:04:05Z",
    output_file="clean.mkv",
    models=(ModelUse("open-nsfw", (("m.onnx", "sha256:" + "cd" * 32),), "https://example.org"),),
    warnings=("speech: the video has no sound",),
    incomplete=("nsfw",),
    allowed_by_default=True,
    retired=(segment(7.0, 8.0, reviewed=True),),
    tracks=(
        SoundTrack(1, "rus", remediation="drop"),
        SoundTrack(2, "eng", "5.1", heard_by=("speech", "song")),
    ),
)


def written(path: Path, results: Results = FULL, **options: bool) -> dict[str, Any]:
    write_results(path, results, OutputConfig(**options))
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def test_the_file_has_the_originals_keys_and_ours(tmp_path: Path) -> None:
    document = written(tmp_path / "r.json")
    assert document["schema_version"] == 2
    assert document["metadata"] == {
        "file": "film.mkv",
        "duration": "01:30:00.123",
        "duration_seconds": 5400.123,
        "processed_at": "2026-01-02T03:04:05Z",
        "config": "video-censor.yaml",
        "fingerprint": "ab" * 32,
        "models": {
            "open-nsfw": {"checksums": {"m.onnx": "sha256:" + "cd" * 32}, "source": "https://example.org"}
        },
        "warnings": ["speech: the video has no sound"],
        "incomplete": ["nsfw"],
        "allow_all_segments": True,
        "tracks": [
            {"stream": 1, "language": "rus", "heard_by": [], "remediation": "drop"},
            {"stream": 2, "language": "eng", "title": "5.1", "heard_by": ["speech", "song"]},
        ],
        "output_file": "clean.mkv",
    }
    assert document["summary"] == {
        "total_segments_detected": 2,
        "total_flagged_duration": 4.75,
        "detection_counts": {"Nudity": 1, "Profanity": 1},
    }
    spoken, seen = document["segments"]
    assert spoken == {
        "id": "profanity-61.5",
        "start_time": "00:01:01.500",
        "start_time_seconds": 61.5,
        "end_time": "00:01:02.250",
        "end_time_seconds": 62.25,
        "duration_seconds": 0.75,
        "category": "Profanity",
        "labels": ["Profanity", "nsfw"],
        "description": "Profanity: seen",
        "confidence": 0.9,
        "certainty": "sure",
        "allow": False,
        "audio_remediation": "bleep",
        "detections": [
            {
                "label": "déjà damn",
                "reasoning": "'déjà damn'",
                "confidence": 0.8,
                "detector": "ear",
                "start": 61.5,
                "end": 62.25,
                "text": "déjà damn",
                "margin": [0.3, 0.15],
            }
        ],
    }
    assert {key: seen[key] for key in ("allow", "reviewed", "note", "video_remediation", "video_style")} == {
        "allow": True,
        "reviewed": True,
        "note": "a statue",
        "video_remediation": "box",
        "video_style": {"area": "boxes", "color": "#c02040", "strength": 0.0},
    }
    assert seen["detections"][0]["box"] == {"left": 0.1, "top": 0.2, "width": 0.25, "height": 0.5}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    write_results(path, FULL)
    assert read_results(path) == replace(FULL, duration=5400.123)


def test_confidence_can_be_left_out(tmp_path: Path) -> None:
    document = written(tmp_path / "r.json", include_confidence=False)
    assert "confidence" not in json.dumps(document)


def test_the_text_can_be_one_line(tmp_path: Path) -> None:
    written(tmp_path / "r.json", pretty_print=False)
    assert (tmp_path / "r.json").read_text().count("\n") == 1
    written(tmp_path / "r.json", pretty_print=True)
    assert (tmp_path / "r.json").read_text().count("\n") > 50


def test_writing_the_same_again_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    fresh = replace(FULL, processed_at=None)
    assert write_results(path, fresh)[1] is True
    os.utime(path, (1_000_000, 1_000_000))
    before = (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
    assert write_results(path, fresh)[1] is False
    assert write_results(path, replace(FULL, processed_at="2030-01-01T00:00:00Z"))[1] is False
    assert (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes()) == before
    assert write_results(path, replace(fresh, fingerprint="00"))[1] is True
    assert write_results(path, fresh, OutputConfig(pretty_print=False))[1] is True


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"metadata": 3}', b"\xff\xfe"])
def test_a_broken_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content)
    assert write_results(path, FULL)[1] is True
    assert read_results(path).segments == FULL.segments


@pytest.mark.parametrize("name", ["film\udcff.mkv", "\udce9t\udce9.avi", "fílm 𝄞.mkv", 'a"\\\n.mkv'])
def test_a_films_name_need_not_be_unicode(tmp_path: Path, name: str) -> None:
    path = tmp_path / "r.json"
    write_results(path, replace(FULL, file=name))
    assert json.loads(path.read_bytes().decode("utf-8"))["metadata"]["file"] == name
    assert read_results(path).file == name
    assert not write_results(path, replace(FULL, file=name, processed_at=None))[1]


def test_each_sighting_is_a_line(tmp_path: Path) -> None:
    document = written(tmp_path / "r.json", pretty_print=True)
    (seen,) = document["segments"][1]["detections"]
    assert seen["sightings"][0] == {
        "start": 100.0,
        "end": 101.0,
        "moment": 100.48,
        "shot": 98.0,
        "left": 0.1,
        "top": 0.2,
        "width": 0.25,
        "height": 0.5,
    }
    assert set(seen["sightings"][2]) == {"start", "end", "left", "top", "width", "height"}
    lines = (tmp_path / "r.json").read_text().splitlines()
    assert sum(line.strip().startswith('{"start": ') for line in lines) == len(SIGHTINGS)
    compact = written(tmp_path / "c.json", pretty_print=False)
    assert compact["segments"] == document["segments"]
