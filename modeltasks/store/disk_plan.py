"""Whether what a run brings fits on the disk: decided for the whole run, before anything is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from modeltasks.spec import Checksum


@dataclass(frozen=True, slots=True)
class Coming:
    """A file that is to come.

    Args:
        bytes: how many of its bytes are not here yet.
        size: how many it has.
    """

    bytes: int
    size: int


@dataclass(frozen=True, slots=True)
class Need:
    """What a model has yet to bring.

    Args:
        name: the model's.
        files: those to come, by checksum.
        optional: the run can do without it.
    """

    name: str
    files: Mapping[Checksum, Coming]
    optional: bool = False

    def exceeds(self, planned: Need | None) -> bool:
        """Whether more is to come than was planned for."""
        known = planned.files if planned else {}
        return any(key not in known or known[key].bytes < file.bytes for key, file in self.files.items())

    def without(self, checksums: Iterable[Checksum]) -> Need:
        """Return the need when these files are had from somewhere on the same disk."""
        gone = set(checksums)
        left = {key: file for key, file in self.files.items() if key not in gone}
        return Need(self.name, left, self.optional)


def room_for(needs: Iterable[Need]) -> int:
    """Return how many bytes must be free for these models to come.

    All that is not here yet, equal files once; and the largest of the files once more. A file is renamed
    into place, which takes no room, but where a model's folder is on another disk it is copied there.
    """
    files = {key: file for need in needs for key, file in need.files.items() if file.bytes}
    return sum(file.bytes for file in files.values()) + max((file.size for file in files.values()), default=0)


def not_fitting(needs: Sequence[Need], free: int | None) -> dict[str, int]:
    """Return the models for which there is no room, each with the bytes that would have to be free.

    The required ones come together or not at all: with some of them nothing can be done. Optional ones
    come as far as there is room beside those. What brings nothing is never refused.

    Args:
        needs: of all models of the run.
        free: bytes on the disk; None when nobody knows.
    """
    if free is None:
        return {}
    coming = [need for need in needs if room_for([need])]
    required = [need for need in coming if not need.optional]
    if room_for(required) > free:
        return {need.name: room_for(required) for need in coming}
    taken, refused = required, {}
    for need in coming:
        if need.optional:
            needed = room_for([*taken, need])
            if needed > free:
                refused[need.name] = needed
            else:
                taken = [*taken, need]
    return refused
