from __future__ import annotations

from pathlib import Path

import pytest

from video_censor_personal.library.paces import Paces

SLOW, FAST = {"listening (speech)": 0.5}, {"listening (speech)": 0.1, "looking (nsfw)": 0.05}


def test_paces_are_remembered_by_the_models_at_work(tmp_path: Path) -> None:
    Paces(tmp_path, ["b", "a"]).note(SLOW)
    Paces(tmp_path, ["a"]).note(FAST)
    assert Paces(tmp_path, ["a", "b"]).read() == SLOW
    assert Paces(tmp_path, ["a"]).read() == FAST
    assert Paces(tmp_path, []).read() == {}
    Paces(tmp_path, ["a"]).note({})
    assert Paces(tmp_path, ["a"]).read() == FAST


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"a": 1}', '{"a": {"x": "fast", "y": -1.0, "z": 1e99, "w": NaN}}', "\0", "\ud800"],
)
def test_a_note_that_makes_no_sense_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "paces.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    assert Paces(tmp_path, ["a"]).read() == {}
    Paces(tmp_path, ["a"]).note(FAST)
    assert Paces(tmp_path, ["a"]).read() == FAST


def test_that_it_cannot_be_noted_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Paces(tmp_path / "file", ["a"]).note(FAST)
    assert Paces(tmp_path / "file", ["a"]).read() == {}
