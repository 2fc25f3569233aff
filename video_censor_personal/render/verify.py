"""Measures a clean copy: is everything there, unchanged, and is what was hidden really gone?"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from video_censor_personal.media.container import origin_of
from video_censor_personal.media.decode import decoded, is_flush, packets
from video_censor_personal.media.probe import MediaInfo, StreamInfo, look_into, open_media
from video_censor_personal.render.copy import SHAPE_TOLERANCE, Copied, is_filler, is_written_anew
from video_censor_personal.render.gate import TONE_HERTZ
from video_censor_personal.render.mux import (
    RenderReport,
    covered_pictures,
    muted_tracks,
    picture_edits,
    sound_edits,
)
from video_censor_personal.render.payload import content
from video_censor_personal.render.plan import Edit
from video_censor_personal.render.verify_audio import level_problems, packet_seconds, shift_problems
from video_censor_personal.render.verify_video import Track, frame_times, picture_problems

if TYPE_CHECKING:
    pass

_END_SLACK = 0.1
"""Seconds; a codec's packets end where they end, and one more may be needed for the last samples."""
_START_SLACK = 0.0021
"""Seconds; containers round timestamps to a millisecond, and may have been written twice."""
_RUN_IN = 0.1
"""Seconds by which a sound may begin earlier: an encoder's run-in, which is not heard."""


def verify_render(
    source: Path,
    output: Path,
    edits: Sequence[Edit],
    report: RenderReport | None = None,
    bleep_frequency: float = TONE_HERTZ,
) -> list[str]:
    """Return what is wrong with `output` as the clean copy of `source`; nothing wrong: an empty list.

    Checked: streams with their codec, language, flags, first and last moment, chapters, tags, the payloads
    of all copied packets, the level inside every hidden span of the sound (a tone is taken out before
    measuring), every picture of a covered span, and the frames' times. What is right is told by what comes
    out when the input is decoded: headers may promise less or more. The copy's clock begins where the
    film's time line does.

    Args:
        source: the film.
        output: the clean copy.
        edits: what was to be hidden.
        report: of the render; spares reading the whole input once more.
        bleep_frequency: the tone's pitch in hertz.

    Raises:
        MediaError: one of the files cannot be read.
    """
    left_out = report.left_out if report else frozenset()
    before, after = _without(_contents(source, None), left_out), _contents(output, Fraction(0))
    muted = tuple(report.muted) if report else muted_tracks(before.info, edits, None)
    covered = tuple(report.covered) if report else covered_pictures(before.info, edits)
    problems = _compare(before, after, (*muted, *covered))
    if len(before.streams) != len(after.streams):
        return problems
    expected = _Scan(report.copied, report.muted, report.covered) if report else _scan(before)
    found = _scan(after)
    sound, picture = sound_edits(edits), picture_edits(edits)
    duration = before.info.duration
    for a, b in zip(before.streams, after.streams, strict=True):
        film, copy = before.track(a.index), after.track(b.index)
        if a.index in muted:
            problems += _end_problems(a, expected.ends[a.index], found.ends[b.index], copy)
            problems += level_problems(copy, sound, bleep_frequency)
            problems += shift_problems(film, copy, duration, sound)
        elif a.index in covered:
            times = expected.times[a.index] if report else frame_times(film)
            problems += picture_problems(film, copy, picture, (times, found.times[b.index]))
        elif expected.contents[a.index] != found.contents[b.index]:
            problems.append(f"{a} {_difference(expected.contents[a.index], found.contents[b.index])}")
        elif a.kind == "audio":
            problems += shift_problems(film, copy, duration, ())
    return problems


@dataclass(frozen=True, slots=True)
class _File:
    """A file that is compared: tracks first, since where covers stand differs by container."""

    info: MediaInfo
    origin: Fraction
    streams: tuple[StreamInfo, ...]
    starts: dict[int, float]

    def track(self, index: int) -> Track:
        """Return one of its streams."""
        return Track(self.info.path, index, self.origin)


