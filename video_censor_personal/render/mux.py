"""Writes the clean copy: edited sound and picture re-encoded, every other stream copied bit for bit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av

from modeltasks.support.cancel import CancelToken
from modeltasks.support.filesystem import sync
from video_censor_personal.config.values import AudioRemediation, SubtitleRemediation, VideoRemediation
from video_censor_personal.containers.chapters import write_chapters
from video_censor_personal.containers.container import Container, open_output
from video_censor_personal.containers.copy import PacketEnds
from video_censor_personal.containers.tags import copy_tags
from video_censor_personal.containers.target import growing
from video_censor_personal.edits.values import Edits
from video_censor_personal.findings.languages import long_code
from video_censor_personal.machine import usual_scheduling
from video_censor_personal.media.errors import RenderError, write_failure
from video_censor_personal.media.info import MediaInfo
from video_censor_personal.media.reader import FilmReader, declared_duration, open_film
from video_censor_personal.render.assembly import Assembly, Reuse, Way, Work
from video_censor_personal.render.chapters import copy_chapters
from video_censor_personal.render.cutting import cuts_of, idle_cuts, taken_streams
from video_censor_personal.render.streams import StreamPlan
from video_censor_personal.render.texts import text_warnings, with_texts
from video_censor_personal.smart_render.joiner import Joined
from video_censor_personal.smart_render.pieces import PieceDamaged, Pieces
from video_censor_personal.smart_render.stretch_encoder import Miscounted
from video_censor_personal.sound.own_sound import OwnSound, read_own_sound

if TYPE_CHECKING:
    from av.container import OutputContainer

_log = logging.getLogger(__name__)

_FINEST = 1_000_000
"""Ticks a second that an MP4's clock may have: with 32 bits, more would be too few for a film's chapters."""
_QUICKTIME = {
    **{"deu": "ger", "nld": "dut", "swe": "sve", "ell": "gre", "isl": "ice", "zho": "chi"},
    **{"sqi": "alb", "mkd": "mac", "hye": "arm"},
}
"""Languages that QuickTime calls otherwise than ISO 639-2 T; of others it knows about a hundred."""
_LEAST_MISSING = 0.1
"""Seconds at the end of a film that are worth a word."""


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What was made.

    `muted` are the input's sounds in which something was hidden, `covered` the pictures. `copied` are the
    streams that were not re-encoded, each with its number of packets and the digest of their payloads.
    `joined` says of a picture which stretches of it were copied.
    What is left out is in `plan`, what was to be done in `work`.
    """

    output: Path
    muted: tuple[int, ...]
    covered: tuple[int, ...]
    copied: dict[int, tuple[int, str]]
    warnings: tuple[str, ...]
    plan: StreamPlan
    work: Work
    joined: Mapping[int, Joined] = field(default_factory=dict)

    @property
    def streams(self) -> dict[str, Any]:
        """The film's streams by what became of them in the copy, as JSON has it.

        Where a picture was encoded, `pictures` says how many pictures were copied, encoded, and taken from
        the copy before, where they had been encoded.
        """
        ways = {"encoded": Way.ENCODE, "as_text": Way.TEXT, "copied": Way.COPY}
        told: dict[str, Any] = {name: list(self.plan.indexes(way)) for name, way in ways.items()}
        if self.joined:
            joined = self.joined.values()
            copied = sum(each.plan.copied_places().count(1) for each in joined)
            whole = sum(each.plan.stays.count(1) for each in joined)
            encoded = sum(each.encoded for each in joined)
            told["pictures"] = {
                "copied": copied,
                "encoded": encoded,
                "kept": max(whole - copied - encoded, 0),
            }
        return told


def _no_progress(_seconds: float) -> None:
    """Show no progress."""


