from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.small_onnx import small_onnx
from video_censor_personal.detectors.devices import choose_device, ctranslate2_device, onnx_session
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.errors import DetectorError


@pytest.mark.parametrize(
    ("asked", "usable", "expected"),
    [
        ("auto", ["cpu"], "cpu"),
        ("auto", ["cpu", "cuda"], "cuda"),
        ("auto", ["coreml", "cpu"], "cpu"),
        ("cpu", ["cpu", "cuda"], "cpu"),
        ("coreml", ["coreml", "cpu"], "coreml"),
    ],
)
def test_the_best_device_unless_one_is_named(asked: str, usable: list[str], expected: str) -> None:
    assert choose_device(asked, usable, "onnxruntime") == expected


@pytest.mark.parametrize(
    ("asked", "advice"),
    [("cuda", "video-censor-personal[cuda]"), ("rocm", "onnxruntime-rocm"), ("directml", "directml")],
)
def test_one_that_is_not_there_is_an_error_that_says_what_to_install(asked: str, advice: str) -> None:
    with pytest.raises(DetectorError) as raised:
        choose_device(asked, ["cpu"], "onnxruntime")
    assert asked in raised.value.what
    assert "cpu" in raised.value.why
    assert "device: auto" in raised.value.fix
    assert advice in raised.value.fix


@pytest.fixture
def network(tmp_path: Path) -> InstalledModel:
    (tmp_path / "m.onnx").write_bytes(small_onnx())
    return InstalledModel(tmp_path, ("m.onnx",), "m")


@pytest.mark.parametrize("asked", ["auto", "cpu"])
def test_a_network_runs_where_it_says(network: InstalledModel, asked: str) -> None:
    session, device = onnx_session("nsfw", network, network.ending(".onnx")[0], asked)
    assert (device, session.get_providers()[0]) == ("cpu", "CPUExecutionProvider")


def test_the_real_runtimes_are_asked(network: InstalledModel) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine may have a graphics card")
    for refused in (
        lambda: onnx_session("nsfw", network, network.ending(".onnx")[0], "cuda"),
        lambda: ctranslate2_device("cuda"),
    ):
        with pytest.raises(DetectorError, match="cuda cannot be used"):
            refused()
    assert ctranslate2_device("auto") == "cpu"
