"""Re-encodes the picture with its edits, as it was or as near as container and encoders allow.

Each frame keeps its time, and what the film says of its brightness is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.video.frame import PictureType

from video_censor_personal.media.errors import RenderError
from video_censor_personal.media.probe import codec_name
from video_censor_personal.media.reader import Decoder, FilmReader
from video_censor_personal.render.container import add_encoder, codecs_of, counts_milliseconds, kind_of
from video_censor_personal.render.copy import SHAPE_TOLERANCE, lasting_tags
from video_censor_personal.render.cover import cover, is_coverable, is_full_range
from video_censor_personal.render.plan import VideoEdit

if TYPE_CHECKING:
    from av.container import OutputContainer

_FINEST = 1_000_000
_ENCODERS = {"h264": "libx264", "hevc": "libx265", "vp9": "libvpx-vp9", "av1": "libsvtav1"}
_OTHERS = ("libx264", "libvpx-vp9")
"""Taken when there is no encoder for the codec, or it refuses; the second for WebM and odd sizes."""
_OPTIONS: dict[str, dict[str, str]] = {
    "libx264": {"crf": "18", "preset": "veryfast", "forced-idr": "1"},
    "libx265": {"crf": "19", "preset": "veryfast", "forced-idr": "1", "x265-params": "log-level=none"},
    "libvpx-vp9": {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1"},
    "libsvtav1": {"crf": "23", "preset": "8"},
}
"""Near what the eye can tell from the input, at the speed of a few films a night."""
_TELL_SHAPE = frozenset({"libx264", "libx265"})
"""Encoders that write down the pixels' shape; for the others only an MP4 does. A MOV does not take those."""
_INTERLACED = {"flags": "+ildct+ilme"}
_RGB_MATRIX, _UNKNOWN_MATRIX = 0, 2
_KEPT_TAG = "hvc1"
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


@dataclass(frozen=True, slots=True)
class PictureEncoding:
    """How a picture is to be encoded; `warnings` say in what it differs from the input's."""

    encoder: str
    format: str
    options: dict[str, str]
    warnings: tuple[str, ...] = ()


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
        is_hvc1=stream.codec_context.codec_tag == _KEPT_TAG,
        rotation=tuple(memoryview(matrix).cast("i")) if matrix else None,
        side_data=data,
    )


def choose_picture_encoding(stream: Any, look: Look, output: OutputContainer) -> PictureEncoding:
    """Return how to encode the pictures of `stream` for `output`.

    Raises:
        RenderError: no encoder takes them.
    """
    codec = codec_name(stream)
    kind, supported = kind_of(output), codecs_of(output)
    for name in dict.fromkeys((_ENCODERS.get(codec, _OTHERS[0]), *_OTHERS)):
        fits = name in supported and _fits(name, look, kind)
        encoding = _trial(name, look) if fits else None
        if encoding is not None:
            warnings = tuple(_losses(stream, look, encoding, kind))
            return replace(encoding, warnings=warnings)
    raise RenderError(
        f"stream {stream.index} ({codec}) cannot be encoded",
        f"no encoder takes {look.format} pictures of {look.width} x {look.height} for {kind}",
        "Give the output an .mkv extension, or convert the film first",
    )


def configure(context: Any, encoding: PictureEncoding, look: Look) -> None:
    """Set up an encoder that is not open yet."""
    context.width, context.height, context.pix_fmt = look.width, look.height, encoding.format
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


