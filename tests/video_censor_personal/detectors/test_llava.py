"""A vision language model as a detector: what it is asked, what it observes, and what stops it beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.tiny_llava import PROJECTOR, TEXT, tiny_llava
from tests.video_censor_personal.detectors.installed import installed
from video_censor_personal.detectors.base import Frame, Judgement
from video_censor_personal.detectors.installed_model import InstalledModel
from video_censor_personal.detectors.llava import LlavaDetector
from video_censor_personal.errors import DetectorError, NotJudged
from video_censor_personal.findings.observations import Observation

RED, GREEN = (220, 20, 20), (20, 200, 20)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> InstalledModel:
    return installed(tiny_llava(tmp_path_factory.mktemp("llava")))


def detector(categories: tuple[str, ...] = ("Nudity", "gore"), **given: Any) -> LlavaDetector:
    return LlavaDetector(LlavaDetector.for_categories(LlavaDetector.complete(given), categories))


def frame(colour: tuple[int, int, int], time: float = 2.5) -> Frame:
    return Frame(time, np.full((48, 64, 3), colour, np.uint8))


def test_each_category_gets_a_score_whatever_its_name(model: InstalledModel) -> None:
    names = ("Nudity", 'gore ("much")', "Gewalt, nötig?")
    judge = detector(names)
    judge.open(model)
    red, green = judge.observe(frame(RED)), judge.observe(frame(GREEN))
    judge.close()
    assert judge.device == "cpu"
    assert [(each.label, each.start, each.end) for each in red] == [(name, 2.5, 2.5) for name in names]
    assert all(each.score > 0.9 for each in red)
    assert all(each.score < 0.1 for each in green)


def test_what_is_asked_says_what_each_category_is() -> None:
    ask = detector(("Nudity", "gore"), ask={"GORE": "open wounds"}).parameters["ask"]
    assert ask == {"Nudity": "bare breasts, buttocks or genitals", "gore": "open wounds"}


def test_words_on_another_category_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="gore: not among its categories, Nudity"):
        detector(("Nudity",), ask={"gore": "open wounds"})


@pytest.mark.parametrize("content", ["What is in it?", "\ufeffWhat is in it?"])
def test_a_prompt_of_ones_own_is_used(model: InstalledModel, tmp_path: Path, content: str) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text(content, encoding="utf-8")
    judge = detector(prompt_file=str(file))
    judge.open(model)
    assert [each.score > 0.9 for each in judge.observe(frame(RED))] == [True, True]
    judge.close()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it has 0 characters"),
        (b" \n\t", "it has 0 characters"),
        (b"\xff\xfe\x00W", "it is not UTF-8 text"),
        (b"a" * 4001, "it has 4001 characters; 1 to 4000 can be used"),
        (None, "No such file"),
    ],
    ids=["empty", "blank", "another encoding", "too long", "gone"],
)
def test_a_prompt_that_cannot_be_used_is_found_before(
    model: InstalledModel, tmp_path: Path, content: bytes | None, why: str
) -> None:
    file = tmp_path / "prompt.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DetectorError, match=why) as failure:
        detector(prompt_file=str(file)).check(model)
    assert str(file) in failure.value.what


BROKEN: dict[str, tuple[dict[str, bytes | None], str]] = {
    "no mmproj": ({PROJECTOR: None}, r"0 GGUF files with a mmproj .*: red\.gguf"),
    "no language model": ({TEXT: None}, "0 GGUF files with a language model"),
    "neither": ({TEXT: None, PROJECTOR: None}, "0 GGUF files"),
    "a text in its place": ({TEXT: b"hello"}, r"red\.gguf is no GGUF file"),
    "a mmproj that was cut off": ({PROJECTOR: b"GGUF\x03\0\0\0"}, r"red-mmproj\.gguf is cut off"),
}


@pytest.mark.parametrize(("files", "why"), BROKEN.values(), ids=BROKEN)
def test_files_that_cannot_be_used_are_found_before(
    tmp_path: Path, files: dict[str, bytes | None], why: str
) -> None:
    tiny_llava(tmp_path)
    for name, content in files.items():
        if content is None:
            (tmp_path / name).unlink()
        else:
            (tmp_path / name).write_bytes(content)
    for begin in (detector().check, detector().open):
        with pytest.raises(DetectorError, match=why) as failure:
            begin(installed(tmp_path))
        assert str(tmp_path) in failure.value.what
        assert " tasks models`" in failure.value.fix


def test_a_device_that_is_not_there_is_found_before(model: InstalledModel) -> None:
    with pytest.raises(DetectorError, match=r"llama\.cpp has cpu here"):
        detector(device="cuda").check(model)


def test_a_key_that_is_not_set_is_named_and_one_that_is_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THE_KEY", raising=False)
    judge = detector(endpoint="http://127.0.0.1:1/v1", api_key_env="THE_KEY")
    with pytest.raises(DetectorError, match="the environment variable THE_KEY"):
        judge.check(None)
    monkeypatch.setenv("THE_KEY", "very-secret")
    with pytest.raises(DetectorError, match="nothing answers there") as failure:
        judge.check(None)
    assert "very-secret" not in str(failure.value)


def test_a_server_that_goes_down_leaves_a_picture_unjudged() -> None:
    judge = detector(endpoint="http://127.0.0.1:1/v1", endpoint_model="eyes")
    judge.open(None)
    with pytest.raises(NotJudged, match="nothing answers there"):
        judge.observe(frame(RED))
    judge.close()
    assert judge.device == "http://127.0.0.1:1/v1"


def test_hits_are_stretches_of_each_category_in_time_order() -> None:
    terms = Judgement("judge", ("Nudity", "gore"), LlavaDetector.complete({"doubtful": 0.3}), 0.5, 10.0)
    seen = [
        Observation(5.0, 6.0, "gore", 0.9),
        Observation(1.0, 3.0, "nudity", 0.9),
        Observation(2.9, 4.0, "nudity", 0.6),
        Observation(6.0, 7.0, "gore", 0.4),
        Observation(0.0, 9.0, "(shot)", 1.0),
        Observation(0.0, 9.0, "Violence", 1.0),
    ]
    hits = list(LlavaDetector.decide(seen, terms))
    assert [(hit.start, hit.end, hit.category, hit.score, hit.certainty) for hit in hits] == [
        (1.0, 4.0, "Nudity", 0.9, "sure"),
        (5.0, 6.0, "gore", 0.9, "sure"),
        (6.0, 7.0, "gore", 0.4, "doubtful"),
    ]


USELESS = {
    "a band of one": ({"band": (0.5,)}, "two scores from 0 to 1"),
    "a band upside down": ({"band": (0.8, 0.2)}, "the lower one first"),
    "a band beyond": ({"band": (0.2, 2.0)}, "two scores from 0 to 1"),
    "no address": ({"endpoint": "localhost:11434"}, "no address of a server"),
    "another machine": ({"endpoint": "http://192.168.1.5/v1"}, "would be sent to another machine"),
    "a model of no server": (
        {"endpoint_model": "llava"},
        "`endpoint_model` has no meaning without `endpoint`",
    ),
    "a key of no server": ({"api_key_env": "KEY"}, "`api_key_env` has no meaning"),
    "leave for no server": ({"allow_remote": True}, "`allow_remote` has no meaning"),
}


@pytest.mark.parametrize(("given", "why"), USELESS.values(), ids=USELESS)
def test_what_makes_no_sense_is_said(given: dict[str, Any], why: str) -> None:
    found = LlavaDetector.misconfigured(LlavaDetector.complete(given))
    assert found is not None
    assert why in found


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"endpoint": "http://127.0.0.1:11434/v1", "endpoint_model": "llava", "api_key_env": "KEY"},
        {"endpoint": "http://gpu.example.org/v1", "allow_remote": True},
        {"band": (0.0, 1.0)},
    ],
)
def test_what_makes_sense_is_not_complained_about(given: dict[str, Any]) -> None:
    assert LlavaDetector.misconfigured(LlavaDetector.complete(given)) is None


def test_with_a_server_no_model_is_needed() -> None:
    assert LlavaDetector.wants_model(LlavaDetector.complete({}))
    assert not LlavaDetector.wants_model(LlavaDetector.complete({"endpoint": "http://127.0.0.1:1"}))


def test_one_that_judges_nobody_looks_at_shots() -> None:
    assert LlavaDetector.complete({})["every"] == "shot"
    assert LlavaDetector.complete({"judges": ("nsfw",)})["every"] is None
