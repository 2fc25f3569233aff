"""From a film with shots between the grid times to its copy: each picture of them is covered, no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.end_to_end.kit import Write, hub_entry
from tests.support.hub_server import HubServer
from tests.support.programs import video_censor
from tests.support.shot_films import red_film
from tests.support.small_onnx import GREEN, RED, small_onnx

RATES = {".mp4": 25, ".mkv": 24}


@pytest.mark.parametrize("suffix", RATES)
def test_every_picture_of_a_short_shot_is_covered(
    hub: HubServer, config_file: Write, tmp_path: Path, suffix: str
) -> None:
    rate = RATES[suffix]
    reds = [0.0] * (6 * rate)
    shots = [*range(29, 33), *range(70, 95)]
    for number in shots:
        reds[number] = 1.0
    red_film(tmp_path / f"film{suffix}", reds, rate)
    hub.add("acme/m", {"red.onnx": small_onnx(colors=(GREEN, RED))})
    look: dict[str, Any] = {"name": "look", "type": "nsfw", "model": "m", "categories": ["Nudity"]}
    config = config_file(
        hub_entry(),
        detectors=[look],
        processing={"frame_sampling": {"sample_rate": 1.0}, "segment_merge": {"enabled": False}},
        remediation={"video": {"enabled": True, "category_modes": {"Nudity": "blank"}}},
    )
    files = ("--input", f"film{suffix}", "--output", "r.json", "--output-video", f"clean{suffix}")

    reply = video_censor(tmp_path, *files, "--config", config, "--json", "--download-models")

    assert reply.code == 0, reply.err
    found = json.loads((tmp_path / "r.json").read_text())["segments"]
    assert len(found) == 2
    with av.open(str(tmp_path / f"clean{suffix}")) as copy:
        images = [frame.to_ndarray(format="rgb24") for frame in copy.decode(video=0)]
    assert len(images) == len(reds)
    covered = [number for number, image in enumerate(images) if image.max() < 8]
    beside = {number + near for number in shots for near in (-1, 0, 1)}
    assert set(shots) <= set(covered) <= beside
    assert not any(np.asarray(image)[..., 0].mean() > 150 for image in images), "no red is left"
