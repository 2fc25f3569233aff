"""Measures which stretches of a stream were decoded, while it is."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from video_censor_personal.findings.coverage import Coverage, Span, joined

_JITTER = 0.0006
"""Seconds by which two time stamps of the same moment may differ: containers round to a millisecond."""
_LONGEST_PACKET = 0.1
"""Seconds; what is this long and not there is a gap, however much a packet holds."""
_RUN_IN = 0.1
"""Seconds at either end of a sound track that a decoder may keep to itself: run-in and padding."""
_LEAST_HOLE = 0.5
"""Seconds without a picture that were lost, in a film of constant frame rate; less is a picture held."""
_CONSTANT = 0.95
"""The share of steady steps from which on a frame rate is constant."""


class Meter:
    """Is shown the packets of one stream as they come, and the frames as they are decoded.

    Sound has a gap where samples are missing, a packet at least. A picture stays until the next one, so a
    gap is where a packet gave none, or where a film that has a picture every so often has none for long.

    `open` comes first, `coverage` last. With a `state` of an earlier run it resumes there, and
    ignores what was measured then.
    """

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        self.is_open = False
        self._index = 0
        self._kind = ""
        self._origin = 0.0
        self._awaits_key = False
        self._waiting: list[tuple[float, float]] = []
        self._kept = _Measured(**state) if state else _Measured()
        self._known_until = self._kept.last if state else float("-inf")

    def open(self, stream: Any, origin: float) -> None:
        """Say which stream it is, and what time of its container, in seconds, is the film's 0."""
        self.is_open = True
        self._index, self._kind, self._origin = stream.index, stream.type, origin
        self._awaits_key = self._is_picture and self._kept.start is None

    @property
    def _is_picture(self) -> bool:
        return self._kind == "video"

    def packet(self, packet: Any) -> None:
        """Take note of a packet that is about to be decoded."""
        stamp = packet.dts if packet.pts is None else packet.pts
        if not packet.size or packet.is_discard or stamp is None:
            return
        start = float(stamp * packet.time_base) - self._origin
        length = float((packet.duration or 0) * packet.time_base)
        kept = self._kept
        if self._awaits_key:
            # What a recording has before its first key frame cannot be shown.
            if not packet.is_keyframe:
                return
            self._awaits_key = False
        elif start <= self._known_until or (
            self._is_picture and kept.start is not None and start < kept.start
        ):
            return
        # What is before 0 is an encoder's run-in, and never played.
        kept.start = max(start, 0.0) if kept.start is None else max(min(kept.start, start), 0.0)
        kept.end = max(kept.end, start + length)
        if self._is_picture:
            heapq.heappush(self._waiting, (start, length))

    def failed(self, packet: Any) -> None:
        """Take note that a packet could not be decoded; a picture with a time is missed without this."""
        is_timed = packet.pts is not None or packet.dts is not None
        if packet.size and not (self._is_picture and is_timed) and not self._was_measured(packet):
            self._kept.undecodable += 1

    def _was_measured(self, unit: Any) -> bool:
        """Whether an earlier run has measured a packet or frame."""
        stamp = getattr(unit, "pts", None)
        if stamp is None or unit.time_base is None:
            return False
        return float(stamp * unit.time_base) - self._origin <= self._known_until

    def frame(self, frame: Any) -> None:
        """Take note of a decoded frame, unless it is corrupt: what it should show was not seen."""
        if frame.is_corrupt:
            if not self._is_picture and not self._was_measured(frame):
                self._kept.undecodable += 1
            return
        kept = self._kept
        is_timed = frame.pts is not None and frame.time_base is not None
        start = float(frame.pts * frame.time_base) - self._origin if is_timed else kept.until
        if start <= self._known_until:
            return
        length = self._length(frame)
        if self._is_picture:
            self._picture(start, length)
        else:
            self._sound(start, length)
        kept.last = max(kept.last, start)
        kept.until = max(kept.until, start + length)
        kept.frame = max(kept.frame, min(length, _LONGEST_PACKET))

    def state(self) -> dict[str, Any]:
        """Return what is needed to resume in another run, as plain values."""
        return asdict(self._kept)

    def coverage(self) -> Coverage:
        """Return what was measured, at the end of the stream."""
        kept = self._kept
        end = max(kept.end, kept.until)
        if self._is_picture:
            self._lost(end, beyond=float("inf"))
        elif end - kept.until > self._run_in and kept.frame:
            kept.gaps.append([kept.until, end])
        start = kept.start if kept.start is not None else end
        is_constant = not self._is_picture or (kept.steps > 0 and kept.steady >= _CONSTANT * kept.steps)
        gaps = [*kept.gaps, *(kept.holes if self._is_picture and is_constant else ())]
        if not kept.frame and end > start:
            gaps = [[start, end]]
        spans = joined(Span(max(a, start), b) for a, b in gaps if b > start)
        unseen = sum(round((span.end - span.start) / kept.frame) for span in spans) if kept.frame else None
        return Coverage(
            stream=self._index,
            kind=self._kind,
            start=start,
            end=end,
            gaps=spans,
            undecodable=kept.undecodable,
            missing=max(0, unseen - kept.undecodable) if unseen is not None and is_constant else None,
            frame=kept.frame,
        )

    @property
    def _run_in(self) -> float:
        return max(_RUN_IN, 2 * self._kept.frame)

    def _length(self, frame: Any) -> float:
        if not self._is_picture:
            return float(frame.samples / frame.sample_rate)
        if frame.duration and frame.time_base:
            return float(frame.duration * frame.time_base)
        return self._kept.frame

    def _sound(self, start: float, length: float) -> None:
        kept = self._kept
        if not kept.frame:
            begin = max(kept.start if kept.start is not None else start, 0.0)
            kept.start = min(begin, max(start, 0.0))
            if start - begin > max(_RUN_IN, 2 * length):
                kept.gaps.append([begin, start])
        elif start - kept.until > 0.9 * max(kept.frame, min(length, _LONGEST_PACKET)):
            kept.gaps.append([kept.until, start])

    def _picture(self, start: float, length: float) -> None:
        kept = self._kept
        if not kept.frame:
            # Before the first picture only what a packet was there for is missing.
            kept.start = start if kept.start is None else min(kept.start, start)
            kept.until = kept.start
            self._lost(start, beyond=start)
            return
        step, hole = start - kept.last, start - kept.until
        kept.steps += 1
        kept.steady += abs(hole) <= max(0.1 * kept.frame, 2 * _JITTER) or step <= 0
        if not self._lost(start, beyond=start) and hole >= _LEAST_HOLE:
            kept.holes.append([kept.until, start])

    def _lost(self, until: float, beyond: float) -> bool:
        """Note the packets before `beyond` of which no picture came, as a gap that lasts until `until`."""
        kept = self._kept
        lost = []
        while self._waiting and self._waiting[0][0] < beyond + _JITTER:
            start, length = heapq.heappop(self._waiting)
            if start < beyond - _JITTER and start + length > kept.until + 2 * _JITTER:
                lost.append(start)
        if lost:
            kept.undecodable += len(lost)
            kept.gaps.append([max(kept.until, min(lost)), until])
        return bool(lost)


@dataclass(slots=True)
class _Measured:
    """What was measured up to a moment; times in seconds.

    `last` is where the last frame began, `until` where it ended. `holes` are gaps only where the frame rate
    is constant, as it is when all `steps` but a few are `steady`.
    """

    start: float | None = None
    end: float = 0.0
    last: float = 0.0
    until: float = 0.0
    frame: float = 0.0
    gaps: list[list[float]] = field(default_factory=list)
    holes: list[list[float]] = field(default_factory=list)
    undecodable: int = 0
    steps: int = 0
    steady: int = 0
