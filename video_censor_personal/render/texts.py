"""What becomes of a film's tracks of text in a copy: which are edited, left out, added, and what is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from video_censor_personal.captions.check import changed_tracks
from video_censor_personal.captions.finding import Wanted, find
from video_censor_personal.captions.markup import letters
from video_censor_personal.config.values import SubtitleRemediation
from video_censor_personal.containers.container import Container
from video_censor_personal.errors import OutputRefused
from video_censor_personal.findings.languages import language_name
from video_censor_personal.media.errors import RenderError
from video_censor_personal.media.info import MediaInfo, StreamInfo
from video_censor_personal.media.subtitles import track_sources, unread_captions
from video_censor_personal.render.assembly import Choice, Role, Way, Work
from video_censor_personal.render.streams import StreamPlan

FORCED_HOLDERS = frozenset({"matroska", "webm", "mp4"})
"""The formats that keep a text which is shown without being asked for."""
_DEFAULT, _FORCED = 0x1, 0x40
"""Bits of a stream's disposition."""
_COPIED = (Way.COPY, Way.TEXT)
_CHANGED = "changed lines"


def unreadable_tracks(info: MediaInfo) -> dict[int, str]:
    """Return the tracks of subtitles that nobody can read, each with why."""
    return {
        each.stream: each.unreadable
        for each in track_sources(info)
        if each.stream is not None and each.unreadable
    }


def plan_texts(plan: StreamPlan, style: SubtitleRemediation) -> StreamPlan:
    """Return the plan without the subtitles that nobody can read, where that is wanted.

    Raises:
        OutputRefused: a track of the changed lines is wanted, and the container cannot hold one.
    """
    unreadable = unreadable_tracks(plan.info)
    is_text = any(each.stream not in unreadable for each in track_sources(plan.info))
    if style.forced and style.mode == "mask" and is_text and not holds_forced(plan.container):
        raise OutputRefused(
            plan.target,
            "such a file keeps no subtitles that are shown without being asked for, as "
            "remediation.subtitles.forced wants",
            "Give the output the suffix .mkv, or set `remediation.subtitles.forced` to false",
        )
    if style.picture_subtitles == "keep":
        return plan
    return plan.without(unreadable)


def holds_forced(container: Container) -> bool:
    """Whether a container keeps a text that is shown without being asked for."""
    return container.format in FORCED_HOLDERS


def with_texts(plan: StreamPlan, work: Work) -> StreamPlan:
    """Return the plan with what hiding words in texts asks for.

    A text in which words may stand, and which cannot be edited, is left out. Where it is wanted, a track of
    the changed cues is added behind each track that has any.

    Raises:
        MediaError: the film cannot be read.
        RenderError: a hidden word would be read in the mask itself.
    """
    texts = work.texts
    if not texts.is_edited:
        return plan
    _check_mask(work)
    written = [each for each in plan.choices if each.info.kind == "subtitle" and each.way in _COPIED]
    unreadable = unreadable_tracks(plan.info)
    rigid = [
        each.info.index
        for each in written
        if each.info.index not in unreadable and not work.hides_in(each.info)
    ]
    plan = plan.without(dict.fromkeys(rigid, "words cannot be hidden in a text of its kind"))
    if not texts.style.forced or texts.style.mode != "mask" or not holds_forced(plan.container):
        return plan
    edited = [each.info.index for each in plan.choices if each in written and work.hides_in(each.info)]
    changed = changed_tracks(plan.info, edited, texts)
    choices: list[Choice] = []
    for each in plan.choices:
        choices.append(each)
        if each.info.index in changed:
            choices.append(replace(each, info=_changed_lines(each.info), role=Role.CHANGED_LINES))
    return replace(plan, choices=tuple(choices))


def _changed_lines(info: StreamInfo) -> StreamInfo:
    name = info.title or language_name(info.language) or info.language or "Subtitles"
    title = f"{name} ({_CHANGED})"
    return replace(info, title=title, disposition=info.disposition & ~_DEFAULT | _FORCED, is_default=False)


def _check_mask(work: Work) -> None:
    mask = work.subtitles.mask
    for word in work.edits.words:
        wanted = Wanted.of(word)
        if wanted is not None and find(wanted, letters(mask)):
            raise RenderError(
                f"'{word.text}' cannot be hidden in subtitles",
                f"the mask itself says it (remediation.subtitles.mask: {mask})",
                'Use another one, such as "****"',
            )


def text_warnings(plan: StreamPlan, work: Work) -> tuple[str, ...]:
    """Return what the user should know of texts in which words may still be read."""
    return tuple(_warnings(plan, work)) if work.edits.words else ()


def _warnings(plan: StreamPlan, work: Work) -> Iterator[str]:
    unreadable = unreadable_tracks(plan.info)
    yield from (f"{plan.target.name}: {each}" for each in unread_captions(plan.info))
    for each in _tracks(plan.choices):
        if each.index in unreadable:
            yield f"{each} is copied as it is: {unreadable[each.index]}"
        elif work.subtitles.mode == "leave":
            yield f"{each} is copied as it is, with the words that are hidden in the sound"
        elif each.index not in work.read:
            yield f"no detector read {each}: only words that were found elsewhere are hidden in it"


def _tracks(choices: Sequence[Choice]) -> Iterator[StreamInfo]:
    for each in choices:
        if each.info.kind == "subtitle" and each.role is None and each.way in _COPIED:
            yield each.info