def _no_check(_part: Path, _report: RenderReport) -> None:
    """Take the copy as it is."""


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to render.

    `tracks` are the input's audio streams to which the edits apply: all, unless given. `left_out` are the
    streams that the copy is not to have, each with the reason. `audio`, `video` and `subtitles` say how each
    is hidden, where the edits do not. `read` are the tracks of text that a detector has read. `reuse` is what
    the copy before this one is good for. `progress` is
    called with the seconds of film done. `check` is given the finished copy under its temporary name; what
    it raises keeps the copy from taking the target's name. `plan` is the digest that the copy is marked with;
    empty for none.
    """

    tracks: tuple[int, ...] | None = None
    left_out: Mapping[int, str] = field(default_factory=dict)
    audio: AudioRemediation = field(default_factory=AudioRemediation)
    video: VideoRemediation = field(default_factory=VideoRemediation)
    subtitles: SubtitleRemediation = field(default_factory=SubtitleRemediation)
    read: frozenset[int] = frozenset()
    reuse: Reuse = field(default_factory=Reuse)
    cancel: CancelToken = field(default_factory=CancelToken)
    progress: Callable[[float], None] = _no_progress
    check: Callable[[Path, RenderReport], None] = _no_check
    plan: str = ""


@dataclass(frozen=True, slots=True)
class _Job:
    """One render: what it is to do, and how."""

    plan: StreamPlan
    work: Work
    options: RenderOptions


def render(plan: StreamPlan, edits: Edits, options: RenderOptions | None = None) -> RenderReport:
    """Write the copy that is planned, with `edits` applied.

    The copy grows under another name beside the plan's target and takes its place when it is whole;
    whatever stops the work, the target is as it was before.

    Args:
        plan: how the film's streams get into the copy; its target is replaced if it exists.
        edits: what is done to it (see `edits.plan.plan_edits`). None: a plain copy.
        options: what to mute and how.

    Raises:
        NothingLeft: the cuts take all of the picture or of the sound.
        MediaError: the input cannot be read, or too much of it cannot be decoded.
        OwnSoundUnusable: nothing was begun.
        RenderError: the output cannot be written, or its container can't hold all streams.
        Cancelled: a stop was asked for.
    """
    chosen = options or RenderOptions()
    info, target = plan.info, plan.target
    cuts = cuts_of(plan, edits)
    left_out = {**taken_streams(plan, cuts), **chosen.left_out}
    muted = _kept(muted_tracks(info, edits, chosen.tracks), left_out)
    plan = plan.without(left_out).edited((*muted, *covered_pictures(info, edits)))
    plan = plan.cut() if cuts.spans else plan
    work = Work(edits, cuts, muted, chosen.audio, chosen.video, chosen.subtitles, chosen.read)
    work = replace(work, own_sound=own_sound_of(edits, chosen.audio) if muted else None)
    plan = with_texts(plan, work)
    job = _Job(plan, work, chosen)
    with _writing(target), growing(target) as part:
        done = _written(job, part)
        report = _report(job, done)
        chosen.check(part, report)
        part.replace(target)
    return report


def _report(job: _Job, done: Assembly) -> RenderReport:
    return RenderReport(
        output=job.plan.target,
        muted=tuple(index for index in done.encoded if index in job.work.muted),
        covered=covered_pictures(job.plan.info, job.work.edits),
        copied={index: item.content for index, item in done.copied.items()},
        warnings=(
            *job.plan.warnings,
            *_untouched(job),
            *idle_cuts(job.work.edits, job.work.cuts),
            *text_warnings(job.plan, job.work),
            *done.warnings,
        ),
        plan=job.plan,
        work=job.work,
        joined=done.joined,
    )


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    """Turn what the muxer and the file system raise into the user's messages."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        raise write_failure(target, error) from error


def _written(job: _Job, part: Path) -> Assembly:
    """Write the copy; what turns out not to be of use as it is, is encoded after all."""
    reuse = job.options.reuse
    try:
        return _write(job, part)
    except PieceDamaged:
        reuse = replace(reuse, pieces=Pieces())
    except Miscounted:
        reuse = replace(reuse, refusal="not each of its packets is a picture that can be decoded")
    return _written(replace(job, options=replace(job.options, reuse=reuse)), part)


def _write(job: _Job, part: Path) -> Assembly:
    plan = job.plan
    with open_film(plan.info) as film:
        options = _muxer_options(plan.info, plan.container)
        output = open_output(part, plan.container.format, options, lenient=plan.lenient)
        assembly = Assembly(film, output, plan.lookahead, job.work, job.options.reuse)
        try:
            for choice in plan.choices:
                assembly.add(choice)
            _spell_languages(output)
            copy_tags(film, output, job.options.plan)
            if plan.chapters:
                write_chapters(output, copy_chapters(plan.info, job.work.edits, job.work.cuts))
            with usual_scheduling():
                output.start_encoding()
            _transfer(job, assembly)
        except BaseException:
            assembly.abandon()
            raise
        output.close()
    with part.open("rb+") as stream:
        sync(stream.fileno())
    return assembly


