from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.programs import video_censor


def test_all_log_lines_are_added_to_a_file(here: Path, config: Callable[..., Path]) -> None:
    (here / "log.txt").write_text("mine\n")
    reply = video_censor(here, "--config", config(), "film.mp4", "--quiet", "--log-file", "log.txt")
    assert (reply.code, reply.err) == (0, "")
    first, *lines = (here / "log.txt").read_text().splitlines()
    assert first == "mine"
    assert any("DEBUG" in line for line in lines)


def test_log_lines_are_objects(here: Path, config: Callable[..., Path]) -> None:
    words = ("--log-json", "--log-level", "DEBUG", "--log-file", "log.jsonl")
    reply = video_censor(here, "--config", config(), "film.mp4", *words)
    assert reply.code == 0
    entries = [json.loads(line) for line in (here / "log.jsonl").read_text().splitlines()]
    assert entries
    assert {frozenset(each) for each in entries} == {frozenset(("time", "level", "logger", "message"))}
    told = [json.loads(line) for line in reply.err.splitlines()]
    logged = {each["message"] for each in told if each["logger"] != "video-censor"}
    assert logged
    assert logged <= {each["message"] for each in entries}


@pytest.mark.parametrize(
    ("words", "code", "level", "message"),
    [
        (["film.mp4"], 0, "INFO", "The clean copy is"),
        (["gone.mp4"], 2, "ERROR", "error: "),
        (["film.mp4", "--nonsense"], 2, "ERROR", "error: "),
        (["--dry-run", "film.mp4"], 0, "INFO", ""),
    ],
)
def test_all_that_is_told_is_an_object_too(
    here: Path, config: Callable[..., Path], words: list[str], code: int, level: str, message: str
) -> None:
    reply = video_censor(here, "--config", config(), "--log-json", *words)
    assert reply.code == code, reply.err
    told = [json.loads(line) for line in reply.err.splitlines()]
    assert any(each["level"] == level and message in each["message"] for each in told)


@pytest.mark.parametrize("config", ["-", "pipe"])
def test_a_config_that_can_be_read_once_only_is_refused(here: Path, config: str) -> None:
    os.mkfifo(here / "pipe")
    reply = video_censor(here, "--config", config, "film.mp4")
    assert reply.code == 2
    assert f"{config} cannot be the config" in reply.err
    assert "Write it to a file first" in reply.err
