from __future__ import annotations

import json
import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.video_censor_personal.detectors.installed import installed
from video_censor_personal.detectors.base import Judgement
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.detectors.speech import (
    ALIGNED_WITHIN,
    HEARD_WITHIN,
    NEEDED_FILES,
    SpeechDetector,
)
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.coverage import NOT_JUDGED, Span, Unjudged
from video_censor_personal.findings.observations import Hit, Observation
from video_censor_personal.findings.spoken import LANGUAGE

RATE = 16000
DEMO = Path(__file__).parents[3] / "demo"
Pcm = NDArray[np.float32]


def said(*words: tuple[str, float]) -> list[Observation]:
    """Words half a second apart, each with its probability."""
    return [
        Observation(at * 0.5, at * 0.5 + 0.4, "word", score, text) for at, (text, score) in enumerate(words)
    ]


def decide(observations: list[Observation], **parameters: object) -> list[Hit]:
    terms = Judgement("ears", ("Profanity",), detector_type("speech").complete(parameters), 1.0, 100.0)
    return list(SpeechDetector.decide(observations, terms))


def demo_speech(seconds: float) -> Pcm:
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(str(DEMO / "speech.opus")) as sound:
        pieces = [out.to_ndarray()[0] for frame in sound.decode(audio=0) for out in resampler.resample(frame)]
    whole: Pcm = np.concatenate(pieces).astype(np.float32)
    return whole[: int(seconds * RATE)]


def test_a_hit_spans_exactly_its_words() -> None:
    hits = decide(said(("You", 0.9), ("son", 0.8), ("of", 0.1), ("a", 0.1), ("bitch!", 0.7), ("class", 0.9)))
    assert [(hit.start, hit.end, hit.text, hit.label) for hit in hits] == [
        (0.5, 2.4, "son of a bitch!", "son of a bitch")
    ]
    assert "strong" in hits[0].reason


@pytest.mark.parametrize(("threshold", "count"), [(0.0, 2), (0.5, 1), (0.8, 1), (0.81, 0)])
def test_the_threshold_is_the_surest_word_of_the_phrase(threshold: float, count: int) -> None:
    words = said(("son", 0.8), ("of", 0.1), ("a", 0.1), ("bitch", 0.3), ("so", 0.9), ("damn", 0.2))
    assert len(decide(words, threshold=threshold)) == count


@pytest.mark.parametrize(
    ("pieces", "joined", "hits"),
    [
        (("Hitch", "-cock"), {1}, []),
        (("Hitch", "-cock"), set(), []),
        (("Bab", "cock"), {1}, []),
        (("you", "mother", "-fucker", "now"), {2}, [(0.5, 1.4, "mother-fucker")]),
        (("bull", "shit"), {1}, [(0.0, 0.9, "bullshit")]),
        (("f", "*ck", "off"), {1}, [(0.0, 0.9, "f*ck")]),
        (("un", "fucking", "believable"), {1, 2}, [(0.0, 1.4, "unfuckingbelievable")]),
        (("What?", "-Shit!"), set(), [(0.5, 0.9, "-Shit!")]),
        (("a", "half", "-assed", "idea"), {2}, [(0.5, 1.4, "half-assed")]),
        (("Oh,", "shit"), {1}, [(0.5, 0.9, "shit")]),
    ],
)
def test_what_the_recogniser_split_is_one_word(
    pieces: tuple[str, ...], joined: set[int], hits: list[tuple[float, float, str]]
) -> None:
    words = [
        replace(each, joined=at in joined)
        for at, each in enumerate(said(*((piece, 0.9) for piece in pieces)))
    ]
    assert [(hit.start, hit.end, hit.text) for hit in decide(words)] == hits


def test_pieces_and_placement_are_kept_in_an_observation() -> None:
    for joined, aligned in product((False, True), repeat=2):
        seen = Observation(1, 2, "word", 0.5, "-cock", joined=joined, aligned=aligned)
        assert Observation.from_dict(json.loads(json.dumps(seen.as_dict()))) == seen


@pytest.mark.parametrize(
    ("start", "end", "aligned", "margin"),
    [
        (1.0, 1.4, True, ALIGNED_WITHIN),
        (1.0, 1.4, False, HEARD_WITHIN),
        (1.0, 1.0, False, HEARD_WITHIN),
        (1.0, 1.03, True, HEARD_WITHIN),
    ],
)
def test_a_hit_tells_how_well_it_was_placed(
    start: float, end: float, aligned: bool, margin: tuple[float, float]
) -> None:
    (hit,) = decide([Observation(start, end, "word", 0.9, "damn", aligned=aligned)])
    assert (hit.start, hit.end) == (start, end)
    assert hit.margin == margin


