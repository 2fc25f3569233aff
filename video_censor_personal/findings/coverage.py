"""How much of a film each detector was shown, and the gaps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from video_censor_personal.findings.timecode import format_short

MOST_UNSEEN = 2.0
"""Seconds of a track that may go unseen before its detector counts as incomplete …"""
MOST_UNSEEN_SHARE = 0.01
"""… and the share of the track, whichever is less."""
NOT_JUDGED = "not judged"
"""The label of an observation for a stretch that was shown and could not be judged; its text says why."""
DOUBTFUL = "unheard"
"""The label of an observation for a stretch with a voice of which hardly a word was understood."""
_MOST_NAMED = 5
"""Gaps that a message names one by one."""
_ROUNDING = 1e-6
_VERBS = {"audio": "heard", "text": "read"}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds of the film."""

    start: float
    end: float

    def __str__(self) -> str:
        return f"{format_short(self.start)}-{format_short(self.end)}"


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A stretch that a detector was shown, and could not judge."""

    span: Span
    why: str


@dataclass(frozen=True, slots=True)
class Judged:
    """How many pictures a detector judged that is not shown all of them.

    `asked` is how many there were to judge, `chosen` how many of these it was to judge, for it judges only
    so many of a film, and `judged` how many it did. They stand for so many `seconds`. `failed` are the
    stretches of those that it could not judge, and `why` says why the first was not.
    """

    asked: int
    chosen: int
    judged: int
    seconds: float = 0.0
    failed: tuple[Span, ...] = ()
    why: str | None = None

    @property
    def shortfall(self) -> str:
        """Say which pictures were not judged, and why; nothing where all were."""
        text = f", {self.chosen} were to be" if self.chosen < self.asked else ""
        if self.failed:
            text += f", not {_listed(self.failed)}"
        return f"{text}: {self.why}" if self.why else text


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one detector was shown of one track.

    `kind` is `audio`, `video` or `text`; a text in a file beside the film has no `stream`, but a `file`.
    What is there goes from `start` to `end`: a track that begins late has nothing before. `gaps` are what was
    not shown, because it could not be decoded or the file lacks it, and what could not be judged.
    `undecodable` and `missing` count packets; `missing` is None where nobody can tell. `frame` is the length
    of a packet in seconds: less than one is no gap. `doubtful` are stretches that were heard, but hardly
    understood. `device` is where the model ran. `why` says why nothing of a text counts; it `is_excused`
    where nobody here could have read it, as where it consists of pictures. `judged` is for a
    detector that is shown some pictures only: what it was not shown is no gap.
    """

    stream: int | None
    kind: str
    start: float
    end: float
    gaps: tuple[Span, ...] = ()
    undecodable: int = 0
    missing: int | None = None
    frame: float = 0.0
    doubtful: tuple[Span, ...] = ()
    detector: str = ""
    language: str | None = None
    device: str | None = None
    file: str | None = None
    why: str | None = None
    is_excused: bool = False
    judged: Judged | None = None

    @property
    def length(self) -> float:
        """The track's length in seconds."""
        return max(self.end - self.start, 0.0)

    @property
    def unseen(self) -> float:
        """The seconds that were not shown."""
        return sum(gap.end - gap.start for gap in self.gaps)

    @property
    def looked_at(self) -> float:
        """The seconds that were shown, or that the pictures which were stand for."""
        if self.judged is not None:
            return self.judged.seconds
        return max(self.length - self.unseen, 0.0)

    @property
    def is_partial(self) -> bool:
        """Whether anything was not shown that there was to look at, tolerated or not."""
        return bool(self.gaps) or (self.judged is not None and self.judged.judged < self.judged.asked)

    @property
    def is_incomplete(self) -> bool:
        """Whether more was not shown than is tolerated; a packet always is, a picture to judge never."""
        if self.is_excused:
            return False
        if self.judged is not None and self.judged.judged < self.judged.chosen:
            return True
        least = max(min(MOST_UNSEEN, MOST_UNSEEN_SHARE * self.length), self.frame)
        return self.unseen > least + _ROUNDING

    def as_dict(self) -> dict[str, Any]:
        """Return the form that is stored with the observations."""
        entry = asdict(self) | {"gaps": _pairs(self.gaps), "doubtful": _pairs(self.doubtful)}
        if self.judged is not None:
            entry["judged"] |= {"failed": _pairs(self.judged.failed)}
        return entry

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Coverage:
        """Read the form of `as_dict`. Raises KeyError, TypeError or ValueError when it is none."""
        fields = {**entry, "gaps": _spans(entry["gaps"]), "doubtful": _spans(entry["doubtful"])}
        if judged := entry.get("judged"):
            fields["judged"] = Judged(**{**judged, "failed": _spans(judged["failed"])})
        return cls(**fields)

    def __str__(self) -> str:
        about = f" ({self.language})" if self.language else ""
        stream = f"{'subtitle' if self.kind == 'text' else self.kind} stream {self.stream}"
        track = f"{self.file or stream}{about}"
        if self.why:
            return f"nothing of {track}, because {self.why}"
        if self.judged is not None:
            number = (
                f"{self.judged.judged} of {self.judged.asked} picture{'' if self.judged.asked == 1 else 's'}"
            )
            gaps = f" with {self.unseen:.1f} s that could not be decoded" if self.gaps else ""
            return f"{number} of {track}{gaps}{self.judged.shortfall}"
        if not self.gaps:
            text = f"all {self.length:.1f} s of {track}"
        else:
            text = f"{self.looked_at:.1f} of {self.length:.1f} s of {track}, not {_listed(self.gaps)}"
        return f"{text}, hardly a word understood in {_listed(self.doubtful)}" if self.doubtful else text


def coverage_lines(coverage: Iterable[Coverage]) -> tuple[str, ...]:
    """Return a line for each detector: how much of the film it was shown."""
    lines = []
    for name, tracks in groupby(coverage, key=lambda each: each.detector):
        found = list(tracks)
        verb = "judged" if found[0].judged else _VERBS.get(found[0].kind, "saw")
        lines.append(f"{name} {verb} {'; '.join(map(str, found))}")
    return tuple(lines)


def unseen_lines(coverage: Iterable[Coverage], unseen: Iterable[str]) -> tuple[str, ...]:
    """Return a line for each detector, also for those of `unseen` that have no coverage."""
    told = list(coverage)
    silent = [name for name in unseen if name not in {each.detector for each in told}]
    return (*coverage_lines(told), *(f"{name} did not look at all of it" for name in silent))


def incomplete(coverage: Iterable[Coverage]) -> tuple[str, ...]:
    """Return the names of the detectors that were shown too little of a track."""
    return tuple(dict.fromkeys(each.detector for each in coverage if each.is_incomplete))


def joined(spans: Iterable[Span], reach: float = 0.0) -> tuple[Span, ...]:
    """Return the spans in time order, those that overlap or are at most `reach` seconds apart as one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        if found and span.start <= found[-1].end + reach + _ROUNDING:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)


def _spans(pairs: Iterable[Iterable[Any]]) -> tuple[Span, ...]:
    return tuple(Span(*map(float, pair)) for pair in pairs)


def _pairs(spans: Iterable[Span]) -> list[list[float]]:
    return [[span.start, span.end] for span in spans]


def _listed(spans: Sequence[Span]) -> str:
    named = ", ".join(map(str, spans[:_MOST_NAMED]))
    return f"{named} and {len(spans) - _MOST_NAMED} more" if len(spans) > _MOST_NAMED else named
