"""From a film in which a square moves fast to its copy: it is hidden in every picture, and little else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.end_to_end.kit import Write, hub_entry
from tests.support.color_box_net import color_box_net
from tests.support.hub_server import HubServer
from tests.support.moving_boxes import MovingFilm, bouncing, images
from tests.support.programs import video_censor

COLOR = np.array([0x10, 0x20, 0xE0])


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_no_picture_shows_it(hub: HubServer, config_file: Write, tmp_path: Path, suffix: str) -> None:
    film = MovingFilm([bouncing((160.0, 90.0), (20, 30), (290.0, 150.0))], seconds=3.0)
    film.write(tmp_path / f"film{suffix}")
    hub.add("acme/m", {"boxes.onnx": color_box_net()})
    look: dict[str, Any] = {"name": "look", "type": "nudenet", "model": "m", "categories": ["Nudity"]}
    video = {"enabled": True, "mode": "box", "blank_color": "#1020e0"}
    config = config_file(
        hub_entry(),
        detectors=[look],
        processing={"frame_sampling": {"sample_rate": 0.5}},
        remediation={"video": video},
    )
    files = ("--input", f"film{suffix}", "--output", "r.json", "--output-video", f"clean{suffix}")
    reply = video_censor(tmp_path, *files, "--config", config, "--json", "--download-models")
    assert reply.code == 0, reply.err
    before, after = (list(images(tmp_path / f"{name}{suffix}")) for name in ("film", "clean"))
    assert len(before) == len(after) == len(film.moments())
    for moment, was, now in zip(film.moments(), before, after, strict=True):
        square = film.truth(moment) == 0
        changed = np.abs(now.astype(int) - was).max(axis=2) > 60
        off = np.abs(now[square].astype(int) - COLOR).max(axis=1)
        assert (off < 60).all(), f"something is seen at {moment}"
        assert changed.mean() < 0.08, f"the rest is left at {moment}"
