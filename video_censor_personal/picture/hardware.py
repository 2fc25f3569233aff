"""Encoders that are hardware: how they are asked, and whether one really works for some pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.frame import PictureType

from video_censor_personal.machine import usual_scheduling
from video_censor_personal.picture.compare import likeness
from video_censor_personal.picture.planes import converted, planes_of

_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "nvenc": {"rc": "vbr", "cq": "20", "b": "0", "bf": "0", "forced-idr": "1"},
    "qsv": {"global_quality": "20", "bf": "0", "forced_idr": "1"},
    "amf": {"rc": "cqp", "qp_i": "19", "qp_p": "21", "bf": "0", "forced_idr": "1"},
    "videotoolbox": {"flags": "+qscale", "global_quality": "7670", "bf": "0", "allow_sw": "0"},
    "mf": {"rate_control": "quality", "quality": "75", "hw_encoding": "1"},
    "v4l2m2m": {},
}
"""By the kind of hardware: near what the eye can tell from the film, pictures in the order they are shown."""
_SAME = {
    "yuv420p": ("yuv420p", "nv12"),
    "yuvj420p": ("yuvj420p",),
    "yuv420p10le": ("yuv420p10le", "p010le"),
    "yuv422p": ("yuv422p", "nv16"),
    "yuv444p": ("yuv444p",),
}
"""By the format of pictures, those that hold the same samples, if stored otherwise."""
_BITS_A_SAMPLE = 0.12
"""Of an encoder that knows no quality: a film has a tenth to a fifth."""
_USUAL_RATE = 25
_TRIED = 8
"""Frames of a trial."""
_LEAST_LIKENESS = 30.0
"""Decibels; a good encoder has more than 40."""
_DECODERS = {"av1": "libdav1d"}
"""Where the one that has the codec's name needs hardware, too."""
_UNTOLD = {"colorspace": 2, "color_primaries": 2, "color_trc": 2, "color_range": 0}
"""What an encoder may be asked to write down, and what it means that it is not known."""


class DoesNotWork(Exception):
    """Why an encoder cannot be used."""


def is_hardware(name: str) -> bool:
    """Whether an encoder is hardware."""
    return name.rpartition("_")[2] in _OPTIONS


def hardware_options(name: str, size: tuple[int, int], rate: Fraction | None) -> dict[str, str]:
    """Return how an encoder is asked for pictures of a size, of which so many come a second."""
    kind = name.rpartition("_")[2]
    if kind == "v4l2m2m":
        return {"b": str(round(size[0] * size[1] * float(rate or _USUAL_RATE) * _BITS_A_SAMPLE))}
    return dict(_OPTIONS[kind])


def stored_as(name: str, wanted: str) -> str | None:
    """Return in which format an encoder takes pictures of a format without any loss; None for none."""
    try:
        formats = [each.name for each in av.Codec(name, "w").video_formats or ()]
    except ValueError:
        return None
    # One that names no formats is asked for the commonest.
    return next((each for each in _SAME.get(wanted, ()) if each in (formats or ("yuv420p",))), None)


def try_out(name: str, set_up: Callable[[Any], None]) -> None:
    """Encode a few pictures and look at them.

    Args:
        name: of the encoder.
        set_up: makes it ready to be opened.

    Raises:
        DoesNotWork: it cannot be opened, or what it makes cannot be decoded, or is not what was asked for.
    """
    try:
        encoder: Any = av.CodecContext.create(name, "w")
    except ValueError as error:
        raise DoesNotWork("there is none of this name in this installation") from error
    try:
        set_up(encoder)
        with usual_scheduling():
            encoder.open()
        frames = [_picture(encoder, number) for number in range(_TRIED)]
        packets = [packet for frame in [*frames, None] for packet in encoder.encode(frame)]
        codec = encoder.codec.canonical_name
        decoder: Any = av.CodecContext.create(_DECODERS.get(codec, codec), "r")
        decoder.extradata = encoder.extradata
        made = [each for packet in [*packets, None] for each in decoder.decode(packet)]
    except (av.FFmpegError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DoesNotWork(f"it cannot be opened here, or fails at once ({why})") from error
    if [each.pts for each in made] != [each.pts for each in frames]:
        raise DoesNotWork(f"it gave {len(made)} pictures for {len(frames)}, or not in their order")
    for name_of, unknown in _UNTOLD.items():
        wanted, told = int(getattr(encoder, name_of)), int(getattr(made[0], name_of))
        if wanted not in (unknown, told):
            raise DoesNotWork(f"it does not keep the {name_of.replace('_', ' ')} of the picture")
    if _shape(encoder.sample_aspect_ratio) != _shape(decoder.sample_aspect_ratio):
        raise DoesNotWork("it does not keep the shape of the pixels")
    if min(likeness(one, other) for one, other in zip(made, frames, strict=True)) < _LEAST_LIKENESS:
        raise DoesNotWork("its pictures are not like those it was given")


def _shape(ratio: Fraction | None) -> Fraction:
    return ratio or Fraction(1)


def _picture(encoder: Any, number: int) -> Any:
    """Return a frame with a pattern that moves."""
    size = encoder.width, encoder.height
    across = 60 * np.sin((np.arange(size[0]) + 9 * number) / 4)
    down = 30 * np.cos((np.arange(size[1]) - 5 * number) / 3)
    frame = av.VideoFrame(*size, "gray")
    planes_of(frame)[0].samples[:] = 120 + across + down[:, None]
    made = converted(frame, *size, _planar(encoder.pix_fmt))
    made.pts, made.time_base = number, encoder.time_base
    made.pict_type = PictureType.I if number == _TRIED // 2 else PictureType.NONE
    return made


def _planar(stored: str) -> str:
    return next((each for each, same in _SAME.items() if stored in same), stored)
