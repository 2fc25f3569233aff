"""A model that the config names and the catalogue of the installed program describes."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from tests.end_to_end.kit import Write
from tests.support.file_host import FileHost
from tests.support.programs import REPOSITORY, video_censor


def installed(folder: Path) -> Path:
    """Install the program there, in the form of a checkout; return its catalogue."""
    for name in ("modeltasks", "video_censor_personal", "config"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "config" / "huggingface.yaml"


def test_another_version_of_the_program_brings_its_catalogue(
    tmp_path: Path, config_file: Write, host: FileHost
) -> None:
    catalogue = installed(tmp_path / "program")
    config = config_file(detectors=[{"type": "nsfw", "model": "eyes"}])

    def said(content: bytes) -> str:
        sources = [host.entry("eyes", content, license="MIT")]
        text = yaml.safe_dump({"models": {"sources": sources}})
        if not catalogue.is_file() or catalogue.read_text() != text:
            catalogue.write_text(text)
        words = ("--download-models", "--config", config)
        reply = video_censor(tmp_path, *words, PYTHONPATH=str(tmp_path / "program"))
        assert reply.code == 0, reply.err
        return reply.err

    assert "eyes: fetched" in said(b"one")
    assert said(b"one") == "The model is in place.\n"
    assert "eyes: fetched" in said(b"two")
    assert said(b"two") == "The model is in place.\n"
    assert host.requests() == 2
