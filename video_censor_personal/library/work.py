"""How much work there is on films, how much of it is done, and so how long the rest takes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from modeltasks.report.pace import Clock, Pace
from video_censor_personal.media.progress import CHECKING, HASHING, WRITING, Phase

_USUAL = {
    HASHING: 4e-9,
    "listening (speech)": 0.15,
    "listening": 0.01,
    "reading": 0.02,
    "looking": 0.08,
    "finding shots": 0.03,
    "judging": 0.1,
    WRITING: 0.02,
    CHECKING: 0.01,
}
"""Seconds of work for a second of film, or for a byte, as long as this machine's are not known."""
_TRUSTED, _GUESSED = 4.0, 1.5
"""So many seconds of work are needed to say as much as what was known of this machine, or of others."""
_NOTED = 1.0
"""Seconds of work that are worth remembering for the next run."""
_SETTLED = 8.0
"""Seconds of work before which there is no telling how long the rest takes; fewer where paces are known."""
_SETTLED_KNOWN = 2.0
_STEADY = 30.0
"""Seconds in which a new estimate takes the place of the last one by two thirds; fewer at the beginning."""
_COPY = (WRITING, CHECKING)
"""Phases of which several may be at work, where a film has several copies."""
_MOMENT = 1.0
"""Seconds between two steps of a film in which it does not wait."""
_ALL = 0.9
"""The share of a phase that is as good as the whole: the last picture stands before the end."""


def kind_of(label: str) -> str:
    """Return what a phase's pace is known by: whichever track it is, it goes as fast."""
    name, is_one_of_several, _ = label.partition(", stream ")
    return f"{name})" if is_one_of_several else name


def usual_pace(kind: str) -> float:
    """Return seconds of work for each second of film, or byte, where nothing is known of this machine."""
    return _USUAL.get(kind, _USUAL.get(kind.partition(" (")[0], 0.1))


Costs = Callable[[str], float]
"""Gives the seconds of work that a second of film, or a byte, takes in a kind of phase."""


class Step:
    """A phase that was begun."""

    def __init__(self, phase: Phase, clock: Clock) -> None:
        self.label = phase.label
        self.unit = phase.unit
        self.pace = Pace(phase.total, phase.done, clock)
        self.kind = kind_of(phase.label)
        self._resumes = phase.done > 0
        self._measured_from = phase.done
        self.ended = False
        self.seconds = 0.0
        """Of work, up to the last time that it moved."""
        self.moved = clock()
        self.longest = 0.0
        """Seconds between two moves."""

    def advance(self, count: float, now: float) -> None:
        """So much more is done."""
        self.pace.advance(count)
        if self._resumes:  # going to where the last run came takes time, and is no measure
            self._resumes = False
            self._measured_from = self.pace.done
        else:
            self.longest = max(self.longest, now - self.moved)
            self.seconds += now - self.moved
        self.moved = now

    def end(self, now: float) -> None:
        """It is over; where it came near its end, that was all of it."""
        self.ended = True
        self.seconds += now - self.moved
        self.moved = now

    @property
    def amount(self) -> float:
        """How much of it was done in `seconds`."""
        return self.pace.done - self._measured_from

    @property
    def total(self) -> float:
        """How much there is of it, as far as that is known."""
        return self.pace.total or self.pace.done

    @property
    def left(self) -> float:
        """How much of it is left."""
        return 0.0 if self.ended else max(self.total - self.pace.done, 0.0)


