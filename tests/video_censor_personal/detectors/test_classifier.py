from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.colour_net import colour_net
from tests.support.loudness_net import loudness_net
from tests.support.small_onnx import small_onnx
from tests.video_censor_personal.detectors.installed import installed
from video_censor_personal.detectors.base import Frame, Judgement
from video_censor_personal.detectors.classifier import ClassifierDetector
from video_censor_personal.detectors.nsfw import NsfwDetector
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Observation

Image = NDArray[np.uint8]
COUNTS = {"nsfw": "Nudity"}
GREEN, RED = (0, 255, 0), (255, 0, 0)


def plain(colour: tuple[int, int, int], width: int = 64, height: int = 48) -> Image:
    return np.full((height, width, 3), colour, np.uint8)


def opened(
    folder: Path, content: bytes, id2label: dict[str, str] | None = None, /, **given: object
) -> ClassifierDetector:
    """A detector of that network, whose labels are in its config.json unless they are given."""
    (folder / "model.onnx").write_bytes(content)
    if "names" not in given:
        said = {"id2label": id2label or {"0": "normal", "1": "nsfw"}}
        (folder / "config.json").write_text(json.dumps(said))
    detector = ClassifierDetector({"labels": COUNTS, **given})
    detector.open(installed(folder))
    return detector


def score(detector: ClassifierDetector, image: Image) -> float:
    (seen,) = detector.observe([Frame(2.0, image)])
    assert (seen.start, seen.end) == (2.0, 2.0)
    return seen.score


@pytest.mark.parametrize("size", [224, 384])
def test_a_vision_transformer_is_given_what_it_was_trained_on(size: int, tmp_path: Path) -> None:
    """Colours from -1 to 1, and a softmax of two outputs."""
    detector = opened(tmp_path, colour_net(shape=("batch_size", 3, size, size)))
    assert detector.frame_size == (size, size)
    assert score(detector, plain(GREEN)) == pytest.approx(1 / (1 + np.exp(-8)), abs=1e-4)
    assert score(detector, plain(RED)) == pytest.approx(1 / (1 + np.exp(8)), abs=1e-4)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 2 * 1.0 - 1),
        ({"channels": "bgr"}, 2 * 0.0 - 1),
        ({"mean": (0.2, 0.0, 0.0), "std": (0.4, 1.0, 1.0)}, (1 - 0.2) / 0.4),
        ({"white": 255.0, "mean": (55.0, 0.0, 0.0), "std": (100.0, 1.0, 1.0)}, 2.0),
    ],
    ids=["as it is", "blue first", "mean and deviation", "bytes"],
)
def test_how_numbers_are_made_of_colours(given: dict[str, object], expected: float, tmp_path: Path) -> None:
    """The one output is the first colour, as it came to the network."""
    network = colour_net(weights=((1.0,), (0.0,), (0.0,)))
    detector = opened(tmp_path, network, {"0": "nsfw"}, activation="sigmoid", **given)
    assert score(detector, plain(RED)) == pytest.approx(1 / (1 + np.exp(-expected)), abs=1e-4)


@pytest.mark.parametrize(
    ("layout", "shape", "axes"),
    [
        ("auto", ("n", 3, 32, 48), (2, 3)),
        ("auto", ("n", 32, 48, 3), (1, 2)),
        ("nchw", ("n", "c", 32, 48), (2, 3)),
        ("nhwc", ("n", "h", "w", "c"), (1, 2)),
    ],
)
def test_the_colours_are_where_the_network_wants_them(
    layout: str, shape: tuple[int | str, ...], axes: tuple[int, int], tmp_path: Path
) -> None:
    detector = opened(tmp_path, colour_net(shape=shape, axes=axes), layout=layout, size=(48.0, 32.0))
    assert score(detector, plain(GREEN)) > 0.99
    assert score(detector, plain(RED)) < 0.01


def test_the_middle_is_taken_of_what_is_larger(tmp_path: Path) -> None:
    image = plain(GREEN, 60, 60)
    image[15:45, 15:45] = RED
    network = colour_net(shape=("n", 3, 30, 30))
    assert score(opened(tmp_path, network, resize=(60.0, 60.0)), image) < 0.01
    assert score(opened(tmp_path, network), image) > 0.9


def test_open_nsfw_as_a_classifier_scores_as_the_detector_of_its_own(nsfw_dir: Path, street: Path) -> None:
    with av.open(str(street)) as clip:
        pictures = [frame for at, frame in enumerate(clip.decode(video=0)) if at % 80 == 0]
    images = (frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in pictures)
    frames = [Frame(float(frame.time or 0), image) for frame, image in zip(pictures, images, strict=True)]
    classifier = ClassifierDetector(
        {
            "labels": COUNTS,
            "names": ("sfw", "nsfw"),
            "resize": (256.0, 256.0),
            "channels": "bgr",
            "white": 255.0,
            "mean": (104.0, 117.0, 123.0),
            "std": (1.0, 1.0, 1.0),
            "activation": "none",
        }
    )
    own = NsfwDetector()
    for detector in (classifier, own):
        detector.open(installed(nsfw_dir))
    expected = [seen.score for seen in own.observe(frames)]
    assert [seen.score for seen in classifier.observe(frames)] == pytest.approx(expected, abs=1e-4)


