"""Writes a track of subtitles as another kind of text, each cue at the time it had."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from video_censor_personal.containers.container import add_encoder
from video_censor_personal.containers.copy import lasting_tags
from video_censor_personal.containers.retiming import Retimer
from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.media.subtitles import cues

if TYPE_CHECKING:
    from av.container import OutputContainer

    from video_censor_personal.media.reader import FilmReader

CODECS = {
    "matroska": ("srt", "ass"),
    "webm": ("webvtt",),
    "mp4": ("mov_text",),
    "mov": ("mov_text",),
    "ogg": (),
}
"""The encoders of text for each kind of container, best first."""
_STYLED = frozenset({"ass", "ssa"})
_HEADER = (
    b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n"
    b"Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, "
    b"Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, "
    b"MarginL, MarginR, MarginV, Encoding\n"
    b"Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1\n\n"
    b"[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)
"""What the encoders ask for, where the film has no styles of its own."""


def is_styled(codec: str) -> bool:
    """Whether subtitles of a codec have fonts, colours and places of their own."""
    return codec in _STYLED


class TextRecoder:
    """Turns packets of one track of text to packets of the output's, each when `cuts` have it."""

    def __init__(self, film: FilmReader, index: int, encoder: str, cuts: Cuts) -> None:
        self._stream = film.stream(index)
        self._origin = film.info.origin
        self._encoder = encoder
        self._retimer = Retimer(self._stream, self._origin, cuts)
        self._output: Any = None

    def open(self, output: OutputContainer) -> tuple[str, ...]:
        """Add the track to `output`; there is nothing to warn of."""
        source = self._stream.codec_context
        source.open(strict=False)
        self._output = add_encoder(output, self._encoder, time_base=Fraction(1, 1000))
        self._output.codec_context.subtitle_header = source.subtitle_header or _HEADER
        self._output.metadata.update(lasting_tags(self._stream))
        self._output.disposition = self._stream.disposition
        return ()

    def push(self, packet: Any) -> Iterator[Any]:
        """Yield the packet that says what `packet` says, unless that is cut out."""
        if next(cues([packet], self._origin), None) is None:
            return
        for kept in self._retimer.push(packet):
            yield self._recoded(kept)

    def _recoded(self, packet: Any) -> Any:
        made = self._output.codec_context.encode_subtitle(self._stream.codec_context.decode2(packet))
        made.stream = self._output
        made.time_base = packet.time_base
        made.pts = made.dts = packet.pts - round(self._origin / packet.time_base)
        made.duration = packet.duration or 0
        made.is_keyframe = True
        return made

    def flush(self) -> Iterator[Any]:
        """Yield nothing: no cue waits for another."""
        return iter(())