@dataclass(slots=True)
class Film:
    """A film of which something was begun: its size in bytes, what is done to it, and what will be."""

    name: str
    size: int
    steps: list[Step] = field(default_factory=list)
    expected: list[Phase] = field(default_factory=list)
    share: float = 0.0
    """How much of the work on it is done, from 0 to 1; it never falls."""

    @property
    def length(self) -> float:
        """Seconds of film, as far as they are known."""
        begun = (each.total for each in self.steps if each.unit == "seconds")
        return max((*begun, *(each.total for each in self.expected if each.unit == "seconds")), default=0.0)

    @property
    def step(self) -> Step | None:
        """What is being done now."""
        return next((each for each in reversed(self.steps) if not each.ended), None)

    def is_at_work(self, now: float) -> bool:
        """Whether something is being done to it now, or was a moment ago: the next step may begin at once."""
        return self.step is not None or now - self.steps[-1].moved < _MOMENT

    def begin(self, step: Step) -> None:
        """Take a step for what was expected by that name, if anything was; what was before it is skipped."""
        self.steps.append(step)
        labels = [each.label for each in self.expected]
        if step.label in labels:
            place = labels.index(step.label)
            known = [each for each in self.expected[:place] if each.done >= each.total or each.label in _COPY]
            self.expected = known + self.expected[place + 1 :]

    def expect(self, phases: Iterable[Phase]) -> None:
        """Know what will be done from now on."""
        self.expected = list(phases)

    @property
    def is_known(self) -> bool:
        """Whether it is known how much there is to do."""
        return self.length > 0

    def cost(self, costs: Costs) -> float:
        """Seconds of work that it takes in all, as if nothing of it had been done."""
        begun = sum(each.total * costs(each.kind) for each in self.steps)
        return begun + sum(each.total * costs(kind_of(each.label)) for each in self.expected)

    def left(self, costs: Costs, now: float | None = None) -> float:
        """Seconds of work that are left; what moves in steps is taken to go on between them until `now`."""
        left = _ahead(self.expected, costs)
        for step in self.steps:
            since = 0.0 if now is None or step.ended else min(now - step.moved, step.longest)
            left += max(step.left * costs(step.kind) - since, 0.0)
        return left


