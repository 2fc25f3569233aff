"""One film under review: its results, where it is, whether it is the right one, how its copy stands."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modeltasks.errors import Failure
from modeltasks.report.progress import Progress
from modeltasks.support.cancel import CancelToken
from video_censor_personal.clips.request import CopyEdits
from video_censor_personal.export.results_film import Match, is_beyond, match
from video_censor_personal.export.results_json import Results, coverage_entries
from video_censor_personal.export.stretches import Treated
from video_censor_personal.findings.coverage import coverage_lines
from video_censor_personal.findings.reviews import needs_decision
from video_censor_personal.findings.segments import Segment
from video_censor_personal.findings.texts import read_texts
from video_censor_personal.media.errors import MediaError
from video_censor_personal.media.notes import FilmFacts
from video_censor_personal.render.clean_copy import CopyRequest
from video_censor_personal.review.changes import as_json as change_json
from video_censor_personal.review.changes import read_changes
from video_censor_personal.review.copying import FilmCopy, stat_of
from video_censor_personal.review.errors import BeyondTheFilm, Conflict
from video_censor_personal.review.finding import Finder, NotLookedAt, Place, look_command
from video_censor_personal.review.hiding import with_actions
from video_censor_personal.review.identity import OtherFilm
from video_censor_personal.review.located import Located
from video_censor_personal.review.looks import Known, Looks
from video_censor_personal.review.results_file import ResultsFile, Snapshot
from video_censor_personal.review.segment_view import choices_json, segment_json
from video_censor_personal.review.typed_path import typed_path
from video_censor_personal.targets.exports import treated

_OPENING = 3.0
"""Seconds that the page waits to learn what is in a film; what takes longer comes later."""
_ALIKE = "The film is not the very file that was looked at, but it has its name and is as long"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the films of one page share."""

    finder: Finder
    looks: Looks

    @property
    def folder(self) -> Path:
        """Where what is known of films is noted."""
        return self.finder.session.folder


@dataclass(frozen=True, slots=True)
class _Now:
    """How a film stands, each of its files asked once; None: what cannot be told, `problem` says why."""

    located: Located
    snapshot: Snapshot | None
    known: Known
    problem: Failure | None = None
    match: Match = "unknown"

    @property
    def fingerprint(self) -> str | None:
        """The film's SHA-256, if it is known, and nothing is wrong with the film."""
        return self.known.fingerprint if self.problem is None else None