def _contents(path: Path, origin: Fraction | None) -> _File:
    """Return what is in a file, by the clock that begins at `origin`; None: where the file says."""
    info = look_into(path)
    with open_media(path) as container:
        zero = origin_of(container) if origin is None else origin
        real = [s for s in info.streams if not is_written_anew(container.streams[s.index])]
    streams = sorted(real, key=lambda s: (s.is_attached_picture, s.kind == "attachment"))
    starts = {each.index: _start(path, each, zero, info.origin) for each in streams}
    return _File(
        info, zero, tuple(streams), {index: start for index, start in starts.items() if start is not None}
    )


def _without(file: _File, left_out: frozenset[int]) -> _File:
    return replace(file, streams=tuple(item for item in file.streams if item.index not in left_out))


def _start(path: Path, stream: StreamInfo, origin: Fraction, own: float) -> float | None:
    """Return when the first of a stream is seen or heard: of sound and pictures as they are decoded."""
    if stream.kind not in ("audio", "video") or stream.is_attached_picture:
        return None if stream.start is None else stream.start + own - float(origin)
    with open_media(path) as container:
        for frame in decoded(path, container, container.streams[stream.index]):
            return None if frame.pts is None else float(frame.pts * frame.time_base - origin)
    return None


@dataclass(frozen=True, slots=True)
class _Scan:
    """Of each stream: number of packets and digest of their payloads; when the last ends, and the time of
    each picture, in seconds."""

    contents: dict[int, tuple[int, str]]
    ends: dict[int, float]
    times: dict[int, array[float]] = field(default_factory=dict)


def _scan(file: _File) -> _Scan:
    path, origin = file.info.path, float(file.origin)
    with open_media(path) as container:
        found = {stream.index: Copied() for stream in container.streams}
        ends = dict.fromkeys(found, 0.0)
        times = {stream.index: array("d") for stream in container.streams.video}
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


def _end_problems(a: StreamInfo, was: float, now: float, copy: Track) -> Iterator[str]:
    with open_media(copy.path) as container:
        slack = max(_END_SLACK, 1.5 * packet_seconds(container.streams[copy.index]))
    if abs(was - now) > slack:
        yield f"{a} ends at {now:.3f} s instead of {was:.3f} s"


def _compare(before: _File, after: _File, anew: tuple[int, ...]) -> list[str]:
    problems = []
    if len(before.streams) != len(after.streams):
        problems.append(f"it has {len(after.streams)} streams instead of {len(before.streams)}")
    was, now = len(before.info.chapters), len(after.info.chapters)
    if was != now:
        problems.append(f"it has {now} chapters instead of {was}")
    for a, b in zip(before.streams, after.streams, strict=False):
        problems += _differences(a, b, a.index in anew)
        problems += _start_problems(a, before.starts.get(a.index), after.starts.get(b.index), a.index in anew)
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
    ]
    fields += [] if is_anew else ["codec", "rate", "layout"]
    for field_name in fields:
        was, now = getattr(a, field_name), getattr(b, field_name)
        if was != now and {was, now} != {None, "und"}:
            yield f"{a}: {field_name} was {was} and is {now}"
    if abs(a.pixel_shape / b.pixel_shape - 1) > SHAPE_TOLERANCE:
        yield f"{a}: pixel_shape was {a.pixel_shape} and is {b.pixel_shape}"


def _start_problems(a: StreamInfo, was: float | None, now: float | None, is_anew: bool) -> Iterator[str]:
    if was is None or now is None:
        return
    earliest = was - (_RUN_IN if a.kind == "audio" and (is_anew or now < 0) else _START_SLACK)
    if not earliest <= now <= was + _START_SLACK:
        yield f"{a} begins at {now:.3f} s instead of {was:.3f} s"


def _difference(was: tuple[int, str], now: tuple[int, str]) -> str:
    if was[0] != now[0]:
        return f"has {now[0]} packets instead of {was[0]}"
    return f"was to be copied, and the content of its {was[0]} packets differs"
