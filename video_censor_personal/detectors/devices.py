"""Where a model runs: on the device that was asked for, else on the best that is installed."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any

from video_censor_personal.detectors.base import Parameter, inference_threads, unusable
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.errors import DetectorError

CPU, CUDA = "cpu", "cuda"

DEVICE = Parameter("device", "text", "auto", "run", choices=("auto", CPU, CUDA, "rocm", "directml", "coreml"))
"""The parameter of each type whose model runs here. Observations do not depend on it."""

_PROVIDERS = {
    CUDA: "CUDAExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    CPU: "CPUExecutionProvider",
}
"""How onnxruntime calls devices, the best first."""
_AUTOMATIC = (CUDA, CPU)
"""Others are used on request only: their results differ more from the processor's."""
_HOW = {
    CUDA: "install the extra `cuda`: pip install 'video-censor-personal[cuda]', and then once more "
    "pip install --force-reinstall --no-deps onnxruntime-gpu, for it takes the place of onnxruntime",
    "rocm": "install onnxruntime-rocm in place of onnxruntime",
    "directml": "install onnxruntime-directml in place of onnxruntime",
    "coreml": "run it on macOS, where onnxruntime has it",
}

logger = logging.getLogger(__name__)


def choose_device(asked: str, usable: Collection[str], runtime: str) -> str:
    """Return the device to use.

    Args:
        asked: the parameter `device`.
        usable: the devices that the runtime has here.
        runtime: its name.

    Raises:
        DetectorError: the one that was asked for is not among them.
    """
    if asked == "auto":
        return next((device for device in _AUTOMATIC if device in usable), CPU)
    if asked not in usable:
        raise no_device(asked, f"{runtime} has {', '.join(sorted(usable))} here")
    return asked


def no_device(asked: str, why: str) -> DetectorError:
    """Return the error for a device that cannot be used."""
    how = _HOW.get(asked)
    return DetectorError(
        f"The device {asked} cannot be used",
        why,
        f"Set `device: auto`{f', or {how}' if how else ''}",
    )


def only_network(type_name: str, model: InstalledModel | None) -> Path:
    """Return the one `*.onnx` file of a model. Raises DetectorError when there is not exactly one."""
    files = model.ending(".onnx") if model else []
    if len(files) != 1:
        raise unusable(type_name, model, f"its entry has {len(files)} *.onnx files, one is needed")
    return files[0]


def onnx_session(type_name: str, model: InstalledModel | None, file: Path, device: str) -> tuple[Any, str]:
    """Open an ONNX network; return its session, and the device that it runs on.

    Args:
        type_name: of the detector, for messages.
        model: the model that the file belongs to.
        file: the network.
        device: the parameter `device`.

    Raises:
        DetectorError: the file is no usable network, or the device cannot be used.
    """
    import onnxruntime

    chosen = choose_device(device, onnx_devices(), "onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = inference_threads()
    # Threads that spin while they wait take the cores from the decoder and double the time per frame.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = list(dict.fromkeys([_PROVIDERS[chosen], _PROVIDERS[CPU]]))
    try:
        session = onnxruntime.InferenceSession(file, options, providers=providers)
    except Exception as error:
        raise unusable(type_name, model, first_line(error)) from error
    # It falls back by itself where a driver is missing, and only logs that.
    used = next(name for name, provider in _PROVIDERS.items() if provider == session.get_providers()[0])
    if used != chosen and device != "auto":
        raise no_device(device, "onnxruntime could not start it; a driver or library may be missing")
    logger.debug("%s runs on %s", type_name, used)
    return session, used


def onnx_devices() -> tuple[str, ...]:
    """Return the devices that onnxruntime is built for here, the best first."""
    import onnxruntime

    available = set(onnxruntime.get_available_providers())
    return tuple(name for name, provider in _PROVIDERS.items() if provider in available)


def ctranslate2_device(asked: str) -> str:
    """Return the device that CTranslate2 should use. Raises DetectorError when it has none such."""
    return choose_device(asked, ctranslate2_devices(), "CTranslate2")


def ctranslate2_devices() -> tuple[str, ...]:
    """Return the devices that CTranslate2 has here, the best first."""
    import ctranslate2

    return (*((CUDA,) if ctranslate2.get_cuda_device_count() else ()), CPU)


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, or its name."""
    return (str(error).splitlines() or [type(error).__name__])[0]