class ReviewedFilm:
    """A film whose results are looked through; for any number of threads.

    `name` is what the page calls it in addresses. All that is told is as the files are now.
    """

    def __init__(self, name: str, place: Place, desk: Desk) -> None:
        self.name = name
        self.file = ResultsFile(place.results, desk.folder)
        self._desk = desk
        self._located = Located(place, FilmCopy(place, desk.finder.session))
        self._noted = self._located
        self._counts: tuple[str, dict[str, int]] | None = None

    @property
    def place(self) -> Place:
        """Where it is, and what belongs to it, as far as is known now."""
        return self._located.place

    @property
    def title(self) -> str:
        """What people call it."""
        return self._located.title

    def usable(self) -> tuple[Snapshot, Path]:
        """Return the results, and the film, which is theirs as far as is known.

        Raises:
            Failure: there are no results, or they cannot be read; the film is gone, is another one, or cannot
                be read.
        """
        now = self._usable()
        assert now.snapshot is not None
        return now.snapshot, now.located.film

    def _usable(self) -> _Now:
        now = self._now()
        if now.problem is not None:
            raise now.problem.with_traceback(None)
        return now

    def summary(self) -> dict[str, Any]:
        """Return what a list of films tells of it."""
        return self._summed_up(self._now())

    def _summed_up(self, now: _Now) -> dict[str, Any]:
        place = now.located.place
        return {
            "id": self.name,
            "name": now.located.title,
            "path": None if place.film is None else str(place.film),
            "duration": _length(now),
            "command": place.command,
            "warnings": _doubts(now),
            **self._told(now),
        }

    def state(self) -> dict[str, Any]:
        """Return what may change while the page is open; no counts where the results cannot be read."""
        return self._told(self._now())

    def _told(self, now: _Now) -> dict[str, Any]:
        return {
            "results": str(now.located.place.results),
            "revision": "" if now.snapshot is None else now.snapshot.revision,
            "counts": None if now.snapshot is None else self._counted(now.snapshot),
            "problem": None if now.problem is None else now.problem.as_dict(),
            "media": None if now.known.inspected is None else now.known.inspected.as_json(),
            "copy": now.located.copy.standing(now.fingerprint),
        }

    def situation(self) -> object:
        """Return what is another as soon as a file of the copy is, or a person says where the film is."""
        copy = self._located.copy
        return copy, copy.stats()

    def begin(self) -> None:
        """Begin to look into the film, so that what is in it is known when somebody asks."""
        if (film := self.place.film) is not None:
            with suppress(Failure, RuntimeError):  # it is gone, or the server ends already
                self._desk.looks.look(film, 0)

    def details(self) -> dict[str, Any]:
        """Return all that the page tells of it. Begins to look into the film."""
        self._look()
        now = self._now()
        told: dict[str, Any] = {
            **{"film": self._summed_up(now), "revision": "", "segments": [], "retired": [], "weak": []},
            **{"coverage": [], "coverage_lines": [], "incomplete": [], "warnings": []},
            "choices": choices_json((), self.place.version.config),
        }
        if (snapshot := now.snapshot) is None:
            return told
        results = snapshot.results
        return {
            **told,
            "revision": snapshot.revision,
            "segments": self.segments(snapshot, results.segments),
            "retired": self.segments(snapshot, results.retired),
            "weak": self.segments(snapshot, results.weak),
            "coverage": coverage_entries(results.coverage),
            "coverage_lines": list(coverage_lines(results.coverage)),
            "incomplete": list(results.incomplete),
            "warnings": [*results.warnings, *snapshot.warnings],
            "choices": choices_json(
                (*results.segments, *results.weak, *results.retired), self.place.version.config
            ),
        }

    def segments(self, snapshot: Snapshot, segments: Iterable[Segment]) -> list[dict[str, Any]]:
        """Return segments as the page has them, with what a copy would do about each."""
        config = self.place.version.config
        acting = {id(each) for each in snapshot.results.segments}
        told = []
        for each in segments:
            nothing = Treated(each, None, None, "none", "none")
            effect = treated(each, config.audio, config.video) if id(each) in acting else nothing
            told.append(segment_json(effect, snapshot.versions[each.id]))
        return told

    def change(self, wanted: object) -> dict[str, Any]:
        """Save changes, as the page writes them, and return what they did: all of them, or none.

        Raises:
            Failure: they make no sense, somebody else was faster, or the file cannot be written.
        """
        now = self._now()
        changes = read_changes(wanted, _length(now))
        if now.snapshot is not None:
            changes = with_actions(changes, now.snapshot.results, self.place.version.config)
        saved = self.file.change(changes)
        snapshot, applied = saved.snapshot, saved.applied
        return {
            "revision": snapshot.revision,
            "previous": saved.previous,
            "segments": self.segments(snapshot, applied.changed),
            "removed": list(applied.removed),
            "inverse": [change_json(each) for each in applied.inverse],
            "counts": self._counted(snapshot),
        }

    def conflicting(self, conflict: Conflict) -> list[dict[str, Any]]:
        """Return segments that somebody else changed, as they are now."""
        snapshot = self._results()
        results = snapshot.results
        now = {each.id: each for each in (*results.retired, *results.weak, *results.segments)}
        return self.segments(snapshot, [now[each.id] for each in conflict.segments if each.id in now])

    def path(self) -> Path:
        """Return the film. Raises Failure, as `usable`."""
        return self.usable()[1]

    def has_sound(self, stream: int) -> bool:
        """Whether the film has a sound track of that number, as far as is known."""
        inspected = self.known().inspected
        return inspected is None or any(each.index == stream for each in inspected.info.of_kind("audio"))

    def edits(self) -> CopyEdits:
        """Return what a copy would do now. Raises Failure, as `usable`; or an action does not exist."""
        self._look()
        now = self._usable()
        known, place, film = now.known, now.located.place, now.located.film
        if known.inspected is None or now.snapshot is None:
            raise MediaError(
                f"What is done to {film.name} cannot be shown yet", "it is still being read", "Try again soon"
            )
        results = now.snapshot.results
        return CopyEdits.of(
            CopyRequest(
                FilmFacts(known.fingerprint or "", known.inspected.info),
                place.version.copy or film,
                results.segments,
                place.version.config,
                results.tracks,
                read_texts(results.coverage),
            )
        )

    def known(self) -> Known:
        """Return what is known of the film, once somebody looked. Raises Failure, as `usable`."""
        self._look()
        return self._usable().known

    def _look(self) -> None:
        """Begin to look into the film, and wait a moment for what is in it."""
        if (film := self.place.film) is not None:
            with suppress(Failure):  # which `_now` finds again
                self._desk.looks.look(film, _OPENING)

    def point_to(self, path: str, *, anyway: bool) -> None:
        """Take a file for the film of the results, because a person says so.

        Args:
            path: the file, or the folder that it is in, as it was typed or pasted.
            anyway: though it is another film.

        Raises:
            Failure: it cannot be read, or is another film.
        """
        results = self._results().results
        film = typed_path(path, results)
        known = self._desk.looks.look(film, 600)
        if known.inspected is None and known.error is not None:
            raise known.error
        if not anyway and match(results, film, known.fingerprint, _duration(known), chosen=True) == "other":
            raise OtherFilm(film, results, _duration(known))
        place = self._desk.finder.place(self.place.results, film)
        copy = FilmCopy(place, self._desk.finder.session)
        self._located = Located(place, copy, chosen=True, accepted=stat_of(film) if anyway else None)

    def render(self, progress: Progress, cancel: CancelToken, *, allow_incomplete: bool) -> None:
        """Make the clean copy, and what else is made of the results, as they are now.

        Raises:
            Failure: it cannot be made, or not of this film.
            Cancelled: a stop was asked for.
        """
        now = self._usable()
        located, snapshot = now.located, now.snapshot
        assert snapshot is not None
        results = snapshot.results

        def check(facts: FilmFacts) -> None:
            self._require_match(located, results, facts.fingerprint, facts.info.duration)
            end = facts.info.duration
            if beyond := [each for each in results.segments if is_beyond(each, end)]:
                raise BeyondTheFilm(beyond, end)

        located.copy.make(check, progress, cancel, allow_incomplete=allow_incomplete)

    def last_word(self) -> str:
        """Return what a user is told of the copy at the end."""
        now = self._now()
        copy = now.located.copy.standing(now.fingerprint)
        if copy["state"] == "current":
            return f"The clean copy of {self.title}: {copy['path']}"
        if not self.place.command:
            return f"What was decided on {self.title} is in {self.place.results}"
        what = "was made before your last decisions" if copy["state"] == "stale" else "was not made yet"
        return f"The clean copy of {self.title} {what}. Make it: {self.place.command}"

    def outcome(self) -> dict[str, Any]:
        """Return how it stands at the end, for JSON."""
        state, film = self.state(), self.place.film
        return {
            "name": self.title,
            "input": None if film is None else str(film),
            "output": str(self.place.results),
            "output_video": state["copy"]["path"],
            "copy": state["copy"]["state"],
            "segments": state["counts"],
            "error": state["problem"],
        }

    def _results(self) -> Snapshot:
        """Return the results as they are now. Raises Failure."""
        place = self.place
        if place.film is not None and not self.file.was_read and not os.path.lexists(place.results):
            raise NotLookedAt(place.film, look_command(place.film, place.version.config.path, "--edit"))
        return self.file.read()

    def _now(self) -> _Now:
        located, known, gone = self._located, Known(), True
        if located.place.film is not None:
            with suppress(Failure):
                known, gone = self._desk.looks.known(located.place.film), False
        try:
            snapshot = self._results()
        except Failure as error:
            return _Now(located, None, known, error)
        results = snapshot.results
        if gone:
            return _Now(located, snapshot, known, located.not_found(results))
        if known.inspected is None and known.error is not None:
            return _Now(located, snapshot, known, known.error)
        try:
            found = self._require_match(located, results, known.fingerprint, _duration(known))
        except OtherFilm as error:
            return _Now(located, snapshot, known, error)
        return _Now(located, snapshot, known, None, found)

    def _require_match(
        self, located: Located, results: Results, fingerprint: str | None, duration: float | None
    ) -> Match:
        found = located.require_match(results, fingerprint, duration)
        if found == "same" and located.chosen and located is not self._noted:
            self._noted, place = located, located.place  # and found there the next time, too
            places = self._desk.finder.session.places
            if results.fingerprint is not None:
                places.note(results.fingerprint, place.version.profile, located.film, place.results)
        return found

    def _counted(self, snapshot: Snapshot) -> dict[str, int]:
        counted = self._counts
        if counted is None or counted[0] != snapshot.revision:
            segments = snapshot.results.segments
            counts = {
                "segments": len(segments),
                "to_decide": sum(map(needs_decision, segments)),
                "allowed": sum(each.allow for each in segments),
                "reviewed": sum(bool(each.reviewed) for each in segments),
            }
            self._counts = counted = (snapshot.revision, counts)
        return counted[1]


def _duration(known: Known) -> float | None:
    return None if known.inspected is None else known.inspected.info.duration


def _length(now: _Now) -> float | None:
    """Return how long the film is, as the results have it, or as it is itself."""
    duration = None if now.snapshot is None else now.snapshot.results.duration
    return _duration(now.known) if duration is None else duration


def _doubts(now: _Now) -> list[str]:
    if now.problem is not None:
        return []
    doubts = [_ALIKE] if now.match == "alike" else []
    return doubts if now.known.error is None else [*doubts, str(now.known.error)]
