"""Measures a clean copy: is everything there, unchanged, and is what was hidden really gone?

What is right is judged by what the input gives when it is read and decoded: its headers may promise less or
more, and the renderer's own report is not trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from video_censor_personal.captions.check import TextTrack, text_problems
from video_censor_personal.containers.chapters import chapter_problems, read_chapters
from video_censor_personal.containers.copy import (
    SHAPE_TOLERANCE,
    is_made_by_muxer,
)
from video_censor_personal.containers.track import Track
from video_censor_personal.edits.after_cuts import (
    cut_problems,
    kept_times,
    pictures_in_copy,
    sounds_in_copy,
)
from video_censor_personal.edits.cuts import NO_CUTS
from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.languages import language_code
from video_censor_personal.media.info import StreamInfo
from video_censor_personal.media.probe import open_by_header
from video_censor_personal.media.progress import Passes
from video_censor_personal.media.reader import open_film
from video_censor_personal.media.subtitles import Cue
from video_censor_personal.picture.check import join_problems, look_problems, picture_problems
from video_censor_personal.picture.screen import frame_times
from video_censor_personal.render.assembly import Choice, Role, Way, Work
from video_censor_personal.render.chapters import copy_chapters
from video_censor_personal.render.contents import OpenFile, StreamRead, read_streams
from video_censor_personal.render.streams import StreamPlan
from video_censor_personal.smart_render.joiner import Joined
from video_censor_personal.smart_render.joint_check import joint_problems
from video_censor_personal.smart_render.stretches import StretchPlan
from video_censor_personal.sound.check import Hidden, sound_problems
from video_censor_personal.sound.sync import sync_problems
from video_censor_personal.sound.unchanged import shift_problems

_END_SLACK = 0.1
"""Seconds by which a sound that is re-encoded may end earlier or later…"""
_END_PACKETS = 1.5
"""… or so many packets of a codec whose packets are long."""
_READS = 2
"""How often a file is read before the streams are compared one by one: the film, and the copy."""
_SOUNDS = (Role.CLEAN, Role.UNTOUCHED)
"""Roles in which it matters which one a player begins with."""
_UNNAMED = "channels"
"""A part of the layout's name where only the number of channels is known; not every container says more."""
_START_SLACK = 0.0021
"""Seconds; containers round timestamps to a millisecond, and may have been written twice."""
_WRITTEN = (Way.COPY, Way.TEXT)
_RUN_IN = 0.1
"""Seconds by which a sound may begin earlier: an encoder's run-in, which is not heard."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a renderer tells of its copy.

    Args:
        copied: for streams that were copied, the packet count and digest of what it read.
        joined: for pictures that were put together, how.
    """

    copied: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    joined: Mapping[int, Joined] = field(default_factory=dict)


_NOTHING_TOLD = Told()


def _nobody_asks(_seconds: float) -> None:
    """Take how far it is, and tell nobody."""


