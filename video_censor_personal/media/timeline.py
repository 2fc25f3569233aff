"""Where the packets of a film belong in time: values only, to be kept and handed on."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from video_censor_personal.findings.coverage import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UNKNOWN = -(2**63)
"""A time stamp that the file does not have."""


@dataclass(frozen=True, slots=True, eq=False)
class Stamps:
    """The packets of one stream as stored: ticks of `base` seconds, `UNKNOWN` where the file has none.

    `order` is each packet's number among all packets of the file. `is_dense` says that the stream has
    packets all the time, as sound and pictures do and subtitles don't. `tells_decoding` says that `dts` is
    the file's own, not guessed from `pts`.
    """

    index: int
    kind: str
    base: Fraction
    is_dense: bool
    tells_decoding: bool
    dts: NDArray[np.int64]
    pts: NDArray[np.int64]
    duration: NDArray[np.int64]
    order: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StreamLine:
    """One stream on the time line.

    Args:
        index: of the stream.
        packets: how many the file has.
        span: from its first moment to its last; None without packets, or without any time.
        shifts: (number of a packet, ticks): from that packet on, so much is added to its stamps.
        moved: stamps (decoding, presentation; ticks) of single packets, by number.
    """

    index: int
    packets: int = 0
    span: Span | None = None
    shifts: tuple[tuple[int, int], ...] = ()
    moved: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether the file's own stamps are right."""
        return not self.shifts and not self.moved

    def shift(self, number: int) -> int:
        """Return the ticks to add to the stamps of a packet."""
        at = bisect_right(self.shifts, number, key=lambda each: each[0])
        return self.shifts[at - 1][1] if at else 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """A whole film's streams by index; `disorder` says why it cannot be placed, empty when it can.

    Without streams it is the file's own stamps that count.
    """

    streams: dict[int, StreamLine] = field(default_factory=dict)
    disorder: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether the file's own stamps are right, so that one may seek by them."""
        return all(each.is_plain for each in self.streams.values())

    @property
    def end(self) -> float | None:
        """The last moment of sound or picture, in seconds of the container's clock, corrected."""
        return max((each.span.end for each in self.streams.values() if each.span), default=None)
