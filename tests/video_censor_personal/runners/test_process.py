"""What is said of a process that died."""

from __future__ import annotations

from pathlib import Path

import pytest

from video_censor_personal.runners.process import death

FILM = Path("Blue.mkv")


@pytest.mark.parametrize(
    ("code", "for_memory", "last", "how"),
    [
        (-11, False, "", "was ended by SIGSEGV"),
        (-11, True, "", "was ended by SIGSEGV"),
        (-9, False, "", "was ended by SIGKILL: perhaps the system had no memory left"),
        (-9, True, "", "was ended by SIGKILL: the system had no memory left"),
        (-63, False, "", "was ended by signal 63"),
        (0, False, "", "ended with exit code 0"),
        (1, False, "ImportError: no", "ended with exit code 1 (ImportError: no)"),
        (0xC0000005, False, "", "ended with an access violation"),
    ],
)
def test_a_death_is_told_by_its_cause(code: int, for_memory: bool, last: str, how: str) -> None:
    failure = death(FILM, code, for_memory, last)
    assert (failure.what, failure.kind) == ("Blue.mkv was not finished", "system")
    assert failure.why == f"the process that worked on it {how}"


def test_what_to_do_about_memory_is_another_matter() -> None:
    assert "fewer films at once" in death(FILM, -9, False, "").fix
    assert "plays in a player" in death(FILM, -11, False, "").fix