class Work:
    """What is done to films, several at once.

    How long a film is, is known only when it is opened; until then films are weighed by their size. How long
    a second of each phase takes is measured, and before that it is taken to be as in earlier runs, by as much
    slower or faster as all other phases are.

    Args:
        films: name and size in bytes of each film that may have to be worked on.
        clock: seconds that go on.
        paces: seconds of work for each second of film, by kind of phase, as they were in earlier runs.
    """

    def __init__(
        self, films: Sequence[tuple[str, int]], clock: Clock, paces: Mapping[str, float] | None = None
    ) -> None:
        self._clock = clock
        self._paces = dict(paces or {})
        self._waiting = {name: max(size, 1) for name, size in films}
        self._phases: dict[str, list[Phase]] = {}
        self._began: float | None = None
        self._known_bytes = self._known_cost = 0.0
        """Of films that were finished."""
        self._amounts: dict[str, float] = defaultdict(float)
        self._seconds: dict[str, float] = defaultdict(float)
        self._done_length = 0.0
        self._estimate: tuple[float, float] | None = None
        self.films = len(self._waiting)
        self._ended: set[str] = set()
        self.under_way: dict[str, Film] = {}

    def expect(self, name: str, phases: Iterable[Phase]) -> None:
        """Know what will be done to a film from now on."""
        if name in self.under_way:
            self.under_way[name].expect(phases)
        elif name in self._waiting:
            self._phases[name] = list(phases)

    def begin(self, name: str, phase: Phase) -> Step:
        """Begin a phase of a film."""
        if self._began is None:
            self._began = self._clock()
        if name not in self.under_way:
            if name in self._ended:
                self._ended.remove(name)
            elif name not in self._waiting:  # it is done again, though it was up to date
                self.films += 1
            film = Film(name, self._waiting.pop(name, 1))
            film.expect(self._phases.pop(name, ()))
            self.under_way[name] = film
        step = Step(phase, self._clock)
        self.under_way[name].begin(step)
        return step

    def finish(self, name: str) -> None:
        """Nothing more is done to a film; if nothing was, it needed nothing, and is no measure for others."""
        film = self.under_way.pop(name, None)
        self._phases.pop(name, None)
        if self._waiting.pop(name, None) is None and film is None:
            return
        self._ended.add(name)
        if film is None:
            return
        self._done_length += film.length
        if all(each.pace.share is None or each.pace.share > _ALL for each in film.steps):  # it did not fail
            self._known_bytes += film.size
            self._known_cost += film.cost(self._costs())
        for step in film.steps:
            self._amounts[step.kind] += step.amount
            self._seconds[step.kind] += step.seconds

    @property
    def finished(self) -> int:
        """How many films are."""
        return len(self._ended)

    @property
    def film_time(self) -> float:
        """Seconds of film that were gone through, in all."""
        return self._done_length + sum(film.length * self._share(film) for film in self.under_way.values())

    def share_of(self, film: Film) -> float | None:
        """Return how much of the work on a film is done, from 0 to 1; None where that is not known."""
        return self._share(film) if film.is_known else None

    def seconds_left(self) -> float | None:
        """Return how long the rest takes; None where that cannot be told yet."""
        now = self._clock()
        is_known = bool(self._paces)
        if self._began is None or now - self._began < (_SETTLED_KNOWN if is_known else _SETTLED):
            return None
        left = self._seconds_left(now)
        if left is None:
            return None
        elapsed = now - self._began
        return self._steadied(left / self._at_once(elapsed), now, min(elapsed / 3, _STEADY))

    def paces(self) -> dict[str, float]:
        """Return what is known now of each kind of phase: seconds of work for a second of film, or a byte."""
        costs = self._costs()
        measured = {kind for kind, seconds in self._measured()[1].items() if seconds >= _NOTED}
        return self._paces | {kind: costs(kind) for kind in measured}

    def _seconds_left(self, now: float) -> float | None:
        costs = self._costs()
        left = sum(_ahead(phases, costs) for phases in self._phases.values())
        unknown = float(sum(size for name, size in self._waiting.items() if name not in self._phases))
        known_bytes, known_cost = self._known_bytes, self._known_cost
        for film in self.under_way.values():
            if not film.is_known:
                unknown += film.size
                continue
            known_bytes += film.size
            known_cost += film.cost(costs)
            left += film.left(costs, now)
        if unknown and not known_cost:
            return None
        return left + (unknown * known_cost / known_bytes if unknown else 0.0)

    def _at_once(self, elapsed: float) -> float:
        """How many films are worked on at once, on average, and can be from now on."""
        busy = sum(self._measured()[1].values())
        return max(1.0, min(busy / elapsed, len(self.under_way) + len(self._waiting)))

    def _measured(self) -> tuple[dict[str, float], dict[str, float]]:
        """How much was done of each kind of phase, and in how many seconds of work."""
        amounts, seconds = defaultdict(float, self._amounts), defaultdict(float, self._seconds)
        for film in self.under_way.values():
            for step in film.steps:
                amounts[step.kind] += step.amount
                seconds[step.kind] += step.seconds
        return amounts, seconds

    def _costs(self) -> Costs:
        amounts, seconds = self._measured()
        expected = sum(amount * self._prior(kind) for kind, amount in amounts.items())
        trust = _TRUSTED if self._paces else _GUESSED
        machine = (sum(seconds.values()) + trust) / (expected + trust)

        @cache
        def cost(kind: str) -> float:
            prior = self._prior(kind) * machine
            return (seconds[kind] + trust) / (amounts[kind] + trust / prior)

        return cost

    def _prior(self, kind: str) -> float:
        return self._paces.get(kind) or usual_pace(kind)

    def _steadied(self, estimate: float, now: float, steady: float) -> float:
        """Let what was said before go down as a clock does, and move to the new estimate bit by bit."""
        if self._estimate is not None:
            when, said = self._estimate
            still = max(said - (now - when), 0.0)
            steady = min(steady, estimate / 2) if estimate < still else steady  # near its end: at once
            weight = 1 - math.exp((when - now) / max(steady, 1.0))
            estimate = still + (estimate - still) * weight
        self._estimate = (now, estimate)
        return estimate

    def _share(self, film: Film) -> float:
        costs = self._costs()
        if (cost := film.cost(costs)) > 0:
            film.share = max(film.share, 1 - film.left(costs) / cost)
        return film.share


def _ahead(phases: Iterable[Phase], costs: Costs) -> float:
    """Seconds of work that phases take which have not begun."""
    return sum(max(each.total - each.done, 0.0) * costs(kind_of(each.label)) for each in phases)
