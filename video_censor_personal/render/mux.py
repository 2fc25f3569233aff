"""Writes the clean copy: edited sound and picture encoded anew, every other stream copied bit for bit."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeltasks.cancel import CancelToken
from modeltasks.files import sync
from video_censor_personal.media.container import origin_of
from video_censor_personal.media.decode import is_flush, packets
from video_censor_personal.media.errors import RenderError, write_failure
from video_censor_personal.media.probe import MediaInfo, open_media, probe
from video_censor_personal.render.audio import Recoder, measured_bit_rate
from video_censor_personal.render.copy import (
    Copied,
    add_copy,
    copy_header,
    is_filler,
    is_written_anew,
    pictures,
    refused,
)
from video_censor_personal.render.gate import TONE_HERTZ, Gate
from video_censor_personal.render.part import growing
from video_censor_personal.render.payload import content
from video_censor_personal.render.plan import AudioEdit, Edit, VideoEdit
from video_censor_personal.render.target import check_target
from video_censor_personal.render.video import PictureRecoder

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

_FINEST = 1_000_000
"""Ticks a second that an MP4's clock may have: with 32 bits, more would be too few for a film's chapters."""
_MICROSECONDS = 1_000_000
_LEAST_MISSING = 0.1
"""Seconds at the end of a film that are worth a word."""


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What was made.

    `muted` are the input's sounds that were encoded anew, each with the time at which it ends; `covered`
    are the pictures that were, each with the times of its frames; `copied` are the other streams, each with
    its number of packets and the digest of their payloads. `left_out` are the input's streams that the copy
    does not have. Times are in seconds.
    """

    output: Path
    muted: dict[int, float]
    covered: dict[int, array[float]]
    edits: tuple[Edit, ...]
    copied: dict[int, tuple[int, str]]
    warnings: tuple[str, ...]
    left_out: frozenset[int] = frozenset()


def _unwatched(_seconds: float) -> None:
    """Tell nobody."""


