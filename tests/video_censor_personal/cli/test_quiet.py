"""`--quiet`: standard error has errors and warnings, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.file_host import FileHost
from tests.support.media_clips import Clip, damaged, make_clip
from tests.support.programs import command, start, video_censor
from tests.support.waiting import PATIENCE

A = b"model a " * 4000
Write = Callable[..., Path]


def test_models_are_brought_without_a_word(host: FileHost, config_file: Write, tmp_path: Path) -> None:
    config = config_file(host.entry("a", A))
    arguments = ("--download-models", "--quiet", "--config", config)
    assert "would be fetched" in video_censor(tmp_path, *arguments, "--dry-run", "--json").out
    for flags in (["--dry-run"], [], [], ["--force"], ["--log-level", "DEBUG", "--force"]):
        reply = video_censor(tmp_path, *arguments, *flags)
        assert (reply.code, reply.out, reply.err) == (0, "", ""), flags
    assert host.requests() == 3
    reply = video_censor(tmp_path, *arguments, "--json")
    assert reply.json["models"][0]["status"] == "current"
    assert reply.err == ""


def test_a_terminal_shows_no_bar(host: FileHost, config_file: Write, tmp_path: Path) -> None:
    config = config_file(host.entry("a", A))
    line = command("--download-models", "--config", config, "--quiet")
    ours, theirs = os.openpty()
    try:
        with start(line, tmp_path, stderr=theirs) as program:
            assert program.wait(PATIENCE) == 0
        os.write(theirs, b"end\n")
        assert os.read(ours, 10_000) == b"end\r\n"
    finally:
        os.close(ours)
        os.close(theirs)
    assert host.requests() == 1


def test_failures_and_warnings_are_printed(host: FileHost, config_file: Write, tmp_path: Path) -> None:
    config = config_file(host.entry("a", A), host.entry("b", A[1:]), host.entry("c", A[2:], optional=True))
    host.statuses.update({"b.bin": 404, "c.bin": 404})
    reply = video_censor(tmp_path, "--download-models", "--config", config, "--quiet")
    assert reply.code == 1
    assert "b: failed: " in reply.err
    assert "WARNING: optional model c is left out" in reply.err
    assert "a: " not in reply.err.replace("a: failed", "")
    host.statuses.clear()
    assert video_censor(tmp_path, "--download-models", "--config", config, "--quiet").err == ""


def test_a_wrong_command_line_is_told(tmp_path: Path) -> None:
    reply = video_censor(tmp_path, "--quiet")
    assert (reply.code, reply.out) == (2, "")
    assert reply.err.startswith("error: There is nothing to do")


@pytest.mark.parametrize(
    ("gap", "told"),
    [(None, ""), ((51, 51), "WARNING: nsfw saw 5.0 of 5.0 s of video stream 0, not 2.00-2.04\n")],
)
def test_of_a_film_only_what_was_not_looked_at_is_told(
    gap: tuple[int, int] | None, told: str, config_file: Write, nsfw_source: dict[str, str], tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "whole.mkv", Clip(seconds=5.0, audio=(), options={"g": "1", "bf": "0"}))
    if gap is not None:
        damaged(film, tmp_path / "film.mkv", "video", *gap)
        film = tmp_path / "film.mkv"
    config = config_file(nsfw_source, detectors=[{"name": "nsfw", "type": "nsfw", "model": "eye"}])
    arguments = ("--input", film, "--output", "r.json", "--output-video", "clean.mkv", "--config", config)
    for more in (["--download-models"], [], ["--force"], ["--input-segments", "r.json"]):
        reply = video_censor(tmp_path, *arguments, "--quiet", *more)
        expected = "" if "--input-segments" in more else told
        assert (reply.code, reply.out, reply.err) == (0, "", expected), more
    assert (tmp_path / "clean.mkv").exists()


@pytest.fixture
def nsfw_source(nsfw_dir: Path) -> dict[str, str]:
    """The source of a real model of pictures."""
    import hashlib

    model = nsfw_dir / "open-nsfw.onnx"
    checksum = hashlib.sha256(model.read_bytes()).hexdigest()
    return {"name": "eye", "url": model.as_uri(), "checksum": f"sha256:{checksum}"}
