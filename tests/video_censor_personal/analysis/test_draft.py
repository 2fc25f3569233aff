"""Drafts: what a run leaves, and where the next one resumes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from video_censor_personal.analysis.draft import drafting
from video_censor_personal.findings.observations import Box, Observation

HEAD: dict[str, object] = {"made_from": {"video": "ab", "step": 0.1 + 0.2}, "warnings": ["na\u00efve"]}
FIRST = Observation(0.0, 0.5, "word", 0.9, "damn\u2028")
SECOND = Observation(1 / 3, 1.5, "box", 0.1, box=Box(0.1, 0.2, 0.3, 0.4))


class Stop(Exception):
    """Ends a run."""


def leave(folder: Path, *observations: Observation, reached: float = 0.0, unmarked: int = 0) -> Path | None:
    """Leave a draft with a mark behind `observations`, and some more that no mark follows."""
    with suppress(Stop), drafting(folder, "name", HEAD) as draft:
        for each in observations:
            draft.add(each)
        if reached:
            draft.mark(reached)
        for _ in range(unmarked):
            draft.add(SECOND)
        raise Stop
    return next(iter(folder.iterdir()), None)


def resumed(folder: Path, head: dict[str, object] = HEAD) -> tuple[float, list[Observation]]:
    """Return what a run that ends well finds."""
    with drafting(folder, "name", head) as draft:
        return draft.reached, [Observation.from_dict(entry) for entry in draft.entries]


def test_a_later_run_resumes_at_the_last_mark(tmp_path: Path) -> None:
    leave(tmp_path, FIRST, reached=12.5)
    leave(tmp_path, SECOND, reached=25.0, unmarked=3)
    assert resumed(tmp_path) == (25.0, [FIRST, SECOND])
    assert list(tmp_path.iterdir()) == [], "a run that ends well leaves nothing"


@pytest.mark.parametrize("unmarked", [0, 3])
def test_without_a_mark_nothing_is_left(tmp_path: Path, unmarked: int) -> None:
    assert leave(tmp_path, unmarked=unmarked) is None


def test_what_is_made_from_something_else_is_not_resumed(tmp_path: Path) -> None:
    leave(tmp_path, FIRST, reached=12.5)
    assert resumed(tmp_path, {**HEAD, "warnings": []}) == (0.0, [])


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda content: content[:-3], (1.0, [FIRST])),
        (lambda content: content + b'{"start":', (2.0, [FIRST, SECOND])),
        (lambda content: content + b"[]\n", (2.0, [FIRST, SECOND])),
        (lambda content: content.replace(b'"box"', b'"b\0x"', 1), (1.0, [FIRST])),
        (lambda content: content[:40] + bytes(len(content) - 40), (0.0, [])),
        (lambda content: b"\xff" * 100, (0.0, [])),
        (lambda content: b"", (0.0, [])),
    ],
    ids=["cut", "torn", "no object", "a bad byte", "zeros", "no text", "empty"],
)
def test_a_damaged_draft_is_believed_up_to_the_damage(
    tmp_path: Path, damage: Callable[[bytes], bytes], expected: tuple[float, list[Observation]]
) -> None:
    leave(tmp_path, FIRST, reached=1.0)
    path = leave(tmp_path, SECOND, reached=2.0)
    assert path is not None
    path.write_bytes(damage(path.read_bytes()))
    assert resumed(tmp_path) == expected


def test_two_runs_at_once_write_drafts_of_their_own(tmp_path: Path) -> None:
    leave(tmp_path, FIRST, reached=12.5)
    with drafting(tmp_path, "name", HEAD) as one:
        with drafting(tmp_path, "name", HEAD) as other:
            assert (one.reached, other.reached) == (12.5, 0.0)
            other.add(SECOND)
            other.mark(99.0)
        assert one.entries == [FIRST.as_dict()]
        assert len(list(tmp_path.iterdir())) == 1, "the other one's is gone, this one's is not"


def test_a_killed_run_is_resumed(tmp_path: Path) -> None:
    script = (
        "import json, sys, time; from pathlib import Path\n"
        "from video_censor_personal.analysis.draft import drafting\n"
        "from video_censor_personal.findings.observations import Observation\n"
        "with drafting(Path(sys.argv[1]), 'name', json.loads(sys.argv[2])) as draft:\n"
        "    for n in range(1000): draft.add(Observation(n, n, 'x', 0.5)); draft.mark(n + 1)\n"
        "    print('there', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path), json.dumps(HEAD)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        process.send_signal(signal.SIGKILL)
    reached, found = resumed(tmp_path)
    assert (reached, len(found)) == (1000.0, 1000)
    assert list(tmp_path.iterdir()) == []
