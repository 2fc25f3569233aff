"""What the exports of a film tell: its segments, and what the config does about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from video_censor_personal.config import Config
from video_censor_personal.config.values import AudioRemediation, VideoRemediation
from video_censor_personal.edits.plan import plan_cuts, plan_picture, plan_sound
from video_censor_personal.edits.told import picture_action
from video_censor_personal.edits.values import PictureEdit, Stretched
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
    told = tuple(treated(segment, *_remediation(segment, config)) for segment in segments)
    return ExportInput(film.path, film.duration, told, film.chapters)


def treated(segment: Segment, audio: AudioRemediation, video: VideoRemediation) -> Treated:
    """Return what is hidden because of a segment, seen alone. Raises UnknownAction."""
    sound = plan_sound([segment], audio)
    cuts, picture = plan_cuts([segment], video, audio.padding), plan_picture([segment], video)
    return Treated(
        segment,
        _span(sound),
        _span(cuts) or _span(picture),
        sound_action=sound[0].mode if sound else "none",
        picture_action="cut" if cuts else _action(picture),
    )


def _action(edits: Sequence[PictureEdit]) -> str:
    """Return what is done to the picture; where boxes are hidden, that may be the whole of it in between."""
    return next((picture_action(each) for each in sorted(edits, key=lambda each: not each.path)), "none")


def _span(edits: Sequence[Stretched]) -> Span | None:
    """Return from when to when a segment hides anything; between its edits it does, for players."""
    if not edits:
        return None
    return Span(min(each.start for each in edits), max(each.end for each in edits))


def _remediation(segment: Segment, config: Config) -> tuple[AudioRemediation, VideoRemediation]:
    if config.audio.enabled or config.video.enabled:
        return config.audio, config.video
    is_word = any(hit.text is not None for hit in segment.detections)
    categories = (segment.category,) if is_word else ()
    return (
        AudioRemediation(enabled=True, categories=categories, padding=config.audio.padding),
        VideoRemediation(enabled=True, mode="none" if is_word else "blank"),
    )
