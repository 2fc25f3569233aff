"""How a sound that was edited is encoded: as it was, or as near to that as container and encoders allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av

from video_censor_personal.containers.container import codecs_of, kind_of
from video_censor_personal.containers.copy import DEFAULT_LAYOUTS
from video_censor_personal.media.errors import RenderError
from video_censor_personal.media.probe import codec_name

if TYPE_CHECKING:
    from av.container import OutputContainer

_OWN_ENCODERS = {"opus": "libopus", "mp3": "libmp3lame"}
"""Where the encoder is not named like the codec."""
_LAYOUTS = {**DEFAULT_LAYOUTS, "5.0(side)": "5.0", "5.1(side)": "5.1"}
"""The same number of channels in the order that every encoder knows."""
_SIDES_ANYWAY = frozenset({"ac3", "eac3"})
"""Codecs in which the channels behind are always those at the sides."""
_LOSSY = ("aac", "libopus", "libmp3lame", "flac", "pcm_s16le", "pcm_s16be")
"""Taken when there is no encoder for a lossy codec; the first that the container holds."""
_LEAST_BITS = 64_000
"""Bits a second and channel below which a second generation of lossy sound would be heard."""
_MOST_BITS = 256_000
"""Bits a second and channel above which these encoders refuse; lossless sound has more."""

LOSSLESS = frozenset(
    {"flac", "alac", "truehd", "mlp", "tta", "wavpack", "wmalossless", "ape", "tak", "mp4als", "shorten"}
)
_COMPANDED = frozenset({"pcm_alaw", "pcm_mulaw", "pcm_vidc"})
_MASTER_AUDIO = "MA"
"""In the profile of a DTS that is lossless: DTS-HD MA."""
_OBJECTS = "Atmos"
_FLOATS = {"flt": "32 bits of floating point", "dbl": "64 bits of floating point"}
_BITS = {"u8": 8, "s16": 16, "s32": 32, "s64": 64}
_PACKERS = ("flac", "wavpack")
_APPLE_PACKERS = ("alac", "flac")
_PACKED_BITS = {
    "flac": {"s16": 16, "s32": 24},
    "alac": {"s16p": 16, "s32p": 24},
    "wavpack": {"s16p": 16, "s32p": 32},
    "tta": {"s16": 16, "s32": 24},
}
"""How many bits encoders keep of samples stored in a way."""
_NEVER_WRITTEN = frozenset({("mov", "flac")})
"""What the library lists, and then refuses."""
_FLAC_BITS_AT = 12
"""Where STREAMINFO has the bits of a sample, less one: the last bit of this byte, and four of the next (RFC
9639, 8.2)."""
_ALAC_BITS_AT = 17
"""Where an ALAC's atom has them."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a track is to be encoded; `warnings` say in what it differs from the input's."""

    encoder: str
    rate: int
    layout: str
    sample_format: str
    bit_rate: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Source:
    """A sound as it is. `depth` is a sample's bits, or kind of floating point; None where it is lossy."""

    index: int
    codec: str
    rate: int
    layout: str
    channels: int
    sample_format: str
    bit_rate: int
    depth: int | str | None
    has_objects: bool

    @classmethod
    def of(cls, stream: Any, bit_rate: int) -> _Source:
        context = stream.codec_context
        codec = codec_name(stream)
        stored = context.format.name.removesuffix("p")
        depth = _FLOATS.get(stored) or _depth(codec, stored, context.extradata or b"")
        return cls(
            stream.index,
            codec,
            context.sample_rate,
            context.layout.name,
            context.layout.nb_channels,
            context.format.name,
            bit_rate,
            depth if is_lossless(codec, context.profile) else None,
            _OBJECTS in (context.profile or ""),
        )


def is_lossless(codec: str, profile: str | None = None) -> bool:
    """Whether a codec gives back the very samples that it was given."""
    if codec == "dts":
        return _MASTER_AUDIO in (profile or "").split()
    return codec in LOSSLESS or (codec.startswith("pcm_") and codec not in _COMPANDED)


def choose_encoding(stream: Any, output: OutputContainer, bit_rate: int) -> Encoding:
    """Return how to encode `stream` for `output`.

    A lossless sound stays one, with all its bits, at the same rate and in the same layout, where the
    container holds a codec that can; else it becomes one that the container holds.

    Raises:
        RenderError: no encoder takes it.
    """
    source = _Source.of(stream, bit_rate)
    kind = kind_of(output)
    supported = {name for name in codecs_of(output) if (kind, name) not in _NEVER_WRITTEN}
    for name, layout, sample_format in _candidates(source, kind):
        if name in supported and (found := _tried(name, layout, sample_format, source, kind)):
            return found
    raise RenderError(
        f"stream {source.index} ({source.codec}) cannot be encoded",
        f"no encoder takes {source.layout} sound at {source.rate} Hz",
        "Give the output an .mkv extension, or convert that track first",
    )


def _candidates(source: _Source, kind: str) -> Iterator[tuple[str, str, str | None]]:
    """Yield encoders, layouts and ways to store a sample, the nearest to what it was first."""
    own = _OWN_ENCODERS.get(source.codec, source.codec)
    usual = _LAYOUTS.get(source.layout, source.layout)
    layouts = dict.fromkeys((DEFAULT_LAYOUTS.get(source.layout, source.layout), usual))
    if source.depth is None:
        yield from ((name, usual, None) for name in dict.fromkeys((own, *_LOSSY)))
        return
    names = (own, *(_APPLE_PACKERS if kind in ("mp4", "mov") else _PACKERS), *_plain(source.depth))
    exact = [(name, stored) for name in names if (stored := _storage(name, source))]
    yield from ((name, layout, stored) for name, stored in exact[:1] if name == own for layout in layouts)
    yield from ((name, layout, stored) for layout in layouts for name, stored in exact)
    yield from ((name, usual, None) for name in dict.fromkeys((own, *names, "pcm_s16le", *_LOSSY)))