def test_a_phrase_has_the_margins_of_its_ends() -> None:
    first, *middle, last = said(("son", 0.9), ("of", 0.9), ("a", 0.9), ("bitch", 0.9))
    (hit,) = decide([replace(first, aligned=True), *middle, last])
    assert hit.margin == (ALIGNED_WITHIN[0], HEARD_WITHIN[1])


def test_neighbours_stay_two_hits() -> None:
    assert [hit.text for hit in decide(said(("damn", 0.9), ("damn", 0.9)))] == ["damn", "damn"]


def test_the_config_words_reach_the_list(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("gosh\n", encoding="utf-8")
    words = said(("gosh", 0.9), ("frick", 0.9), ("hell", 0.9), ("shit", 0.9))
    hits = decide(words, words=["frick"], word_file=str(own), allow=["hell"], tiers=["mild"])
    assert [hit.text for hit in hits] == ["gosh", "frick"]


def test_each_language_has_its_own_list() -> None:
    words = said(("hell", 0.9), ("mierda", 0.9), ("kut", 0.9), ("class", 0.9))
    assert [hit.text for hit in decide(words, language="es-MX")] == ["mierda"]
    assert [hit.text for hit in decide(words, language="eng", words=["kut"])] == ["hell", "kut"]
    assert [hit.text for hit in decide(words, language="nl", words=["kut"])] == ["kut"]
    with pytest.raises(DetectorError, match="no word list for 'nl': give `words` or `word_file`"):
        decide(words, language="nl-BE")


SAID = said(("hell", 0.9), ("mierda", 0.9), ("hell", 0.9), ("mierda", 0.9), ("merde", 0.9))


@pytest.mark.parametrize(
    ("languages", "parameters", "hits"),
    [
        (((0.0, 0.9, "en"), (1.0, 2.4, "es")), {}, [0, 3]),
        (((0.0, 0.9, "es"), (1.0, 2.4, "en")), {}, [1, 2]),
        ((), {}, [0, 2]),
        (((0.0, 2.4, "ru"),), {}, []),
        (((0.0, 2.4, "ru"),), {"words": ["merde"]}, [4]),
        (((0.0, 0.4, "gl"), (0.5, 2.4, "es")), {}, [1, 3]),
        (((0.0, 0.4, "en"), (0.5, 2.4, "fr")), {"words": ["mierda"]}, [0, 1, 3, 4]),
    ],
    ids=[
        "English first",
        "Spanish first",
        "English by an English-only model",
        "no list for it",
        "words for any language",
        "a neighbour of what is spoken most",
        "words beside the lists",
    ],
)
def test_the_words_of_a_stretch_are_judged_in_its_language(
    languages: tuple[tuple[float, float, str], ...], parameters: dict[str, object], hits: list[int]
) -> None:
    spoken = [Observation(start, end, LANGUAGE, 0.9, code) for start, end, code in languages]
    found = decide([*SAID, *spoken], language="auto", **parameters)
    assert [round(hit.start / 0.5) for hit in found] == hits


def test_a_phrase_does_not_begin_in_one_language_and_end_in_another() -> None:
    words = said(("son", 0.9), ("of", 0.9), ("a", 0.9), ("bitch", 0.9))
    spoken = [Observation(0.0, 0.9, LANGUAGE, 0.9, "en"), Observation(1.0, 1.9, LANGUAGE, 0.9, "it")]
    assert [hit.text for hit in decide([*words, *spoken], language="auto")] == ["bitch"]


@pytest.mark.parametrize(
    ("word_file", "unjudged"),
    [(None, [Unjudged(Span(5, 9), "no word list for 'ru': give `words` or `word_file`")]), ("own.txt", [])],
)
def test_speech_that_there_are_no_words_for_is_not_judged(
    word_file: str | None, unjudged: list[Unjudged]
) -> None:
    spoken = [Observation(0, 4, LANGUAGE, 0.9, "en"), Observation(5, 9, LANGUAGE, 0.9, "ru")]
    parameters = SpeechDetector.complete({"language": "auto", "word_file": word_file, "words": ["damn"]})
    unheard = Observation(9, 12, NOT_JUDGED, 1.0, "nobody knows")
    assert list(SpeechDetector.unjudged([*spoken, unheard], parameters)) == [
        Unjudged(Span(9, 12), "nobody knows"),
        *unjudged,
    ]


def test_other_observations_are_not_words() -> None:
    assert decide([Observation(1, 2, "music", 1.0, "damn"), Observation(3, 4, "word", 1.0)]) == []


@pytest.mark.parametrize("missing", NEEDED_FILES)
def test_an_incomplete_folder_is_refused_by_name_and_never_completed_from_elsewhere(
    tmp_path: Path, missing: str
) -> None:
    for name in NEEDED_FILES:
        if name != missing:
            (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(DetectorError, match=f"{missing} is missing"):
        SpeechDetector().open(installed(tmp_path))


def test_the_demo_is_heard_at_its_times_and_quiet_is_not(whisper_dir: Path) -> None:
    truth = json.loads((DEMO / "speech-truth.json").read_text(encoding="utf-8"))["words"]
    quiet = np.random.default_rng(0).normal(0, 0.0005, 2 * RATE).astype(np.float32)
    detector = SpeechDetector()
    detector.open(installed(whisper_dir))
    told: list[float] = []
    detector.reached = told.append
    words = list(detector.observe(np.concatenate([quiet, demo_speech(8.0)]), 60.0))
    assert told[0] > 0
    assert told == sorted(told), "seconds of the window, as they are heard"
    assert words[-1].end - 60 <= told[-1] <= 10.0
    again = list(detector.observe(np.concatenate([quiet, demo_speech(8.0)]), 60.0))
    silence = list(detector.observe(np.zeros(5 * RATE, dtype=np.float32), 0.0))
    noise = list(detector.observe(np.tile(quiet, 4) * 20, 0.0))
    detector.close()
    hits = decide(words)
    assert [hit.label for hit in hits] == ["hell", "damn"]
    assert [hit.margin for hit in hits] == [ALIGNED_WITHIN, ALIGNED_WITHIN]
    assert not any(word.joined for word in words), "each was written with a space"
    for hit, spoken in zip(hits, truth, strict=False):
        assert hit.start - 62.0 == pytest.approx(spoken["start_ms"] / 1000, abs=0.12)
        assert hit.end - 62.0 == pytest.approx(spoken["end_ms"] / 1000, abs=0.12)
    assert "class" in " ".join(str(word.text) for word in words).lower()
    assert again == words, "whatever was heard before"
    assert all(60 <= word.start <= word.end <= 70.0 and 0 <= word.score <= 1 for word in words)
    assert type(words[0].start) is float
    assert silence == []
    assert decide(noise) == []


@pytest.mark.parametrize("damage", ["truncated", "garbage"])
def test_a_damaged_model_is_a_clear_error(whisper_dir: Path, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in whisper_dir.iterdir():
        if file.name != "model.bin":
            shutil.copy(file, folder)
    with (whisper_dir / "model.bin").open("rb") as whole:
        head = whole.read(1_000_000)
    (folder / "model.bin").write_bytes(head if damage == "truncated" else b"\xff" * 1000)
    with pytest.raises(DetectorError) as failure:
        SpeechDetector().open(installed(folder))
    assert str(folder) in failure.value.what
    assert " tasks models`" in failure.value.fix


@pytest.mark.parametrize("tag", [None, "en", "it"])
def test_the_language_is_the_one_that_is_spoken_whatever_the_film_says(
    whisper_base_dir: Path, tag: str | None
) -> None:
    detector = SpeechDetector({"language": "auto"})
    detector.open(installed(whisper_base_dir))
    detector.track_language = tag
    seen = list(detector.observe(demo_speech(16.0), 60.0))
    words = [each for each in seen if each.label == "word"]
    (language,) = (each for each in seen if each.label == LANGUAGE)
    assert language.text == "en"
    assert language.score > 0.9
    assert (language.start, language.end) == (words[0].start, words[-1].end)
    hits = decide(seen, language="auto")
    assert {"hell", "damn"} <= {hit.label for hit in hits}
    assert [hit.margin for hit in hits] == [ALIGNED_WITHIN] * len(hits), "English is aligned"


@pytest.mark.parametrize("tag", [None, "en"])
def test_an_english_model_hears_english_where_the_language_is_to_be_detected(
    whisper_dir: Path, tag: str | None
) -> None:
    detector = SpeechDetector({"language": "auto"})
    detector.open(installed(whisper_dir))
    detector.track_language = tag
    words = list(detector.observe(demo_speech(8.0), 0.0))
    assert [hit.label for hit in decide(words, language="auto")] == ["hell", "damn"]


def test_an_english_model_says_that_it_did_not_hear_another_language(whisper_dir: Path) -> None:
    detector = SpeechDetector({"language": "auto"})
    detector.open(installed(whisper_dir))
    detector.track_language = "fr"
    (seen,) = detector.observe(demo_speech(4.0), 10.0)
    assert (seen.start, seen.end, seen.label) == (10.0, 14.0, NOT_JUDGED)
    assert seen.text == "the track is in 'fr', and the speech model knows English only"


def test_a_language_that_the_model_does_not_speak_is_refused(whisper_dir: Path) -> None:
    with pytest.raises(DetectorError, match="'es'"):
        SpeechDetector({"language": "es"}).open(installed(whisper_dir))
