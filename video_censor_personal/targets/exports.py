"""What the exports of a film tell: its segments, and what the config does about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from video_censor_personal.config import Config
from video_censor_personal.config.values import AudioRemediation, VideoMode, VideoRemediation
from video_censor_personal.edits.plan import plan_picture, plan_sound
from video_censor_personal.export.stretches import ExportInput, Treated
from video_censor_personal.findings.coverage import Span
from video_censor_personal.findings.segments import Segment
from video_censor_personal.media.info import MediaInfo


def export_input(film: MediaInfo, segments: Iterable[Segment], config: Config) -> ExportInput:
    """Return what is exported of a film.

    What is hidden is what a copy would hide. A config that changes neither sound nor picture does not say
    what a player should do; then words are muted, and of all else the picture is hidden: an export in which
    nothing is hidden would say that nothing was found.

    Raises:
        UnknownAction: a segment names an action that does not exist.
    """
    treated = tuple(_treated(segment, config) for segment in segments)
    return ExportInput(film.path, film.duration, treated, film.chapters)


def _treated(segment: Segment, config: Config) -> Treated:
    audio, video = _remediation(segment, config)
    # To a player, what is cut out of a copy is what it skips, as all that is covered.
    own = replace(segment, video_remediation="blank") if segment.video_remediation == "cut" else segment
    sound, picture = plan_sound([own], audio), plan_picture([own], video)
    return Treated(
        segment,
        next((Span(edit.start, edit.end) for edit in sound), None),
        next((Span(edit.start, edit.end) for edit in picture), None),
    )


def _remediation(segment: Segment, config: Config) -> tuple[AudioRemediation, VideoRemediation]:
    if config.audio.enabled or config.video.enabled:
        modes = {name: _without_cut(mode) for name, mode in config.video.category_modes.items()}
        mode = _without_cut(config.video.mode)
        return config.audio, replace(config.video, mode=mode, category_modes=MappingProxyType(modes))
    is_word = any(hit.text is not None for hit in segment.detections)
    categories = (segment.category,) if is_word else ()
    return (
        replace(config.audio, enabled=True, categories=categories),
        VideoRemediation(enabled=True, mode="none" if is_word else "blank"),
    )


def _without_cut(mode: VideoMode) -> VideoMode:
    return "blank" if mode == "cut" else mode
