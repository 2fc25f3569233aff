from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from typing import get_args

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.loudness_net import Form, loudness_net
from tests.support.onnx_file import Node, Value, network
from tests.support.small_onnx import small_onnx
from tests.video_censor_personal.detectors.installed import installed
from video_censor_personal.detectors.audioset import CLASSES, LABELS, SOUNDS
from video_censor_personal.detectors.base import Judgement
from video_censor_personal.detectors.mel import HOP, PATCH, RATE
from video_censor_personal.detectors.sound import FLOOR, STEP, SoundDetector, starts
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Hit, Observation

Pcm = NDArray[np.float32]
DEMO = Path(__file__).parents[3] / "demo"


def noise(seconds: float, seed: int = 0) -> Pcm:
    return np.random.default_rng(seed).standard_normal(int(seconds * RATE)).astype(np.float32) * 0.3


def silence(seconds: float) -> Pcm:
    return np.zeros(int(seconds * RATE), np.float32)


def opened(folder: Path, content: bytes | None = None) -> SoundDetector:
    if content is not None:
        (folder / "net.onnx").write_bytes(content)
    detector = SoundDetector()
    detector.open(installed(folder))
    return detector


def decide(observations: list[Observation], duration: float, **given: object) -> list[Hit]:
    terms = Judgement("ears", ("Violence",), SoundDetector.complete(given), 0.5, duration)
    return list(SoundDetector.decide(observations, terms))


@pytest.mark.parametrize("length", [0, 1, PATCH - 1, PATCH, PATCH + 1, 2 * PATCH, 100_000, 120 * RATE])
def test_every_sample_is_in_a_patch_and_none_is_a_patch_too_many(length: int) -> None:
    firsts = starts(length)
    assert firsts[0] == 0
    assert all(0 < later - earlier <= STEP for earlier, later in pairwise(firsts))
    assert length <= firsts[-1] + PATCH < max(length, PATCH) + HOP
    assert all(first % HOP == 0 for first in firsts)


@pytest.mark.parametrize("form", get_args(Form))
def test_every_form_of_the_network_hears_what_is_loud(form: Form, tmp_path: Path) -> None:
    detector = opened(tmp_path, loudness_net(form))
    found = list(detector.observe(np.concatenate([silence(3), noise(2), silence(3)]), 100.0))
    detector.close()
    assert {seen.label for seen in found} == {"Screaming"}
    assert all(FLOOR <= seen.score <= 1 for seen in found)
    (hit,) = decide(found, 200.0)
    assert 102.0 <= hit.start <= 103.0
    assert 105.0 <= hit.end <= 106.0
    assert hit.margin == (0.48, 0.48)


def test_the_end_of_a_sound_is_heard_and_no_time_is_told_past_it(tmp_path: Path) -> None:
    detector = opened(tmp_path, loudness_net())
    found = list(detector.observe(np.concatenate([silence(4), noise(0.7)]), 0.0))
    assert max(seen.end for seen in found) == pytest.approx(4.7)
    (short,) = detector.observe(noise(0.7), 7.0)
    assert (short.start, short.end) == pytest.approx((7.0, 7.7))


def test_a_window_stands_alone(tmp_path: Path) -> None:
    detector = opened(tmp_path, loudness_net())
    first, second = noise(3.3, 1), noise(4.1, 2)
    list(detector.observe(first, 0.0))
    after_another = list(detector.observe(second, 50.0))
    assert after_another == list(opened(tmp_path).observe(second, 50.0))


@pytest.mark.parametrize("sound", [silence(5), silence(0), noise(5) * 1e-4], ids=["zeros", "none", "faint"])
def test_silence_is_nothing(sound: Pcm, tmp_path: Path) -> None:
    assert list(opened(tmp_path, loudness_net()).observe(sound, 0.0)) == []


def nan_net() -> bytes:
    """Takes the root of a negative number when there is a sound."""
    nodes = [
        Node("ReduceMean", ["audio"], ["level"], {"axes": [2, 3], "keepdims": 0}),
        Node("Sub", ["silence", "level"], ["below"]),
        Node("Sqrt", ["below"], ["root"]),
        Node("Mul", ["root", "zeros"], ["class_scores"]),
    ]
    constants = {
        "silence": np.array([[-6.9]], np.float32),
        "zeros": np.full((1, CLASSES), 0.01, np.float32),
    }
    shapes = Value("audio", [1, 1, 96, 64]), Value("class_scores", [1, CLASSES])
    return network(nodes, [shapes[0]], [shapes[1]], constants)


def test_a_score_that_is_no_number_is_told(tmp_path: Path) -> None:
    found = list(opened(tmp_path, nan_net()).observe(noise(0.9), 0.0))
    assert len(found) == len(SOUNDS)
    assert all(np.isnan(seen.score) for seen in found)


