"""How loud a film is at each moment, drawn as a waveform: the peaks of all its sounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from modeltasks.report.progress import Progress
from modeltasks.support.cancel import CancelToken
from video_censor_personal.media.continuous import format_of, samples_of
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.progress import film_progress
from video_censor_personal.media.reader import Decoder, open_film

PER_SECOND = 10
"""Peaks a second."""
_MOST = 255


def peaks(info: MediaInfo, progress: Progress, cancel: CancelToken) -> bytes:
    """Return a byte for each tenth of a second of a film: the loudest sample of any sound then.

    It is the square root of the amplitude: 255 for full scale, 81 for a tenth of it (-20 dBFS), so that what
    is said quietly can be seen beside what is loud.

    Args:
        info: of the film.
        progress: where to show how far it is, in seconds of film.
        cancel: stops it.

    Raises:
        MediaError: the film cannot be read.
        Cancelled: a stop was asked for.
    """
    found = np.zeros(max(int(np.ceil(info.duration * PER_SECOND)), 1), np.float32)
    streams = [each.index for each in info.of_kind("audio")]
    if not streams:
        return bytes(len(found))
    decoders = {index: Decoder() for index in streams}
    origin = float(info.origin)
    with (
        film_progress(progress, f"listening to {info.path.name}", info.duration) as reached,
        open_film(info) as film,
    ):
        for packet in film.packets(*streams):
            cancel.check()
            for frame in decoders[packet.stream.index].frames(packet):
                if frame.time is not None:
                    _add(found, frame, frame.time - origin)
                    reached(frame.time - origin)
    return bytes(np.rint(np.sqrt(np.minimum(found, 1.0)) * _MOST).astype(np.uint8))


def _add(found: np.ndarray[Any, np.dtype[np.float32]], frame: Any, begin: float) -> None:
    """Take a frame in: each tenth of a second that it has a part in is as loud as that part."""
    data = samples_of(frame, format_of(frame))
    rate = frame.sample_rate
    first = int(begin * PER_SECOND)
    last = int((begin + data.shape[1] / rate) * PER_SECOND)
    for number in range(max(first, 0), min(last, len(found) - 1) + 1):
        from_sample = max(round((number / PER_SECOND - begin) * rate), 0)
        part = data[:, from_sample : max(round(((number + 1) / PER_SECOND - begin) * rate), 0)]
        if part.size:
            found[number] = max(found[number], _peak(part))


def _peak(data: np.ndarray[Any, Any]) -> float:
    """Return the greatest amplitude, of 1."""
    highest, lowest = float(data.max()), float(data.min())
    if data.dtype.kind == "f":
        return max(highest, -lowest)
    middle = 128 if data.dtype == np.uint8 else 0
    return max(highest - middle, middle - lowest) / (float(np.iinfo(data.dtype).max) - middle)
