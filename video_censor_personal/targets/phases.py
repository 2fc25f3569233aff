"""What is still to be done to a film, phase by phase, and how much of it is kept when a run is stopped."""

from __future__ import annotations

from collections.abc import Iterable

from modeltasks.report.pace import clock_text
from video_censor_personal.analysis.assignment import Assignment
from video_censor_personal.analysis.observation_store import ObservationStore
from video_censor_personal.analysis.phases import phases
from video_censor_personal.media.progress import CHECKING, WRITING, Phase
from video_censor_personal.targets.film import FilmState

_DONE = {"listening": "heard", "reading": "read", "looking": "seen", "judging": "judged"}
"""What is said of a phase that is over."""


def phases_of(state: FilmState) -> list[Phase]:
    """Return the phases of a film in order, with what was done of each; none where that is not known."""
    known = state.noted()
    if known is None:
        return []
    info, assignments, store = known
    found = []
    if not state.given:
        for phase, whose in phases(assignments, info):
            done = _reached(store, whose, phase.total)
            found.append(Phase(phase.label, phase.total, done))
    for version in state.entry.versions:
        if version.copy is not None and state.why_copy(version):
            found += [Phase(WRITING, info.duration), Phase(CHECKING, info.duration)]
    return found


def kept(state: FilmState) -> str:
    """Return how much of a film was looked at and is kept, as it is told after Ctrl-C; empty: not known."""
    known = None if state.given else state.noted()
    if known is None:
        return ""
    info, assignments, store = known
    told: list[str] = []
    expected = list(phases(assignments, info))
    for phase, whose in expected:
        verb, _, what = phase.label.partition(" ")
        reached = _reached(store, whose, phase.total)
        if verb in _DONE and reached > 0:
            whole = f" of {clock_text(info.duration)}" if not told else ""
            told.append(f"{clock_text(int(reached))}{whole} {_DONE[verb]} {what}")
    return ", ".join(told) or ("nothing yet" if expected else "")


def _reached(store: ObservationStore, whose: Iterable[Assignment], length: float) -> float:
    """How many seconds of a film have been observed by all of these."""
    reached = (store.reached(each.key) for each in whose)
    return min((length if each is None else min(each, length) for each in reached), default=0.0)
