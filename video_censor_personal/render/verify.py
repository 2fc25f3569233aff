"""Measures a clean copy: is everything there, unchanged, and is what was hidden really gone?"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from video_censor_personal.media.container import origin_of
from video_censor_personal.media.continuous import Block, Continuous
from video_censor_personal.media.decode import decoded_from, is_flush, packets
from video_censor_personal.media.probe import MediaInfo, StreamInfo, look_into, open_media
from video_censor_personal.render.copy import Copied, is_filler, is_written_anew
from video_censor_personal.render.gate import TONE_HERTZ
from video_censor_personal.render.mux import (
    RenderReport,
    covered_pictures,
    muted_tracks,
    picture_edits,
    sound_edits,
)
from video_censor_personal.render.payload import content
from video_censor_personal.render.plan import AudioEdit, Edit
from video_censor_personal.render.verify_video import Track, frame_times, picture_problems

if TYPE_CHECKING:
    from av.container import InputContainer
    from numpy.typing import NDArray

_DURATION_SLACK = 0.1
_START_SLACK = 0.0021
"""Seconds; containers round timestamps to a millisecond, and may have been written twice."""
_RUN_IN = 0.1
"""Seconds by which a sound may begin earlier: an encoder's run-in, which is not heard."""
_COMPARED = 1.0
"""Seconds of sound compared with the input's, where no edit is near."""
_AUDIBLE = -60.0
_LATENESS = 0.003
"""Seconds; where containers count milliseconds, two files may be read this far apart without being so."""
_AS_GOOD = 0.95
_SILENCE = -90.0
"""dBFS. Louder than this, a silenced span is not silent."""
_BORDER = 2400 / 48000
"""Seconds at each border of a span into which a codec's window spreads what is beside it."""
_BORDER_SILENCE = -30.0
_RUN_UP = 0.3
"""Seconds decoded before a span, for the decoder to settle."""


def verify_render(
    source: Path,
    output: Path,
    edits: Sequence[Edit],
    report: RenderReport | None = None,
    bleep_frequency: float = TONE_HERTZ,
) -> list[str]:
    """Return what is wrong with `output` as the clean copy of `source`; nothing wrong: an empty list.

    Checked: durations, streams with their codec, language, flags and start, chapters, tags, the payloads
    of all copied packets, the level inside every hidden span of the sound (a tone is taken out before
    measuring), every picture of a covered span, and the frames' times.

    Args:
        source: the film.
        output: the clean copy.
        edits: what was to be hidden.
        report: of the render; spares reading the whole input once more.
        bleep_frequency: the tone's pitch in hertz.

    Raises:
        MediaError: one of the files cannot be read.
    """
    before, after = _contents(source), _contents(output)
    muted = tuple(report.muted) if report else muted_tracks(before, edits, None)
    covered = tuple(report.covered) if report else covered_pictures(before, edits)
    problems = _compare(before, after, (*muted, *covered))
    if len(before.streams) != len(after.streams):
        return problems
    expected = _Scan(report.copied, report.muted, report.covered) if report else _scan(source)
    found = _scan(output)
    sound, picture = sound_edits(edits), picture_edits(edits)
    for a, b in zip(before.streams, after.streams, strict=True):
        if a.index in muted:
            if abs(expected.ends[a.index] - found.ends[b.index]) > _DURATION_SLACK:
                problems.append(
                    f"{a} ends at {found.ends[b.index]:.3f} s instead of {expected.ends[a.index]:.3f} s"
                )
            problems += _levels(output, b.index, sound, bleep_frequency)
            problems += _shifts((source, a.index), (output, b.index), _undisturbed(before.duration, sound))
        elif a.index in covered:
            film, copy = Track(source, a.index), Track(output, b.index)
            times = expected.times[a.index] if report else frame_times(film)
            problems += picture_problems(film, copy, picture, (times, found.times[b.index]))
        elif expected.contents[a.index] != found.contents[b.index]:
            problems.append(f"{a} {_difference(expected.contents[a.index], found.contents[b.index])}")
        elif a.kind == "audio" and a.start != b.start:
            problems += _shifts((source, a.index), (output, b.index), _undisturbed(before.duration, ()))
    return problems