class PictureRecoder:
    """Turns packets of one input stream to packets of the output stream, with the spans covered.

    A frame is on the screen from its time to the next one's, the last one for good; it is covered when a
    span has any moment of that.
    """

    def __init__(self, film: FilmReader, index: int, edits: Sequence[VideoEdit]) -> None:
        self._path = film.info.path
        self._decoder = Decoder()
        self._stream = film.stream(index)
        self._shift = round(film.info.origin / self._stream.time_base)
        self._spans = [(exact(edit.start), exact(edit.end), edit.color) for edit in edits]
        self._reached = 0
        self._held: Any = None
        self._output: Any = None
        self._counts_milliseconds = False
        self._was_covered = False

    def open(self, output: OutputContainer, look: Look) -> tuple[str, ...]:
        """Add the stream, which looks so, to `output`; return warnings where it can't be just what it was."""
        encoding = choose_picture_encoding(self._stream, look, output)
        self._counts_milliseconds = counts_milliseconds(output)
        self._output = add_encoder(output, encoding.encoder)
        configure(self._output.codec_context, encoding, look)
        self._output.time_base = look.time_base
        if look.is_hvc1 and encoding.encoder == "libx265" and not self._counts_milliseconds:
            self._output.codec_context.codec_tag = _KEPT_TAG
        if look.rotation:
            self._output.set_display_matrix(look.rotation)
        self._output.metadata.update(lasting_tags(self._stream))
        self._output.disposition = self._stream.disposition
        return encoding.warnings

    def push(self, packet: Any) -> Iterator[Any]:
        """Yield the packets that `packet` completes; the stream's last, empty packet flushes the decoder."""
        for frame in self._decoder.frames(packet):
            if self._place(frame):
                if self._held is not None:
                    yield from self._encoded(self._held, frame.pts)
                self._held = frame

    def flush(self) -> Iterator[Any]:
        """Yield the packets that are still in the encoder.

        Raises:
            Damaged: nothing of the picture could be decoded.
        """
        self._decoder.require_any(self._path, self._stream)
        if self._held is not None:
            yield from self._encoded(self._held, None)
            yield from self._output.encode(None)

    def _place(self, frame: Any) -> bool:
        """Put the frame on the copy's time line; False for one that is never seen."""
        if frame.pts is None:
            last = self._held
            frame.pts = last.pts + max(last.duration or 0, 1) if last else 0
        else:
            frame.pts -= self._shift
        return self._held is None or frame.pts > self._held.pts

    def _encoded(self, frame: Any, until: int | None) -> Iterator[Any]:
        color = self._color(frame.pts, until)
        pts, duration, base = frame.pts, frame.duration, self._stream.time_base
        made = self._converted(frame)
        if color is not None:
            cover(made, color)
        made.pts, made.duration, made.time_base = pts, duration, base
        # Nothing of what is covered serves as a reference for what is not, nor the other way round.
        changes = (color is not None) != self._was_covered
        made.pict_type = PictureType.I if changes else PictureType.NONE
        self._was_covered = color is not None
        yield from self._output.encode(made)

    def _converted(self, frame: Any) -> Any:
        """Bring a frame to the encoder's size and format; most have them."""
        context = self._output.codec_context
        if (frame.width, frame.height, frame.format.name) == (context.width, context.height, context.pix_fmt):
            return frame
        kept = {"src_color_range": 2, "dst_color_range": 2} if is_full_range(frame) else {}
        return frame.reformat(context.width, context.height, context.pix_fmt, **kept)

    def _color(self, pts: int, until: int | None) -> str | None:
        """Return what covers a frame shown from `pts` until another; None when it is shown."""
        begin = min(self._moments(pts))
        while self._reached < len(self._spans) and self._spans[self._reached][1] < begin:
            self._reached += 1
        if self._reached == len(self._spans):
            return None
        start, _, color = self._spans[self._reached]
        return color if until is None or max(self._moments(until)) > start else None

    def _moments(self, pts: int) -> tuple[Fraction, Fraction]:
        """Return when a frame appears: by its own clock, and by that of the output's container."""
        moment = pts * self._stream.time_base
        return moment, Fraction(round(moment * 1000), 1000) if self._counts_milliseconds else moment


def exact(seconds: float) -> Fraction:
    """Return a moment without what floats add beyond the microsecond."""
    return Fraction(round(seconds * _FINEST), _FINEST)


def _losses(stream: Any, look: Look, encoding: PictureEncoding, kind: str) -> list[str]:
    losses = []
    was = codec_name(stream)
    if encoding.encoder != _ENCODERS.get(was):
        now = _codec(encoding)
        losses.append(f"stream {stream.index}: no {was} encoder for {kind} takes it; it is {now} now")
    if encoding.format != look.format:
        losses.append(f"stream {stream.index}: its {look.format} pictures are {encoding.format} now")
    lost = _lost_brightness(encoding.encoder, look.side_data)
    if lost is not None:
        losses.append(f"stream {stream.index}: its {lost} cannot be kept; check how the copy looks")
    return losses


def _fits(name: str, look: Look, kind: str) -> bool:
    """Whether a container takes the encoder's pictures, and pixels that are not square stay so."""
    if name in _TELL_SHAPE:
        return True
    is_square = abs(float(look.pixel_shape or 1) - 1) <= SHAPE_TOLERANCE
    return kind == "mp4" or (kind != "mov" and is_square)


def _codec(encoding: PictureEncoding) -> str:
    return av.Codec(encoding.encoder, "w").canonical_name


def _trial(name: str, look: Look) -> PictureEncoding | None:
    """Return an encoding with the encoder `name` if it opens for these pictures."""
    # Otherwise libsvtav1 writes pages about itself to stderr.
    os.environ.setdefault("SVT_LOG", "1")
    try:
        codec = av.Codec(name, "w")
    except ValueError:
        return None
    formats = [item.name for item in codec.video_formats or () if is_coverable(item)]
    options = _OPTIONS[name] | (_INTERLACED if look.is_interlaced and name == "libx264" else {})
    options = _with_brightness(name, options, look.side_data)
    encoding = PictureEncoding(name, _nearest(look.format, formats), options)
    trial: Any = av.CodecContext.create(name, "w")
    configure(trial, encoding, look)
    try:
        trial.open()
    except (av.FFmpegError, ValueError):
        return None
    return encoding


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
