"""What is done to a film, and when: from segments to edits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import cast, get_args

from video_censor_personal.config import Config
from video_censor_personal.config.categories import CATEGORIES
from video_censor_personal.config.values import AudioMode, AudioRemediation, VideoMode, VideoRemediation
from video_censor_personal.config.yaml_nodes import nearest
from video_censor_personal.edits.after_cuts import outside
from video_censor_personal.edits.boxes import places
from video_censor_personal.edits.own_sound import SOUND, NoOwnSound
from video_censor_personal.edits.values import Cut, Edits, Effect, HiddenWord, PictureEdit, SoundEdit
from video_censor_personal.errors import UsageError
from video_censor_personal.export.chapters import Part, skips
from video_censor_personal.findings.coverage import Span, joined
from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.segments import PictureStyle, Segment

DEFAULT_PADDING = 0.2
"""Seconds, where neither the config nor a detection says."""
_NONE = "none"
_CUT = "cut"
_DUCK = "duck"
_AUDIO_ACTIONS = (*get_args(AudioMode), _NONE)
_VIDEO_ACTIONS = get_args(VideoMode)
_OF_BOXES = ("blur", "mosaic", "box")
"""What can be done to a part of the picture, where that is known."""
_MOST_NAMED = 5
_EFFECTS: dict[str, Effect] = {"blank": "color", "box": "color", "mosaic": "mosaic", "blur": "blur"}


class UnknownAction(UsageError):
    """Somebody asked for an action that does not exist; to do nothing instead would show what is hidden."""

    def __init__(self, place: str, action: str, known: Iterable[str]) -> None:
        super().__init__(
            f"No clean copy can be made: {place} is '{action}'",
            "there is no such action",
            f"Use one of {', '.join(known)}",
        )


def plan_edits(segments: Sequence[Segment], config: Config) -> Edits:
    """Return all that is done because of `segments`. What lies within a cut needs nothing else.

    Raises:
        UnknownAction: a segment names an action that does not exist.
        NoOwnSound: a segment is to be hidden by a sound that the config does not name.
    """
    words, spared = plan_words(segments, config.audio, config.video)
    cuts = plan_cuts(segments, config.video, config.audio.padding)
    return Edits(
        outside(plan_sound(segments, config.audio), cuts),
        outside(plan_picture(segments, config.video), cuts),
        cuts,
        words,
        plan_skips(segments, config.video),
        spared if words else (),
    )


def plan_sound(segments: Iterable[Segment], remediation: AudioRemediation) -> tuple[SoundEdit, ...]:
    """Return the edits of the sound for `segments`, by time, none overlapping another.

    An allowed segment is never acted on. A segment that names its own action gets it, whatever its
    category; another gets the mode of its category, or the one for all if that is among the `categories`.
    Edits of one mode that touch are joined; where two modes meet, the one that began first keeps its end, but
    ducking gives way to all others. A word without length is hidden with its margin, whatever the padding.

    Raises:
        UnknownAction: a segment names an action that does not exist.
        NoOwnSound: a segment is to be hidden by a sound that the config does not name.
    """
    edits = []
    for segment in segments:
        mode = _sound_action(segment, remediation)
        start, end = _padded(segment, remediation.padding)
        if not segment.allow and mode != _NONE and end > start and segment.end >= segment.start:
            if mode == SOUND and remediation.enabled and remediation.sound_file is None:
                raise NoOwnSound(f"what is done to the sound of the segment '{segment.id}'")
            edits.append(SoundEdit(start, end, cast("AudioMode", mode)))
    if not remediation.enabled:
        return ()
    return _without_overlaps(sorted(edits, key=lambda edit: (edit.start, edit.end)))


def plan_picture(segments: Iterable[Segment], remediation: VideoRemediation) -> tuple[PictureEdit, ...]:
    """Return the edits of the picture for `segments`, by time; those that are alike do not touch.

    An allowed segment is never acted on. A segment's own action and style beat those of its category, and
    these what is given for all. A segment without length covers the one picture on the screen at its moment.
    Where boxes are to be hidden, `edits.boxes` says where these are, and when the whole picture is hidden.

    Raises:
        UnknownAction: a segment names an action that does not exist.
    """
    found: dict[PictureEdit, list[Span]] = {}
    edits: list[PictureEdit] = []
    for segment in segments:
        mode = _picture_action(segment, remediation)
        if _is_acted_on(segment, remediation) and mode in _EFFECTS:
            style = _style(segment, remediation)
            kind = _edit_of(_EFFECTS[mode], style)
            whole = found.setdefault(kind, [])
            if style.area == "boxes" and mode in _OF_BOXES:
                there = places(segment)
                whole += there.whole
                edits += [
                    replace(kind, start=max(path.start, 0.0), end=path.end, path=path.boxes)
                    for path in there.paths
                ]
            else:
                whole.append(Span(max(segment.start, 0.0), segment.end))
    edits += [
        replace(kind, start=max(span.start, 0.0), end=span.end)
        for kind, spans in found.items()
        for span in joined(spans)
    ]
    return tuple(sorted(edits, key=lambda edit: (edit.start, edit.end)))


def plan_cuts(
    segments: Iterable[Segment], remediation: VideoRemediation, padding: float | None
) -> tuple[Cut, ...]:
    """Return what is cut out because of `segments`, by time, none touching another.

    Words are cut out with as much around them as is muted otherwise: `padding`, or their own margins.

    Raises:
        UnknownAction: a segment names an action that does not exist.
    """
    spans = []
    for segment in segments:
        if _picture_action(segment, remediation) == _CUT and _is_acted_on(segment, remediation):
            has_words = any(hit.text is not None for hit in segment.detections)
            start, end = _padded(segment, padding) if has_words else (segment.start, segment.end)
            spans.append(Span(max(start, 0.0), end))
    return tuple(Cut(span.start, span.end) for span in joined(spans))


def plan_words(
    segments: Iterable[Segment], audio: AudioRemediation, video: VideoRemediation
) -> tuple[tuple[HiddenWord, ...], tuple[HiddenWord, ...]]:
    """Return the words that are not to be heard, and so not to be read either, and those that stay.

    Raises:
        UnknownAction: a segment names an action that does not exist.
    """
    hidden: list[HiddenWord] = []
    spared: list[HiddenWord] = []
    for segment in segments:
        is_hidden = not segment.allow and (
            (audio.enabled and _sound_action(segment, audio) != _NONE)
            or (video.enabled and _picture_action(segment, video) == _CUT)
        )
        found = hidden if is_hidden else spared
        found += (
            HiddenWord(hit.start, hit.end, hit.text, hit.label)
            for hit in segment.detections
            if hit.text is not None
        )
    return _in_order(hidden), _in_order(spared)


def _in_order(words: Iterable[HiddenWord]) -> tuple[HiddenWord, ...]:
    """Return words by time, each once: it may have been heard, and read in several texts."""
    return tuple(dict.fromkeys(sorted(words, key=lambda word: (word.start, word.end))))


def plan_skips(segments: Iterable[Segment], remediation: VideoRemediation) -> tuple[Part, ...]:
    """Return the chapters that players jump over: of all segments that stay in, where they are wanted.

    Raises:
        UnknownAction: a segment names an action that does not exist.
    """
    if not remediation.skip_chapters:
        return ()
    return skips(
        segment
        for segment in segments
        if not (_picture_action(segment, remediation) == _CUT and _is_acted_on(segment, remediation))
    )


def is_without_action(segment: Segment, config: Config) -> bool:
    """Whether a segment that is to be hidden is not, because nobody said how: neither it nor the config.

    Raises:
        UnknownAction: the segment names an action that does not exist.
    """
    audio, video = config.audio, config.video
    named = {category.casefold() for modes in (audio, video) for category in modes.category_modes}
    return not (
        segment.allow
        or segment.category.casefold() in named
        or {segment.audio_remediation, segment.video_remediation} != {None}
        or (audio.enabled and _sound_action(segment, audio) != _NONE)
        or (video.enabled and _picture_action(segment, video) != _NONE)
    )


def doubts(segments: Sequence[Segment], config: Config) -> tuple[str, ...]:
    """Return what a user should know of his plan: what nothing is done about, and where much is hidden.

    Raises:
        UnknownAction: a segment names an action that does not exist.
    """
    return (*_left_as_they_are(segments, config), *_without_places(segments, config.video))


def _left_as_they_are(segments: Iterable[Segment], config: Config) -> Iterator[str]:
    if config.video.skip_chapters:
        return
    left = Counter(each.category for each in segments if is_without_action(each, config))
    looked_for = (category for detector in config.detectors for category in detector.categories)
    known = (*CATEGORIES, *looked_for, *config.audio.categories)
    for category, count in left.items():
        near = None if category in known else nearest(category, known)
        meant = f"; perhaps {near} is meant" if near else ""
        findings = "1 finding" if count == 1 else f"{count} findings"
        why = f"the config has no action for it{meant}"
        where = "remediation.audio.categories or remediation.video.category_modes"
        yield f"Nothing is done about {findings} of {category}: {why}. Name it in {where}, or decide yourself"


def _without_places(segments: Iterable[Segment], remediation: VideoRemediation) -> tuple[str, ...]:
    unknown = [
        segment
        for segment in segments
        if _is_acted_on(segment, remediation)
        and _picture_action(segment, remediation) in _OF_BOXES
        and _style(segment, remediation).area == "boxes"
        and not any(hit.box or hit.sightings for hit in segment.detections)
    ]
    if not unknown:
        return ()
    names = ", ".join(f"'{segment.id}'" for segment in unknown[:_MOST_NAMED])
    more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
    return (f"Nothing says where in the picture {names}{more} is: the whole picture is hidden there",)


def _sound_action(segment: Segment, remediation: AudioRemediation) -> str:
    own = _own(segment, "audio_remediation", segment.audio_remediation, _AUDIO_ACTIONS)
    modes = {category.casefold(): mode for category, mode in remediation.category_modes.items()}
    wanted = {category.casefold() for category in remediation.categories}
    category = segment.category.casefold()
    return own or modes.get(category) or (remediation.mode if category in wanted else _NONE)


def _picture_action(segment: Segment, remediation: VideoRemediation) -> str:
    own = _own(segment, "video_remediation", segment.video_remediation, _VIDEO_ACTIONS)
    modes = {category.casefold(): mode for category, mode in remediation.category_modes.items()}
    return own or modes.get(segment.category.casefold(), remediation.mode)


def _is_acted_on(segment: Segment, remediation: VideoRemediation) -> bool:
    return remediation.enabled and not segment.allow and segment.end >= segment.start


def _style(segment: Segment, remediation: VideoRemediation) -> PictureStyle:
    styles = {category.casefold(): style for category, style in remediation.category_styles.items()}
    for_all = PictureStyle(remediation.area, remediation.blank_color, remediation.strength)
    return segment.video_style.over(styles.get(segment.category.casefold(), PictureStyle())).over(for_all)


def _edit_of(effect: Effect, style: PictureStyle) -> PictureEdit:
    """Return an edit without its times; what does not matter for its effect is as usual."""
    usual = PictureEdit(0.0, 0.0, effect)
    if effect == "color":
        return replace(usual, color=style.color or usual.color)
    return replace(usual, strength=usual.strength if style.strength is None else style.strength)


def _padded(segment: Segment, padding: float | None) -> tuple[float, float]:
    """The span with what is hidden around it, each detection's own margin unless `padding` is given."""
    if padding is not None and segment.end - segment.start + 2 * padding > 0:
        before = after = padding
    elif not (found := segment.detections):
        before = after = DEFAULT_PADDING if padding is None else padding
    else:
        # Of the borders that were found, which a person may have moved since.
        before = min(hit.start for hit in found) - min(hit.start - _margin(hit)[0] for hit in found)
        after = max(hit.end + _margin(hit)[1] for hit in found) - max(hit.end for hit in found)
    return max(segment.start - before, 0.0), segment.end + after


