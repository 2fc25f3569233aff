"""What sounds are called that a copy has twice: clean, and untouched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from av.stream import Disposition

from video_censor_personal.findings.languages import language_name
from video_censor_personal.media.info import MediaInfo, StreamInfo

_CLEAN, _UNTOUCHED = "clean", "untouched"


def added_tracks(info: MediaInfo, doubled: Sequence[StreamInfo]) -> dict[int, tuple[StreamInfo, StreamInfo]]:
    """Return the clean and the untouched sound for each of some sounds of a film, by its index.

    Each has a title that no other sound of the copy has. The clean one has the flags of the film's, and the
    first of them is the default where the film has none; an untouched one never is.
    """
    sounds = info.of_kind("audio")
    taken = {each.title for each in sounds if each.title and each not in doubled}
    has_default = any(each.is_default for each in sounds)
    found = {}
    for number, each in enumerate(doubled):
        name = _free_name(each, taken)
        default = int(Disposition.default)
        flags = each.disposition | (default if number == 0 and not has_default else 0)
        found[each.index] = (
            _named(each, f"{name} ({_CLEAN})", flags),
            _named(each, f"{name} ({_UNTOUCHED})", each.disposition & ~default),
        )
    return found


def _named(info: StreamInfo, title: str, disposition: int) -> StreamInfo:
    is_default = bool(disposition & Disposition.default)
    return replace(info, title=title, disposition=disposition, is_default=is_default)


def _free_name(info: StreamInfo, taken: set[str]) -> str:
    """Return a name whose titles nobody has, and take them."""
    name = next(each for each in _names(info) if taken.isdisjoint(_titles(each)))
    taken.update(_titles(name))
    return name


def _names(info: StreamInfo) -> Iterable[str]:
    name = info.title or language_name(info.language) or "Sound"
    yield name
    yield f"{name}, {info.layout}"
    number = 2
    while True:
        yield f"{name}, {number}"
        number += 1


def _titles(name: str) -> tuple[str, str]:
    return f"{name} ({_CLEAN})", f"{name} ({_UNTOUCHED})"
