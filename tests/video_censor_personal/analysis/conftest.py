from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.media_clips import Clip, make_clip
from tests.video_censor_personal.analysis.bench import Bench


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds that get brighter, with sound; the same without sound; a shorter one."""
    folder = tmp_path_factory.mktemp("clips")
    make_clip(folder / "film.mkv", Clip(seconds=2.0))
    make_clip(folder / "silent.mkv", Clip(seconds=2.0, audio=()))
    make_clip(folder / "other.mkv", Clip(seconds=1.0))
    return folder


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
