"""Re-encodes one audio track with its edits, in the codec, layout, rate and bit rate it had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from video_censor_personal.config.values import AudioRemediation
from video_censor_personal.containers.container import add_encoder, counts_milliseconds, kind_of
from video_censor_personal.containers.copy import lasting_tags
from video_censor_personal.edits.cuts import NO_CUTS, Cuts
from video_censor_personal.edits.values import SoundEdit
from video_censor_personal.media.continuous import Block, Continuous, PcmFormat, frame_of
from video_censor_personal.media.errors import Damaged
from video_censor_personal.media.reader import Decoder, FilmReader, open_film
from video_censor_personal.sound.encoding import Encoding, choose_encoding
from video_censor_personal.sound.gate import Gate
from video_censor_personal.sound.own_sound import OwnSound
from video_censor_personal.sound.splice import Splicer

if TYPE_CHECKING:
    from av.container import OutputContainer

_WITHOUT_TIMES = frozenset({"adts"})
"""Formats that cannot say that an encoder's run-in is not to be heard."""
_USUAL = AudioRemediation()


@dataclass(frozen=True, slots=True)
class SoundTask:
    """What is done to one track: `cuts`, then, at the copy's times, `edits` as `settings` and `own` say."""

    edits: Sequence[SoundEdit] = ()
    settings: AudioRemediation = _USUAL
    own: OwnSound | None = None
    cuts: Cuts = NO_CUTS


class SoundRecoder:
    """Turns packets of one input track to packets of the output track, with what is done to it.

    The samples keep their place on the time line: gaps are filled with silence and the container is given
    the length of the encoder's run-in, so sound and picture stay together.

    Args:
        film: from its beginning on.
        index: of the stream.
        task: what is done.
        decoder: of the stream, which several may share.
    """

    def __init__(self, film: FilmReader, index: int, task: SoundTask, decoder: Decoder) -> None:
        self._info = film.info
        self._decoder = decoder
        self._line = Continuous(film.info.path, film.info.origin)
        self._stream = film.stream(index)
        self._task = task
        self._gate: Gate | None = None
        self._splicer: Splicer | None = None
        self._layout = ""
        self._output: Any = None
        self._counts_milliseconds = False
        self._drops_run_in = False
        self._first: int | None = None
        self._shift: int | None = None

    def open(self, output: OutputContainer) -> tuple[str, ...]:
        """Add the track to `output`; return warnings where it can't be just what it was."""
        encoding = self._encoding(output)
        self._layout = encoding.layout
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
        return encoding.warnings

    def _encoding(self, output: OutputContainer) -> Encoding:
        """Return how to encode the track; of some that begin late only the first frame tells what they are.

        Raises:
            Damaged: there is none.
        """
        index = self._stream.index
        bit_rate = self._info.streams[index].bit_rate
        if self._stream.codec_context.format is not None:
            return choose_encoding(self._stream, output, bit_rate)
        with open_film(self._info) as film:
            if next(film.frames(index), None) is None:
                raise Damaged(self._info.path, f"nothing of stream {index} (audio) can be decoded")
            return choose_encoding(film.stream(index), output, bit_rate)

    def push(self, packet: Any) -> Iterator[Any]:
        """Yield the packets that `packet` completes; the stream's last, empty packet flushes the decoder."""
        for frame in self._decoder.frames(packet):
            for block in self._line.push(frame):
                assert self._line.format is not None
                yield from self._made(block, self._line.format)

    def flush(self) -> Iterator[Any]:
        """Yield the packets that are still in the encoder.

        Raises:
            Damaged: nothing of the track could be decoded.
        """
        self._decoder.require_any(self._info.path, self._stream)
        if self._gate is not None and self._splicer is not None and self._line.format is not None:
            for block in self._splicer.flush():
                yield from self._hidden(block, self._line.format)
            for block in self._gate.flush():
                yield from self._encoded(block, self._line.format)
        if self._first is not None:
            yield from self._settled(self._output.encode(None))

    @property
    def notices(self) -> tuple[str, ...]:
        """What is to be told of the track once all of it is written."""
        everywhere = self._gate.everywhere if self._gate is not None else ()
        if not everywhere:
            return ()
        first = everywhere[0]
        more = f", and {len(everywhere) - 1} times more," if len(everywhere) > 1 else ""
        return (
            f"{self._info.streams[self._stream.index]}: at {first.start:.1f} s{more} not the centre alone "
            "was changed but all channels: it is not sure that the voice is nowhere else",
        )

    def _made(self, block: Block, kind: PcmFormat) -> Iterator[Any]:
        """Yield what a block of the film completes: cut, then edited, then encoded."""
        if self._gate is None or self._splicer is None:
            task = self._task
            self._gate = Gate(task.edits, kind, task.settings, task.own)
            self._splicer = Splicer(task.cuts, kind.rate)
        for part in self._splicer.push(block):
            yield from self._hidden(part, kind)

    def _hidden(self, block: Block, kind: PcmFormat) -> Iterator[Any]:
        assert self._gate is not None
        for done in self._gate.push(block):
            yield from self._encoded(done, kind)

    def _encoded(self, block: Block, kind: PcmFormat) -> Iterator[Any]:
        # Named as the encoder's: the order of the channels is the same.
        is_as_said = kind.channels == self._info.streams[self._stream.index].channels
        frame = frame_of(block.data, replace(kind, layout=self._layout if is_as_said else kind.layout))
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
