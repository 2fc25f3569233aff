"""A copy is up to date for the results that it was made of and for no others, by whatever door."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.media_clips import loudness
from tests.video_censor_personal.cli.films import clean

DOORS: dict[str, tuple[str, ...]] = {
    "by name": ("film.mp4",),
    "all in one": ("--input", "film.mp4", "--output", "one.json", "--output-video", "film.clean.mp4"),
    "given": ("--input", "film.mp4", "--input-segments", "given.json", "--output-video", "film.clean.mp4"),
}
RESULTS = {"by name": "film.results.json", "all in one": "one.json", "given": "given.json"}


def allow(path: Path, *, allowed: bool) -> None:
    document: dict[str, Any] = json.loads(path.read_text())
    for segment in document["segments"]:
        segment["allow"] = allowed
    path.write_text(json.dumps(document))


@pytest.mark.parametrize("allowed", RESULTS)
def test_the_copy_is_that_of_the_results_of_this_run(
    here: Path, config: Callable[..., Path], allowed: str
) -> None:
    arguments = config()
    assert clean(here, arguments, *DOORS["by name"]).code == 0
    (here / "given.json").write_bytes((here / RESULTS["by name"]).read_bytes())
    assert clean(here, arguments, *DOORS["all in one"], "--overwrite").code == 0
    allow(here / RESULTS[allowed], allowed=True)

    for door in (*DOORS, *reversed(DOORS)):
        run = clean(here, arguments, *DOORS[door])
        assert run.code == 0, run.err
        is_heard = loudness(here / "film.clean.mp4", 0.52, 0.68) > -40
        assert is_heard == (door == allowed), f"{door}: {run.err}"
