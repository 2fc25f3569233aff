"""Whatever is done to a config, it loads or it is refused with places: never a traceback."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from video_censor_personal.config import parse_config
from video_censor_personal.errors import ConfigInvalid

SHIPPED = (Path(__file__).parents[3] / "config" / "example-custom.yaml").read_text(encoding="utf-8")
PIECES = ["", "\n", "\t", "  ", "- ", "&a ", "*a", "!x ", "<<: ", "? ", *":{}[]'\"#|>%\0\u2028~0é"]
PIECES += ["---\n", "null", "[::1", "file://[", "~nobody/"]
PLACE = re.compile(r"c\.yaml:\d+:\d+: .")


def problems_of(text: str) -> tuple[str, ...]:
    try:
        parse_config(text, "c.yaml")
    except ConfigInvalid as error:
        return error.problems or ("refused without a reason",)
    return ()


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_config_is_refused_with_places_or_is_still_one(seed: int) -> None:
    dice = random.Random(seed)
    refused = 0
    for _ in range(40):
        characters = list(SHIPPED)
        for _ in range(dice.randint(1, 4)):
            characters[dice.randrange(len(characters))] = dice.choice(PIECES)
        problems = problems_of("".join(characters))
        refused += bool(problems)
        assert all(PLACE.match(problem) for problem in problems), problems
    assert refused > 5
