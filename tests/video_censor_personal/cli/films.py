"""Films that are cleaned by name."""

from __future__ import annotations

from pathlib import Path

from tests.support.programs import Outcome, video_censor


def clean(here: Path, config: Path, *words: object) -> Outcome:
    return video_censor(here, *words, "--config", config)


def names(here: Path) -> set[str]:
    return {path.name for path in here.iterdir()}
