"""Changes that a person makes are applied to results, and what undoes them is worked out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from video_censor_personal.export.results_json import Results, segment_entry
from video_censor_personal.findings.observations import Hit
from video_censor_personal.findings.parts import found_as, halves, is_renamed, recategorised, together
from video_censor_personal.findings.reviews import is_hand_made, was_decided
from video_censor_personal.findings.segments import Segment, segment_id
from video_censor_personal.review.changes import (
    DECISIONS,
    Add,
    Change,
    Merge,
    Place,
    Remove,
    Restore,
    Set,
    Split,
    Stored,
    Target,
)
from video_censor_personal.review.errors import Conflict, NotPossible, name_of

_PLACES: tuple[Place, ...] = get_args(Place)
_NOTHING = "Nothing was changed"


@dataclass(frozen=True, slots=True)
class Applied:
    """Results after changes, the segments that are new or not as before, and the ids of those that are gone.

    `inverse` are the changes that make all as it was.
    """

    results: Results
    changed: tuple[Segment, ...]
    removed: tuple[str, ...]
    inverse: tuple[Change, ...]


def version_of(segment: Segment) -> str:
    """Return what is another one as soon as anything about a segment is."""
    text = json.dumps(segment_entry(segment), separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def apply(results: Results, changes: Sequence[Change]) -> Applied:
    """Apply all changes, or none.

    A decision on a weak segment brings it among the others; one that is retired stays so.

    Raises:
        Conflict: a segment is not as it was when somebody looked at it.
        NotPossible: a change makes no sense.
    """
    before = _Draft(results)
    before.require([target for change in changes for target in _targets(change)])
    draft = _Draft(results)
    for change in changes:
        draft.apply(change)
    return _difference(before, draft)


class _Draft:
    """The segments of results, to be changed one after the other."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self.lists = {place: {each.id: each for each in getattr(results, place)} for place in _PLACES}

    def require(self, targets: Iterable[Target]) -> None:
        """Make sure that segments are as they were; raises Conflict."""
        now: list[Segment] = []
        gone: list[str] = []
        for target in dict.fromkeys(targets):
            found = [lists[target.id] for lists in self.lists.values() if target.id in lists]
            if not found:
                gone.append(target.id)
            elif all(version_of(each) != target.version for each in found):
                now.append(found[0])
        if now or gone:
            raise Conflict(now, gone)

    def apply(self, change: Change) -> None:
        match change:
            case Set():
                self._set(change)
            case Add():
                self._add(change)
            case Split():
                self._split(change)
            case Merge():
                self._merge(change)
            case Remove():
                self._remove(change)
            case Restore():
                self._restore(change)

    def finished(self) -> Results:
        """Return the results, each list in the order in which it is read."""
        found = {
            place: tuple(sorted(each.values(), key=lambda s: (s.start, s.end, s.category, len(s.id), s.id)))
            for place, each in self.lists.items()
        }
        return replace(self.results, segments=found["segments"], weak=found["weak"], retired=found["retired"])

    def _set(self, change: Set) -> None:
        place, segment = self._find(change.target)
        values = {"reviewed": True, **change.values}
        category = values.pop("category", segment.category)
        changed = replace(segment, **values)
        if {"start", "end"} & values.keys():
            _require_forwards(changed.start, changed.end, "start" if "start" in values else "end")
        if category != segment.category:
            changed = recategorised(changed, category)
        by_default = self.results.allowed_by_default
        if place == "weak" and was_decided(changed, allowed_by_default=by_default):
            del self.lists[place][segment.id]
            self._insert("segments", changed)
        else:
            self.lists[place][segment.id] = changed

    def _add(self, change: Add) -> None:
        _require_forwards(change.start, change.end, "end")
        added = Segment(
            id=segment_id(change.category, change.start),
            start=change.start,
            end=change.end,
            category=change.category,
            labels=(change.category,),
            description="Added by hand",
            confidence=1.0,
            reviewed=True,
        )
        self._insert("segments", replace(added, **change.decisions))

    def _split(self, change: Split) -> None:
        place, segment = self._find(change.target)
        _require_found(place, segment)
        if not segment.start < change.at < segment.end:
            raise NotPossible(
                _NOTHING,
                f"{name_of(segment)} is not there at {change.at:.2f} s, and so cannot be split there",
                "Go to a moment between its start and its end, and split again",
                "at",
            )
        del self.lists[place][segment.id]
        for part in halves(segment, change.at):
            self._insert("segments", part)

    def _merge(self, change: Merge) -> None:
        found = [self._find(target) for target in dict.fromkeys(change.targets)]
        for place, segment in found:
            _require_found(place, segment)
        segments = [segment for _, segment in found]
        _require_alike(segments)
        for place, segment in found:
            del self.lists[place][segment.id]
        notes = dict.fromkeys(each.note for each in segments if each.note)
        reviews = {each.reviewed for each in segments}
        merged = replace(
            together(segments),
            allow=all(each.allow for each in segments),
            reviewed=reviews.pop() if len(reviews) == 1 else None,
            note="; ".join(notes) or None,
        )
        self._insert("segments", merged)

    def _remove(self, change: Remove) -> None:
        place, segment = self._find(change.target)
        if not is_hand_made(segment):
            raise NotPossible(
                _NOTHING,
                f"{name_of(segment)} was found, not made by hand: it would be found again",
                'Press "Leave it" instead',
            )
        del self.lists[place][segment.id]

    def _restore(self, change: Restore) -> None:
        replaced = [self._find(target) for target in dict.fromkeys(change.replaced)]
        for place, segment in replaced:
            del self.lists[place][segment.id]
        self._require_all_kept([segment for _, segment in replaced], change.segments)
        for stored in change.segments:
            self._insert(stored.place, stored.segment)

    def _require_all_kept(self, replaced: Iterable[Segment], stored: Iterable[Stored]) -> None:
        """Make sure that nothing which was found is lost, or hides in a list that nobody acts on."""
        by_default = self.results.allowed_by_default
        lost = {_key(hit) for each in replaced for hit in each.detections}
        lost -= {_key(hit) for each in stored for hit in each.segment.detections}
        hidden = [
            each.segment
            for each in stored
            if each.place == "weak"
            and (each.segment.certainty != "weak" or was_decided(each.segment, allowed_by_default=by_default))
        ]
        if lost or hidden:
            raise NotPossible(
                _NOTHING, "what was found would be lost by that", "Reload the page, and try again"
            )

    def _find(self, target: Target) -> tuple[Place, Segment]:
        found = [(place, lists[target.id]) for place, lists in self.lists.items() if target.id in lists]
        if not found:
            raise NotPossible(
                _NOTHING, "a finding was split or joined just before", "Make one change after the other"
            )
        return next((each for each in found if version_of(each[1]) == target.version), found[0])

    def _insert(self, place: Place, segment: Segment) -> None:
        """Put another segment into a list, under an id that none has."""
        name, number = segment.id, 1
        while any(name in lists for lists in self.lists.values()):
            number += 1
            name = f"{segment.id}-{number}"
        self.lists[place][name] = segment if name == segment.id else replace(segment, id=name)


