"""Films of shots: a quiet green one that moves a little, and red in it, as much and as long as asked for."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import av
import numpy as np

from tests.support.small_onnx import GREEN, RED, small_onnx
from video_censor_personal.detectors.installed_model import InstalledModel

SIZE = (96, 64)


def red_film(
    path: Path,
    reds: Sequence[float],
    rate: int = 25,
    times: Sequence[float] | None = None,
    rest: str = "quiet",
) -> Path:
    """Write a film with one picture for each share of red (0 to 1).

    Args:
        path: its suffix decides the container.
        reds: how red each picture is.
        rate: pictures a second.
        times: when each appears, in whole milliseconds as seconds, in place of `rate`.
        rest: what is not red is `quiet`, `moving` (a camera that pans) or `still` (each like the last).
    """
    noise = np.random.default_rng(5)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=rate, width=SIZE[0], height=SIZE[1])
        stream.pix_fmt = "yuv420p"
        # AVI has no place for the times of pictures that refer to later ones.
        ahead = "0" if path.suffix == ".avi" else "2"
        stream.options = {"preset": "ultrafast", "bf": ahead, "g": "25", "crf": "18"}
        base = Fraction(1, 1000) if times else Fraction(1, rate)
        stream.codec_context.time_base = base
        for number, red in enumerate(reds):
            time = times[number] if times else number / rate
            picture = _scene(time, rest) + (
                0 if rest == "still" else noise.normal(0, 3, (SIZE[1], SIZE[0], 1))
            )
            picture = (1 - red) * picture + red * np.array([230.0, 30.0, 40.0])
            frame = av.VideoFrame.from_ndarray(picture.clip(0, 255).astype(np.uint8), format="rgb24")
            frame.pts, frame.time_base = round(time / base), base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def _scene(time: float, rest: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    moved = {"quiet": 3.0, "moving": 60.0, "still": 0.0}[rest] * time
    wave = 50 * np.sin((x + moved) / 9) * np.cos(y / 11)
    return np.stack([60 + wave, 140 + wave, 70 + wave], axis=-1)


def red_runs(
    reds: Sequence[float], times: Sequence[float], end: float, least: float = 0.5
) -> list[tuple[float, float]]:
    """Return from when until when the pictures are at least so red."""
    ends = [*times[1:], end]
    spans = []
    for is_red, run in groupby(enumerate(reds), key=lambda each: each[1] >= least):
        numbers = [number for number, _ in run]
        if is_red:
            spans.append((times[numbers[0]], ends[numbers[-1]]))
    return spans


def red_model(folder: Path) -> InstalledModel:
    """Install a network that scores a picture by how much more red than green there is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "red.onnx").write_bytes(small_onnx(colors=(GREEN, RED)))
    return InstalledModel(folder, ("red.onnx",), "red")
