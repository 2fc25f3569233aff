"""What decodes, encodes and runs models here, tried in processes of their own: a crash ends only those."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from modeltasks.errors import Failure
from modeltasks.report.display import size_text
from modeltasks.report.progress import NoProgress
from modeltasks.support.cancel import CancelToken
from video_censor_personal.config import Config
from video_censor_personal.config.encoders import SOFTWARE, hardware_names
from video_censor_personal.detectors.devices import CPU, DEVICE, no_device
from video_censor_personal.doctor.check import Check, from_failure
from video_censor_personal.doctor.installation import needed_extras
from video_censor_personal.machine import Machine
from video_censor_personal.runners.process import WorkerProcess
from video_censor_personal.runners.runner import MEMORY, Job, JobContext

RUNTIMES = {
    "onnxruntime": "runs models that look, and those for sounds",
    "CTranslate2": "hears words",
    "PyAV": "reads films and writes copies",
    "llama.cpp": "runs vision language models",
}
_SOUNDS = ("aac", "ac3", "eac3", "flac", "libmp3lame", "libopus", "alac", "pcm_s16le")
_NEEDED = ("libx264", "aac")
"""Without these, next to no copy can be made."""
_AGAIN = "Install the program anew, in a fresh environment; a virus scanner may have taken a file away"
_SIZE, _RATE = (640, 360), Fraction(25)


@dataclass(frozen=True, slots=True)
class Found:
    """What a library has here: its version, and devices or encoders; `works`: hardware that was tried."""

    version: str
    has: tuple[str, ...]
    works: tuple[str, ...] = ()


@dataclass(frozen=True)
class TryRuntime(Job):
    """Load a library, and see what it has here; `film` stands for it in messages."""

    film: Path

    def run(self, context: JobContext) -> Found:
        """Return what it has."""
        return _LOOK[self.film.name]()


def look_at_runtime(name: str, config: Config | None) -> Iterator[Check]:
    """Try a library, and compare what it has with what the config asks for."""
    try:
        process = WorkerProcess()
        try:
            found = process.do(TryRuntime(Path(name)), None, NoProgress(), CancelToken())
        finally:
            process.let_go()
    except Failure as error:
        why = error.as_dict()["why"]
        yield Check(name, "failed", f"cannot be used here: {why}; it {RUNTIMES[name]}", _AGAIN)
        return
    if name == "PyAV":
        yield from _encoders(found, config)
        return
    devices = ", ".join(found.has)
    yield Check(name, "ok", f"{found.version} {RUNTIMES[name]}; it has: {devices}")
    yield from _devices(name, found.has, config)


def runtimes(config: Config | None) -> tuple[str, ...]:
    """Return the libraries that are used with a config."""
    needs_llama = "vlm" in needed_extras(config)
    return tuple(name for name in RUNTIMES if name != "llama.cpp" or needs_llama)


def look_at_machine() -> Iterator[Check]:
    """Tell of cores and memory."""
    machine = Machine()
    cores, free = machine.cores(), machine.free_memory()
    what = f"{cores} core{'s' if cores != 1 else ''}"
    if free is None:
        yield Check("Machine", "ok", f"{what}; how much memory is free cannot be told here")
    elif free < MEMORY:
        yield Check(
            "Machine",
            "warning",
            f"{what}, {size_text(free)} of memory free; a film takes about {size_text(MEMORY)}",
            "Close other programs before a film is looked at",
        )
    else:
        yield Check("Machine", "ok", f"{what}, {size_text(free)} of memory free")


def _devices(name: str, has: tuple[str, ...], config: Config | None) -> Iterator[Check]:
    """Find detectors that are told to use a device that is not there."""
    for detector in config.detectors if config is not None else ():
        asked = detector.parameters.get(DEVICE.name, "auto")
        runtime = {"speech": "CTranslate2", "llava": "llama.cpp"}.get(detector.type, "onnxruntime")
        if detector.enabled and runtime == name and asked not in ("auto", *has):
            error = no_device(str(asked), f"{name} has {', '.join(has)} here")
            yield from_failure(f"Detector {detector.name}", error)


def _encoders(found: Found, config: Config | None) -> Iterator[Check]:
    wanted = (*SOFTWARE.values(), *_SOUNDS)
    missing = [each for each in wanted if each not in found.has]
    what = f"{found.version} {RUNTIMES['PyAV']}"
    if any(each in missing for each in _NEEDED):
        yield Check("PyAV", "failed", f"{what}, but lacks {', '.join(missing)}", _AGAIN)
    elif missing:
        yield Check(
            "PyAV",
            "warning",
            f"{what}; films that need {', '.join(missing)} get another kind of picture or sound",
            "Install PyAV from its usual wheel: pip install --force-reinstall av",
        )
    else:
        yield Check("PyAV", "ok", f"{what}; all {len(wanted)} encoders that copies need are there")
    named = config.video.encoder if config is not None and config.video.enabled else "software"
    works = ", ".join(found.works) or "none"
    if named in ("software", "auto", *SOFTWARE.values()) or named in found.works:
        yield Check("Hardware encoders", "ok", f"{works} work here; the config says `encoder: {named}`")
    else:
        yield Check(
            "Hardware encoders",
            "failed",
            f"the config says `encoder: {named}`, which does not work here; those that work: {works}",
            "Set remediation.video.encoder to auto or software",
        )


def _onnxruntime() -> Found:
    import onnxruntime

    from video_censor_personal.detectors.devices import onnx_devices

    return Found(onnxruntime.__version__, onnx_devices())


def _ctranslate2() -> Found:
    import ctranslate2
    import faster_whisper
    import pocketsphinx

    from video_censor_personal.detectors.devices import ctranslate2_devices

    del faster_whisper, pocketsphinx
    return Found(ctranslate2.__version__, ctranslate2_devices())


def _pyav() -> Found:
    import av

    wanted = [*SOFTWARE.values(), *_SOUNDS]
    hardware = [name for codec in SOFTWARE for name in hardware_names(codec)]
    return Found(
        av.__version__,
        tuple(name for name in wanted if name in av.codecs_available),
        tuple(name for name in hardware if name in av.codecs_available and _works(name)),
    )


def _works(name: str) -> bool:
    from video_censor_personal.picture.hardware import DoesNotWork, hardware_options, stored_as, try_out

    stored = stored_as(name, "yuv420p")
    if stored is None:
        return False

    def set_up(context: Any) -> None:
        context.width, context.height = _SIZE
        context.pix_fmt, context.time_base, context.framerate = stored, 1 / _RATE, _RATE
        context.options = hardware_options(name, _SIZE, _RATE)

    try:
        try_out(name, set_up)
    except DoesNotWork:
        return False
    return True


def _llama() -> Found:
    from importlib.metadata import version

    from video_censor_personal.vlm.local import devices

    return Found(version("xllamacpp"), devices() or (CPU,))


_LOOK: Mapping[str, Callable[[], Found]] = {
    "onnxruntime": _onnxruntime,
    "CTranslate2": _ctranslate2,
    "PyAV": _pyav,
    "llama.cpp": _llama,
}
