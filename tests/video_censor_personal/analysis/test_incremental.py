from __future__ import annotations

import json
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.media_clips import Clip, make_clip
from tests.video_censor_personal.analysis.bench import LIGHT, SOUND, Bench, RecordedProgress
from tests.video_censor_personal.analysis.small_detectors import Brightness
from video_censor_personal.analysis import AnalysisResult, EnabledDetector
from video_censor_personal.analysis.observation_store import ObservationKey, ObservationStore
from video_censor_personal.analysis.track_notes import sound_tracks
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Observation
from video_censor_personal.findings.policy import CategoryPolicy
from video_censor_personal.media.notes import fingerprint
from video_censor_personal.media.probe import Film, probe


def test_only_what_an_edit_changed_is_observed_again(bench: Bench, clips: Path) -> None:
    film, other = clips / "film.mkv", clips / "other.mkv"
    strict = replace(LIGHT, parameters={"threshold": 0.9})

    def faster(step: float) -> EnabledDetector:
        return replace(LIGHT, parameters={"sample_rate": step})

    steps: list[tuple[str, Callable[[], AnalysisResult], set[str]]] = [
        ("first run", lambda: bench.run(film), {"eye", "ear"}),
        ("same", lambda: bench.run(film), set()),
        ("threshold edited", lambda: bench.run(film, strict, SOUND), set()),
        (
            "category edited",
            lambda: bench.run(film, categories={"Light": CategoryPolicy(enabled=False)}),
            set(),
        ),
        ("merge edited", lambda: bench.run(film, merge_gap=0.1), set()),
        ("renamed", lambda: bench.run(film, replace(LIGHT, name="bright"), SOUND), set()),
        ("reverted", lambda: bench.run(film), set()),
        ("frames edited", lambda: bench.run(film, faster(0.25), SOUND), {"eye"}),
        ("frames put back", lambda: bench.run(film, faster(0.5), SOUND), set()),
        ("all frames edited", lambda: bench.run(film, step=0.4), {"eye"}),
        (
            "infer parameter edited",
            lambda: bench.run(film, LIGHT, replace(SOUND, parameters={"gain": 2})),
            {"ear"},
        ),
        (
            "written otherwise",
            lambda: bench.run(film, LIGHT, replace(SOUND, parameters={"gain": 2.0})),
            set(),
        ),
        ("detector left out", lambda: bench.run(film, LIGHT), set()),
        ("other video", lambda: bench.run(other), {"eye", "ear"}),
        ("first video again", lambda: bench.run(film), set()),
    ]
    for name, run, expected in steps:
        result = run()
        assert bench.opened() == expected, name
        names = {"eye": "light", "ear": "sound"}
        assert set(result.observed) == {names[model] for model in expected}, name

    bench.digests["ear"] = "s2"
    bench.run(film)
    assert bench.opened() == {"ear"}, "model replaced"
    bench.digests["ear"] = "s1"
    bench.run(film)
    assert bench.opened() == set(), "model put back"

    class Newer(Brightness):
        version = "2"

    bench.run(film, replace(LIGHT, kind=Newer), SOUND)
    assert bench.opened() == {"eye"}, "detector's version changed"


def test_what_is_remembered_gives_the_same_segments(bench: Bench, clips: Path) -> None:
    first = bench.run(clips / "film.mkv")
    again = bench.run(clips / "film.mkv")
    assert {each.category for each in first.segments} == {"Light", "Noise"}
    assert again == replace(first, observed=(), remembered=first.observed)


def test_nothing_is_shown_when_nothing_is_done(bench: Bench, clips: Path) -> None:
    film = clips / "film.mkv"
    time.sleep(max(0.0, film.stat().st_ctime + 2.05 - time.time()))
    bench.run(film)
    heard = bench.progress = RecordedProgress()
    bench.run(film)
    assert heard.shown == {}, "the video is not even hashed again"


def test_a_moved_video_is_the_same_video(bench: Bench, clips: Path, tmp_path: Path) -> None:
    bench.run(clips / "film.mkv")
    bench.notes("eye")
    copy = tmp_path / "renamed.mkv"
    copy.write_bytes((clips / "film.mkv").read_bytes())
    assert bench.run(copy).observed == ()


def test_only_damaged_observations_are_made_again(bench: Bench, clips: Path) -> None:
    first = bench.run(clips / "film.mkv")
    bench.opened()
    for path in (bench.folder / "cache" / "observations").iterdir():
        if '"loudness"' in path.read_text():
            path.write_bytes(path.read_bytes()[:-5])
    result = bench.run(clips / "film.mkv")
    assert bench.opened() == {"ear"}
    assert result.segments == first.segments