def verify_render(
    plan: StreamPlan,
    output: Path,
    work: Work,
    told: Told = _NOTHING_TOLD,
    reached: Callable[[float], None] = _nobody_asks,
) -> list[str]:
    """Return what is wrong with `output` as the planned copy; nothing wrong: an empty list.

    Checked: streams with their codec, language, flags, first and last moment, chapters, the payloads and
    times of all copied packets, the level inside every hidden span of the sound (a tone is taken out before
    measuring, and must be there), every picture of a covered span, the frames' times, and the texts in which
    words are hidden. The copy's clock begins where the film's time line does. Of a picture that was put
    together of stretches, those that were copied are compared as a whole stream is, and what is decoded where
    they meet. Memory does not grow with an edit.

    Args:
        plan: how the film's streams got into the copy.
        output: the clean copy.
        work: what was to be done.
        told: what the renderer tells of it.
        reached: is told how far it is, as seconds of the film; what it raises stops the check.

    Raises:
        MediaError: one of the files cannot be read.
    """
    # What is left of a copied stream after cuts is found out anew.
    film, known = plan.info, {} if work.cuts.spans else told.copied
    parts = {index: each.plan for index, each in told.joined.items() if each.plan.copies}
    choices = sorted((each for each in plan.choices if each.way is not Way.HEADER), key=_place)
    texts = [each.way is Way.TEXT for each in choices]
    encoded = {*plan.indexes(Way.ENCODE), *plan.indexes(Way.TEXT)} - {*plan.indexes(Way.COPY)}
    passes = Passes(reached, film.duration, _READS + len(choices))
    with open_film(film) as source, open_by_header(output) as made:
        source.watch = passes.at
        before = OpenFile.of(source, film.origin, [each.info for each in choices], work.cuts)
        kept = [
            each for each in made.info.streams if not is_made_by_muxer(made.container.streams[each.index])
        ]
        after = OpenFile.of(made, Fraction(0), sorted(kept, key=_stream_place))
        pairs = list(zip(before.streams, after.streams, strict=False))
        # Of what was put together, those packets count that were copied.
        unhashed = [index for index in (*encoded, *known) if index not in parts]
        marks = {index: each.copied_packets() for index, each in parts.items()}
        expected = read_streams(before, plan.indexes(Way.TEXT), unhashed, marks)
        made.watch = passes.after(_READS - 1)
        marks = {b.index: parts[a.index].copied_places() for a, b in pairs if a.index in parts}
        found = read_streams(
            after, [b.index for (_, b), is_text in zip(pairs, texts, strict=False) if is_text], marks=marks
        )
        problems = _compare(before, after, choices)
        if plan.chapters:
            expected_chapters = copy_chapters(film, work.edits, work.cuts)
            problems += chapter_problems(expected_chapters, read_chapters(made))
        problems += cut_problems(work.edits.cuts, work.cuts, film.duration)
        for a, b in pairs:
            problems += _start_problems(a, expected[a.index].start, found[b.index].start)
        if len(before.streams) != len(after.streams):
            return problems
        written, choices, pairs = _texts_apart(choices, pairs, work)
        problems += text_problems(film, made.info, written, work.texts, work.cuts)
        slack = _slack(before, after)
        end = max((found[b.index].end for _, b in pairs), default=0.0)
        expected_end = max((expected[a.index].end for a, _ in pairs), default=0.0)
        if abs(end - expected_end) > slack:
            problems.append(f"it lasts {end:.3f} s instead of {expected_end:.3f} s")
        for number, (choice, (a, b)) in enumerate(zip(choices, pairs, strict=True), _READS):
            source.watch = made.watch = passes.after(number)
            tracks = Track(source, a.index, before.origin, work.cuts), Track(made, b.index, after.origin)
            was, now = expected[a.index], found[b.index]
            if choice.way is Way.TEXT:
                problems += _text_problems(a, was.cues, now.cues)
            elif choice.way is Way.ENCODE and a.kind == "audio":
                if abs(was.end - now.end) > slack:
                    problems.append(f"{a} ends at {now.end:.3f} s instead of {was.end:.3f} s")
                problems += _encoded_sound_problems(tracks, was, _hidden(work, choice))
            elif choice.way is Way.ENCODE:
                problems += _encoded_picture_problems(tracks, (was, now), work, parts.get(a.index))
            elif (content := known.get(a.index, was.copied.content)) != now.copied.content:
                problems.append(f"{a} {_difference(content, now.copied.content)}")
            elif a.kind == "audio":
                problems += shift_problems(*tracks, was.end, ())
            else:
                problems += _moved(a, was.times, now.times)
    return problems


def _slack(before: OpenFile, after: OpenFile) -> float:
    """Seconds by which a sound may end earlier or later."""
    lengths = (*before.packets.values(), *after.packets.values())
    return max(_END_SLACK, _END_PACKETS * max(lengths, default=0))


def _hidden(work: Work, choice: Choice) -> Hidden:
    edits = () if choice.role is Role.UNTOUCHED else work.sound_edits(choice.info.index)
    return Hidden(sounds_in_copy(edits, work.cuts), work.audio, work.own_sound)


def _texts_apart(
    choices: Sequence[Choice], pairs: Sequence[tuple[StreamInfo, StreamInfo]], work: Work
) -> tuple[list[TextTrack], list[Choice], list[tuple[StreamInfo, StreamInfo]]]:
    """Return the tracks of text in which words may be hidden, and the other streams, which are as planned."""
    tracks: list[TextTrack] = []
    others: list[Choice] = []
    rest: list[tuple[StreamInfo, StreamInfo]] = []
    for each, (a, b) in zip(choices, pairs, strict=True):
        if each.way in _WRITTEN and work.hides_in(each.info):
            tracks.append(TextTrack(a, b.index, each.way is Way.TEXT, each.role is Role.CHANGED_LINES))
        else:
            others.append(each)
            rest.append((a, b))
    return tracks, others, rest