def _margin(hit: Hit) -> tuple[float, float]:
    return (DEFAULT_PADDING, DEFAULT_PADDING) if hit.margin is None else hit.margin


def _own(segment: Segment, key: str, action: str | None, known: tuple[str, ...]) -> str | None:
    if action is not None and action not in known:
        raise UnknownAction(f"{key} of the segment '{segment.id}'", action, known)
    return action


def _without_overlaps(edits: Sequence[SoundEdit]) -> tuple[SoundEdit, ...]:
    """Return edits, which are by time, as such that do not overlap: what hides wholly goes before ducking."""
    whole = _one_by_one(edit for edit in edits if edit.mode != _DUCK)
    ducked = _one_by_one(edit for edit in edits if edit.mode == _DUCK)
    rest = (part for edit in ducked for part in _outside(edit, whole))
    return tuple(sorted((*whole, *rest), key=lambda edit: edit.start))


def _one_by_one(edits: Iterable[SoundEdit]) -> list[SoundEdit]:
    found: list[SoundEdit] = []
    for edit in edits:
        last = found[-1] if found else None
        if last is None or edit.start > last.end:
            found.append(edit)
        elif edit.mode == last.mode:
            found[-1] = replace(last, end=max(last.end, edit.end))
        elif edit.end > last.end:
            found.append(replace(edit, start=last.end))
    return found


def _outside(edit: SoundEdit, others: Sequence[SoundEdit]) -> Iterator[SoundEdit]:
    """Yield what of an edit lies outside of others, which are by time."""
    start = edit.start
    for other in others:
        if other.start < edit.end and other.end > start:
            if other.start > start:
                yield replace(edit, start=start, end=other.start)
            start = other.end
    if start < edit.end:
        yield replace(edit, start=start)
