"""Which stretches of sound to hide: segments to edits."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal, Protocol, cast

AudioMode = Literal["silence", "bleep"]


@dataclass(frozen=True, slots=True)
class AudioEdit:
    """From `start` to `end` (seconds) the sound is replaced by nothing or by a tone."""

    start: float
    end: float
    mode: AudioMode


class Planned(Protocol):
    """What a plan needs of a segment."""

    @property
    def start(self) -> float:
        """Seconds."""

    @property
    def end(self) -> float:
        """Seconds."""

    @property
    def category(self) -> str:
        """What it is a case of."""

    @property
    def allow(self) -> bool:
        """Whether it is left alone."""

    @property
    def audio_remediation(self) -> str | None:
        """`silence`, `bleep`, `none`, or None for the config's choice."""


class AudioRemediation(Protocol):
    """What a plan needs of the config's `remediation.audio`."""

    @property
    def enabled(self) -> bool:
        """Whether sound is changed at all."""

    @property
    def mode(self) -> str:
        """`silence` or `bleep`."""

    @property
    def categories(self) -> Collection[str]:
        """The categories whose segments are acted on."""

    @property
    def padding(self) -> float:
        """Seconds hidden on each side of a segment as well."""


def plan_audio(segments: Iterable[Planned], remediation: AudioRemediation) -> tuple[AudioEdit, ...]:
    """Return the edits for `segments`, by time, none overlapping another.

    An allowed segment is never acted on. A segment that names its own action gets it, whatever its
    category; another gets the configured mode if its category is configured. Edits of one mode that
    touch are joined; where two modes meet, the one that began first goes on to its end.
    """
    if not remediation.enabled:
        return ()
    wanted = {category.casefold() for category in remediation.categories}
    edits = []
    for segment in segments:
        mode = segment.audio_remediation or (
            remediation.mode if segment.category.casefold() in wanted else "none"
        )
        if not segment.allow and mode != "none" and segment.end > segment.start:
            start = max(segment.start - remediation.padding, 0.0)
            edits.append(AudioEdit(start, segment.end + remediation.padding, cast("AudioMode", mode)))
    return _joined(sorted(edits, key=lambda edit: (edit.start, edit.end)))


def _joined(edits: Iterable[AudioEdit]) -> tuple[AudioEdit, ...]:
    joined: list[AudioEdit] = []
    for edit in edits:
        last = joined[-1] if joined else None
        if last is None or edit.start > last.end:
            joined.append(edit)
        elif edit.mode == last.mode:
            joined[-1] = replace(last, end=max(last.end, edit.end))
        elif edit.end > last.end:
            joined.append(replace(edit, start=last.end))
    return tuple(joined)
