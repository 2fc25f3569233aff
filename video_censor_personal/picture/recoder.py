"""Re-encodes the picture with its edits; each frame keeps its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from av.video.frame import PictureType

from video_censor_personal.containers.container import add_encoder, counts_milliseconds
from video_censor_personal.containers.copy import lasting_tags
from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.edits.values import PictureEdit
from video_censor_personal.media.reader import Decoder, FilmReader
from video_censor_personal.picture.cover import is_full_range
from video_censor_personal.picture.effects import Effects
from video_censor_personal.picture.encoding import KEPT_TAG, Look, choose_picture_encoding, configure

if TYPE_CHECKING:
    from av.container import OutputContainer


class PictureRecoder:
    """Turns packets of one input stream to packets of the output stream, with the spans covered.

    A frame is on the screen from its time to the next one's, the last one for good; it is covered when a
    span has any moment of that, and left out when a cut takes all of it. One of which a cut takes the
    beginning appears where the copy goes on.
    """

    def __init__(
        self, film: FilmReader, index: int, look: Look, edits: Sequence[PictureEdit], cuts: Cuts
    ) -> None:
        self._path = film.info.path
        self._decoder = Decoder()
        self._stream = film.stream(index)
        self._look = look
        self._shift = round(film.info.origin / self._stream.time_base)
        self._effects = Effects(edits)
        self._cuts = cuts
        self._held: Any = None
        self._output: Any = None
        self._counts_milliseconds = False
        self._active: tuple[PictureEdit, ...] = ()

    def open(self, output: OutputContainer) -> tuple[str, ...]:
        """Add the stream to `output`; return warnings where it can't be just what it was."""
        look = self._look
        encoding = choose_picture_encoding(self._stream, look, output)
        self._counts_milliseconds = counts_milliseconds(output)
        self._output = add_encoder(output, encoding.encoder)
        configure(self._output.codec_context, encoding, look)
        self._output.time_base = look.time_base
        if look.is_hvc1 and encoding.encoder == "libx265" and not self._counts_milliseconds:
            self._output.codec_context.codec_tag = KEPT_TAG
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
        begin = self._moments(frame.pts)
        if not self._cuts.keeps(begin[0], None if until is None else until * self._stream.time_base):
            return
        active = self._effects.active(min(begin), None if until is None else max(self._moments(until)))
        duration, base = frame.duration, self._stream.time_base
        made = self._converted(frame)
        self._effects.apply(made, active, begin[0])
        made.pts, made.duration, made.time_base = round(self._cuts.moved(begin[0]) / base), duration, base
        # Nothing of what is hidden serves as a reference for what is not, nor the other way round.
        made.pict_type = PictureType.I if active != self._active else PictureType.NONE
        self._active = active
        yield from self._output.encode(made)

    def _converted(self, frame: Any) -> Any:
        """Bring a frame to the encoder's size and format; most have them."""
        context = self._output.codec_context
        if (frame.width, frame.height, frame.format.name) == (context.width, context.height, context.pix_fmt):
            return frame
        kept = {"src_color_range": 2, "dst_color_range": 2} if is_full_range(frame) else {}
        return frame.reformat(context.width, context.height, context.pix_fmt, **kept)

    def _moments(self, pts: int) -> tuple[Fraction, Fraction]:
        """Return when a frame appears: by its own clock, and by that of the output's container."""
        moment = pts * self._stream.time_base
        return moment, Fraction(round(moment * 1000), 1000) if self._counts_milliseconds else moment
