"""Measures a clean copy: is everything there, unchanged, and is what was hidden really gone?

What is right is told by what comes out when the input is read and decoded: its headers may promise less or
more, and the renderer's own report is not believed.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from video_censor_personal.findings.languages import language_code
from video_censor_personal.media.container import origin_of
from video_censor_personal.media.decode import decoded, is_flush, packets
from video_censor_personal.media.errors import Damaged
from video_censor_personal.media.probe import MediaInfo, StreamInfo, describe, open_media
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
from video_censor_personal.render.streams import StreamPlan, Way, plan_streams
from video_censor_personal.render.subtitles import Cue, cues
from video_censor_personal.render.verify_audio import level_problems, packet_seconds, shift_problems
from video_censor_personal.render.verify_video import Track, frame_times, picture_problems

_END_SLACK = 0.1
"""Seconds by which a sound that is encoded anew may end earlier or later…"""
_END_PACKETS = 1.5
"""… or so many packets of a codec whose packets are long."""
_RUN_IN_FIRST = frozenset({"mp3"})
"""Formats whose clock begins with the encoder's run-in, before what is heard."""
_QUICKTIME = "qt  "
_UNNAMED = "channels"
"""A part of the layout's name where only the number of channels is told; not every container tells more."""
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

    Checked: streams with their codec, language, flags, first and last moment, chapters, the payloads and
    times of all copied packets, the level inside every hidden span of the sound (a tone is taken out before
    measuring, and must be there), every picture of a covered span, and the frames' times. The copy's clock
    begins where the film's time line does. Memory does not grow with an edit.

    Args:
        source: the film.
        output: the clean copy.
        edits: what was to be hidden.
        report: of the render: which streams were encoded anew, and digests of the packets that it read.
        bleep_frequency: the tone's pitch in hertz.

    Raises:
        MediaError: one of the files cannot be read.
    """
    plan = report.plan if report else plan_streams(source, output)
    before, after = _promised(_contents(source, None), plan), _contents(output, Fraction(0))
    muted = tuple(report.muted) if report else muted_tracks(before.info, edits, None)
    plan = plan.edited((*muted, *covered_pictures(before.info, edits)))
    anew, texts = plan.indexes(Way.ENCODE), plan.indexes(Way.TEXT)
    problems = _compare(before, after, (*anew, *texts))
    if len(before.streams) != len(after.streams):
        return problems
    known = report.copied if report else {}
    expected = _scan(before, (*anew, *texts, *known))
    found = _scan(after, ())
    slack = max(
        _END_SLACK, _END_PACKETS * max((*before.packets.values(), *after.packets.values()), default=0)
    )
    lasts = max((found[each.index].end for each in after.streams), default=0.0)
    lasted = max((expected[each.index].end for each in before.streams), default=0.0)
    if abs(lasts - lasted) > slack:
        problems.append(f"it lasts {lasts:.3f} s instead of {lasted:.3f} s")
    sound, picture = sound_edits(edits), picture_edits(edits)
    for a, b in zip(before.streams, after.streams, strict=True):
        film, copy = before.track(a.index), after.track(b.index)
        was, now = expected[a.index], found[b.index]
        if a.index in texts:
            problems += _text_problems(a, list(_cues(film)), list(_cues(copy)))
        elif a.index in anew and a.kind == "audio":
            hidden = sound if a.index in muted else []
            if abs(was.end - now.end) > slack:
                problems.append(f"{a} ends at {now.end:.3f} s instead of {was.end:.3f} s")
            problems += level_problems(film, copy, was.end, hidden, bleep_frequency)
            problems += shift_problems(film, copy, was.end, hidden)
        elif a.index in anew:
            # Not every packet holds just one picture.
            times = was.times if len(was.times) == len(now.times) else frame_times(film)
            problems += picture_problems(film, copy, picture, (times, now.times))
        elif (content := known.get(a.index, was.content)) != now.content:
            problems.append(f"{a} {_difference(content, now.content)}")
        elif a.kind == "audio":
            problems += shift_problems(film, copy, was.end, ())
        else:
            problems += _moved(a, was.times, now.times)
    return problems


@dataclass(frozen=True, slots=True)
class _File:
    """A file that is compared: tracks first, since where covers stand differs by container.

    `starts` are the times at which streams are first seen or heard, `packets` how long a packet of sound
    lasts, in seconds. A QuickTime file, `is_quicktime`, can tell a few languages only.
    """

    info: MediaInfo
    origin: Fraction
    streams: tuple[StreamInfo, ...]
    starts: dict[int, float]
    packets: dict[int, float]
    is_quicktime: bool

    def track(self, index: int) -> Track:
        """Return one of its streams."""
        return Track(self.info.path, index, self.origin)


def _contents(path: Path, origin: Fraction | None) -> _File:
    """Return what is in a file, by the clock that begins at `origin`; None: where the file says."""
    with open_media(path) as container:
        info = describe(path, container)
        zero = origin_of(container) if origin is None or info.format in _RUN_IN_FIRST else origin
        real = [s for s in info.streams if not is_written_anew(container.streams[s.index])]
        is_quicktime = container.metadata.get("major_brand") == _QUICKTIME
        lengths = {s.index: packet_seconds(container.streams[s.index]) for s in info.of_kind("audio")}
    streams = sorted(real, key=lambda s: (s.is_attached_picture, s.kind == "attachment"))
    starts = {}
    for stream in (*info.of_kind("audio"), *info.of_kind("video")):
        start = _start(path, stream.index, zero)
        if start is not None:
            starts[stream.index] = start
    return _File(info, zero, tuple(streams), starts, lengths, is_quicktime)


def _start(path: Path, index: int, origin: Fraction) -> float | None:
    """Return when the first of a stream is seen or heard; None where nobody can tell."""
    with open_media(path) as container, suppress(Damaged):
        stream = container.streams[index]
        for frame in decoded(path, container, stream) if stream.codec_context is not None else ():
            return None if frame.pts is None else float(frame.pts * frame.time_base - origin)
    return None


@dataclass(frozen=True, slots=True)
class _Packets:
    """Of one stream: number of packets and digest of their payloads; when the last sound ends or the last
    picture appears, and the time of each packet, in seconds, except of sound."""

    content: tuple[int, str]
    end: float
    times: array[float]


def _scan(file: _File, unhashed: Collection[int]) -> dict[int, _Packets]:
    """Read all packets of a file; the payloads of the streams `unhashed` are not compared."""
    path, origin = file.info.path, float(file.origin)
    with open_media(path) as container:
        found = {stream.index: Copied.of(stream) for stream in container.streams}
        ends = dict.fromkeys(found, 0.0)
        times = {index: array("d") for index in found}
        for packet in packets(path, container):
            if is_flush(packet) or is_filler(packet.stream, packet):
                continue
            index = packet.stream.index
            if index not in unhashed:
                found[index].add(content(packet.stream, packet))
            if packet.pts is not None:
                # How long the last picture stays is for the player to say.
                is_sound = packet.stream.type == "audio"
                length = (packet.duration or 0) if is_sound else 0
                ends[index] = max(ends[index], float((packet.pts + length) * packet.time_base) - origin)
                if not is_sound:
                    times[index].append(float(packet.pts * packet.time_base) - origin)
    return {index: _Packets(item.content, ends[index], times[index]) for index, item in found.items()}


def _moved(stream: StreamInfo, was: Sequence[float], now: Sequence[float]) -> Iterator[str]:
    """Say where a stream that was copied has moved; where the input does not tell all times, nobody can."""
    if stream.is_attached_picture or len(was) != len(now):
        return
    for one, other in zip(sorted(was), sorted(now), strict=True):
        if abs(one - other) > _START_SLACK:
            yield f"{stream} has at {other:.3f} s what was at {one:.3f} s"
            return


def _promised(before: _File, plan: StreamPlan) -> _File:
    """Return the film without what the plan leaves out."""
    gone = {each.index for each in plan.dropped}
    chapters = before.info.chapters if plan.chapters else ()
    streams = tuple(stream for stream in before.streams if stream.index not in gone)
    return replace(before, info=replace(before.info, chapters=chapters), streams=streams)


def _cues(track: Track) -> Iterator[Cue]:
    with open_media(track.path) as container:
        yield from cues(packets(track.path, container, container.streams[track.index]), track.origin)


def _text_problems(stream: StreamInfo, was: Sequence[Cue], now: Sequence[Cue]) -> Iterator[str]:
    if len(was) != len(now):
        yield f"{stream} has {len(now)} texts instead of {len(was)}"
    for one, other in zip(was, now, strict=False):
        if one.text != other.text:
            yield f"{stream} says {other.text!r} instead of {one.text!r} at {one.start:.3f} s"
        elif abs(one.start - other.start) > _START_SLACK or abs(one.end - other.end) > _START_SLACK:
            yield f"{stream} says {one.text!r} at {other.start:.3f} s instead of {one.start:.3f} s"


def _compare(before: _File, after: _File, anew: tuple[int, ...]) -> list[str]:
    problems = []
    if len(before.streams) != len(after.streams):
        problems.append(f"it has {len(after.streams)} streams instead of {len(before.streams)}")
    was, now = len(before.info.chapters), len(after.info.chapters)
    if was != now:
        problems.append(f"it has {now} chapters instead of {was}")
    for a, b in zip(before.streams, after.streams, strict=False):
        has_titles = "ogg" not in (before.info.format, after.info.format)
        was_spoken, is_spoken = language_code(a.language), language_code(b.language)
        if was_spoken != is_spoken and not (after.is_quicktime and is_spoken is None):
            problems.append(f"{a}: language was {a.language} and is {b.language}")
        problems += _differences(a, b, a.index in anew, has_titles=has_titles)
        problems += _start_problems(a, before.starts.get(a.index), after.starts.get(b.index))
    return problems


def _differences(a: StreamInfo, b: StreamInfo, is_anew: bool, *, has_titles: bool) -> Iterator[str]:
    fields = ["kind", "channels", "is_attached_picture", "width", "height"]
    fields += ["title"] if has_titles else []  # in an Ogg, the film's title is that of its first stream
    fields += [] if is_anew else ["codec", "rate"]
    if not is_anew and _UNNAMED not in a.layout + b.layout:
        fields.append("layout")
    for field_name in fields:
        was, now = getattr(a, field_name), getattr(b, field_name)
        if was != now:
            yield f"{a}: {field_name} was {was} and is {now}"
    if abs(a.pixel_shape / b.pixel_shape - 1) > SHAPE_TOLERANCE:
        yield f"{a}: pixel_shape was {a.pixel_shape} and is {b.pixel_shape}"


def _start_problems(a: StreamInfo, was: float | None, now: float | None) -> Iterator[str]:
    if was is None or now is None:
        return
    earliest = was - (_RUN_IN if a.kind == "audio" else _START_SLACK)
    if not earliest <= now <= was + _START_SLACK:
        yield f"{a} begins at {now:.3f} s instead of {was:.3f} s"


def _difference(was: tuple[int, str], now: tuple[int, str]) -> str:
    if was[0] != now[0]:
        return f"has {now[0]} packets instead of {was[0]}"
    return f"was to be copied, and the content of its {was[0]} packets differs"
