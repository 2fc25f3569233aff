"""Which stretches of sound and picture to hide: segments to edits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast, get_args

from video_censor_personal.config.values import AudioMode, AudioRemediation, VideoRemediation
from video_censor_personal.errors import UsageError
from video_censor_personal.findings.coverage import Span, joined
from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.segments import Segment

DEFAULT_PADDING = 0.2
"""Seconds, where neither the config nor a detection says."""
_NONE = "none"
_CUT = "cut"
_AUDIO_ACTIONS = (*get_args(AudioMode), _NONE)
_VIDEO_ACTIONS = ("blank", _CUT, _NONE)


@dataclass(frozen=True, slots=True)
class AudioEdit:
    """From `start` to `end` (seconds) the sound is replaced by nothing or by a tone."""

    start: float
    end: float
    mode: AudioMode


@dataclass(frozen=True, slots=True)
class VideoEdit:
    """From `start` to `end` (seconds) the picture is covered with `color` (#rrggbb)."""

    start: float
    end: float
    color: str


Edit = AudioEdit | VideoEdit


def sound_edits(edits: Sequence[Edit]) -> list[AudioEdit]:
    """Return the edits of the sound."""
    return [edit for edit in edits if isinstance(edit, AudioEdit)]


def picture_edits(edits: Sequence[Edit]) -> list[VideoEdit]:
    """Return the edits of the picture."""
    return [edit for edit in edits if isinstance(edit, VideoEdit)]


class UnknownAction(UsageError):
    """Somebody asked for an action that does not exist; to do nothing instead would show what is hidden."""

    def __init__(self, place: str, action: str, known: Iterable[str]) -> None:
        super().__init__(
            f"No clean copy can be made: {place} is '{action}'",
            "there is no such action",
            f"Use one of {', '.join(known)}",
        )


class CutUnsupported(UsageError):
    """Cutting was asked for, which this program cannot do."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"No clean copy can be made: {place} is 'cut'",
            "nothing can be cut out yet, and leaving it in would show it",
            "Use 'blank', which covers the picture for as long",
        )


def plan_audio(segments: Iterable[Segment], remediation: AudioRemediation) -> tuple[AudioEdit, ...]:
    """Return the edits for `segments`, by time, none overlapping another.

    An allowed segment is never acted on. A segment that names its own action gets it, whatever its
    category; another gets the configured mode if its category is configured. Edits of one mode that
    touch are joined; where two modes meet, the one that began first keeps its end. A word without
    length is hidden with its margin, whatever the padding.

    Raises:
        UnknownAction: a segment names an action that does not exist.
    """
    wanted = {category.casefold() for category in remediation.categories}
    edits = []
    for segment in segments:
        own = _own(segment, "audio_remediation", segment.audio_remediation, _AUDIO_ACTIONS)
        mode = own or (remediation.mode if segment.category.casefold() in wanted else _NONE)
        start, end = _padded(segment, remediation.padding)
        if not segment.allow and mode != _NONE and end > start and segment.end >= segment.start:
            edits.append(AudioEdit(start, end, cast("AudioMode", mode)))
    if not remediation.enabled:
        return ()
    return _without_overlaps(sorted(edits, key=lambda edit: (edit.start, edit.end)))


def plan_video(segments: Iterable[Segment], remediation: VideoRemediation) -> tuple[VideoEdit, ...]:
    """Return the spans whose picture is to be covered, by time, none touching another.

    An allowed segment is never acted on. A segment's own action beats its category's mode, and that beats
    the mode for all. A segment without length covers the one picture on the screen at its moment.

    Raises:
        UnknownAction: a segment names an action that does not exist.
        CutUnsupported: a segment is to be cut out, or the config says so for anything.
    """
    require_no_cuts(remediation)
    modes = {category.casefold(): mode for category, mode in remediation.category_modes.items()}
    spans = []
    for segment in segments:
        own = _own(segment, "video_remediation", segment.video_remediation, _VIDEO_ACTIONS)
        mode = own or modes.get(segment.category.casefold(), remediation.mode)
        if segment.allow or mode == _NONE or segment.end < segment.start or not remediation.enabled:
            continue
        if mode == _CUT:
            raise CutUnsupported(f"video_remediation of the segment '{segment.id}'")
        spans.append(Span(max(segment.start, 0.0), segment.end))
    return tuple(VideoEdit(span.start, span.end, remediation.blank_color) for span in joined(spans))


def require_no_cuts(remediation: VideoRemediation) -> None:
    """Make sure, before any work, that the config asks for nothing that cannot be done.

    Raises:
        CutUnsupported: it asks for cuts.
    """
    if not remediation.enabled:
        return
    if remediation.mode == _CUT:
        raise CutUnsupported("remediation.video.mode")
    for category, mode in remediation.category_modes.items():
        if mode == _CUT:
            raise CutUnsupported(f"remediation.video.category_modes.{category}")


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


def _without_overlaps(edits: Iterable[AudioEdit]) -> tuple[AudioEdit, ...]:
    found: list[AudioEdit] = []
    for edit in edits:
        last = found[-1] if found else None
        if last is None or edit.start > last.end:
            found.append(edit)
        elif edit.mode == last.mode:
            found[-1] = replace(last, end=max(last.end, edit.end))
        elif edit.end > last.end:
            found.append(replace(edit, start=last.end))
    return tuple(found)
