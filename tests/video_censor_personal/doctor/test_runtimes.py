"""Libraries that work, that are broken, and that crash; and what a config asks of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from video_censor_personal.config import load_config
from video_censor_personal.doctor.runtimes import look_at_machine, look_at_runtime, runtimes


@pytest.mark.parametrize("name", ["onnxruntime", "CTranslate2"])
def test_what_runs_models_works_here(name: str) -> None:
    (check,) = look_at_runtime(name, None)
    assert (check.name, check.state) == (name, "ok")
    assert "cpu" in check.what


@pytest.mark.parametrize(("encoder", "state"), [("software", "ok"), ("auto", "ok"), ("h264_amf", "failed")])
def test_an_encoder_that_the_config_names_is_tried(
    config_file: Callable[..., Path], encoder: str, state: str
) -> None:
    config = load_config(config_file(remediation={"video": {"enabled": True, "encoder": encoder}}))
    library, hardware = look_at_runtime("PyAV", config)
    assert (library.state, hardware.state) == ("ok", state)
    assert f"encoder: {encoder}" in hardware.what


def test_a_device_that_is_not_there_will_fail(config_file: Callable[..., Path]) -> None:
    config = load_config(config_file(detectors=[{"type": "nsfw", "name": "eyes", "device": "coreml"}]))
    library, detector = look_at_runtime("onnxruntime", config)
    assert (library.state, detector.name, detector.state) == ("ok", "Detector eyes", "failed")
    assert "device: auto" in detector.fix


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("raise ImportError('libfoo.so.1: cannot open')", "libfoo.so.1"),
        ("import os; os.abort()", "SIGABRT"),
    ],
)
def test_a_library_that_is_broken_is_named_and_ends_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, says: str
) -> None:
    (tmp_path / "onnxruntime.py").write_text(code)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (check,) = look_at_runtime("onnxruntime", None)
    assert check.state == "failed"
    assert says in check.what


def test_llama_is_loaded_only_where_it_is_used(config_file: Callable[..., Path]) -> None:
    assert "llama.cpp" not in runtimes(None)
    used = load_config(config_file(detectors=[{"type": "llava", "categories": ["Violence"]}]))
    assert "llama.cpp" in runtimes(used)


def test_the_machine_is_told_of() -> None:
    assert "core" in next(iter(look_at_machine())).what
