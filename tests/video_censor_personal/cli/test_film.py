"""`video-censor --input …`: a real film in, segments and a clean copy out, and nothing done twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.media_clips import Clip, make_clip
from tests.support.programs import Outcome, video_censor

WORDS = [
    {"start": 0.5, "end": 0.7, "label": "Profanity", "score": 0.9, "text": "damn"},
    {"start": 1.6, "end": 1.9, "label": "Profanity", "score": 0.4, "text": "hell"},
]


@pytest.fixture
def here(film_folder: Path) -> Path:
    (film_folder / "script.json").write_text(json.dumps(WORDS))
    return film_folder


@pytest.fixture
def config(config_file: Callable[..., Path], here: Path) -> Callable[..., Path]:
    """Write a config whose detector reports what the script says; its parameters by keyword."""

    def write(**parameters: object) -> Path:
        detector = {"name": "notes", "type": "scripted", "script": str(here / "script.json"), **parameters}
        return config_file(
            detectors=[{**detector, "categories": ["Profanity"]}],
            remediation={"audio": {"enabled": True, "mode": "silence", "categories": ["Profanity"]}},
        )

    return write


def clean(here: Path, config: Path, *more: object) -> Outcome:
    arguments = ("--input", "film.mp4", "--output", "r.json", "--output-video", "clean.mp4", "--json")
    return video_censor(here, *arguments, "--config", config, *more)


def segments(here: Path) -> list[dict[str, Any]]:
    found = json.loads((here / "r.json").read_text())["segments"]
    assert isinstance(found, list)
    return found


def test_a_film_becomes_segments_and_a_clean_copy(here: Path, config: Callable[..., Path]) -> None:
    reply = clean(here, config(threshold=0.3))
    assert reply.code == 0, reply.err
    analysis = reply.json["analysis"]
    assert analysis["state"] == "done"
    assert analysis["segments"] == 2
    assert analysis["edits"] == 2
    assert analysis["observed"] == ["notes"]
    assert [(each["category"], each["start_time"], each["allow"]) for each in segments(here)] == [
        ("Profanity", "00:00:00.500", False),
        ("Profanity", "00:00:01.600", False),
    ]
    assert (here / "clean.mp4").stat().st_size > 1000
    assert (here / "clean.mp4").stat().st_mode & 0o777 == 0o666 & ~_umask()
    assert {path.name for path in here.iterdir()} == {"film.mp4", "script.json", "r.json", "clean.mp4"}


def _umask() -> int:
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_second_run_does_nothing(here: Path, config: Callable[..., Path]) -> None:
    path = config(threshold=0.3)
    clean(here, path)
    before = {file.name: file.stat().st_mtime_ns for file in here.iterdir()}
    analysis = clean(here, path).json["analysis"]
    assert {file.name: file.stat().st_mtime_ns for file in here.iterdir()} == before
    assert analysis["remembered"] == ["notes"]
    assert (analysis["output_written"], analysis["output_video_written"]) == (False, False)


def test_force_looks_and_renders_again(here: Path, config: Callable[..., Path]) -> None:
    first = clean(here, config())
    again = clean(here, config(), "--force")
    assert again.code == 0
    assert again.json["analysis"] == {**first.json["analysis"], "output_written": False}
    assert again.json["analysis"]["output_video_written"] is True


def test_a_threshold_edit_looks_at_nothing_again_and_renders_what_changed(
    here: Path, config: Callable[..., Path]
) -> None:
    clean(here, config(threshold=0.3))
    analysis = clean(here, config(threshold=0.5)).json["analysis"]
    assert analysis["observed"] == []
    assert analysis["segments"] == 1
    assert (analysis["output_written"], analysis["output_video_written"]) == (True, True)


def test_what_a_person_allows_stays_allowed_and_audible(here: Path, config: Callable[..., Path]) -> None:
    path = config(threshold=0.3)
    clean(here, path)
    document = json.loads((here / "r.json").read_text())
    document["segments"][0]["allow"] = True
    (here / "r.json").write_text(json.dumps(document))
    analysis = clean(here, path).json["analysis"]
    assert [each["allow"] for each in segments(here)] == [True, False]
    assert (analysis["edits"], analysis["output_video_written"]) == (1, True)


def test_all_segments_can_be_allowed_for_a_review(here: Path, config: Callable[..., Path]) -> None:
    analysis = clean(here, config(threshold=0.3), "--allow-all-segments").json["analysis"]
    assert [each["allow"] for each in segments(here)] == [True, True]
    assert analysis["edits"] == 0


def test_a_clean_copy_is_made_from_segments_alone(here: Path, config: Callable[..., Path]) -> None:
    path = config()
    video_censor(here, "--input", "film.mp4", "--output", "r.json", "--config", path)
    (here / "script.json").unlink()
    reply = video_censor(
        here,
        *("--input", "film.mp4", "--input-segments", "r.json", "--output-video", "clean.mp4", "--json"),
        *("--config", config_without_script(path)),
    )
    assert reply.code == 0, reply.err
    assert reply.json["analysis"]["edits"] == 1
    assert (here / "clean.mp4").exists()


def render(here: Path, film: str, *more: str) -> Outcome:
    files = ("--input", film, "--input-segments", "r.json", "--output-video", "clean.mp4")
    return video_censor(here, *files, "--config", "quiet.yaml", "--json", *more)


@pytest.fixture
def looked_at(here: Path, config: Callable[..., Path]) -> Path:
    """A folder with a film, its results r.json, and quiet.yaml, by which it was looked at."""
    config().rename(here / "quiet.yaml")
    reply = video_censor(here, "--input", "film.mp4", "--output", "r.json", "--config", "quiet.yaml")
    assert reply.code == 0, reply.err
    return here


def test_results_of_a_film_of_another_length_are_refused_and_each_advice_helps(looked_at: Path) -> None:
    make_clip(looked_at / "longer.mp4", Clip(seconds=6.0))
    refused = render(looked_at, "longer.mp4")
    assert (refused.code, refused.json["error"]["kind"]) == (2, "segments")
    assert "r.json does not fit longer.mp4: longer.mp4 lasts 0:00:06, and film.mp4 0:00:03" in refused.err
    assert not (looked_at / "clean.mp4").exists()
    assert render(looked_at, "film.mp4").code == 0
    outputs = ("--output", "l.json", "--output-video", "l.mp4")
    again = video_censor(looked_at, "--input", "longer.mp4", *outputs, "--config", "quiet.yaml")
    assert again.code == 0, again.err
    document = json.loads((looked_at / "r.json").read_text())
    del document["metadata"]["duration"], document["metadata"]["duration_seconds"]
    (looked_at / "r.json").write_text(json.dumps(document))
    reply = render(looked_at, "longer.mp4")
    assert (reply.code, reply.json["analysis"]["edits"]) == (0, 1), reply.err


def test_another_file_of_the_same_length_is_warned_of_and_a_renamed_film_is_not(looked_at: Path) -> None:
    film = (looked_at / "film.mp4").read_bytes()
    (looked_at / "renamed.mp4").write_bytes(film)
    (looked_at / "tagged.mp4").write_bytes(film + bytes(8))
    renamed, tagged = render(looked_at, "renamed.mp4"), render(looked_at, "tagged.mp4")
    assert (renamed.code, tagged.code) == (0, 0), renamed.err + tagged.err
    assert "another file" not in renamed.err
    assert "r.json was made of another file than tagged.mp4, film.mp4; it is as long" in tagged.err


def config_without_script(path: Path) -> Path:
    text = "\n".join(line for line in path.read_text().splitlines() if "script:" not in line)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("spoil", "code", "part"),
    [
        (
            lambda here: (here / "film.mp4").write_bytes(b"not a film"),
            1,
            "cannot be read as a video",
        ),
        (lambda here: (here / "script.json").write_text("{"), 1, "script.json"),
        (lambda here: (here / "r.json").write_text("mine"), 2, "r.json"),
        (lambda here: (here / "clean.mp4").mkdir(), 2, "clean.mp4"),
    ],
    ids=["not a video", "a detector that fails", "someone's own file", "a folder in the way"],
)
def test_failures_are_told_and_leave_no_clean_copy(
    here: Path, config: Callable[..., Path], spoil: Callable[[Path], object], code: int, part: str
) -> None:
    spoil(here)
    reply = clean(here, config())
    assert reply.code == code
    assert part in reply.err
    assert "Traceback" not in reply.err
    assert reply.json["ok"] is False
    assert reply.json["analysis"]["state"] == "failed"
    assert not (here / "clean.mp4").is_file()


def test_the_input_is_never_written_over(here: Path, config: Callable[..., Path]) -> None:
    before = (here / "film.mp4").read_bytes()
    (here / "link.mp4").symlink_to(here / "film.mp4")
    for output in ("film.mp4", "./film.mp4", "link.mp4"):
        reply = video_censor(here, "--input", "film.mp4", "--output-video", output, "--config", config())
        assert reply.code == 2
        assert "--input names the same file" in reply.err
        assert (here / "film.mp4").read_bytes() == before


def test_nothing_to_look_for_is_no_clean_film(config_file: Callable[..., Path], here: Path) -> None:
    reply = clean(here, config_file())
    assert reply.code == 2
    assert "no detector is enabled" in reply.err
    assert not (here / "clean.mp4").exists()
