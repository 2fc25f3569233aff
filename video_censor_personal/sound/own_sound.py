"""A sound of the user's own, to be heard in place of what is hidden."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.containers.copy import DEFAULT_LAYOUTS
from video_censor_personal.edits.own_sound import wants_own_sound
from video_censor_personal.errors import UsageError
from video_censor_personal.media.continuous import PcmFormat, format_of, frame_of, samples_of
from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.reader import Decoder, opened
from video_censor_personal.sound.levels import decibels

MOST_SECONDS = 30
"""Of a longer file, so much of its beginning is used."""
_LEAST_SECONDS = 0.05
_SILENT = -60.0
"""dBFS. A quieter sound is none."""
_SEAM = 0.005
"""Seconds over which it fades in and out where it begins again, so that nothing clicks."""


class OwnSoundUnusable(UsageError):
    """The file that is to be heard in place of what is hidden cannot be."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"No clean copy can be made: the sound {path} cannot be used",
            why,
            "Name another file as remediation.audio.sound_file, such as a WAV or an MP3",
        )


class OwnSound:
    """What is heard in place of what is hidden, brought to the rate and channels of each track.

    It is heard again and again where it is shorter than what is hidden.
    """

    def __init__(self, kind: PcmFormat, samples: NDArray[np.float32]) -> None:
        self._kind = kind
        self._samples = samples
        self._made: dict[tuple[str, int, int], NDArray[np.float32]] = {}

    def as_heard(self, layout: str, channels: int, rate: int) -> NDArray[np.float32]:
        """Return it as channels x count, for a track of that layout and rate."""
        wanted = layout, channels, rate
        if wanted not in self._made:
            self._made[wanted] = _with_seam(self._converted(layout, channels, rate), rate)
        return self._made[wanted]

    def _converted(self, layout: str, channels: int, rate: int) -> NDArray[np.float32]:
        try:
            found = _resampled(self._samples, self._kind, DEFAULT_LAYOUTS.get(layout, layout), rate)
        except ValueError:
            found = np.zeros((0, 0), np.float32)
        if len(found) == channels and decibels(found) > _SILENT:
            return found
        # Nobody knows what these channels are: all of them have it.
        return np.repeat(_resampled(self._samples, self._kind, "mono", rate), channels, axis=0)


def read_own_sound(path: Path) -> OwnSound:
    """Return the sound of a file.

    Raises:
        OwnSoundUnusable: it is missing, no sound can be read from it, or nothing is to be heard in it.
    """
    try:
        with opened(path, {}) as container:
            if not container.streams.audio:
                raise OwnSoundUnusable(path, "there is no sound in it")
            kind, samples = _decoded(container, container.streams.audio[0])
    except MediaError as error:
        raise OwnSoundUnusable(path, error.why) from error
    if kind is None:
        raise OwnSoundUnusable(path, "nothing of its sound can be decoded")
    if samples.shape[1] < _LEAST_SECONDS * kind.rate:
        raise OwnSoundUnusable(path, f"it is shorter than {_LEAST_SECONDS} s")
    if decibels(samples) < _SILENT:
        raise OwnSoundUnusable(path, "nothing is to be heard in it")
    return OwnSound(kind, samples)


def check_own_sound(settings: AudioRemediation) -> None:
    """Make sure that the sound can be heard that a config asks for, if it does. Raises OwnSoundUnusable."""
    if wants_own_sound(settings) and settings.sound_file is not None:
        read_own_sound(settings.sound_file)


def _decoded(container: Any, stream: Any) -> tuple[PcmFormat | None, NDArray[np.float32]]:
    """Return the first seconds of a stream as 32-bit floats, and how they are stored."""
    import av

    decoder = Decoder()
    kind: PcmFormat | None = None
    resampler: AudioResampler | None = None
    parts: list[NDArray[np.float32]] = []
    count = 0
    packets = container.demux(stream)
    while kind is None or count < MOST_SECONDS * kind.rate:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            packet = None
        if packet is None:
            break
        for frame in decoder.frames(packet):
            if kind is None or resampler is None:
                found = format_of(frame)
                kind = PcmFormat("fltp", found.layout, found.rate, found.channels)
                resampler = AudioResampler("fltp", frame.layout, found.rate)
            frame.pts = None
            for item in resampler.resample(frame):
                parts.append(samples_of(item, kind))
                count += item.samples
    if kind is None:
        return None, np.zeros((1, 0), np.float32)
    return kind, np.concatenate(parts, axis=1)[:, : MOST_SECONDS * kind.rate]


def _resampled(samples: NDArray[np.float32], kind: PcmFormat, layout: str, rate: int) -> NDArray[np.float32]:
    """Return samples in another layout, and at another rate. Raises ValueError where there is no way."""
    resampler = AudioResampler("fltp", layout, rate)
    frame = frame_of(samples, replace(kind, layout=DEFAULT_LAYOUTS.get(kind.layout, kind.layout)))
    frame.pts, frame.time_base = 0, Fraction(1, kind.rate)
    found = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([samples_of(item, format_of(item)) for item in found], axis=1)


def _with_seam(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    seam = min(round(_SEAM * rate), samples.shape[1] // 2)
    if seam:
        slope = np.arange(seam, dtype=np.float32) / seam
        samples[:, :seam] *= slope
        samples[:, -seam:] *= slope[::-1]
    return samples
