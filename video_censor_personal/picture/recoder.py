"""Re-encodes the picture with its edits, from its beginning to its end; each frame keeps its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from video_censor_personal.config.values import VideoRemediation
from video_censor_personal.containers.container import add_encoder, counts_milliseconds
from video_censor_personal.containers.copy import lasting_tags
from video_censor_personal.containers.track import Track
from video_censor_personal.edits.cuts import Cuts
from video_censor_personal.edits.values import PictureEdit
from video_censor_personal.media.reader import Decoder
from video_censor_personal.picture.editor import FrameEditor
from video_censor_personal.picture.encoding import (
    KEPT_TAG,
    Look,
    PictureEncoding,
    choose_picture_encoding,
    configure,
)
from video_censor_personal.picture.timed_encoder import TimedEncoder

if TYPE_CHECKING:
    from av.container import OutputContainer


class PictureRecoder:
    """Turns packets of one input stream to packets of the output stream, with the edits applied.

    It needs not know when the pictures appear before they do (see `joiner.PictureJoiner`).
    """

    def __init__(
        self, track: Track, look: Look, edits: Sequence[PictureEdit], video: VideoRemediation, cuts: Cuts
    ) -> None:
        self._path = track.film.info.path
        self._decoder = Decoder()
        self._stream = track.film.stream(track.index)
        self._look = look
        self._video = video
        self._shift = round(track.origin / self._stream.time_base)
        self._edits = edits
        self._cuts = cuts
        self._editor: FrameEditor | None = None
        self._held: Any = None
        self._encoder: TimedEncoder | None = None

    def open(self, output: OutputContainer) -> tuple[str, ...]:
        """Add the stream to `output`; return warnings where it can't be just what it was."""
        encoding = choose_picture_encoding(self._stream, self._look, output, self._video)
        self._encoder = TimedEncoder(add_picture_encoder(output, self._stream, self._look, encoding))
        self._editor = FrameEditor(
            self._look,
            encoding.format,
            self._edits,
            self._cuts,
            counts_milliseconds=counts_milliseconds(output),
        )
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
            assert self._encoder is not None
            yield from self._encoded(self._held, None)
            yield from self._encoder.encode(None)

    def _place(self, frame: Any) -> bool:
        """Put the frame on the film's time line; False for one that is never seen."""
        if frame.pts is None:
            last = self._held
            frame.pts = last.pts + max(last.duration or 0, 1) if last else 0
        else:
            frame.pts -= self._shift
        return self._held is None or frame.pts > self._held.pts

    def _encoded(self, frame: Any, until: int | None) -> Iterator[Any]:
        assert self._editor is not None
        assert self._encoder is not None
        made = self._editor.edited(frame, until)
        if made is not None:
            yield from self._encoder.encode(made)


def add_picture_encoder(output: OutputContainer, stream: Any, look: Look, encoding: PictureEncoding) -> Any:
    """Add a picture to `output`, to be encoded, that says of itself what `stream` does."""
    added = add_encoder(output, encoding.encoder)
    configure(added.codec_context, encoding, look)
    added.time_base = look.time_base
    if look.is_hvc1 and encoding.encoder == "libx265" and not counts_milliseconds(output):
        added.codec_context.codec_tag = KEPT_TAG
    if look.rotation:
        added.set_display_matrix(look.rotation)
    added.metadata.update(lasting_tags(stream))
    added.disposition = stream.disposition
    return added