def _plain(depth: int | str) -> tuple[str, ...]:
    """Return the encoders that store samples of a depth as they are."""
    name = {_FLOATS["flt"]: "f32", _FLOATS["dbl"]: "f64"}.get(str(depth)) or f"s{max(int(depth), 16)}"
    return f"pcm_{name}le", f"pcm_{name}be"


def _storage(name: str, source: _Source) -> str | None:
    """Return how an encoder must be given samples to keep all their bits; None where it cannot."""
    stored = source.sample_format.removesuffix("p")
    if name == _OWN_ENCODERS.get(source.codec, source.codec) and name not in _PACKED_BITS:
        return stored
    if name.startswith("pcm_"):
        return stored if isinstance(source.depth, str) else ("s16" if int(source.depth or 0) <= 16 else "s32")
    if isinstance(source.depth, str):
        return f"{stored}p" if name == "wavpack" and stored == "flt" else None
    ways = _PACKED_BITS.get(name, {}).items()
    return next((way for way, bits in ways if bits >= (source.depth or 0)), None)


def _depth(codec: str, stored: str, extradata: bytes) -> int:
    """Return the bits of a sample; what is stored in 32 has 24 of them, in most codecs."""
    if stored != "s32":
        return _BITS.get(stored, 64)
    if codec.startswith("pcm_"):
        digits = "".join(char for char in codec if char.isdigit())
        return int(digits) if digits and codec.startswith(("pcm_s", "pcm_u")) else 24
    info = extradata[8:] if extradata.startswith(b"fLaC") else extradata
    if codec == "flac" and len(info) > _FLAC_BITS_AT + 1:
        return ((info[_FLAC_BITS_AT] & 1) << 4 | info[_FLAC_BITS_AT + 1] >> 4) + 1
    if codec == "alac" and len(extradata) > _ALAC_BITS_AT:
        return extradata[_ALAC_BITS_AT]
    return 32 if codec == "wavpack" else 24


def _tried(name: str, layout: str, sample_format: str | None, source: _Source, kind: str) -> Encoding | None:
    """Return an encoding with the encoder `name` if it opens for this sound."""
    try:
        codec = av.Codec(name, "w")
    except ValueError:
        return None
    if codec.experimental or codec.type != "audio":
        return None
    formats = [item.name for item in codec.audio_formats or ()]
    encoding = Encoding(
        name,
        _nearest(source.rate, codec.audio_rates),
        layout,
        sample_format or _nearest_format(source.sample_format, formats),
        _within(source.bit_rate, source.channels) if name in ("aac", "libopus") else source.bit_rate,
    )
    if formats and encoding.sample_format not in formats:
        return None
    trial: Any = av.CodecContext.create(name, "w")
    trial.sample_rate, trial.layout, trial.format = encoding.rate, encoding.layout, encoding.sample_format
    trial.bit_rate, trial.time_base = encoding.bit_rate, Fraction(1, encoding.rate)
    try:
        trial.open()
    except (av.FFmpegError, ValueError):
        return None
    keeps_bits = sample_format is not None
    return replace(encoding, warnings=tuple(_changes(source, encoding, kind, keeps_bits=keeps_bits)))


def _changes(source: _Source, encoding: Encoding, kind: str, *, keeps_bits: bool) -> Iterator[str]:
    """Say in what a sound will not be what it was."""
    codec = av.Codec(encoding.encoder, "w").canonical_name
    where = f"stream {source.index}"
    if encoding.encoder != _OWN_ENCODERS.get(source.codec, source.codec):
        kept = ", which is lossless, too" if keeps_bits else ""
        yield f"{where}: no {source.codec} encoder for {kind}; it is {encoding.encoder} now{kept}"
    if source.has_objects:
        yield f"{where}: the objects of its Atmos are not kept; its channels are"
    if source.depth is not None and not is_lossless(codec):
        yield f"{where} was lossless and is not any more: {kind} holds no lossless codec for it"
    elif source.depth is not None and not keeps_bits:
        yield f"{where} has fewer bits a sample than it had: {kind} holds no codec that keeps them"
    if encoding.rate != source.rate:
        yield f"{where} has {encoding.rate} samples a second and had {source.rate}"
    named = DEFAULT_LAYOUTS.get(source.layout, source.layout)
    if encoding.layout != named and codec not in _SIDES_ANYWAY:
        yield f"{where} has the layout {encoding.layout} and had {named}"


def _nearest_format(stored: str, formats: Sequence[str]) -> str:
    """Return how an encoder is best given samples that are stored in a way."""
    plain = stored.removesuffix("p")
    wide = () if plain in ("u8", "s16") else ("fltp", "flt", "s32p", "s32")
    wanted = (stored, plain, f"{plain}p", *wide, *formats)
    return next((name for name in wanted if name in formats), stored)


def _within(bit_rate: int, channels: int) -> int:
    return min(max(bit_rate, _LEAST_BITS * channels), _MOST_BITS * channels)


def _nearest(rate: int, rates: Sequence[int] | None) -> int:
    """Return `rate`, or the lowest higher rate that is possible, or the highest."""
    if not rates or rate in rates:
        return rate
    return min((item for item in rates if item > rate), default=max(rates))
