"""What is told of a film when a run is stopped."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.small_onnx import small_onnx
from tests.video_censor_personal.targets.shelf import Shelf
from video_censor_personal.targets.phases import kept


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = Shelf(tmp_path)
    model = tmp_path / "cache" / "eye" / "eye.onnx"
    model.parent.mkdir(parents=True)
    model.write_bytes(small_onnx())
    checksum = f"sha256:{sha256(model.read_bytes()).hexdigest()}"
    made.config["models"]["sources"] = [{"name": "eye", "url": model.as_uri(), "checksum": checksum}]
    made.config["detectors"] = [{"name": "nsfw", "type": "nsfw", "model": "eye"}]
    made.add()
    return made


def test_how_much_of_a_film_is_kept_is_told(shelf: Shelf) -> None:
    assert kept(shelf.state()) == "", "nothing is known of the film"
    shelf.run("segments")
    assert kept(shelf.state()) == "0:00:01 of 0:00:01 seen (nsfw)"
    for path in (shelf.folder / "cache" / ".analysis" / "observations").rglob("*.*"):
        path.unlink()
    assert kept(shelf.state()) == "nothing yet"


def test_nothing_is_told_of_results_that_were_given(shelf: Shelf) -> None:
    shelf.run("segments")
    state = shelf.state()
    state.given = True
    assert kept(state) == ""
