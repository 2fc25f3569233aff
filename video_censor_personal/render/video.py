"""Re-encodes the picture with its edits, each frame at the time it had."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from video_censor_personal.media.reader import Decoder, FilmReader
from video_censor_personal.render.container import add_encoder, kind_of
from video_censor_personal.render.copy import told_tags
from video_censor_personal.render.cover import cover
from video_censor_personal.render.encoding import Look, choose_picture_encoding, configure
from video_censor_personal.render.plan import VideoEdit

if TYPE_CHECKING:
    from av.container import OutputContainer

_FINEST = 1_000_000
_FULL_RANGE = 2


class PictureRecoder:
    """Turns packets of one input stream to packets of the output stream, with the spans covered.

    A frame is on the screen from its time to the next one's, the last one for good; it is covered when a
    span has any moment of that. `times` are the frames' times, in seconds, as they were sent.
    """

    def __init__(self, film: FilmReader, index: int, edits: Sequence[VideoEdit]) -> None:
        self.times = array("d")
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
        self._counts_milliseconds = kind_of(output) in ("matroska", "webm")
        self._output = add_encoder(output, encoding.encoder)
        configure(self._output.codec_context, encoding, look)
        self._output.time_base = look.time_base
        if look.is_hvc1 and encoding.encoder == "libx265" and not self._counts_milliseconds:
            self._output.codec_context.codec_tag = "hvc1"
        if look.rotation:
            self._output.set_display_matrix(look.rotation)
        self._output.metadata.update(told_tags(self._stream))
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
        from av.video.frame import PictureType

        color = self._color(frame.pts, until)
        pts, duration, base = frame.pts, frame.duration, self._stream.time_base
        self.times.append(float(pts * base))
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
        is_full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
        kept = {"src_color_range": 2, "dst_color_range": 2} if is_full else {}
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
