"""A model that runs here, in this process, by llama.cpp."""

from __future__ import annotations

import gc
import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from video_censor_personal.errors import DetectorError, NotJudged
from video_censor_personal.vlm.answer import shortened
from video_censor_personal.vlm.gguf import BadModel, VisionFiles
from video_censor_personal.vlm.request import grammar

CPU = "cpu"
_BACKENDS = {
    "cuda": "cuda",
    "rocm": "rocm",
    "hip": "rocm",
    "vulkan": "vulkan",
    "metal": "metal",
    "mtl": "metal",
}
"""Devices by how llama.cpp's names of them begin."""
_CONTEXT = 4096
"""Tokens of instructions, picture and answer; a picture takes up to 2880."""
_ALL_LAYERS = 999
_LONGEST_SOCKET = 100
"""Bytes of a socket's path that every system takes."""
_TILED = frozenset({"idefics3"})
_TILE_TOKENS = 64
"""Models that cut a picture into tiles are given it as one: thirteen tiles take six times as long."""


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """How a model runs: on which device, in how many threads, with how many tokens a picture at most."""

    device: str
    threads: int
    picture_tokens: int | None = None


def require_library() -> Any:
    """Return the library. Raises DetectorError where it is not installed, or cannot be used here."""
    # Threads that spin while they wait take the cores from each other: on a busy machine two were 40 times
    # slower than one. Read when the library is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        import xllamacpp
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError)
        raise DetectorError(
            "Vision language models cannot run here",
            "the package xllamacpp is not installed" if missing else f"xllamacpp cannot be used: {error}",
            "Install the extra: pip install 'video-censor-personal[vlm]', or name a server as `endpoint`",
        ) from error
    return xllamacpp


def devices() -> tuple[str, ...]:
    """Return the devices that llama.cpp has here, the best first."""
    names = [str(each["name"]).casefold() for each in require_library().get_device_info()]
    found = [device for name in names for begin, device in _BACKENDS.items() if name.startswith(begin)]
    return (*dict.fromkeys(found), CPU)


class LocalModel:
    """A model that is loaded; one request at a time, so that the same picture always scores the same.

    Args:
        files: its two halves.
        settings: how it runs.

    Raises:
        BadModel: llama.cpp cannot load it.
    """

    def __init__(self, files: VisionFiles, settings: LocalSettings) -> None:
        library = require_library()
        # The library serves what it has loaded. Nobody else is to reach that: a socket in a folder of our
        # own, or where its path would be too long a port, and a key that nobody knows.
        self._folder = Path(tempfile.mkdtemp(prefix="video-censor-"))
        socket = self._folder / "vlm.sock"
        parameters = library.CommonParams()
        if len(str(socket).encode()) <= _LONGEST_SOCKET:
            if hasattr(parameters, "hostnames"):
                parameters.hostnames = [str(socket)]
            else:  # before 2026.10, the last for Macs with Intel
                parameters.hostname = str(socket)
        parameters.api_keys = [secrets.token_hex(16)]
        parameters.n_threads_http = 1
        parameters.model.path = str(files.language)
        parameters.mmproj.path = str(files.projector)
        parameters.n_ctx = _CONTEXT
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = settings.threads
        parameters.cpuparams_batch.n_threads = settings.threads
        parameters.n_gpu_layers = 0 if settings.device == CPU else _ALL_LAYERS
        parameters.mmproj_use_gpu = settings.device != CPU
        tokens = settings.picture_tokens or (_TILE_TOKENS if files.kind in _TILED else None)
        if tokens is not None:
            parameters.image_max_tokens = tokens
        parameters.endpoint_metrics = True
        parameters.warmup = parameters.fit_params = False
        parameters.verbosity = 1  # errors only; the log has them
        try:
            self._server = library.Server(parameters)
            # Its loop must have begun, or closing it, should nothing come to be asked, waits for ever.
            self._server.handle_metrics()
        except Exception as error:
            self.close()
            raise BadModel(
                "llama.cpp cannot load its files; they may not belong together "
                f"({shortened(str(error))}; its own words are in the log at DEBUG)"
            ) from error

    def chat(self, request: Mapping[str, Any], concepts: Mapping[str, str]) -> object:
        """Return the answer to a request, in a form that the grammar allows.

        Raises:
            NotJudged: llama.cpp does not answer.
        """
        try:
            return self._server.handle_chat_completions(
                {**request, "grammar": grammar(concepts), "cache_prompt": False}
            )
        except Exception as error:
            raise NotJudged(f"llama.cpp failed: {shortened(str(error)) or type(error).__name__}") from error

    def close(self) -> None:
        """Free the model."""
        self._server = None
        gc.collect()
        shutil.rmtree(self._folder, ignore_errors=True)