def _spell_languages(output: OutputContainer) -> None:
    """Write languages as an MP4 can hold them, in three letters, and a QuickTime file, in its own words."""
    if output.format.name in ("mp4", "mov", "ipod"):
        for stream in output.streams:
            if tag := stream.metadata.get("language"):
                code = long_code(tag)
                is_quicktime = output.format.name == "mov"
                stream.metadata["language"] = _QUICKTIME.get(code, code) if is_quicktime else code


def muted_tracks(info: MediaInfo, edits: Edits, tracks: tuple[int, ...] | None) -> tuple[int, ...]:
    """Return the input's sounds to which `edits` apply; none when there is nothing to edit.

    Raises:
        RenderError: one of `tracks` is no audio stream.
    """
    if not edits.sound:
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


def own_sound_of(edits: Edits, settings: AudioRemediation) -> OwnSound | None:
    """Return the sound that is heard in place of what is hidden; None where no edit wants one.

    Raises:
        OwnSoundUnusable: it cannot be read.
    """
    if settings.sound_file is None or not any(each.mode == "sound" for each in edits.sound):
        return None
    return read_own_sound(settings.sound_file)


def covered_pictures(info: MediaInfo, edits: Edits) -> tuple[int, ...]:
    """Return the input's pictures to which `edits` apply: all but covers, when there are any edits."""
    return tuple(each.index for each in info.of_kind("video")) if edits.picture or edits.cuts else ()


def _kept(streams: tuple[int, ...], left_out: Mapping[int, str]) -> tuple[int, ...]:
    return tuple(index for index in streams if index not in left_out)


def _untouched(job: _Job) -> list[str]:
    how = "cut, but not muted" if job.work.cuts.spans else "copied as it is"
    options = job.options
    return [
        f"{choice.info} is {how}: what is said there was not looked at"
        for choice in job.plan.choices
        if options.tracks is not None
        and choice.info.kind == "audio"
        and choice.info.index not in options.tracks
    ]


def _muxer_options(info: MediaInfo, container: Container) -> dict[str, str]:
    """Return the container's options, and what makes the muxer keep every track's start.

    An MP4 tells a late track's start in ticks of the film's clock: these must be fine enough. A Matroska
    would move the whole film to where a copied track's run-in begins.
    """
    own = dict(container.options)
    if container.format not in ("mp4", "mov"):
        return own | {"avoid_negative_ts": "disabled"}
    scale = lcm(1000, *(track.rate for track in info.of_kind("audio") if track.rate))
    return own | ({"movie_timescale": str(scale)} if scale <= _FINEST else {})


def _transfer(job: _Job, assembly: Assembly) -> None:
    """Send every packet of the input where it belongs; the muxer puts them in order.

    The copy's own time begins at 0: in an MP4 a later start could not tell an encoder's run-in.
    """
    film, output = assembly.film, assembly.output
    origin = film.info.origin
    end, ends = Fraction(0), PacketEnds()
    for packet in film.packets():
        job.options.cancel.check()
        if packet.pts is not None:
            end = max(end, ends.end(packet))
        if packet.pts is not None and packet.is_keyframe:
            job.options.progress(float(packet.pts * packet.time_base - origin))
        output.mux(list(assembly.push(packet)))
    output.mux(list(assembly.flush()))
    assembly.warnings += _early_end(film, end)
    for index, joined in assembly.joined.items():
        _log.debug("stream %d: %d of %d pictures were encoded", index, joined.encoded, sum(joined.plan.stays))


def _early_end(film: FilmReader, end: Fraction) -> list[str]:
    """Say that a film ends before it should; some formats count its length from the clock's 0."""
    declared = declared_duration(film.container)
    if declared is None or declared - float(end) <= _LEAST_MISSING:
        return []
    there = float(end - film.info.origin)
    return [
        f"{film.info.path} says that it lasts {declared:.2f} s and ends at {there:.2f} s: "
        "what is missing there is missing in the copy, too"
    ]
