from __future__ import annotations

import hashlib

import pytest

from modeltasks.spec import Checksum
from modeltasks.store.quota import Coming, Need, not_fitting, room_for


def need(name: str, *files: tuple[str, int, int], optional: bool = False) -> Need:
    """A model's need; each file by what its content is, the bytes to come, and its size."""
    coming = {
        Checksum("sha256", hashlib.sha256(content.encode()).hexdigest()): Coming(bytes, size)
        for content, bytes, size in files
    }
    return Need(name, coming, optional)


A, B, C = (need(name, (name, 8, 8)) for name in "abc")
HALF = need("half", ("half", 4, 8))
HERE = need("here")
WHOLE_PARTIAL = need("whole", ("whole", 0, 8))
SAME_AS_A = need("same", ("a", 8, 8), ("own", 1, 1))
EXTRA = need("extra", ("extra", 8, 8), optional=True)
SMALL_EXTRA = need("small-extra", ("small", 1, 1), optional=True)
UNKNOWN = need("unknown", ("?", 0, 0))


@pytest.mark.parametrize(
    ("needs", "room"),
    [
        ((), 0),
        ((A,), 16),
        ((A, B, C), 32),
        ((HALF,), 12),
        ((A, HALF), 20),
        ((HERE, WHOLE_PARTIAL), 0),
        ((A, WHOLE_PARTIAL), 16),
        ((A, SAME_AS_A), 17),
        ((need("m", ("big", 100, 100), ("little", 1, 1)),), 201),
        ((UNKNOWN,), 0),
    ],
)
def test_room_is_what_is_to_come_and_the_largest_file_once_more(needs: tuple[Need, ...], room: int) -> None:
    assert room_for(needs) == room


@pytest.mark.parametrize(
    ("needs", "free", "refused"),
    [
        ((A, B, C), 32, {}),
        ((A, B, C), 31, {"a": 32, "b": 32, "c": 32}),
        ((A, B, C), 0, {"a": 32, "b": 32, "c": 32}),
        ((A, B, C), None, {}),
        ((A, HERE), 10, {"a": 16}),
        ((HERE, WHOLE_PARTIAL, UNKNOWN), 0, {}),
        ((A, EXTRA), 16, {"extra": 24}),
        ((EXTRA, A, SMALL_EXTRA), 17, {"extra": 24}),
        ((A, EXTRA), 24, {}),
        ((A, EXTRA), 15, {"a": 16, "extra": 16}),
        ((EXTRA,), 15, {"extra": 16}),
    ],
)
def test_who_is_refused(needs: tuple[Need, ...], free: int | None, refused: dict[str, int]) -> None:
    assert not_fitting(needs, free) == refused


@pytest.mark.parametrize(
    ("new", "planned", "exceeds"),
    [
        (A, A, False),
        (HALF, HALF, False),
        (A, None, True),
        (HERE, None, False),
        (A, HERE, True),
        (HERE, A, False),
    ],
)
def test_whether_more_comes_than_was_planned_for(new: Need, planned: Need | None, exceeds: bool) -> None:
    assert new.exceeds(planned) is exceeds


def test_what_is_had_from_this_disk_takes_no_room() -> None:
    assert room_for([SAME_AS_A.without(A.files)]) == 2
