"""Makes a picture of the copy of stretches: packets of the film, and others that are encoded anew between."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import av
from av.codec.context import Flags

from video_censor_personal.containers.container import counts_milliseconds, kind_of
from video_censor_personal.containers.copy import add_copy, lasting_tags
from video_censor_personal.media.errors import FilmChanged
from video_censor_personal.media.reader import FilmReader, is_flush
from video_censor_personal.picture.encoding import choose_picture_encoding
from video_censor_personal.picture.recoder import add_picture_encoder
from video_censor_personal.smart_render.fitting import Fitting, Unfit, fit
from video_censor_personal.smart_render.pieces import Piece, PieceReader, add_parts
from video_censor_personal.smart_render.stretch_encoder import (
    Encoded,
    Joint,
    StretchEncoder,
    StretchReader,
)
from video_censor_personal.smart_render.stretches import Stretch, StretchPlan, plan_stretches
from video_censor_personal.smart_render.task import PictureTask

if TYPE_CHECKING:
    from av.container import OutputContainer


@dataclass(slots=True)
class Joined:
    """What became of a picture: its stretches, and those of them that were encoded, now or before.

    `encoded` counts the pictures that were encoded now.
    """

    plan: StretchPlan
    pieces: list[Piece] = field(default_factory=list)
    encoded: int = 0


class PictureJoiner:
    """Turns packets of one input stream to packets of the output's, stretch by stretch.

    A packet that is copied is yielded at once, unless a stretch before it is not whole yet: then it waits.
    So do those that are decoded for two stretches.
    """

    def __init__(self, film: FilmReader, task: PictureTask) -> None:
        self._film = film
        self._task = task
        self._stream = film.stream(task.info.index)
        self._reader = PieceReader(task.pieces, task.track)
        self._output: Any = None
        self._joint: Joint
        self._plan: StretchPlan
        self.joined: Joined
        self._at = 0
        self._work: StretchEncoder | StretchReader | None = None
        self._packets = 0
        self._waiting: list[tuple[int, Any]] = []
        self._yielded = 0
        self._pieced = 0
        self._key = ""
        self._digest: Any = None
        self._last_dts: int | None = None

    def open(self, output: OutputContainer) -> tuple[str, ...]:
        """Add the stream to `output`; return warnings where it can't be just what it was."""
        task = self._task
        encoding = choose_picture_encoding(self._stream, task.look, output, task.video)
        warnings = encoding.warnings
        try:
            fitting = fit(self._stream, task, encoding, kind_of(output))
            self._plan = plan_stretches(task.index, task.edits, task.cuts)
        except Unfit as error:
            if task.info.codec == av.Codec(encoding.encoder, "w").canonical_name:  # else it is told already
                warnings = (*warnings, f"{task.info}: all of it is encoded anew, because {error}")
            fitting = Fitting.alone(encoding)
        if fitting.is_joined and self._plan.copies:
            self._output = _add_joined(output, self._stream, task, fitting)
        else:
            fitting = Fitting.alone(encoding)
            self._plan = plan_stretches(task.index, task.edits, task.cuts, copies=False)
            self._output = add_picture_encoder(output, self._stream, task.look, encoding)
        has_header = not fitting.is_joined and bool(self._output.codec_context.flags & Flags.global_header)
        self._joint = Joint(task, self._plan, fitting, counts_milliseconds(output), has_header)
        self.joined = Joined(self._plan)
        return warnings

    def push(self, packet: Any) -> Iterator[Any]:
        """Yield the packets that `packet` completes.

        Raises:
            Miscounted: it cannot be done this way.
            PieceDamaged: the copy before this one is not as it was.
            FilmChanged: the film has more packets than before.
        """
        if is_flush(packet):
            return
        if self._packets >= len(self._task.index.pts):
            raise FilmChanged(self._film.info.path)
        due = deque([(self._packets, packet)])
        self._packets += 1
        while due:
            number, each = due.popleft()
            yield from self._taken(number, each)
            if (head := self._stretch(0)) is not None and _is_whole(head, number):
                if head.is_encoded:
                    self._work = None
                    due.extendleft(reversed(self._waiting))
                    self._waiting = []
                self._at += 1

    def flush(self) -> Iterator[Any]:
        """Yield nothing: all is complete.

        Raises:
            FilmChanged: the film has fewer packets than before.
        """
        self._reader.close()
        if self._at < len(self._plan.stretches):
            raise FilmChanged(self._film.info.path)
        return iter(())

    def _stretch(self, ahead: int) -> Stretch | None:
        at = self._at + ahead
        return self._plan.stretches[at] if at < len(self._plan.stretches) else None

    def _taken(self, number: int, packet: Any) -> Iterator[Any]:
        """Use a packet for the stretch that is due, and for the one after it if that is to be encoded."""
        head = self._stretch(0)
        if head is None:
            return
        ahead = 0 if head.is_encoded else 1
        encoded, after = self._stretch(ahead), self._stretch(ahead + 1)
        if encoded is not None:
            if self._work is None:
                self._work = self._begun(encoded)
            if encoded.first <= number <= encoded.last and (
                not ahead or isinstance(self._work, StretchEncoder)
            ):
                yield from self._made(self._work.push(packet))
            if number == encoded.last:
                yield from self._made(self._work.finish())
                self._finish()
            if after is not None and number >= after.first:
                self._waiting.append((number, packet))
        if not head.is_encoded and head.has(number):
            yield self._copied(number, packet)

    def _begun(self, stretch: Stretch) -> StretchEncoder | StretchReader:
        """Begin an encoded stretch, whose packets are to be counted."""
        self._digest, self._pieced = hashlib.sha256(), 0
        self._key = self._joint.key(stretch)
        if not self._plan.count(stretch):
            return StretchReader(self._joint, stretch, iter(()))
        piece = self._reader.find(self._key) if self._task.fingerprint else None
        if piece is not None:
            return StretchReader(self._joint, stretch, self._reader.read(piece))
        return StretchEncoder(self._joint, stretch, self._stream, self._film.info.origin)

    def _finish(self) -> None:
        """Note what became of an encoded stretch."""
        assert self._work is not None
        self.joined.encoded += self._work.count
        first = self._yielded - self._pieced
        self.joined.pieces.append(
            Piece(self._key, self._task.track, first, self._pieced, self._digest.hexdigest())
        )

    def _made(self, packets: Iterable[Encoded]) -> Iterator[Any]:
        for each in packets:
            add_parts(self._digest, each.parts)
            self._pieced += 1
            made: Any = av.Packet(self._joint.fitting.joined(each.parts))
            made.time_base = self._plan.time_base
            made.pts, made.duration, made.is_keyframe = each.pts, each.duration, each.is_key
            yield self._placed(made, each.dts)

    def _copied(self, number: int, packet: Any) -> Any:
        packet.pts = self._plan.moved(self._task.index.pts[number])
        return self._placed(packet, None)

    def _placed(self, packet: Any, dts: int | None) -> Any:
        """Return a packet as the next one of the output."""
        if dts is None:
            packet.dts = self._plan.decoded[self._yielded]
        else:
            # Each stretch has an encoder of its own, which knows nothing of the one before.
            packet.dts = dts if self._last_dts is None else max(dts, self._last_dts + 1)
        self._last_dts = packet.dts
        self._yielded += 1
        packet.stream = self._output
        return packet


def _is_whole(stretch: Stretch, number: int) -> bool:
    """Whether a stretch needs no packet after this one."""
    return number >= (stretch.last if stretch.is_encoded else stretch.end - 1)


def _add_joined(output: OutputContainer, stream: Any, task: PictureTask, fitting: Fitting) -> Any:
    """Add a picture to `output` that takes packets of `stream`, and others that fit."""
    added = add_copy(output, stream, task.info, None)
    if task.look.rate:
        added.codec_context.framerate = task.look.rate
    added.metadata.clear()
    added.metadata.update(lasting_tags(stream))
    if fitting.header is not None:
        added.codec_context.extradata = fitting.header
    return added