@dataclass(frozen=True, slots=True)
class _Scan:
    """Of each stream: number of packets and digest of their payloads; when the last ends, and the time of
    each picture, in seconds."""

    contents: dict[int, tuple[int, str]]
    ends: dict[int, float]
    times: dict[int, array[float]] = field(default_factory=dict)


def _scan(path: Path) -> _Scan:
    with open_media(path) as container:
        found = {stream.index: Copied() for stream in container.streams}
        ends = dict.fromkeys(found, 0.0)
        times = {stream.index: array("d") for stream in container.streams.video}
        origin = float(origin_of(container))
        for packet in packets(path, container):
            if is_flush(packet) or is_filler(packet.stream, packet):
                continue
            index = packet.stream.index
            found[index].add(content(packet.stream, packet))
            if packet.pts is not None:
                end = float((packet.pts + (packet.duration or 0)) * packet.time_base) - origin
                ends[index] = max(ends[index], end)
                if index in times:
                    times[index].append(float(packet.pts * packet.time_base) - origin)
    return _Scan({index: item.content for index, item in found.items()}, ends, times)


def _contents(path: Path) -> MediaInfo:
    """Return what is in the file, tracks first: where covers stand differs by container."""
    info = look_into(path)
    with open_media(path) as container:
        real = [s for s in info.streams if not is_written_anew(container.streams[s.index])]
    return replace(
        info, streams=tuple(sorted(real, key=lambda s: (s.is_attached_picture, s.kind == "attachment")))
    )


def _compare(before: MediaInfo, after: MediaInfo, anew: tuple[int, ...]) -> list[str]:
    problems = []
    if abs(before.duration - after.duration) > _DURATION_SLACK:
        problems.append(f"it lasts {after.duration:.3f} s instead of {before.duration:.3f} s")
    if len(before.streams) != len(after.streams):
        problems.append(f"it has {len(after.streams)} streams instead of {len(before.streams)}")
    if len(before.chapters) != len(after.chapters):
        problems.append(f"it has {len(after.chapters)} chapters instead of {len(before.chapters)}")
    for a, b in zip(before.streams, after.streams, strict=False):
        problems += _differences(a, b, a.index in anew)
    return problems


def _differences(a: StreamInfo, b: StreamInfo, is_anew: bool) -> Iterator[str]:
    fields = [
        "kind",
        "language",
        "title",
        "channels",
        "is_attached_picture",
        "width",
        "height",
        "pixel_shape",
    ]
    fields += [] if is_anew else ["codec", "rate", "layout"]
    for field_name in fields:
        was, now = getattr(a, field_name), getattr(b, field_name)
        if was != now and {was, now} != {None, "und"}:
            yield f"{a}: {field_name} was {was} and is {now}"
    if a.start is None or b.start is None:
        return
    may_run_in = a.kind == "audio" and (is_anew or b.start < 0)
    earliest = a.start - (_RUN_IN if may_run_in else _START_SLACK)
    if not earliest <= b.start <= a.start + _START_SLACK:
        yield f"{a} begins at {b.start:.3f} s instead of {a.start:.3f} s"


def _difference(was: tuple[int, str], now: tuple[int, str]) -> str:
    if was[0] != now[0]:
        return f"has {now[0]} packets instead of {was[0]}"
    return f"was to be copied, and the content of its {was[0]} packets differs"