def _difference(before: _Draft, after: _Draft) -> Applied:
    old, new = _entries(before), _entries(after)
    gone = [each for key, each in old.items() if new.get(key) != each]
    come = [each for key, each in new.items() if old.get(key) != each]
    ids = {each.segment.id for each in come}
    return Applied(
        after.finished(),
        tuple(each.segment for each in come),
        tuple(each.segment.id for each in gone if each.segment.id not in ids),
        _inverse(gone, come),
    )


def _entries(draft: _Draft) -> dict[tuple[Place, str], Stored]:
    return {
        (place, name): Stored(place, segment)
        for place, lists in draft.lists.items()
        for name, segment in lists.items()
    }


def _inverse(gone: Iterable[Stored], come: Iterable[Stored]) -> tuple[Change, ...]:
    """What brings back those that are gone: the old values where nothing but decisions differ."""
    left = {(each.place, each.segment.id): each.segment for each in gone}
    sets: list[Change] = []
    replaced = []
    for each in come:
        new, old = each.segment, left.get((each.place, each.segment.id))
        target = Target(new.id, version_of(new))
        decisions: dict[str, Any] = {name: getattr(old, name, None) for name in DECISIONS}
        if old is not None and replace(new, **decisions) == old:
            del left[each.place, new.id]
            changed = {name: value for name, value in decisions.items() if value != getattr(new, name)}
            sets.append(Set(target, {"reviewed": old.reviewed, **changed}))
        else:
            replaced.append(target)
    stored = tuple(Stored(place, segment) for (place, _), segment in left.items())
    return (*sets, Restore(tuple(replaced), stored)) if replaced or stored else tuple(sets)


def _targets(change: Change) -> tuple[Target, ...]:
    match change:
        case Add():
            return ()
        case Merge(targets):
            return targets
        case Restore(replaced):
            return replaced
        case Set(target) | Split(target) | Remove(target):
            return (target,)


def _key(hit: Hit) -> tuple[object, ...]:
    """What tells one detection from another, whatever its category is called."""
    return hit.start, hit.end, hit.label, hit.text, hit.detector, hit.track


def _require_forwards(start: float, end: float, field: str) -> None:
    if end <= start:
        raise NotPossible(
            _NOTHING,
            f"it would begin at {start:.2f} s and end at {end:.2f} s",
            "Let it end after its beginning",
            field,
        )


def _require_found(place: Place, segment: Segment) -> None:
    if place == "retired":
        raise NotPossible(
            _NOTHING,
            f"{name_of(segment)} is not found any more, and nothing is done there",
            'Press "New finding" there instead',
        )


def _require_alike(segments: Sequence[Segment]) -> None:
    """Make sure that segments can be merged, and none of them is hidden less than before."""
    if len(segments) < 2:
        raise NotPossible(_NOTHING, "it takes two or more to be joined", "Choose several", "segments")
    if len(categories := {each.category for each in segments}) > 1:
        raise NotPossible(
            _NOTHING,
            f"they are of several categories: {', '.join(sorted(categories))}",
            "Choose some of one category",
            "segments",
        )
    if len({found_as(each) for each in segments if is_renamed(each)}) > 1:
        raise NotPossible(
            _NOTHING,
            "they were found as different things, and an analysis will find them as such again",
            "Leave them apart",
            "segments",
        )
    for name, what in (
        ("audio_remediation", "what is done to the sound"),
        ("video_remediation", "what is done to the picture"),
        ("video_style", "how the picture is hidden"),
    ):
        if len({getattr(each, name) for each in segments}) > 1:
            raise NotPossible(
                _NOTHING,
                f"{what} is not the same in all of them",
                "Choose the same for all, then join them",
                name,
            )
