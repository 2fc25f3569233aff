"""Writes a track of text with words hidden in it, or the lines alone in which there are any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from video_censor_personal.captions.packets import PacketEditor, with_payload
from video_censor_personal.captions.recoder import TextRecoder
from video_censor_personal.containers.copy import PacketCopier
from video_censor_personal.media.reader import is_flush

if TYPE_CHECKING:
    from av.container import OutputContainer


class CaptionWriter:
    """Hides words in the packets of a track before they are copied or recoded."""

    def __init__(self, writer: PacketCopier | TextRecoder, editor: PacketEditor) -> None:
        self._writer = writer
        self._editor = editor

    def open(self, output: OutputContainer) -> tuple[str, ...]:
        """Add the track to `output`. Raises as the writer of its packets does."""
        return self._writer.open(output)

    def push(self, packet: Any) -> Iterator[Any]:
        """Yield the packet with words hidden; nothing where its cue is dropped."""
        if is_flush(packet):
            return
        edited = self._editor.edited(packet)
        if edited is not None and self._is_written(packet, edited):
            # The packet itself may be wanted by another writer, as it is.
            own = with_payload(packet, bytes(packet)) if edited is packet else edited
            yield from self._writer.push(own)

    def flush(self) -> Iterator[Any]:
        """Yield what is left at the end."""
        return self._writer.flush()

    def _is_written(self, _packet: Any, _edited: Any) -> bool:
        return True


class ChangedLines(CaptionWriter):
    """Writes only the packets in which a word was hidden."""

    def _is_written(self, packet: Any, edited: Any) -> bool:
        return edited is not packet
