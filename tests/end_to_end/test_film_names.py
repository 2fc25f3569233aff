"""A film is a file, whatever its name looks like."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import av
import pytest

from tests.support.media_clips import Clip, make_clip
from video_censor_personal.pipeline import AnalysisPipeline

NAMES: dict[str, bytes] = {
    "a title with a colon": b"Mission: Possible.mp4",
    "the protocol of files": b"file:clip.mp4",
    "a list to be joined": b"concat:a|b.mp4",
    "an address": b"http:x.mp4",
    "data": b"data:,x.mp4",
    "an option": b"-i.mp4",
    "a pattern of numbers": b"frame%03d.mp4",
    "pipes, hashes and questions": b"a|b#c?d=e.mp4",
    "two lines": b"one\ntwo.mp4",
    "quotes": b'it\'s "x".mp4',
    "brackets and stars": b"[a]*.mp4",
    "a backslash": b"a\\b.mp4",
    "not UTF-8": b"caf\xe9 \xff.mp4",
    "a home": b"~root.mp4",
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", Clip(seconds=1.0))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("name", NAMES)
def test_a_film_is_read_and_written_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clip: Path, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.json").write_text('[{"start": 0.3, "end": 0.5, "label": "Profanity"}]')
    film, folder = Path(os.fsdecode(NAMES[name])), Path("clean")
    shutil.copy(clip, film)
    config = {
        "models": {"cache_dir": str(tmp_path / "cache")},
        "detectors": [
            {
                "name": "notes",
                "type": "scripted",
                "script": str(tmp_path / "script.json"),
                "categories": ["Profanity"],
            }
        ],
        "remediation": {"audio": {"enabled": True, "categories": ["Profanity"]}},
    }
    for written in (True, False):
        pipeline = AnalysisPipeline(film, config)
        pipeline.check_render(folder / film)
        pipeline.analyze(folder / f"{film}.json")
        copy = pipeline.render(folder / film)
        assert (copy.written, pipeline.summary()["output_written"]) == (written, written)

    assert {os.fsencode(path.name) for path in folder.iterdir()} == {NAMES[name], NAMES[name] + b".json"}
    with (folder / film).open("rb") as content, av.open(content) as made:
        assert [stream.type for stream in made.streams] == ["video", "audio"]
    again = AnalysisPipeline(film, config)
    assert again.load(folder / f"{film}.json").warnings == ()
