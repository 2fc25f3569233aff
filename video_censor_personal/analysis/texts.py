"""What is written for a film: which texts there are, and how far they fit what was heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.analysis.observation_store import Observed
from video_censor_personal.detectors.base import AudioDetector
from video_censor_personal.detectors.subtitles import CUE
from video_censor_personal.export.signatures import is_signed, placed
from video_censor_personal.findings.languages import language_code
from video_censor_personal.findings.observations import Observation
from video_censor_personal.findings.spoken import Spoken
from video_censor_personal.findings.texts import TextSource, coverage_of
from video_censor_personal.findings.tracks import SoundTrack
from video_censor_personal.media.notes import fingerprint
from video_censor_personal.media.sidecars import sidecars
from video_censor_personal.transcription.agreement import NOTICED, Agreement, agreement, spread, timed
from video_censor_personal.transcription.placing import bare
from video_censor_personal.words.lexicon import built_in_list

_PAST_END = 1.0
_MOST_PAST_END = 0.2
"""The share of cues behind the film's end from which on a text is of another film."""
_HEARD = "word"
_CHANNELS = 8
"""Words back in which the same one may stand, heard in another channel."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says, at the times when it is said, and the words heard in the sound it goes with.

    `assignment` has the language that it is in.
    """

    assignment: Assignment
    observed: Observed
    heard: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class Speech:
    """The words that a detector heard in one sound track, in time order, and their language."""

    words: tuple[Observation, ...]
    language: str | None


def files_beside(film: Path, cache_dir: Path) -> tuple[TextSource, ...]:
    """Return the files of subtitles beside a film, without those that were written beside a copy of it.

    Their digests are noted in `cache_dir`.
    """
    found = sidecars(film, lambda path: fingerprint(path, cache_dir))
    return tuple(
        each
        for each in found
        if not is_signed(placed(film.parent / (each.file or ""), each.digest), cache_dir)
    )


def speech_of(observed: Iterable[tuple[Assignment, Observed]], tracks: Iterable[SoundTrack]) -> list[Speech]:
    """Return what was heard, for each detector and track in which there was any word."""
    tags = {track.stream: language_code(track.language) for track in tracks}
    found = []
    for assignment, seen in observed:
        if issubclass(assignment.kind, AudioDetector):
            given = language_code(assignment.parameters.get("language"))
            tag = None if assignment.track is None else tags.get(assignment.track)
            words = _once(each for each in seen.observations if each.label == _HEARD and each.text)
            if words:
                found.append(Speech(words, Spoken.of(seen.observations).most() or given or tag))
    return found


def read_beside(assignment: Assignment, observed: Observed, speech: Sequence[Speech]) -> Reading:
    """Return what a text says, put right or taken away by what was heard.

    Without speech, and where there is too little to compare, it is taken as it is. So is one that is forced:
    it translates what is said in other languages. One that nobody says the language of is in that of the
    speech that it fits.
    """
    text = assignment.text
    cues = [seen for seen in observed.observations if seen.label == CUE]
    if text is None or not cues:
        return Reading(assignment, observed)
    language = assignment.parameters["language"]
    written = [word for cue in cues for word in spread(cue.start, cue.end, cue.text or "")]
    compared = [(agreement(written, timed(each.words)), each) for each in speech]
    same = [each for each in compared if each[1].language in (None, language)]
    fits = [each for each in compared if each[0].is_known and each[0].is_trusted] or same
    fit, said = max(fits, key=lambda each: each[0].shared, default=(Agreement(), Speech((), None)))
    if text.is_forced:
        return Reading(assignment, observed, said.words)
    if not fit.is_trusted:
        why = f"only {fit} are what was heard then, so it seems to be of another film"
        return Reading(assignment, _distrusted(text, observed, why))
    if not fits and any(built_in_list(each.language or "") for each in speech):
        # What is said was heard and judged; where that could not be, this is the best that there is.
        why = "it translates what is said in another language"
        aside = replace(coverage_of(text, observed.duration, why=why), is_excused=True)
        return Reading(assignment, replace(observed, observations=(), coverage=aside))
    late = sum(fit.at(cue.start) > observed.duration + _PAST_END for cue in cues)
    if late > _MOST_PAST_END * len(cues):
        why = f"{late} of its {len(cues)} lines come after the end of the film"
        return Reading(assignment, _distrusted(text, observed, why))
    if text.language is None and fit.is_known and built_in_list(said.language or ""):
        parameters = {**assignment.parameters, "language": said.language}
        assignment = replace(assignment, parameters=parameters)
    return Reading(assignment, _retimed(text, observed, fit) if fit.is_known else observed, said.words)


def unread(texts: Iterable[TextSource], assignments: Iterable[Assignment]) -> tuple[str, ...]:
    """Return a warning for the texts that no detector reads, where any detector reads."""
    read = {each.text for each in assignments}
    left = ", ".join(str(text) for text in texts if text not in read)
    return (f"no detector read {left}",) if left else ()


def _once(words: Iterable[Observation]) -> tuple[Observation, ...]:
    """Words in time order; one that was heard in several channels at the same time counts once."""
    found: list[Observation] = []
    for word in sorted(words, key=lambda each: each.start):
        is_known = any(
            each.end > word.start and bare(each.text or "") == bare(word.text or "")
            for each in found[-_CHANNELS:]
        )
        if not is_known:
            found.append(word)
    return tuple(found)


def _distrusted(text: TextSource, observed: Observed, why: str) -> Observed:
    return replace(
        observed,
        observations=(),
        warnings=(*observed.warnings, f"{text} was not trusted, and nothing was hidden by it: {why}"),
        coverage=coverage_of(text, observed.duration, why=why),
    )


def _retimed(text: TextSource, observed: Observed, fit: Agreement) -> Observed:
    """The cues when they are said; where words were looked for at other times, that counts no more."""
    if not fit.is_off:
        return observed
    moved = tuple(
        replace(seen, start=max(fit.at(seen.start), 0.0), end=max(fit.at(seen.end), 0.0))
        for seen in observed.observations
        if seen.label == CUE
    )
    warning = f"{text} was {_off(fit)}, and was read as if it were not: {fit} say so"
    return replace(observed, observations=moved, warnings=(*observed.warnings, warning))


def _off(fit: Agreement) -> str:
    speed = (1 / fit.scale - 1) * 100
    parts = []
    if abs(speed) > 1e-3:
        parts.append(f"made for a film that is {abs(speed):.1f} % {'slower' if fit.scale < 1 else 'faster'}")
    if abs(fit.shift) >= NOTICED:
        parts.append(f"{abs(fit.shift):.1f} s {'late' if fit.shift < 0 else 'early'}")
    return " and ".join(parts)
