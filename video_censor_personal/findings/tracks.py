"""The film's sound tracks, and which of them somebody listened to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from video_censor_personal.findings.languages import language_code


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """A sound track: the number of its stream, its language as the film gives it, and its title.

    `heard_by` are the names of the detectors that listened to it. `remediation` is what becomes of a track
    that nobody listened to: `mute`, `drop` or `keep`; None for one that was listened to.
    """

    stream: int
    language: str | None = None
    title: str | None = None
    heard_by: tuple[str, ...] = ()
    remediation: str | None = None

    def __str__(self) -> str:
        about = ", ".join(part for part in (self.language, self.title) if part)
        return f"audio stream {self.stream}" + (f" ({about})" if about else "")


def in_language(tracks: Iterable[SoundTrack], language: str) -> tuple[SoundTrack, ...]:
    """Return the tracks that may be in `language`: those so tagged, and those without a language."""
    wanted = language_code(language)
    return tuple(track for track in tracks if language_code(track.language) in (None, wanted))


def unheard(tracks: Iterable[SoundTrack]) -> tuple[SoundTrack, ...]:
    """Return the tracks that nobody listened to, where somebody listened to others.

    Empty where nobody listened to any, as with segments written by hand: no track is worse than another.
    """
    found = tuple(tracks)
    return tuple(track for track in found if not track.heard_by) if any(t.heard_by for t in found) else ()