def _unchecked(_part: Path, _report: RenderReport) -> None:
    """Take the copy as it is."""


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to render.

    `tracks` are the input's audio streams to which the edits apply: all, unless given. `left_out` are the
    streams that the copy is not to have, each with the reason. `bleep_frequency` is in hertz. `progress` is
    called with the seconds of film done. `check` is given the finished copy under its temporary name; what
    it raises keeps the copy from taking the target's name.
    """

    tracks: tuple[int, ...] | None = None
    left_out: Mapping[int, str] = field(default_factory=dict)
    bleep_frequency: float = TONE_HERTZ
    cancel: CancelToken = field(default_factory=CancelToken)
    progress: Callable[[float], None] = _unwatched
    check: Callable[[Path, RenderReport], None] = _unchecked


@dataclass(slots=True)
class _Job:
    """One render: what it is to do, and where the packets of each input stream go."""

    info: MediaInfo
    edits: tuple[Edit, ...]
    muted: tuple[int, ...]
    options: RenderOptions
    warnings: list[str]
    sounds: dict[int, Recoder] = field(default_factory=dict)
    pictures: dict[int, PictureRecoder] = field(default_factory=dict)
    copies: dict[int, Any] = field(default_factory=dict)
    copied: dict[int, Copied] = field(default_factory=dict)


def render(
    source: Path, target: Path, edits: Sequence[Edit], options: RenderOptions | None = None
) -> RenderReport:
    """Write a copy of `source` with `edits` applied to `target`, whose suffix decides the container.

    The copy grows under another name beside `target` and takes its place when it is whole; whatever
    stops the work, `target` is as it was before.

    Args:
        source: the film.
        target: the clean copy; replaced if it exists.
        edits: what to hide of sound and picture, each by time, not overlapping (see `plan_audio` and
            `plan_video`). None: a plain copy.
        options: what to mute and how.

    Raises:
        MediaError: the input cannot be read, or too much of it cannot be decoded.
        RenderError: the output cannot be written, or its container can't hold all streams.
        Cancelled: a stop was asked for.
    """
    info = probe(source)
    kind = check_target(source, target)
    chosen = options or RenderOptions()
    sounds = _kept(muted_tracks(info, edits, chosen.tracks), chosen.left_out)
    job = _Job(info, tuple(edits), sounds, chosen, [*_omissions(info, chosen), *_untouched(info, chosen)])
    with _writing(target), growing(target) as part:
        _write(job, part, kind)
        report = _report(job, target)
        chosen.check(part, report)
        part.replace(target)
    return report


def _report(job: _Job, target: Path) -> RenderReport:
    return RenderReport(
        target,
        {index: recoder.end for index, recoder in job.sounds.items()},
        {index: recoder.times for index, recoder in job.pictures.items()},
        job.edits,
        {index: item.content for index, item in job.copied.items()},
        tuple(job.warnings),
        frozenset(job.options.left_out),
    )


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    """Turn what the muxer and the file system raise into what the user is told."""
    import av

    try:
        yield
    except (av.FFmpegError, OSError) as error:
        raise write_failure(target, error) from error


def _write(job: _Job, part: Path, kind: str) -> None:
    import av

    with open_media(job.info.path) as container:
        output = av.open(str(part), "w", format=kind, container_options=_muxer_options(job.info, kind))
        try:
            _prepare(job, container, output)
            _transfer(job, container, output)
        except BaseException:
            with suppress(av.FFmpegError):
                output.close()
            raise
        output.close()
    with part.open("rb+") as stream:
        sync(stream.fileno())


def muted_tracks(info: MediaInfo, edits: Sequence[Edit], tracks: tuple[int, ...] | None) -> tuple[int, ...]:
    """Return the input's sounds to which `edits` apply; none when there is nothing to edit.

    Raises:
        RenderError: one of `tracks` is no audio stream.
    """
    if not sound_edits(edits):
        return ()
    sounding = {track.index for track in info.of_kind("audio")}
    for track in tracks or ():
        if track not in sounding:
            raise RenderError(
                f"stream {track} of {info.path} cannot be muted",
                f"its audio streams are {', '.join(map(str, sorted(sounding)))}",
                "Name one of these",
            )
    return tuple(sorted(sounding)) if tracks is None else tracks


def covered_pictures(info: MediaInfo, edits: Sequence[Edit]) -> tuple[int, ...]:
    """Return the input's pictures to which `edits` apply: all but covers, when there are any edits."""
    return tuple(film.index for film in info.of_kind("video")) if picture_edits(edits) else ()


def sound_edits(edits: Sequence[Edit]) -> list[AudioEdit]:
    """Return the edits of the sound."""
    return [edit for edit in edits if isinstance(edit, AudioEdit)]


def picture_edits(edits: Sequence[Edit]) -> list[VideoEdit]:
    """Return the edits of the picture."""
    return [edit for edit in edits if isinstance(edit, VideoEdit)]


def _kept(streams: tuple[int, ...], left_out: Mapping[int, str]) -> tuple[int, ...]:
    return tuple(index for index in streams if index not in left_out)


def _omissions(info: MediaInfo, options: RenderOptions) -> list[str]:
    return [f"{info.streams[index]} is left out: {why}" for index, why in options.left_out.items()]


def _untouched(info: MediaInfo, options: RenderOptions) -> list[str]:
    return [
        f"{track} is copied as it is: what is said there was not looked at"
        for track in info.of_kind("audio")
        if options.tracks is not None and track.index not in (*options.tracks, *options.left_out)
    ]


def _muxer_options(info: MediaInfo, kind: str) -> dict[str, str]:
    """Return what makes the muxer keep every track's start.

    An MP4 tells a late track's start in ticks of the film's clock: these must be fine enough. A Matroska
    would move the whole film to where a copied track's run-in begins.
    """
    if kind not in ("mp4", "mov"):
        return {"avoid_negative_ts": "disabled"}
    scale = lcm(1000, *(track.rate for track in info.of_kind("audio") if track.rate))
    return {"movie_timescale": str(scale)} if scale <= _FINEST else {}