def _stream_place(stream: StreamInfo) -> tuple[bool, bool]:
    """Covers and attachments are last: where they stand differs by container."""
    return stream.is_attached_picture, stream.kind == "attachment"


def _place(choice: Choice) -> tuple[bool, bool]:
    return _stream_place(choice.info)


def _encoded_sound_problems(tracks: tuple[Track, Track], was: StreamRead, hidden: Hidden) -> Iterator[str]:
    """Say what is wrong with a sound that was encoded."""
    heard = Span(max(was.start or 0.0, 0.0), was.end)
    yield from sound_problems(*tracks, heard, hidden)
    yield from sync_problems(*tracks, heard.end, hidden.edits)


def _encoded_picture_problems(
    tracks: tuple[Track, Track], read: tuple[StreamRead, StreamRead], work: Work, joined: StretchPlan | None
) -> Iterator[str]:
    """Say what is wrong with a picture in which something is hidden, or of which something is cut out."""
    (before, after), (was, now) = tracks, read
    film = replace(before, cuts=NO_CUTS)
    # Not every packet holds just one picture.
    is_same = len(was.times) == len(now.times)
    times = was.times if is_same else kept_times(frame_times(film), work.cuts)
    hidden = pictures_in_copy(work.edits.picture, work.cuts)
    yield from look_problems(after.index, was.look, now.look)
    if joined is not None:
        contents = was.copied.content, now.copied.content
        if contents[0] != contents[1]:
            yield f"{before.film.info.streams[before.index]} {_difference(*contents)}"
        yield from joint_problems(film, after, joined)
    yield from picture_problems(before, after, hidden, (times, now.times))
    yield from join_problems(before, after, hidden)


def _moved(stream: StreamInfo, was: Sequence[float], now: Sequence[float]) -> Iterator[str]:
    """Say where a stream that was copied has moved; where the input lacks times, that is unknown."""
    if stream.is_attached_picture or len(was) != len(now):
        return
    for one, other in zip(sorted(was), sorted(now), strict=True):
        if abs(one - other) > _START_SLACK:
            yield f"{stream} has at {other:.3f} s what was at {one:.3f} s"
            return


def _text_problems(stream: StreamInfo, was: Sequence[Cue], now: Sequence[Cue]) -> Iterator[str]:
    if len(was) != len(now):
        yield f"{stream} has {len(now)} texts instead of {len(was)}"
    for one, other in zip(was, now, strict=False):
        if one.text != other.text:
            yield f"{stream} says {other.text!r} instead of {one.text!r} at {one.start:.3f} s"
        elif abs(one.start - other.start) > _START_SLACK or abs(one.end - other.end) > _START_SLACK:
            yield f"{stream} says {one.text!r} at {other.start:.3f} s instead of {one.start:.3f} s"


def _compare(before: OpenFile, after: OpenFile, choices: Sequence[Choice]) -> list[str]:
    problems = []
    if len(before.streams) != len(after.streams):
        problems.append(f"it has {len(after.streams)} streams instead of {len(before.streams)}")
    for choice, a, b in zip(choices, before.streams, after.streams, strict=False):
        has_titles = "ogg" not in (before.film.info.format, after.film.info.format)
        was_spoken, is_spoken = language_code(a.language), language_code(b.language)
        if was_spoken != is_spoken and not (after.is_quicktime and is_spoken is None):
            problems.append(f"{a}: language was {a.language} and is {b.language}")
        is_changed = choice.way in (Way.ENCODE, Way.TEXT)
        problems += _differences(a, b, is_changed=is_changed, has_titles=has_titles)
        if choice.role in _SOUNDS and a.is_default != b.is_default:
            problems.append(f"{a} is {'' if b.is_default else 'not '}the default, as the {choice.role} sound")
    return problems


def _differences(a: StreamInfo, b: StreamInfo, *, is_changed: bool, has_titles: bool) -> Iterator[str]:
    fields = ["kind", "channels", "is_attached_picture", "width", "height"]
    fields += ["title"] if has_titles else []  # in an Ogg, the film's title is that of its first stream
    fields += [] if is_changed else ["codec", "rate"]
    if not is_changed and _UNNAMED not in a.layout + b.layout:
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
