"""One stretch of a picture encoded anew, or taken from the copy that was made before."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import av

from video_censor_personal.edits.values import RENDERER
from video_censor_personal.media.reader import Decoder
from video_censor_personal.picture.editor import FrameEditor
from video_censor_personal.picture.timed_encoder import TimedEncoder
from video_censor_personal.smart_render.fitting import END_OF_SEQUENCE, Fitting, open_encoder
from video_censor_personal.smart_render.pieces import PieceDamaged
from video_censor_personal.smart_render.stretches import Stretch, StretchPlan
from video_censor_personal.smart_render.task import PictureTask


class Miscounted(Exception):
    """A stretch has other pictures than its packets promised: it cannot be put between others."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A packet to be: what it holds, and when it is shown, in ticks; `dts` where the encoder decides that."""

    parts: tuple[bytes, ...]
    pts: int
    dts: int | None
    is_key: bool
    duration: int = 0


@dataclass(frozen=True, slots=True)
class Joint:
    """What all stretches of a picture have in common.

    `has_header` says that parameter sets are in the container's header only.
    """

    task: PictureTask
    plan: StretchPlan
    fitting: Fitting
    counts_milliseconds: bool
    has_header: bool

    def key(self, stretch: Stretch) -> str:
        """Return the digest of all that the packets of an encoded stretch depend on."""
        task, plan = self.task, self.plan
        begin, end = (None if each is None else float(each) for each in plan.span(stretch))
        edits = [
            replace(
                edit, start=max(edit.start, begin or 0.0), end=edit.end if end is None else min(edit.end, end)
            )
            for edit in plan.touching(stretch, task.edits)
        ]
        place = plan.moved(plan.shown[stretch.begin])  # the packets' times are those of the copy before
        parts = (
            (RENDERER, sorted(av.library_versions.items()), task.fingerprint, task.info.index),
            (stretch, bytes(plan.stays[stretch.begin : stretch.end]), edits),
            (
                self.fitting.encoding,
                self.fitting.ids,
                self.has_header,
                self.counts_milliseconds,
                task.look,
                place,
            ),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def moments(self, stretch: Stretch) -> list[int]:
        """Return when the pictures of a stretch are shown in the copy."""
        numbers = range(stretch.begin, stretch.end)
        return [self.plan.moved(self.plan.shown[at]) for at in numbers if self.plan.stays[at]]


class StretchEncoder:
    """Encodes a stretch; `count` is how many pictures it has encoded."""

    def __init__(self, joint: Joint, stretch: Stretch, stream: Any, origin: Fraction) -> None:
        task, plan = joint.task, joint.plan
        self.count = 0
        self._joint = joint
        self._stretch = stretch
        self._stream = stream
        self._shift = round(origin / stream.time_base)
        self._decoder = Decoder()
        self._editor = FrameEditor(
            task.look,
            joint.fitting.encoding.format,
            plan.touching(stretch, task.edits),
            task.cuts,
            counts_milliseconds=joint.counts_milliseconds,
        )
        self._encoder: TimedEncoder | None = None
        self._last: int | None = None
        self._durations: dict[int, int] = {}
        self._held: Encoded | None = None

    def push(self, packet: Any) -> Iterator[Encoded]:
        """Yield what a packet completes."""
        for frame in self._decoder.frames(packet):
            yield from self._encoded(frame)

    def finish(self) -> Iterator[Encoded]:
        """Yield what is left.

        Raises:
            Miscounted: there were fewer pictures than packets.
        """
        context = self._stream.codec_context
        for frame in _drained(context):
            yield from self._encoded(frame)
        if self._encoder is not None:
            yield from self._delayed(self._encoder.encode(None))
        if self._joint.fitting.is_joined and self.count != self._joint.plan.count(self._stretch):
            raise Miscounted
        if (last := self._held) is not None:
            if self._stretch.needs_end and self._joint.fitting.is_joined:
                last = replace(last, parts=(*last.parts, END_OF_SEQUENCE))
            yield last

    def _encoded(self, frame: Any) -> Iterator[Encoded]:
        shown, stretch = self._joint.plan.shown, self._stretch
        if frame.pts is None:
            return
        frame.pts -= self._shift
        number = bisect_left(shown, frame.pts)
        is_known = number < len(shown) and shown[number] == frame.pts
        if not is_known and self._joint.fitting.is_joined:
            raise Miscounted
        if frame.pts < shown[stretch.begin] or number >= stretch.end:
            return
        if self._last is not None and frame.pts <= self._last:
            return
        self._last = frame.pts
        following = bisect_right(shown, frame.pts)
        made = self._editor.edited(frame, shown[following] if following < len(shown) else None)
        if made is not None:
            if self._encoder is None:
                fitting, look = self._joint.fitting, self._joint.task.look
                context = open_encoder(fitting.encoding, look, has_header=self._joint.has_header)
                self._encoder = TimedEncoder(context)
            self.count += 1
            self._durations[made.pts] = made.duration or 0
            yield from self._delayed(self._encoder.encode(made))

    def _delayed(self, packets: Sequence[Any]) -> Iterator[Encoded]:
        """Yield packets, always but the last: that may have to end a sequence."""
        for packet in packets:
            if self._held is not None:
                yield self._held
            parts = self._joint.fitting.fitted(bytes(packet))
            dts = None if self._joint.fitting.is_joined else packet.dts
            # Not every encoder hands durations on.
            duration = self._durations.pop(packet.pts, 0)
            self._held = Encoded(parts, packet.pts, dts, packet.is_keyframe, duration)


class StretchReader:
    """Takes a stretch from the copy that was made before; `count` is how many pictures it encoded: none."""

    def __init__(
        self, joint: Joint, stretch: Stretch, packets: Iterator[tuple[tuple[bytes, ...], Any]]
    ) -> None:
        self.count = 0
        self._joint = joint
        self._packets = packets
        self._moments = joint.moments(stretch)
        self._taken = 0

    def push(self, _packet: Any) -> Iterator[Encoded]:
        """Yield one packet."""
        for parts, packet in self._packets:
            yield self._placed(parts, packet)
            return

    def finish(self) -> Iterator[Encoded]:
        """Yield what is left. Raises PieceDamaged: it was not as it had been."""
        for parts, packet in self._packets:
            yield self._placed(parts, packet)

    def _placed(self, parts: tuple[bytes, ...], packet: Any) -> Encoded:
        self._taken += 1
        duration = round((packet.duration or 0) * packet.time_base / self._joint.plan.time_base)
        if self._joint.fitting.is_joined:
            # Decoded in the order in which they are shown.
            if self._taken > len(self._moments):
                raise PieceDamaged("it has more pictures than it had")
            return Encoded(parts, self._moments[self._taken - 1], None, packet.is_keyframe, duration)
        if packet.pts is None or packet.dts is None:
            raise PieceDamaged("it does not say when its pictures are shown")
        scale = packet.time_base / self._joint.plan.time_base
        dts = int(packet.dts * scale)
        return Encoded(parts, self._nearest(packet.pts * scale), dts, packet.is_keyframe, duration)

    def _nearest(self, ticks: Fraction) -> int:
        """Return the moment of a picture that a container has rounded."""
        at = bisect_left(self._moments, ticks)
        near = self._moments[max(at - 1, 0) : at + 1]
        if not near:
            raise PieceDamaged("it has no pictures")
        return min(near, key=lambda each: abs(each - ticks))


def _drained(context: Any) -> list[Any]:
    """Return the frames that are still in a decoder, which is then as it was before the first packet."""
    try:
        return list(context.decode(None))
    except av.FFmpegError:
        return []
    finally:
        context.flush_buffers()
