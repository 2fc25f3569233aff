"""Re-encodes one audio track with its edits, in the codec, layout, rate and bit rate it had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av

from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.containers.container import add_encoder, codecs_of, counts_milliseconds, kind_of
from video_censor_personal.containers.copy import DEFAULT_LAYOUTS, lasting_tags
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.media.continuous import Block, Continuous, PcmFormat, frame_of
from video_censor_personal.media.errors import RenderError
from video_censor_personal.media.probe import codec_name
from video_censor_personal.media.reader import Decoder, FilmReader
from video_censor_personal.sound.gate import Gate

if TYPE_CHECKING:
    from av.container import OutputContainer

_ENCODERS = {"opus": "libopus", "mp3": "libmp3lame"}
"""Where the encoder is not named like the codec."""
_LAYOUTS = {**DEFAULT_LAYOUTS, "5.0(side)": "5.0", "5.1(side)": "5.1"}
"""The same number of channels in the order that every encoder knows."""
_WITHOUT_TIMES = frozenset({"adts"})
"""Formats that cannot say that an encoder's run-in is not to be heard."""
_FALLBACKS = ("aac", "libopus", "libmp3lame", "flac", "pcm_s16le", "pcm_s16be")
"""Taken when there is no encoder for the codec; the first that the container holds."""
_LEAST_BITS = 64_000
"""Bits a second and channel below which a second generation of lossy sound would be heard."""
_MOST_BITS = 256_000
"""Bits a second and channel above which these encoders refuse; lossless sound has more."""


_USUAL = AudioRemediation()


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a track is to be encoded; `warning` says in what it differs from the input's."""

    encoder: str
    rate: int
    layout: str
    sample_format: str
    bit_rate: int
    warning: str | None = None


class SoundRecoder:
    """Turns packets of one input track to packets of the output track, with `edits` applied.

    The samples keep their place on the time line: gaps are filled with silence and the container is given
    the length of the encoder's run-in, so sound and picture stay together.
    """

    def __init__(
        self,
        film: FilmReader,
        index: int,
        edits: Sequence[SoundEdit] = (),
        settings: AudioRemediation = _USUAL,
    ) -> None:
        self._info = film.info
        self._decoder = Decoder()
        self._line = Continuous(film.info.path, film.info.origin)
        self._stream = film.stream(index)
        self._edits = edits
        self._settings = settings
        self._gate: Gate | None = None
        self._output: Any = None
        self._counts_milliseconds = False
        self._drops_run_in = False
        self._first: int | None = None
        self._shift: int | None = None

    def open(self, output: OutputContainer) -> tuple[str, ...]:
        """Add the track to `output`; return warnings where it can't be just what it was."""
        bit_rate = self._info.streams[self._stream.index].bit_rate
        encoding = choose_encoding(self._stream, output, bit_rate)
        self._counts_milliseconds = counts_milliseconds(output)
        self._drops_run_in = kind_of(output) in _WITHOUT_TIMES
        self._output = add_encoder(
            output,
            encoding.encoder,
            rate=encoding.rate,
            layout=encoding.layout,
            format=encoding.sample_format,
            bit_rate=encoding.bit_rate,
            time_base=Fraction(1, encoding.rate),
        )
        self._output.metadata.update(lasting_tags(self._stream))
        self._output.disposition = self._stream.disposition
        return () if encoding.warning is None else (encoding.warning,)

    def push(self, packet: Any) -> Iterator[Any]:
        """Yield the packets that `packet` completes; the stream's last, empty packet flushes the decoder."""
        for frame in self._decoder.frames(packet):
            for block in self._line.push(frame):
                assert self._line.format is not None
                yield from self._encoded(block, self._line.format)

    def flush(self) -> Iterator[Any]:
        """Yield the packets that are still in the encoder.

        Raises:
            Damaged: nothing of the track could be decoded.
        """
        self._decoder.require_any(self._info.path, self._stream)
        if self._gate is not None:
            yield from self._settled(self._output.encode(None))

    def _encoded(self, block: Block, kind: PcmFormat) -> Iterator[Any]:
        if self._gate is None:
            self._gate = Gate(self._edits, kind.rate, self._settings.bleep_frequency)
        data = self._gate.apply(block.position, block.data)
        layout = _LAYOUTS.get(kind.layout, kind.layout)
        frame = frame_of(data, PcmFormat(kind.name, layout, kind.rate, kind.channels))
        frame.pts = block.position
        frame.time_base = Fraction(1, kind.rate)
        if self._first is None:
            self._first = round(Fraction(frame.pts, kind.rate) * self._output.codec_context.sample_rate)
        yield from self._settled(self._output.encode(frame))

    def _settled(self, packets: list[Any]) -> Iterator[Any]:
        """Yield the packets so timed that the sound is where it was, in a container that counts milliseconds.

        The encoder's run-in is added to the timestamps by readers, rounded; so it is rounded here.
        """
        for packet in packets:
            assert self._first is not None
            if packet.pts < self._first and self._drops_run_in:
                continue
            if self._shift is None:
                run_in = Fraction(self._first - packet.pts, self._output.codec_context.sample_rate)
                off = Fraction(round(run_in * 1000 + Fraction(1, 10**6)), 1000) - run_in
                self._shift = round(off / packet.time_base) if self._counts_milliseconds else 0
            packet.pts -= self._shift
            packet.dts = packet.pts
            yield packet


