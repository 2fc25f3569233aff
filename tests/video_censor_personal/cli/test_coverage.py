"""`video-censor` with a film of which a part cannot be looked at."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.file_host import FileHost
from tests.support.media_clips import Clip, damaged, make_clip
from tests.support.programs import Outcome, video_censor

COPY = ("--output-video", "clean.mkv")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole film of 5 s; one whose pictures from 2 to 3 s are noise; one with a single bad picture."""
    folder = tmp_path_factory.mktemp("films")
    whole = make_clip(folder / "whole.mkv", Clip(seconds=5.0, audio=(), options={"g": "1", "bf": "0"}))
    damaged(whole, folder / "holed.mkv", "video", 51, 75)
    damaged(whole, folder / "scratched.mkv", "video", 51, 51)
    return folder


@pytest.fixture
def config(config_file: Callable[..., Path], nsfw_dir: Path) -> Path:
    """A config with one real detector, of pictures."""
    model = nsfw_dir / "open-nsfw.onnx"
    checksum = hashlib.sha256(model.read_bytes()).hexdigest()
    return config_file(
        {"name": "eye", "url": model.as_uri(), "checksum": f"sha256:{checksum}"},
        detectors=[{"name": "nsfw", "type": "nsfw", "model": "eye"}],
        remediation={"video": {"enabled": True, "mode": "blank"}},
    )


@pytest.fixture
def run(tmp_path: Path, films: Path, config: Path) -> Callable[..., Outcome]:
    """Look at a film; the results go to r.json."""

    def look(film: str, *more: str) -> Outcome:
        arguments = ("--input", films / film, "--config", config, "--download-models", "--json")
        return video_censor(tmp_path, *arguments, *(("--output", "r.json", *more)))

    return look


def metadata(tmp_path: Path) -> dict[str, Any]:
    found = json.loads((tmp_path / "r.json").read_text())["metadata"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("film", ["whole.mkv", "scratched.mkv"])
def test_a_film_that_was_seen_is_clean(film: str, run: Callable[..., Outcome], tmp_path: Path) -> None:
    reply = run(film, *COPY)
    assert reply.code == 0, reply.err
    assert (tmp_path / "clean.mkv").exists()
    (covered,) = metadata(tmp_path)["coverage"]
    assert (covered["detector"], covered["stream"], covered["kind"]) == ("nsfw", 0, "video")
    assert covered["there_seconds"] == pytest.approx(5.0, abs=0.01)
    assert covered["incomplete"] is False
    assert metadata(tmp_path)["incomplete"] == []
    assert reply.json["analysis"]["coverage"] == [covered]
    assert "nsfw saw" in reply.err


def test_what_was_not_seen_is_told_and_no_copy_made(run: Callable[..., Outcome], tmp_path: Path) -> None:
    for _ in ("observed", "remembered"):
        reply = run("holed.mkv", *COPY)
        assert reply.code == 1
        assert not (tmp_path / "clean.mkv").exists()
        (covered,) = metadata(tmp_path)["coverage"]
        (gap,) = covered["gaps"]
        assert (gap["start"], gap["end"]) == pytest.approx((2.0, 3.0), abs=0.01)
        assert covered["looked_at_seconds"] == pytest.approx(4.0, abs=0.01)
        assert covered["undecodable_packets"] == 25
        assert metadata(tmp_path)["incomplete"] == ["nsfw"]
        assert reply.json["ok"] is False
        assert reply.json["analysis"]["incomplete"] == ["nsfw"]
        error = reply.json["error"]
        assert "clean.mkv was not made" in error["what"]
        assert "nsfw saw 4.0 of 5.0 s of video stream 0, not 2.00-3.00" in error["why"]
        assert "--allow-incomplete" in error["fix"]
        assert "Traceback" not in reply.err


def test_without_a_copy_it_is_no_success_either(run: Callable[..., Outcome], tmp_path: Path) -> None:
    reply = run("holed.mkv")
    assert reply.code == 1
    assert reply.json["analysis"]["state"] == "done"
    assert metadata(tmp_path)["incomplete"] == ["nsfw"]


def test_a_copy_is_made_for_who_accepts_it(run: Callable[..., Outcome], tmp_path: Path) -> None:
    reply = run("holed.mkv", *COPY, "--allow-incomplete")
    assert reply.code == 1, "it is still not all that was looked at"
    assert (tmp_path / "clean.mkv").exists()
    assert reply.json["analysis"]["output_video_written"] is True


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda about: None, 1),
        (lambda about: about.pop("coverage"), 1),
        (lambda about: about.pop("incomplete"), 1),
        (lambda about: about.update(coverage=[], incomplete=[]), 0),
        (lambda about: about.update(coverage=[], incomplete=["nsfw"], skipped=["nsfw"]), 0),
    ],
    ids=["as it is", "named only", "covered only", "neither", "an optional model left out"],
)
def test_segments_of_an_incomplete_analysis_make_no_copy(
    run: Callable[..., Outcome], tmp_path: Path, edit: Callable[[dict[str, Any]], object], code: int
) -> None:
    run("holed.mkv")
    document = json.loads((tmp_path / "r.json").read_text())
    edit(document["metadata"])
    (tmp_path / "r.json").write_text(json.dumps(document))
    reply = run("holed.mkv", *COPY, "--input-segments", "r.json")
    assert reply.code == code
    assert (tmp_path / "clean.mkv").exists() is (code == 0)
    assert run("holed.mkv", *COPY, "--input-segments", "r.json", "--allow-incomplete").code == code
    assert (tmp_path / "clean.mkv").exists()


def test_an_optional_model_that_is_not_there_is_a_warning(
    film_folder: Path, config_file: Callable[..., Path], host: FileHost
) -> None:
    script = film_folder / "script.json"
    script.write_text("[]")
    path = config_file(
        host.entry("a", b"a", optional=True),
        detectors=[
            {"name": "ears", "type": "speech", "model": "a"},
            {"name": "notes", "type": "scripted", "script": str(script), "categories": ["Profanity"]},
        ],
    )
    arguments = ("--input", "film.mp4", "--output", "r.json", "--output-video", "clean.mp4", "--json")
    reply = video_censor(film_folder, *arguments, "--config", path)
    assert reply.code == 0, reply.err
    about = metadata(film_folder)
    assert (about["incomplete"], about["skipped"]) == (["ears"], ["ears"])
    again = ("--input", "film.mp4", "--input-segments", "r.json", "--output-video", "clean.mp4")
    assert video_censor(film_folder, *again, "--config", path).code == 0


def test_of_films_by_name_it_is_told_each_time_though_it_was_accepted(
    films: Path, config: Path, tmp_path: Path
) -> None:
    for name in ("holed.mkv", "whole.mkv"):
        shutil.copy(films / name, tmp_path)
    ask = ("holed.mkv", "whole.mkv", "--config", config, "--download-models")
    refused = video_censor(tmp_path, *ask)
    assert refused.code == 1
    assert "holed.clean.mkv was not made, because not all of" in refused.err
    assert (tmp_path / "whole.clean.mkv").exists()
    for _ in range(2):
        accepted = video_censor(tmp_path, *ask, "--allow-incomplete")
        assert accepted.code == 1
        assert "holed.mkv was looked at" in accepted.err
        assert (tmp_path / "holed.clean.mkv").exists()
