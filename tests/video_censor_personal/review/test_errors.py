"""How failures of deciding call what they are about: never by an id, which nobody sees."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.video_censor_personal.examples import segment
from video_censor_personal.findings.segments import Segment
from video_censor_personal.review.errors import Conflict

MANY = [segment(float(start), start + 1.0) for start in range(10, 70, 10)]


@pytest.mark.parametrize(
    ("changed", "gone", "what"),
    [
        (MANY[:1], (), "Profanity at 10.00 was changed meanwhile"),
        (MANY[:2], (), "Profanity at 10.00 and Profanity at 20.00 were changed meanwhile"),
        (
            *(MANY, ()),
            "Profanity at 10.00, Profanity at 20.00, Profanity at 30.00 and 3 more were changed meanwhile",
        ),
        ((), ("p-1",), "One finding is gone"),
        ((), ("p-1", "p-2"), "2 findings are gone"),
        (MANY[:1], ("p-1",), "Profanity at 10.00 was changed meanwhile, and one finding is gone"),
    ],
)
def test_what_somebody_else_changed_is_named_as_people_see_it(
    changed: Sequence[Segment], gone: Sequence[str], what: str
) -> None:
    assert Conflict(changed, gone).what == what