def _levels(output: Path, index: int, edits: Sequence[AudioEdit], hertz: float) -> Iterator[str]:
    with open_media(output) as container:
        for edit in edits:
            sound, rate = _span(output, container, index, (edit.start, edit.end))
            if edit.mode == "bleep":
                sound = _without_tone(sound, rate, hertz)
            border = min(round(_BORDER * rate), sound.shape[1] // 2)
            inner = sound[:, border : sound.shape[1] - border]
            limit = _SILENCE if edit.mode == "silence" else _BORDER_SILENCE
            for part, most in ((inner, limit), (sound, _BORDER_SILENCE)):
                level = _decibels(part)
                if level > most:
                    where = f"from {edit.start:.3f} to {edit.end:.3f} s"
                    yield f"stream {index} has {level:.0f} dBFS {where}: more than {most:.0f}"
                    break


def _undisturbed(duration: float, edits: Sequence[AudioEdit]) -> list[tuple[float, float]]:
    """Return up to three spans, spread over the film, that no edit comes near."""
    borders = [0.0, *(border for edit in edits for border in (edit.start, edit.end)), duration]
    free = [(end + _BORDER, start - _BORDER) for end, start in zip(borders[::2], borders[1::2], strict=True)]
    long = [(begin, min(end, begin + _COMPARED)) for begin, end in free if end - begin >= _COMPARED / 4]
    return [long[number * (len(long) - 1) // 2] for number in range(3)] if len(long) > 3 else long


def _shifts(
    before: tuple[Path, int], after: tuple[Path, int], spans: Sequence[tuple[float, float]]
) -> Iterator[str]:
    """Compare the sound at a few places: it must not have moved against the time line."""
    with open_media(before[0]) as one, open_media(after[0]) as other:
        for span in spans:
            was, rate = _span(before[0], one, before[1], span)
            now, new_rate = _span(after[0], other, after[1], span)
            if rate == new_rate and was.shape == now.shape and _decibels(was) > _AUDIBLE:
                late = _lateness(was.mean(axis=0), now.mean(axis=0)) / rate
                if abs(late) > _LATENESS:
                    yield f"stream {after[1]} sounds {late * 1000:.1f} ms late at {span[0]:.1f} s"


def _lateness(was: NDArray[np.float64], now: NDArray[np.float64]) -> int:
    """Return by how many samples `now` is late; 0 where that fits about as well as anything."""
    size = 1 << (2 * was.size).bit_length()
    match = np.fft.irfft(np.fft.rfft(now, size) * np.conj(np.fft.rfft(was, size)), size)
    best = int(np.argmax(match))
    return 0 if match[0] >= _AS_GOOD * match[best] else best - size * (best > size // 2)


def _span(
    path: Path, container: InputContainer, index: int, span: tuple[float, float]
) -> tuple[NDArray[np.float64], int]:
    """Return the sound of a span of time as channels x samples between -1 and 1, and its rate."""
    origin = origin_of(container)
    wanted = Fraction(max(span[0] - _RUN_UP, 0)) + origin
    line = Continuous(path, origin)
    sound = np.zeros((1, 0))
    for block in _blocks(decoded_from(path, container, index, wanted), line):
        assert line.format is not None
        begin, end = (round(moment * line.format.rate) for moment in span)
        if not sound.size:
            sound = np.zeros((line.format.channels, end - begin))
        if block.position >= end:
            break
        first = max(begin - block.position, 0)
        data = _floats(block.data[:, first : max(end - block.position, 0)])
        at = block.position + first - begin
        sound[:, at : at + data.shape[1]] = data
    return sound, line.format.rate if line.format else 1


def _blocks(frames: Iterator[Any], line: Continuous) -> Iterator[Block]:
    for frame in frames:
        yield from line.push(frame)


def _floats(data: NDArray[Any]) -> NDArray[np.float64]:
    if data.dtype.kind == "f":
        return data.astype(np.float64)
    middle = 128 if data.dtype == np.uint8 else 0
    return (data.astype(np.float64) - middle) / (float(np.iinfo(data.dtype).max) - middle)


def _without_tone(sound: NDArray[np.float64], rate: int, hertz: float) -> NDArray[np.float64]:
    """Subtract the sine of `hertz` that fits best."""
    if not sound.size:
        return sound
    phase = 2 * np.pi * hertz * np.arange(sound.shape[1]) / rate
    basis = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    fit, *_ = np.linalg.lstsq(basis, sound.T, rcond=None)
    return np.asarray(sound - (basis @ fit).T, dtype=np.float64)


def _decibels(sound: NDArray[np.float64]) -> float:
    power = float(np.max(np.mean(sound**2, axis=1))) if sound.size else 0.0
    return 10 * np.log10(power) if power > 0 else float("-inf")