def choose_encoding(stream: Any, output: OutputContainer, bit_rate: int) -> Encoding:
    """Return how to encode `stream` for `output`: as it was, or as near as the container and encoders allow.

    Raises:
        RenderError: no encoder takes it.
    """
    codec = codec_name(stream)
    own = _ENCODERS.get(codec, codec)
    kind = kind_of(output)
    supported = codecs_of(output)
    for name in dict.fromkeys((own, *_FALLBACKS)):
        if name in supported and (encoding := _trial(name, stream, bit_rate)):
            if name == own:
                return encoding
            return replace(
                encoding, warning=f"stream {stream.index}: no {codec} encoder for {kind}; it is {name} now"
            )
    raise RenderError(
        f"stream {stream.index} ({codec}) cannot be encoded",
        f"no encoder takes {stream.codec_context.layout.name} sound at {stream.codec_context.sample_rate} Hz",
        "Give the output an .mkv extension, or convert that track first",
    )


def _trial(name: str, stream: Any, bit_rate: int) -> Encoding | None:
    """Return an encoding with the encoder `name` if it opens for this stream's sound."""
    try:
        codec = av.Codec(name, "w")
    except ValueError:
        return None
    if codec.experimental or codec.type != "audio":
        return None
    source = stream.codec_context
    formats = [item.name for item in codec.audio_formats or ()]
    encoding = Encoding(
        name,
        _nearest(source.sample_rate, codec.audio_rates),
        _LAYOUTS.get(source.layout.name, source.layout.name),
        source.format.name if source.format.name in formats or not formats else formats[0],
        _within(bit_rate, source.layout.nb_channels) if name in ("aac", "libopus") else bit_rate,
    )
    trial: Any = av.CodecContext.create(name, "w")
    trial.sample_rate, trial.layout, trial.format = encoding.rate, encoding.layout, encoding.sample_format
    trial.bit_rate, trial.time_base = encoding.bit_rate, Fraction(1, encoding.rate)
    try:
        trial.open()
    except (av.FFmpegError, ValueError):
        return None
    return encoding


def _within(bit_rate: int, channels: int) -> int:
    return min(max(bit_rate, _LEAST_BITS * channels), _MOST_BITS * channels)


def _nearest(rate: int, rates: Sequence[int] | None) -> int:
    """Return `rate`, or the lowest higher rate that is possible, or the highest."""
    if not rates or rate in rates:
        return rate
    return min((item for item in rates if item > rate), default=max(rates))
