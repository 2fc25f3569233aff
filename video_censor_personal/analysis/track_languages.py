"""What was heard of a track's language: is it what the film says, and were words judged?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.analysis.observation_store import Observed
from video_censor_personal.detectors.base import AudioDetector
from video_censor_personal.findings.coverage import Span, Unjudged, joined
from video_censor_personal.findings.languages import language_code
from video_censor_personal.findings.spoken import Spoken
from video_censor_personal.findings.timecode import format_short
from video_censor_personal.findings.tracks import SoundTrack

_MOST_UNJUDGED = 0.5
"""Share of a track's speech: with more of it not judged, nobody has listened to the track."""


def unjudged(assignment: Assignment, observed: Observed) -> tuple[Unjudged, ...]:
    """Return what the detector was shown and could not judge."""
    return tuple(assignment.kind.unjudged(observed.observations, assignment.parameters))


def was_heard(assignment: Assignment, observed: Observed) -> bool:
    """Whether the detector listened to the words of its track, and judged most of what it heard there."""
    if not (issubclass(assignment.kind, AudioDetector) and assignment.kind.hears_words):
        return False
    missing = _seconds(each.span for each in unjudged(assignment, observed))
    spoken = _seconds(Span(each.start, each.end) for each in Spoken.of(observed.observations).stretches)
    return missing <= _MOST_UNJUDGED * max(missing, spoken)


def language_warnings(
    known: Iterable[tuple[Assignment, Observed]], tracks: Iterable[SoundTrack]
) -> Iterator[str]:
    """Yield what a user has to know: what was not judged and why, and tags that are wrong."""
    by_stream = {track.stream: track for track in tracks}
    for assignment, observed in known:
        track = None if assignment.track is None else by_stream.get(assignment.track)
        if track is None:
            continue
        for why, spans in _grouped((each.why, each.span) for each in unjudged(assignment, observed)).items():
            yield f"{assignment.name} did not judge {_seconds(spans):.0f} s of {track}: {why}"
        tagged = language_code(track.language)
        heard = _grouped(
            (each.text or "", Span(each.start, each.end))
            for each in Spoken.of(observed.observations).stretches
            if tagged is not None and each.text != tagged
        )
        for language, spans in heard.items():
            yield (
                f"{assignment.name} heard '{language}' for {_seconds(spans):.0f} s of {track}, "
                f"first at {format_short(spans[0].start)}"
            )


def _grouped(spans: Iterable[tuple[str, Span]]) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for name, span in spans:
        found.setdefault(name, []).append(span)
    return found


def _seconds(spans: Iterable[Span]) -> float:
    return sum(each.end - each.start for each in joined(spans))
