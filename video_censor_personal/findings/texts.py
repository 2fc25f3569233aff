"""What is written for a film: tracks of subtitles in it, and files beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from video_censor_personal.findings.coverage import Coverage, Span
from video_censor_personal.findings.languages import language_code


@dataclass(frozen=True, slots=True)
class TextSource:
    """A track of subtitles, or a file of them beside the film.

    Args:
        stream: the number of the track; None for a file.
        file: the name of the file; None for a track.
        language: as it is tagged, or as the name of the file says; None where nothing says it.
        title: of the track.
        is_forced: it is shown without being asked for, so it has what is said in a foreign language.
        unreadable: why nobody here can read it; empty where somebody can.
        digest: the SHA-256 of the file.
    """

    stream: int | None = None
    file: str | None = None
    language: str | None = None
    title: str | None = None
    is_forced: bool = False
    unreadable: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """What it is called to the user; of a file's name, what is no text is written as its bytes."""
        if self.file is None:
            return f"subtitle stream {self.stream}"
        return self.file.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

    @property
    def is_readable_track(self) -> bool:
        """Whether it is a track that can be read."""
        return self.stream is not None and not self.unreadable

    def __str__(self) -> str:
        about = ", ".join(part for part in (self.language, self.title) if part)
        return self.name + (f" ({about})" if about else "")


def coverage_of(text: TextSource, duration: float, lost: Sequence[Span] = (), why: str = "") -> Coverage:
    """Return how much of a text was read: all but what was lost, or nothing, with why."""
    return Coverage(
        stream=text.stream,
        kind="text",
        start=0.0,
        end=duration,
        gaps=(Span(0.0, duration),) if why else tuple(lost),
        undecodable=len(lost),
        language=language_code(text.language),
        file=None if text.file is None else text.name,
        why=why or None,
        is_excused=bool(text.unreadable),
    )


def read_texts(coverage: Iterable[Coverage]) -> frozenset[int | str]:
    """Return the tracks of text, by their numbers, and the files, by their names, that somebody read."""
    names = (
        each.stream if each.file is None else each.file
        for each in coverage
        if each.kind == "text" and not each.why
    )
    return frozenset(name for name in names if name is not None)