def test_only_labels_that_count_are_kept_each_with_its_category(tmp_path: Path) -> None:
    network = colour_net(weights=((4.0, 0.0, 0.0), (0.0, 4.0, 0.0), (0.0, 0.0, 4.0)))
    names = {"0": "hentai", "1": "neutral", "2": "porn"}
    labels = {"porn": "Nudity", "hentai": "Drawn"}
    detector = opened(tmp_path, network, names, labels=labels)
    seen = list(detector.observe([Frame(3.0, plain(RED))]))
    assert [each.label for each in seen] == ["porn", "hentai"]
    terms = Judgement("c", ("Nudity", "Drawn"), detector.parameters, 0.5, 9.0)
    (hit,) = ClassifierDetector.decide(seen, terms)
    assert (hit.label, hit.category) == ("hentai", "Drawn")
    only = Judgement("c", ("Nudity",), detector.parameters, 0.5, 9.0)
    assert list(ClassifierDetector.decide([Observation(3.0, 3.0, "hentai", 0.9)], only)) == []
    assert ClassifierDetector.found_categories(detector.parameters) == ("Nudity", "Drawn")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "write `labels`"),
        ({"labels": {}}, "write `labels`"),
        ({"labels": COUNTS, "names": ("SFW", "NSFW")}, "'nsfw' is not among `names`; did you mean 'NSFW'?"),
        ({"labels": COUNTS, "size": (224.0,)}, "`size` is a width and a height"),
        ({"labels": COUNTS, "resize": (224.5, 224.0)}, "`resize` is a width and a height"),
        ({"labels": COUNTS, "mean": (0.5,)}, "`mean` has 1 numbers"),
        ({"labels": COUNTS, "std": (1.0, 0.0, 1.0)}, "`std` has a zero"),
    ],
)
def test_a_mistake_in_the_entry_is_named(given: dict[str, object], says: str) -> None:
    assert says in (ClassifierDetector.misconfigured(ClassifierDetector.complete(given)) or "")


FREE = ("n", 3, "h", "w")
UNFIT = {
    "no pictures": (loudness_net("samples"), {}, "its input is audio ['samples']"),
    "no colours": (
        loudness_net("bands"),
        {"layout": "nchw"},
        "does not say where the 3 colours are",
    ),
    "colours nobody knows where": (colour_net(shape=("n", "a", "b", "c")), {}, "set `layout`"),
    "of any size": (colour_net(shape=FREE), {}, "it takes pictures of any size: set `size`"),
    "of another size": (colour_net(), {"size": (384.0, 384.0)}, "it takes pictures of 224 x 224"),
    "less than it takes": (colour_net(), {"resize": (200.0, 256.0)}, "`resize` is [200, 256], less than"),
    "an activation twice": (colour_net(ending="Softmax"), {}, "set `activation: none`"),
    "no activation": (
        colour_net(weights=((9.0, 9.0),) * 3),
        {"activation": "none"},
        "set `activation` to softmax or sigmoid",
    ),
    "a softmax of one": (
        colour_net(weights=((1.0,),) * 3),
        {"names": ("nsfw",)},
        "set `activation: sigmoid`",
    ),
    "other names": (
        colour_net(),
        {"names": ("a", "b", "nsfw")},
        "it has 2 outputs, and there are 3 names: a, b, nsfw",
    ),
    "no such label": (
        colour_net(),
        {"labels": {"NSWF": "Nudity"}},
        "it has no label 'NSWF'; did you mean 'nsfw'?",
    ),
}


@pytest.mark.parametrize(("content", "given", "why"), UNFIT.values(), ids=UNFIT)
def test_what_does_not_fit_is_an_error_before_a_picture_is_seen(
    content: bytes, given: dict[str, object], why: str, tmp_path: Path
) -> None:
    with pytest.raises(DetectorError) as failure:
        opened(tmp_path, content, **given)
    assert str(tmp_path) in failure.value.what
    assert why in failure.value.why
    assert "detector's entry" in failure.value.fix


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{}", "no names of labels (id2label)"),
        ("[]", "no names of labels"),
        ("not json", "no names of labels"),
        ('{"id2label": {"0": "a", "2": "nsfw"}}', "numbers the labels [0, 2]"),
        (None, "no config.json to name its labels: give their `names`"),
    ],
)
def test_a_model_that_does_not_name_its_labels_is_an_error(
    content: str | None, why: str, tmp_path: Path
) -> None:
    (tmp_path / "model.onnx").write_bytes(small_onnx())
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(DetectorError) as failure:
        ClassifierDetector({"labels": COUNTS}).open(installed(tmp_path))
    assert why in failure.value.why
