"""How a picture is encoded: as it was, or as near as container and encoders allow.

What the film says of its brightness is kept.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av

from video_censor_personal.config.encoders import SOFTWARE, hardware_names
from video_censor_personal.config.values import VideoRemediation
from video_censor_personal.containers.container import codecs_of, kind_of
from video_censor_personal.containers.copy import SHAPE_TOLERANCE
from video_censor_personal.errors import UsageError
from video_censor_personal.machine import usual_scheduling
from video_censor_personal.media.errors import RenderError
from video_censor_personal.media.probe import codec_name
from video_censor_personal.picture.hardware import (
    DoesNotWork,
    hardware_options,
    is_hardware,
    stored_as,
    try_out,
)
from video_censor_personal.picture.planes import is_coverable

if TYPE_CHECKING:
    from av.container import OutputContainer

_OTHERS = ("libx264", "libvpx-vp9")
"""Taken when there is no encoder for the codec, or it refuses; the second for WebM and odd sizes."""
_OPTIONS: dict[str, dict[str, str]] = {
    "libx264": {"crf": "18", "preset": "veryfast", "forced-idr": "1"},
    "libx265": {"crf": "19", "preset": "veryfast", "forced-idr": "1", "x265-params": "log-level=none"},
    "libvpx-vp9": {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1"},
    "libsvtav1": {"crf": "23", "preset": "8"},
}
"""Near what the eye can tell from the input, at the speed of a few films a night."""
_VP9 = {"ultrafast": 8, "superfast": 7, "veryfast": 5, "faster": 4, "fast": 3, "medium": 2, "slow": 1}
_AV1 = {
    **{"ultrafast": 12, "superfast": 10, "veryfast": 8, "faster": 7, "fast": 6, "medium": 5, "slow": 4},
    **{"slower": 3, "veryslow": 2, "placebo": 1},
}
"""What the words mean to encoders that have numbers of their own."""
_SLOWEST_LIVE = 5
"""Above it, VP9 needs another way of working."""
_TELL_SHAPE = frozenset({"h264", "hevc"})
"""Codecs that write down the pixels' shape; for the others only an MP4 does. A MOV does not take those."""
_INTERLACED = {"flags": "+ildct+ilme"}
_RGB_MATRIX, _UNKNOWN_MATRIX = 0, 2
KEPT_TAG = "hvc1"
_MASTERING, _LIGHT = "MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"
_DYNAMIC = frozenset({"DOVI_METADATA", "DOVI_RPU_BUFFER", "DYNAMIC_HDR_PLUS", "DYNAMIC_HDR_VIVID"})
_CHROMA_UNIT, _LIGHT_UNIT = 50_000, 10_000
"""What one is, in the units of SMPTE ST 2086 as H.265 writes them (ITU-T H.265, D.3.28)."""
_HDR_KEYS = {
    "libx265": ("x265-params", "master-display", "max-cll"),
    "libx264": ("x264-params", "mastering-display", "cll"),
    "libsvtav1": ("svtav1-params", "mastering-display", "content-light"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """What the encoder must know of the pictures; taken from the first of them, and their stream.

    `matrix`, `primaries`, `transfer` and `color_range` are code points of ITU-T H.273, as the library
    numbers them. `rotation` is the nine numbers that tell players how to turn the picture. `side_data` is
    what else the first frame says, by the library's names.
    """

    width: int
    height: int
    format: str
    time_base: Fraction
    rate: Fraction | None
    pixel_shape: Fraction | None
    matrix: int
    primaries: int
    transfer: int
    color_range: int
    is_interlaced: bool
    is_hvc1: bool
    rotation: tuple[int, ...] | None
    side_data: Mapping[str, bytes]


logger = logging.getLogger(__name__)


class EncoderUnusable(UsageError):
    """The encoder that the config names cannot make this copy."""

    def __init__(self, name: str, why: str, fix: str) -> None:
        super().__init__(f"No clean copy can be made with remediation.video.encoder {name}", why, fix)


@dataclass(frozen=True, slots=True)
class PictureEncoding:
    """How a picture is to be encoded; `warnings` say in what it differs from the input's.

    `format` is that of the pictures in which something is hidden. The encoder takes them as `stored`, with
    the same samples; None: as they are.
    """

    encoder: str
    format: str
    options: dict[str, str]
    warnings: tuple[str, ...] = ()
    stored: str | None = None


def look_of(stream: Any, frame: Any) -> Look:
    """Return what `frame`, the first of `stream`, and the stream itself say of all its pictures."""
    data = {item.type.name: bytes(item) for item in frame.side_data}
    matrix = data.get("DISPLAYMATRIX")
    return Look(
        width=frame.width,
        height=frame.height,
        format=frame.format.name,
        time_base=stream.time_base,
        rate=stream.average_rate or stream.guessed_rate,
        pixel_shape=stream.sample_aspect_ratio,
        matrix=int(frame.colorspace),
        primaries=int(frame.color_primaries),
        transfer=int(frame.color_trc),
        color_range=int(frame.color_range),
        is_interlaced=bool(frame.interlaced_frame),
        is_hvc1=stream.codec_context.codec_tag == KEPT_TAG,
        rotation=tuple(memoryview(matrix).cast("i")) if matrix else None,
        side_data=data,
    )


def choose_picture_encoding(
    stream: Any, look: Look, output: OutputContainer, video: VideoRemediation
) -> PictureEncoding:
    """Return how to encode the pictures of `stream` for `output`, with an encoder such as `video` asks for.

    Raises:
        RenderError: no encoder takes them.
        EncoderUnusable: the one that is asked for does not.
    """
    codec, place = codec_name(stream), _Place(kind_of(output), codecs_of(output))
    is_named = video.encoder not in ("auto", "software")
    wanted: PictureEncoding | None = None
    if is_named:
        wanted = _named(video, look, place)
    elif video.encoder == "auto":
        wanted = _hardware(codec, look, place)
    # The preset is one of the encoder that was named.
    chosen = wanted or _software(codec, look, place, None if is_named else video.preset)
    if chosen is None:
        raise RenderError(
            f"stream {stream.index} ({codec}) cannot be encoded",
            f"no encoder takes {look.format} pictures of {look.width} x {look.height} for {place.kind}",
            "Give the output an .mkv extension, or convert the film first",
        )
    warnings = list(_losses(stream, look, chosen))
    if (now := _canonical(chosen.encoder)) != codec:
        why = f"{video.encoder} is asked for" if wanted else f"no {codec} encoder for {place.kind} takes it"
        warnings.insert(0, f"stream {stream.index}: {why}; it is {now} now")
    if is_named and wanted is None:
        why = f"{video.encoder} would lose something of such pictures"
        warnings.insert(0, f"stream {stream.index}: {why}; {chosen.encoder} encodes them")
    return replace(chosen, warnings=tuple(warnings))


@dataclass(frozen=True, slots=True)
class _Place:
    """A container: its format, and the encoders whose streams it takes."""

    kind: str
    supported: Collection[str]

    def takes(self, name: str, look: Look) -> bool:
        """Whether it takes an encoder's pictures, and pixels that are not square stay so."""
        if name not in self.supported:
            return False
        if _canonical(name) in _TELL_SHAPE:
            return True
        is_square = abs(float(look.pixel_shape or 1) - 1) <= SHAPE_TOLERANCE
        return self.kind == "mp4" or (self.kind != "mov" and is_square)


def _software(codec: str, look: Look, place: _Place, preset: str | None) -> PictureEncoding | None:
    """Return an encoding with the first software encoder that takes the pictures: best the film's own."""
    for name in dict.fromkeys((SOFTWARE.get(codec, _OTHERS[0]), *_OTHERS)):
        if place.takes(name, look):
            encoding = _trial(name, look, preset)
            if encoding is not None:
                return encoding
    return None


def _hardware(codec: str, look: Look, place: _Place) -> PictureEncoding | None:
    """Return an encoding with the first hardware encoder that loses nothing; None for none."""
    for name in hardware_names(codec):
        with suppress(DoesNotWork):
            encoding = _on_hardware(name, look, None) if place.takes(name, look) else None
            if encoding is not None:
                logger.info("pictures are encoded with %s", name)
                return encoding
    logger.debug("no hardware encoder takes the pictures: software does")
    return None


def _named(video: VideoRemediation, look: Look, place: _Place) -> PictureEncoding | None:
    """Return an encoding with the encoder that the config names; None where it would lose something.

    Raises:
        EncoderUnusable: it is not there, or does not work, or the container does not hold what it makes.
    """
    name = video.encoder
    software = "Set `remediation.video.encoder` to software, or to auto for hardware where there is any"
    try:
        codec = _canonical(name)
    except ValueError as error:
        raise EncoderUnusable(name, "there is none of this name in this installation", software) from error
    if not place.takes(name, look):
        why = f"a {place.kind} file cannot hold what it makes ({codec}) of this film"
        raise EncoderUnusable(name, why, "Give the output an .mkv extension, or name another encoder")
    if not is_hardware(name):
        encoding = _trial(name, look, video.preset)
        if encoding is None:
            why = f"it does not take {look.format} pictures of {look.width} x {look.height}"
            raise EncoderUnusable(name, why, software)
        return encoding
    try:
        return _on_hardware(name, look, video.preset)
    except DoesNotWork as error:
        raise EncoderUnusable(name, str(error), software) from error


def _on_hardware(name: str, look: Look, preset: str | None) -> PictureEncoding | None:
    """Return an encoding with a hardware encoder; None where it would lose something. Raises DoesNotWork."""
    stored = stored_as(name, look.format)
    if stored is None or look.is_interlaced or _lost_brightness(name, look.side_data) is not None:
        return None
    options = hardware_options(name, (look.width, look.height), look.rate)
    if preset is not None:
        options["preset"] = preset
    encoding = PictureEncoding(name, look.format, options, stored=stored)
    try_out(name, lambda context: configure(context, encoding, look))
    return encoding


def configure(context: Any, encoding: PictureEncoding, look: Look) -> None:
    """Set up an encoder that is not open yet."""
    context.width, context.height = look.width, look.height
    context.pix_fmt = encoding.stored or encoding.format
    context.time_base = look.time_base
    if look.rate:
        context.framerate = look.rate
    if look.pixel_shape:
        context.sample_aspect_ratio = look.pixel_shape
    context.colorspace = _UNKNOWN_MATRIX if look.matrix == _RGB_MATRIX else look.matrix
    if encoding.format.startswith("gbr"):
        context.colorspace = _RGB_MATRIX
    context.color_primaries, context.color_trc = look.primaries, look.transfer
    context.color_range = look.color_range
    context.options = encoding.options


def _losses(stream: Any, look: Look, encoding: PictureEncoding) -> list[str]:
    losses = []
    if encoding.format != look.format:
        losses.append(f"stream {stream.index}: its {look.format} pictures are {encoding.format} now")
    lost = _lost_brightness(encoding.encoder, look.side_data)
    if lost is not None:
        losses.append(f"stream {stream.index}: its {lost} cannot be kept; check how the copy looks")
    return losses


def _canonical(name: str) -> str:
    """Return the codec of an encoder. Raises ValueError where there is none of this name."""
    return av.Codec(name, "w").canonical_name


def _trial(name: str, look: Look, preset: str | None) -> PictureEncoding | None:
    """Return an encoding with the encoder `name` if it opens for these pictures."""
    # Otherwise libsvtav1 writes pages about itself to stderr.
    os.environ.setdefault("SVT_LOG", "1")
    try:
        codec = av.Codec(name, "w")
    except ValueError:
        return None
    formats = [item.name for item in codec.video_formats or () if is_coverable(item)]
    options = _OPTIONS[name] | (_INTERLACED if look.is_interlaced and name == "libx264" else {})
    options |= _preset_options(name, preset)
    options = _with_brightness(name, options, look.side_data)
    encoding = PictureEncoding(name, _nearest(look.format, formats), options)
    trial: Any = av.CodecContext.create(name, "w")
    configure(trial, encoding, look)
    try:
        with usual_scheduling():
            trial.open()
    except (av.FFmpegError, ValueError):
        return None
    return encoding


def _preset_options(name: str, preset: str | None) -> Mapping[str, str]:
    if preset is None:
        return {}
    if name == "libvpx-vp9":
        speed = int(preset) if preset.isdecimal() else _VP9.get(preset, 0)
        return {"cpu-used": str(speed), "deadline": "good" if speed <= _SLOWEST_LIVE else "realtime"}
    return {"preset": str(_AV1.get(preset, preset)) if name == "libsvtav1" else preset}


def _nearest(wanted: str, formats: list[str]) -> str:
    """Return the format itself, or the one to which it is converted with the least loss."""
    if wanted in formats:
        return wanted
    kind = av.VideoFormat(wanted)
    depth = max((component.bits for component in kind.components), default=8)
    is_fine = kind.is_rgb or kind.chroma_width(64) == 64
    names = ("yuv444p10le", "yuv420p10le") if depth > 8 else ("yuv444p",)
    wished = [name for name in names if is_fine or "420" in name]
    return next((name for name in (*wished, "yuv420p") if name in formats), formats[0])


def _with_brightness(encoder: str, options: Mapping[str, str], data: Mapping[str, bytes]) -> dict[str, str]:
    """Return `options` of `encoder`, completed by what the side data of a frame say of the brightness."""
    values = [_mastering(encoder, data.get(_MASTERING)), _light_levels(data.get(_LIGHT))]
    if encoder not in _HDR_KEYS:
        return dict(options)
    option, *keys = _HDR_KEYS[encoder]
    parts = [f"{key}={value}" for key, value in zip(keys, values, strict=True) if value]
    value = ":".join(filter(None, [options.get(option, ""), *parts]))
    return {**options, option: value} if value else dict(options)


def _lost_brightness(encoder: str, data: Mapping[str, bytes]) -> str | None:
    """Return what of the brightness `encoder` cannot keep; None for nothing."""
    if _DYNAMIC & data.keys():
        return "Dolby Vision or HDR10+ data"
    return "HDR brightness data" if encoder not in _HDR_KEYS and {_MASTERING, _LIGHT} & data.keys() else None


def _mastering(encoder: str, data: bytes | None) -> str | None:
    """Return the screen it was made on: its three colours, white, brightest and darkest."""
    numbers = memoryview(data).cast("i").tolist() if data else []
    if len(numbers) < 22 or not all(numbers[20:22]):
        return None
    ratios = [Fraction(numbers[at], numbers[at + 1] or 1) for at in range(0, 20, 2)]
    colors, (darkest, brightest) = ratios[:8], ratios[8:]
    red, green, blue, white = (_pair(encoder, colors[at : at + 2], _CHROMA_UNIT) for at in range(0, 8, 2))
    return f"G{green}B{blue}R{red}WP{white}L{_pair(encoder, [brightest, darkest], _LIGHT_UNIT)}"


def _pair(encoder: str, values: list[Fraction], unit: int) -> str:
    """Return two values as the encoder wants them: as such, or counted in units."""
    if encoder == "libsvtav1":
        return "({:.5f},{:.5f})".format(*map(float, values))
    return "({},{})".format(*(round(value * unit) for value in values))


def _light_levels(data: bytes | None) -> str | None:
    """Return the brightest sample and the brightest frame, in candelas a square metre."""
    numbers = memoryview(data).cast("I").tolist() if data else []
    return f"{numbers[0]},{numbers[1]}" if len(numbers) == 2 else None
