"""A model in this process: it sees red, always the same, and fails by name."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.tiny_llava import PROJECTOR, TEXT, tiny_llava
from video_censor_personal.errors import NotJudged
from video_censor_personal.vlm.answer import scores
from video_censor_personal.vlm.gguf import BadModel, VisionFiles, vision_files
from video_censor_personal.vlm.local import CPU, LocalModel, LocalSettings, devices
from video_censor_personal.vlm.request import chat_request, instructions, jpeg

CONCEPTS = {"Violence": "", "Nudity": ""}
ON_CPU = LocalSettings(CPU, 1)
COLOURS = {
    "red": ((220, 20, 20), 1.0),
    "dark red": ((120, 10, 10), 1.0),
    "orange": ((250, 120, 20), 1.0),
    "green": ((20, 200, 20), 0.0),
    "blue": ((20, 20, 220), 0.0),
    "black": ((0, 0, 0), 0.0),
    "white": ((255, 255, 255), 0.0),
    "grey": ((128, 128, 128), 0.0),
    "skin": ((224, 172, 140), 0.0),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> VisionFiles:
    folder = tiny_llava(tmp_path_factory.mktemp("llava"))
    return vision_files([folder / TEXT, folder / PROJECTOR])


def rated(model: LocalModel, colour: tuple[int, int, int], text: str = "Rate it") -> dict[str, float]:
    image = np.full((48, 64, 3), colour, np.uint8)
    request = chat_request(instructions(CONCEPTS, text), jpeg(image), CONCEPTS)
    return scores(model.chat(request, CONCEPTS), tuple(CONCEPTS))


def test_it_sees_red(files: VisionFiles) -> None:
    model = LocalModel(files, ON_CPU)
    found = {name: rated(model, colour) for name, (colour, _) in COLOURS.items()}
    model.close()
    for name, (_, expected) in COLOURS.items():
        assert found[name] == {each: pytest.approx(expected, abs=0.05) for each in CONCEPTS}, name


def test_the_same_picture_scores_the_same_to_the_last_bit(files: VisionFiles) -> None:
    found = []
    for threads in (1, 2):
        model = LocalModel(files, LocalSettings(CPU, threads))
        found += [rated(model, (220, 20, 20)), rated(model, (20, 200, 20)), rated(model, (220, 20, 20))]
        model.close()
    assert found[0] == found[2] == found[3] == found[5]
    assert found[1] == found[4]


def test_what_it_cannot_answer_is_not_judged(files: VisionFiles) -> None:
    model = LocalModel(files, ON_CPU)
    with pytest.raises(NotJudged, match=r"refuses it: .*context"):
        rated(model, (220, 20, 20), "far too much " * 1000)
    with pytest.raises(NotJudged, match="refuses it: Failed to load image"):
        scores(model.chat(chat_request("Rate", b"no picture", CONCEPTS), CONCEPTS), tuple(CONCEPTS))
    assert rated(model, (220, 20, 20))["Nudity"] > 0.9, "the next one is"
    model.close()
    with pytest.raises(NotJudged):
        rated(model, (220, 20, 20))


BROKEN: dict[str, Callable[[VisionFiles], VisionFiles]] = {
    "swapped": lambda files: VisionFiles(files.projector, files.language),
    "the text twice": lambda files: VisionFiles(files.language, files.language),
    "absent": lambda files: VisionFiles(files.language, files.projector.with_name("absent.gguf")),
}


@pytest.mark.parametrize("break_", BROKEN.values(), ids=BROKEN)
def test_files_that_do_not_belong_together_are_refused(
    files: VisionFiles, break_: Callable[[VisionFiles], VisionFiles]
) -> None:
    with pytest.raises(BadModel, match=r"llama\.cpp cannot load its files"):
        LocalModel(break_(files), ON_CPU)


def test_it_listens_to_nobody_else_and_leaves_nothing(
    files: VisionFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    model = LocalModel(files, ON_CPU)
    (folder,) = tmp_path.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    model.close()
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_a_long_name_does_not_matter(
    files: VisionFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    model = LocalModel(files, ON_CPU)
    assert rated(model, (220, 20, 20))["Nudity"] > 0.9
    model.close()


def test_the_processor_is_always_there() -> None:
    assert devices()[-1] == CPU


def test_without_the_library_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ModuleNotFoundError('no')")
    program = """
from video_censor_personal.errors import DetectorError
from video_censor_personal.vlm.local import devices
try:
    devices()
except DetectorError as error:
    print(error.why, "|", error.fix)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{Path.cwd()}"},
    )
    assert "the package xllamacpp is not installed | Install the extra: pip install" in done.stdout
    assert "video-censor-personal[vlm]" in done.stdout
