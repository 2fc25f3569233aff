"""An encoder whose packets say when they are decoded, however few pictures it is given."""

from __future__ import annotations

from typing import Any


class TimedEncoder:
    """Encodes pictures with an open encoder.

    x265 reckons when a packet is decoded from the pictures that it holds back for reordering. Of a film that
    has fewer, it gives any number, and MP4 refuses it.
    """

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        self._has_given = False

    def encode(self, frame: Any) -> list[Any]:
        """Return the packets that a picture completes; None for a picture: all that are left."""
        packets: list[Any] = self._encoder.encode(frame)
        if frame is None and not self._has_given:
            _set_decoding_times(packets)
        self._has_given = self._has_given or bool(packets)
        return packets


def _set_decoding_times(packets: list[Any]) -> None:
    """Let all packets of a film be decoded in order, each no later than it is shown."""
    shown = sorted(packet.pts for packet in packets)
    late = max((at - packet.pts for at, packet in zip(shown, packets, strict=True)), default=0)
    for at, packet in zip(shown, packets, strict=True):
        packet.dts = at - late
