"""Where each packet of a film belongs, whatever its time stamp says.

Recordings are joined, clocks start again, single packets carry a wild time. A player follows such a file;
whoever trusts the stamps loses what comes behind a jump. Here every stream is cut into runs of steady
stamps, and each run gets a shift that puts it behind what was before.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from video_censor_personal.findings.coverage import Span
from video_censor_personal.media.runs import Piece, Run, SteadyRuns
from video_censor_personal.media.timeline import UNKNOWN, Stamps, StreamLine, Timeline

_NEAR = 3.0
"""Seconds; streams of one file are interleaved this closely, so that one tells the time of another."""
_FAR = 50
"""Runs before and behind that are compared with one."""
_RETURN = 0.25
"""Seconds by which a run may begin later than expected and still be where it belongs."""
_RESTART = 10.0
"""Seconds; in formats whose clock may start again, all streams ahead by more have a new clock, not a gap."""


def plan_timeline(streams: Sequence[Stamps], *, restarts: bool) -> Timeline:
    """Return where the packets belong.

    Args:
        streams: all of the file.
        restarts: whether the format's clock may start again, as in a transport stream; elsewhere a jump
            ahead of all streams is a gap.
    """
    dense = [SteadyRuns(each) for each in streams if each.is_dense and len(each.order)]
    _place(dense, restarts)
    disorder = next((why for each in dense if (why := each.disorder())), "")
    lines = {each.stamps.index: each.line() for each in dense}
    for each in streams:
        if each.index not in lines:
            lines[each.index] = _sparse(each, dense)
    return Timeline(lines, disorder)


def _place(streams: Sequence[SteadyRuns], restarts: bool) -> None:
    """Give every run its piece, in the order of the file."""
    borders = sorted(
        (stream.order_of(run), at, number)
        for at, stream in enumerate(streams)
        for number, run in enumerate(stream.runs)
        if number or len(streams) > 1
    )
    pieces: list[Piece] = []
    for order, at, number in borders:
        stream = streams[at]
        others = [each for each in streams if each is not stream]
        run = stream.runs[number]
        if number == 0:
            current = _nearest(pieces, stream.start_of(run), order, others)
            run.piece = current or run.piece
            continue
        before = stream.runs[number - 1]
        run.piece = before.piece
        expected, start = stream.end(before), stream.start_of(run)
        joined = _opened_near(pieces, before, start, order)
        if joined is not None:
            run.piece = joined
            # Nobody's pictures or sound may overlap: all of the piece make room.
            joined.shift += max(0.0, expected - start - joined.shift)
        elif (
            earlier := _piece_resumed(stream.runs[max(0, number - _FAR) : number], start, expected)
        ) is not None:
            run.piece = earlier
        elif (
            start + before.piece.shift < expected
            or _comes_back(stream, number, expected)
            or _is_misplaced(stream, run, expected, others, restarts=restarts)
        ):
            run.piece = Piece(expected - start, start, order)
            pieces.append(run.piece)


def _piece_resumed(runs: Sequence[Run], start: float, expected: float) -> Piece | None:
    """Return the piece by whose clock a run begins just where it is expected."""
    fitting = (run.piece for run in reversed(runs) if 0 <= start + run.piece.shift - expected <= _RETURN)
    return next(fitting, None)


def _comes_back(stream: SteadyRuns, number: int, expected: float) -> bool:
    """Whether the stream continues later as if run `number` and some behind it had been where expected."""
    for at in range(number, min(number + _FAR, len(stream.runs) - 1)):
        expected += stream.length_of(stream.runs[at])
        following = stream.start_of(stream.runs[at + 1]) + stream.runs[number - 1].piece.shift
        if abs(following - expected) <= _RETURN:
            return True
    return False


def _nearest(pieces: Sequence[Piece], raw: float, order: int, others: Sequence[SteadyRuns]) -> Piece | None:
    """Return the piece by whose clock a packet comes at the moment of those around it; None for no shift."""
    clocks = [clock for each in others if (clock := each.at(order)) is not None]
    if not pieces or not clocks:
        return None
    best = min(pieces, key=lambda piece: abs(raw + piece.shift - max(clocks)))
    return best if abs(raw + best.shift - max(clocks)) < abs(raw - max(clocks)) else None


def _opened_near(pieces: Sequence[Piece], before: Run, start: float, order: int) -> Piece | None:
    """Return the piece that another stream began about here, at about this time of its clock."""
    for piece in reversed(pieces):
        if piece is before.piece or piece.order < before.piece.order:
            return None
        if piece.order <= order and abs(piece.raw - start) <= _NEAR:
            return piece
    return None


def _is_misplaced(
    stream: SteadyRuns, run: Run, expected: float, others: Sequence[SteadyRuns], *, restarts: bool
) -> bool:
    """Whether a run that is stamped later than expected belongs where it was expected."""
    order, start = stream.order_of(run), stream.start_of(run)
    shifted = start + run.piece.shift
    is_far = restarts and shifted - expected > _RESTART
    clocks = [clock for each in others if (clock := each.at(order)) is not None]
    if any(abs(clock - shifted) <= _NEAR for clock in clocks):
        return False
    if not clocks or any(_goes_there(each, start, order) for each in others):
        return is_far
    # The others continued as this one was expected to, and were in step with it before.
    return any(abs(clock - expected) <= _NEAR for clock in clocks)


def _goes_there(stream: SteadyRuns, start: float, order: int) -> bool:
    """Whether another stream jumps to about the same time soon."""
    return any(
        stream.order_of(run) > order and abs(stream.start_of(run) - start) <= _NEAR for run in stream.runs[1:]
    )


def _sparse(stamps: Stamps, dense: Sequence[SteadyRuns]) -> StreamLine:
    """Place a stream that speaks now and then: each packet by the clock of what is around it."""
    count = len(stamps.order)
    pieces = list(dict.fromkeys(run.piece for stream in dense for run in stream.runs if run.piece.shift))
    if not count:
        return StreamLine(stamps.index)
    stated = np.where(stamps.pts != UNKNOWN, stamps.pts, stamps.dts)
    shifts: list[tuple[int, int]] = []
    end = begin = None
    for number in range(count):
        if stated[number] == UNKNOWN:
            continue
        raw, tick = int(stated[number]) * float(stamps.base), 0
        if pieces:
            piece = _nearest(pieces, raw, int(stamps.order[number]) + 1, dense)
            tick = round(Fraction(piece.shift) / stamps.base) if piece else 0
            if tick != (shifts[-1][1] if shifts else 0):
                shifts.append((number, tick))
        moment = (int(stated[number]) + tick) * float(stamps.base)
        begin = moment if begin is None else min(begin, moment)
        end = max(end or moment, moment + max(int(stamps.duration[number]), 0) * float(stamps.base))
    span = Span(begin, end) if begin is not None and end is not None else None
    return StreamLine(stamps.index, count, span, shifts=tuple(shifts))
