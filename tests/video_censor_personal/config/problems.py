"""What is said of a config that does not load."""

from __future__ import annotations

import pytest

from video_censor_personal.config import parse_config
from video_censor_personal.errors import ConfigInvalid


def problems_of(text: str) -> list[str]:
    """Return the mistakes in a config, without its name."""
    with pytest.raises(ConfigInvalid) as caught:
        parse_config(text, "c.yaml")
    return [problem.removeprefix("c.yaml:") for problem in caught.value.problems]
