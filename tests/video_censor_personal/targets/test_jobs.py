from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.media_clips import Clip, make_clip
from video_censor_personal.config import parse_config
from video_censor_personal.config.values import VideoRemediation
from video_censor_personal.media.notes import FilmFacts
from video_censor_personal.media.probe import probe
from video_censor_personal.render.clean_copy import CopyRequest
from video_censor_personal.runners.runner import MEMORY
from video_censor_personal.targets.jobs import Render


@pytest.mark.parametrize(
    ("codec", "size", "is_edited", "least", "most"),
    [
        ("h264", (1280, 720), True, MEMORY, MEMORY),
        ("h264", (3840, 2160), True, 0.9e9, 1.1e9),
        ("hevc", (3840, 2160), True, 2.5e9, 2.8e9),
        ("hevc", (3840, 2160), False, MEMORY, MEMORY),
    ],
)
def test_a_render_takes_memory_for_large_pictures(
    tmp_path: Path, codec: str, size: tuple[int, int], is_edited: bool, least: float, most: float
) -> None:
    info = probe(make_clip(tmp_path / "film.mkv", Clip(seconds=0.2)))
    streams = tuple(
        replace(each, codec=codec, width=size[0], height=size[1]) if each.kind == "video" else each
        for each in info.streams
    )
    config = replace(parse_config("version: 1", "c.yaml"), video=VideoRemediation(enabled=is_edited))
    facts = FilmFacts("0" * 64, replace(info, streams=streams))
    request = CopyRequest(facts, tmp_path / "clean.mkv", (), config)

    assert least <= Render(info.path, request, tmp_path).memory <= most
