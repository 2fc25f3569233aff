"""What is done to a film, in numbers and in words: for the user, the results and `--json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from video_censor_personal.edits.values import Edits, PictureEdit, Stretched
from video_censor_personal.findings.coverage import Span, joined

Actions = Mapping[str, Any]
"""What `actions_of` returns: plain values, as JSON has them."""


def actions_of(edits: Edits) -> Actions:
    """Return how often, and for how many seconds in all, each action is done to a film.

    `sound` and `picture` are by the names that the config gives to actions, `cut` is what is taken out,
    `words` how many are not to be read either, and `skip_chapters` how many chapters there are for players
    to jump over. What overlaps, or touches, counts once.
    """
    sound = {mode: [e for e in edits.sound if e.mode == mode] for mode in _names(e.mode for e in edits.sound)}
    kinds = _names(map(picture_action, edits.picture))
    picture = {kind: [each for each in edits.picture if picture_action(each) == kind] for kind in kinds}
    return {
        "sound": {mode: _extent(found) for mode, found in sound.items()},
        "picture": {kind: _extent(found) for kind, found in picture.items()},
        "cut": _extent(edits.cuts),
        "words": len(edits.words),
        "skip_chapters": len(edits.skips),
    }


def actions_line(actions: Actions) -> str:
    """Return `actions_of` as a line; empty where nothing is done."""
    told = [
        *_told("sound", "hidden", actions["sound"]),
        *_told("picture", "covered", actions["picture"]),
        *([f"{_amount(actions['cut'], 'stretch', 'stretches')} cut out"] if actions["cut"]["count"] else []),
        *(
            [_many(actions["skip_chapters"], "chapter", "chapters") + " to skip"]
            if actions["skip_chapters"]
            else []
        ),
    ]
    return ", ".join(told)


def streams_line(streams: Mapping[str, Any]) -> str:
    """Return how much of a film's pictures was encoded anew for a copy; empty where none was."""
    pictures = streams.get("pictures")
    if not pictures:
        return ""
    kept = f", {pictures['kept']} taken from the copy before" if pictures["kept"] else ""
    return f"{_many(pictures['encoded'], 'picture', 'pictures')} encoded, {pictures['copied']} copied{kept}"


def _told(noun: str, done: str, by_name: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [f"{_amount(extent, noun, f'{noun}s')} {done} ({name})" for name, extent in by_name.items()]


def _amount(extent: Mapping[str, float], one: str, several: str) -> str:
    return f"{_many(int(extent['count']), one, several)} of {extent['seconds']:.1f} s"


def _many(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _names(found: Iterable[str]) -> list[str]:
    return sorted(set(found))


def picture_action(edit: PictureEdit) -> str:
    """Return the name that the config has for what an edit does."""
    if edit.effect != "color":
        return edit.effect
    return "box" if edit.path else "blank"


def _extent(edits: Iterable[Stretched]) -> dict[str, float]:
    spans = joined(Span(each.start, each.end) for each in edits)
    return {"count": len(spans), "seconds": round(sum(each.end - each.start for each in spans), 3)}