def _prepare(job: _Job, container: InputContainer, output: OutputContainer) -> None:
    """Add every stream to `output` and write its header."""
    import av

    path, origin = job.info.path, origin_of(container)
    covers = {item.index for item in job.info.streams if item.is_attached_picture}
    with open_media(path) as ahead:
        images = pictures(ahead, covers)
    sound, picture = sound_edits(job.edits), picture_edits(job.edits)
    covered = covered_pictures(job.info, job.edits)
    for info in job.info.streams:
        stream = container.streams[info.index]
        if info.index in job.options.left_out:
            continue
        if info.index in job.muted:
            recoder = Recoder(path, stream, origin, Gate.maker(sound, job.options.bleep_frequency))
            warning = recoder.open(output, measured_bit_rate(path, info.index))
            job.sounds[info.index] = recoder
            job.warnings += [warning] if warning else []
        elif info.index in covered:
            job.pictures[info.index] = PictureRecoder(path, stream, origin, picture)
            job.warnings += job.pictures[info.index].open(output)
        elif not is_written_anew(stream):
            _add_copied(job, output, stream, images.get(info.index))
    copy_header(container, output, origin)
    try:
        output.start_encoding()
    except (av.ArgumentError, av.InvalidDataError) as error:
        left = tuple(info for info in job.info.streams if info.index in job.copied)
        raise refused(container, left, output.format.name) from error


def _add_copied(job: _Job, output: OutputContainer, stream: Any, picture: bytes | None) -> None:
    copied = job.copied[stream.index] = Copied()
    copy = add_copy(output, stream, job.info.streams[stream.index], picture)
    if copy is not None:
        job.copies[stream.index] = copy
    elif picture is not None:
        copied.add([picture])


def _transfer(job: _Job, container: InputContainer, output: OutputContainer) -> None:
    """Send every packet of the input where it belongs; the muxer puts them in order.

    The copy's own time begins at 0: in an MP4 a later start could not tell an encoder's run-in.
    """
    origin = origin_of(container)
    recoders: dict[int, Recoder | PictureRecoder] = {**job.sounds, **job.pictures}
    decoding: dict[int, int] = {}
    end = Fraction(0)
    for packet in packets(job.info.path, container):
        job.options.cancel.check()
        index = packet.stream.index
        if packet.pts is not None:
            end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
        if packet.pts is not None and packet.is_keyframe:
            job.options.progress(float(packet.pts * packet.time_base) - job.info.origin)
        if index in recoders:
            output.mux(list(recoders[index].push(packet)))
        elif index in job.copies and not is_flush(packet) and not is_filler(packet.stream, packet):
            job.copied[index].add(content(packet.stream, packet))
            if job.info.streams[index].is_attached_picture:
                packet.pts = packet.dts = 0
            elif origin:
                _advance(packet, origin)
            _order(packet, decoding)
            packet.stream = job.copies[index]
            output.mux(packet)
    for recoder in recoders.values():
        output.mux(list(recoder.flush()))
    job.warnings += _missing(job.info.path, container, end)


def _order(packet: Any, last: dict[int, int]) -> None:
    """Keep decoding times from going back, as they do where recordings were joined; muxers refuse that."""
    index = packet.stream.index
    if packet.dts is not None:
        if packet.dts < last.get(index, packet.dts):
            packet.dts = last[index] + 1
            packet.pts = None if packet.pts is None else max(packet.pts, packet.dts)
        last[index] = packet.dts


def _missing(path: Path, container: InputContainer, end: Fraction) -> list[str]:
    """Say that a film ends before it should; some formats count its length from the clock's 0."""
    if container.duration is None or container.duration / _MICROSECONDS - float(end) <= _LEAST_MISSING:
        return []
    told, there = container.duration / _MICROSECONDS, float(end - origin_of(container))
    return [
        f"{path} says that it lasts {told:.2f} s and ends at {there:.2f} s: "
        "what is missing there is missing in the copy, too"
    ]


def _advance(packet: Any, origin: Fraction) -> None:
    shift = round(origin / packet.time_base)
    packet.pts = None if packet.pts is None else packet.pts - shift
    packet.dts = None if packet.dts is None else packet.dts - shift
