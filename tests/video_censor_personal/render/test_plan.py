from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from video_censor_personal.render.plan import AudioEdit, plan_audio
from video_censor_personal.segments import Segment


@dataclass(frozen=True)
class Remediation:
    enabled: bool = True
    mode: str = "silence"
    categories: tuple[str, ...] = ("Profanity",)
    padding: float = 0.0


def word(
    start: float, end: float, action: str | None = None, allow: bool = False, category: str = "Profanity"
) -> Segment:
    return Segment(
        f"{category}-{start}",
        start,
        end,
        category,
        (category,),
        "",
        0.9,
        allow=allow,
        audio_remediation=action,
    )


def edit(start: float, end: float, mode: str = "silence") -> AudioEdit:
    return AudioEdit(start, end, mode)  # type: ignore[arg-type]


ALL = Remediation()
RULES: dict[str, tuple[list[Segment], Remediation, list[AudioEdit]]] = {
    "a word is silenced": ([word(1, 2)], ALL, [edit(1, 2)]),
    "or bleeped": ([word(1, 2)], replace(ALL, mode="bleep"), [edit(1, 2, "bleep")]),
    "with padding": ([word(1, 2)], replace(ALL, padding=0.25), [edit(0.75, 2.25)]),
    "but not before the film": ([word(0.1, 2)], replace(ALL, padding=0.25), [edit(0, 2.25)]),
    "allowed: left alone": ([word(1, 2, allow=True)], ALL, []),
    "allowed beats its own action": ([word(1, 2, "bleep", allow=True)], ALL, []),
    "a category not configured": ([word(1, 2, category="Nudity")], ALL, []),
    "whatever the letters' case": ([word(1, 2, category="PROFANITY")], ALL, [edit(1, 2)]),
    "its own action": ([word(1, 2, "bleep")], ALL, [edit(1, 2, "bleep")]),
    "its own action is none": ([word(1, 2, "none")], ALL, []),
    "its own action in a category not configured": (
        [word(1, 2, "silence", category="Nudity")],
        ALL,
        [edit(1, 2)],
    ),
    "switched off": ([word(1, 2), word(3, 4, "bleep")], replace(ALL, enabled=False), []),
    "no length": ([word(1, 1), word(3, 2)], ALL, []),
    "by time": ([word(3, 4), word(1, 2)], ALL, [edit(1, 2), edit(3, 4)]),
    "overlapping are joined": ([word(1, 2), word(1.5, 3)], ALL, [edit(1, 3)]),
    "so are those that touch": ([word(1, 2), word(2, 3)], ALL, [edit(1, 3)]),
    "padding can make them": ([word(1, 2), word(2.2, 3)], replace(ALL, padding=0.125), [edit(0.875, 3.125)]),
    "one within another": ([word(1, 4), word(2, 3)], ALL, [edit(1, 4)]),
    "two modes: the first goes on": (
        [word(1, 3), word(2, 4, "bleep")],
        ALL,
        [edit(1, 3), edit(3, 4, "bleep")],
    ),
    "two modes, one within": ([word(1, 4), word(2, 3, "bleep")], ALL, [edit(1, 4)]),
    "nothing found": ([], ALL, []),
}


@pytest.mark.parametrize("rule", RULES)
def test_which_sound_is_hidden(rule: str) -> None:
    segments, remediation, expected = RULES[rule]

    assert list(plan_audio(segments, remediation)) == expected