def scripted(script: Path, **parameters: object) -> EnabledDetector:
    return EnabledDetector("notes", detector_type("scripted"), parameters={"script": script, **parameters})


def test_a_word_behind_the_end_that_the_header_tells_is_where_it_was_heard(
    bench: Bench, tmp_path: Path
) -> None:
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=2.0))
    content = bytearray(film.read_bytes())
    length = content.index(b"\x44\x89\x88") + 3
    content[length : length + 8] = struct.pack(">d", 1600.0)
    film.write_bytes(content)
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"start": 1.7, "end": 1.9, "label": "Profanity", "text": "damn"}]))

    (segment,) = bench.run(film, scripted(script)).segments

    assert probe(film).duration == pytest.approx(1.6)
    assert (segment.start, segment.end) == (1.7, 1.9)


def test_an_edit_of_a_file_counts_as_an_edit_of_its_parameter(
    bench: Bench, clips: Path, tmp_path: Path
) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps([{"start": 0.5, "end": 0.7, "label": "Profanity", "text": "damn"}]))
    assert bench.run(clips / "film.mkv", scripted(script)).observed == ("notes",)
    assert bench.run(clips / "film.mkv", scripted(script, threshold=0.2)).observed == ()
    script.write_text(json.dumps([{"start": 1.5, "end": 1.7, "label": "Profanity", "text": "damn"}]))
    result = bench.run(clips / "film.mkv", scripted(script))
    assert result.observed == ("notes",)
    assert [(each.id, each.start, each.end) for each in result.segments] == [("profanity-1.5", 1.5, 1.7)]
    script.unlink()
    with pytest.raises(DetectorError, match=r"cannot read its script"):
        bench.run(clips / "film.mkv", scripted(script))


THRESHOLD_EDIT = """
import json, sys
from pathlib import Path

def analyse(video, cache, words):
    from video_censor_personal.analysis import AnalysisRequest, Analyser, EnabledDetector, InstalledModel
    from video_censor_personal.media.probe import Film
    from video_censor_personal.detectors.catalog import detector_type
    detectors = (
        EnabledDetector("speech", detector_type("speech"), "whisper", parameters={"words": words}),
        EnabledDetector("nsfw", detector_type("nsfw"), "nsfw", parameters={"threshold": 0.7}),
    )
    nowhere = Path("/nowhere")
    find = {"whisper": InstalledModel(nowhere, (), "w"), "nsfw": InstalledModel(nowhere, (), "n")}
    return Analyser(cache, find.__getitem__).analyse(AnalysisRequest(Film(video), detectors))

result = analyse(Path(sys.argv[1]), Path(sys.argv[2]), ("biscuit",))
from video_censor_personal.export.results_json import Results
from video_censor_personal.export.results_update import update_results
update_results(Path(sys.argv[3]), Results("film.mkv", result.duration, result.segments))
heavy = {"numpy", "av", "onnxruntime", "faster_whisper", "ctranslate2", "doit", "requests", "tqdm"}
print(json.dumps({
    "heavy": sorted(heavy & set(sys.modules)),
    "found": [[each.category, each.start, each.end] for each in result.segments],
}))
"""


def test_an_edit_of_threshold_or_words_opens_no_model_and_no_heavy_library(
    bench: Bench, clips: Path, tmp_path: Path
) -> None:
    """Two hours were observed before. The keys are spelt out, for they must stay as they are."""
    film, cache = clips / "film.mkv", tmp_path / "cache"
    digest = fingerprint(film, cache)
    store = ObservationStore(cache / "observations")
    speech = detector_type("speech")
    heard = {
        "language": "en",
        "beam_size": 5,
        "compute_type": "int8",
        "vad": False,
        "align": True,
        "second_look": True,
        "listen_for": [],
        "track": 1,
        **speech.depends_on(speech.complete({})),
    }
    sound_tracks(Film(film), digest, cache)
    with store.writing(ObservationKey(digest, "speech", speech.version, "w", heard), 7200.0) as draft:
        for n in range(15_000):
            draft.add(Observation(n * 0.45, n * 0.45 + 0.3, "word", 0.9, "biscuit" if n == 10_000 else "tea"))
    with store.writing(ObservationKey(digest, "nsfw", "2", "n", {"sample_rate": 1.0}), 7200.0) as draft:
        for n in range(7200):
            draft.add(Observation(float(n), float(n), "nsfw", 0.8 if n == 100 else 0.1))
    done = subprocess.run(
        [sys.executable, "-c", THRESHOLD_EDIT, str(film), str(cache), str(tmp_path / "r.json")],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["heavy"] == []
    assert found["found"] == [
        ["Nudity", 99.0, 101.0],
        ["Sexual Theme", 99.0, 101.0],
        ["Profanity", 4500.0, 4500.3],
    ]