def floats(shape: list[int | str], classes: int) -> bytes:
    axes = list(range(1, len(shape)))
    nodes = [
        Node("ReduceMean", ["audio"], ["level"], {"axes": axes, "keepdims": 0}),
        Node("Mul", ["level", "weights"], ["class_scores"]),
    ]
    shapes = Value("audio", shape), Value("class_scores", [1, classes])
    return network(nodes, [shapes[0]], [shapes[1]], {"weights": np.zeros((1, classes), np.float32)})


UNLIKE = {
    "a classifier of pictures": (small_onnx(), "its input is x ['N', 224, 224, 3], not 1 x 1 x 96 x 64"),
    "other mel bands": (floats([1, 1, 96, 128], CLASSES), "its input is audio [1, 1, 96, 128]"),
    "other samples": (floats([16000], CLASSES), "its input is audio [16000]"),
    "other classes": (loudness_net("bands", classes=527), "its output has the shape [1, 527], not N x 521"),
    "bytes that stand for unknown numbers": (
        loudness_net().replace(b"audio_scale", b"audio_scalf"),
        "it does not say the audio_scale that its bytes stand for",
    ),
}


@pytest.mark.parametrize(("content", "why"), UNLIKE.values(), ids=UNLIKE)
def test_another_network_is_an_error_by_its_shape(content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(DetectorError) as failure:
        SoundDetector().open(installed(tmp_path))
    assert str(tmp_path) in failure.value.what
    assert why in failure.value.why


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "model.data").unlink(),
        lambda folder: (folder / "model.data").write_bytes((folder / "model.data").read_bytes()[:9_000_000]),
        lambda folder: (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:40_000]),
    ],
    ids=["no weights", "weights cut short", "network cut short"],
)
def test_a_damaged_model_is_an_error_before_anything_is_heard(
    damage: object, yamnet_dir: Path, tmp_path: Path
) -> None:
    assert callable(damage)
    for file in yamnet_dir.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    damage(tmp_path)
    with pytest.raises(DetectorError) as failure:
        SoundDetector().open(installed(tmp_path))
    assert " tasks verify`" in failure.value.fix
    assert "\n" not in failure.value.why


def test_our_table_of_sounds_is_the_models(yamnet_classes: Path) -> None:
    with yamnet_classes.open(encoding="utf-8", newline="") as stream:
        names = {int(row["index"]): row["display_name"] for row in csv.DictReader(stream)}
    assert len(names) == CLASSES
    assert {place: label.name for place, label in SOUNDS.items()} == {place: names[place] for place in SOUNDS}
    assert len(LABELS.names) == len(SOUNDS)


def test_an_edit_of_what_counts_runs_no_model_again() -> None:
    assert [each.name for each in SoundDetector.schema if each.role == "infer"] == []


def bursts(times: list[float], seconds: float, fade: float) -> Pcm:
    """Noise that begins at once and dies away, as a shot does."""
    sound, shot = silence(seconds), noise(1.0)
    shape = np.exp(-np.arange(RATE) / (fade * RATE)).astype(np.float32)
    for time in times:
        first = int(time * RATE)
        part = (shot * shape * 3)[: len(sound) - first]
        sound[first : first + len(part)] += part
    return np.clip(sound, -1, 1)


def heard(detector: SoundDetector, sound: Pcm) -> list[tuple[str, float, float]]:
    hits = decide(list(detector.observe(sound, 0.0)), len(sound) / RATE)
    return [(hit.label, hit.start, hit.end) for hit in hits]


def test_yamnet_hears_shots_where_they_are_and_none_in_speech_and_music(yamnet_dir: Path) -> None:
    detector = opened(yamnet_dir)
    found = heard(detector, bursts([4.0 + 0.1 * n for n in range(20)], 10.0, 0.02))
    assert {label for label, _, _ in found} >= {"Machine gun", "Gunshot, gunfire", "Explosion"}
    assert 3.0 <= min(start for _, start, _ in found) <= 4.0
    # Its weights are 8-bit numbers: from one processor to another, scores differ by a hundredth, and a label
    # near its threshold may come a window later.
    assert all(start <= 6.0 <= end <= 7.0 for _, start, end in found)
    assert heard(detector, demo_speech()) == []
    at = np.arange(5 * RATE) / RATE
    chord = np.sum([np.sin(2 * np.pi * pitch * at) for pitch in (261.6, 329.6, 392.0)], axis=0)
    assert heard(detector, (chord * 0.2).astype(np.float32)) == []


def demo_speech() -> Pcm:
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(str(DEMO / "speech.opus")) as sound:
        pieces = [out.to_ndarray()[0] for frame in sound.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate(pieces).astype(np.float32)
