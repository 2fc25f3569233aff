"""Detectors open the files of the entry by their paths, and nothing else that lies in the folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.small_onnx import small_onnx
from video_censor_personal.detectors.installed_model import InstalledModel, folder_of
from video_censor_personal.detectors.nsfw import NsfwDetector
from video_censor_personal.detectors.speech import SpeechDetector


def test_a_file_is_found_by_its_name_in_whatever_folder(tmp_path: Path) -> None:
    model = InstalledModel(
        tmp_path, ("b/deep/config.json", "b/config.json", "a.onnx", "model.bin.index"), "d"
    )
    assert model.named("config.json") == tmp_path / "b" / "config.json"
    assert model.named("onfig.json") is None
    assert model.ending(".onnx") == [tmp_path / "a.onnx"]


def test_a_folder_of_files_holds_those_alone_and_goes_again(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "other").write_bytes(b"2")
    with folder_of({"renamed": tmp_path / "one"}) as folder:
        assert [(file.name, file.read_bytes()) for file in folder.iterdir()] == [("renamed", b"1")]
    assert not folder.exists()
    assert (tmp_path / "one").read_bytes() == b"1"


@pytest.mark.parametrize("other", ["old.onnx", "net.onnx.bak", "deep/other.onnx"])
def test_a_network_beside_that_of_the_entry_is_left_alone(tmp_path: Path, other: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "net.onnx").write_bytes(small_onnx())
    (tmp_path / other).write_bytes(b"never verified")
    detector = NsfwDetector()
    detector.open(InstalledModel(tmp_path, ("net.onnx",), "digest"))
    detector.close()


def test_whisper_opens_what_the_entry_lists(whisper_dir: Path, tmp_path: Path) -> None:
    """Weights under a name of their own, in a folder of their own, beside files that nobody verified."""
    (tmp_path / "v2").mkdir()
    files = []
    for file in whisper_dir.iterdir():
        path = "v2/weights.bin" if file.name == "model.bin" else file.name
        shutil.copy(file, tmp_path / path)
        files.append(path)
    (tmp_path / "model.bin").write_bytes(b"of an earlier entry")
    (tmp_path / "preprocessor_config.json").write_text("{never verified")
    listed = tuple(file for file in files if file != "preprocessor_config.json")
    detector = SpeechDetector()
    detector.open(InstalledModel(tmp_path, listed, "digest"))
    detector.close()
