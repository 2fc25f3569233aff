from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.onnx_file import Node, Value, network
from tests.support.red_box_net import SCORE, red_box_net
from tests.support.small_onnx import small_onnx
from tests.video_censor_personal.detectors.installed import installed
from video_censor_personal.detectors.base import Frame, Judgement
from video_censor_personal.detectors.nudenet import FLOOR, LABELS, PARTS, NudenetDetector, best, letterbox
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Box, Hit, Observation

Image = NDArray[np.uint8]


def with_rectangle(width: int, height: int, box: Box) -> Image:
    """A black picture with a red rectangle at whole pixels."""
    image: Image = np.zeros((height, width, 3), np.uint8)
    top, left = round(box.top * height), round(box.left * width)
    image[top : round((box.top + box.height) * height), left : round((box.left + box.width) * width), 0] = 255
    return image


def opened(folder: Path, content: bytes) -> NudenetDetector:
    (folder / "net.onnx").write_bytes(content)
    detector = NudenetDetector()
    detector.open(installed(folder))
    return detector


BOXES = [
    Box(0.25, 0.25, 0.5, 0.5),
    Box(0.0, 0.0, 0.25, 0.5),
    Box(0.75, 0.5, 0.25, 0.5),
    Box(0.5, 0.125, 0.125, 0.75),
]


@pytest.mark.parametrize("box", BOXES, ids=str)
@pytest.mark.parametrize(
    ("width", "height"), [(320, 320), (640, 320), (320, 640), (1024, 576), (568, 320), (160, 96), (640, 264)]
)
@pytest.mark.parametrize("size", [(320, 320), (640, 640), (416, 256)], ids=str)
def test_a_box_is_in_fractions_of_the_frame_whatever_its_shape(
    box: Box, width: int, height: int, size: tuple[int, int], tmp_path: Path
) -> None:
    detector = opened(tmp_path, red_box_net(size=size))
    assert detector.frame_size == size
    (seen,) = detector.observe([Frame(4.0, with_rectangle(width, height, box))])
    assert (seen.label, seen.start, seen.end) == ("FEMALE_BREAST_EXPOSED", 4.0, 4.0)
    assert seen.score == pytest.approx(SCORE, abs=1e-3)
    assert seen.box is not None
    # A pixel of what the network sees, and half a one of its blurred edges.
    within = 1.5 / min(size[0] / width, size[1] / height) / min(width, height)
    for side in ("left", "top", "width", "height"):
        assert getattr(seen.box, side) == pytest.approx(getattr(box, side), abs=within)


def test_a_picture_keeps_its_shape_and_the_rest_is_black() -> None:
    boxed, width, height = letterbox(np.full((100, 300, 3), 200, np.uint8), (320, 320))
    assert (width, height) == (320, 107)
    assert (boxed[:height] == 200).all()
    assert (boxed[height:] == 0).all()


@pytest.mark.parametrize(
    ("corners", "scores", "kept"),
    [
        ([], [], []),
        ([(0, 0, 1, 1)], [0.5], [0]),
        ([(0, 0, 1, 1), (0, 0, 1, 0.9)], [0.5, 0.6], [1]),
        ([(0, 0, 1, 1), (0, 0, 1, 0.4)], [0.5, 0.6], [1, 0]),
        ([(0, 0, 0.4, 1), (0.5, 0, 1, 1), (0, 0, 0.4, 0.9)], [0.9, 0.2, 0.8], [0, 1]),
    ],
    ids=["none", "one", "two that are nearly one", "one inside another", "apart"],
)
def test_of_boxes_that_are_the_same_the_best_is_kept(
    corners: list[tuple[float, ...]], scores: list[float], kept: list[int]
) -> None:
    boxes = np.array(corners, np.float32).reshape(-1, 4)
    assert best(boxes, np.array(scores, np.float32)) == kept


def listed_net(rows: list[tuple[int, float, tuple[float, float, float, float]]]) -> bytes:
    """A network that always reports these: number of the class, score, and middle and size in pixels."""
    output = np.zeros((1, 4 + len(PARTS), len(rows)), np.float32)
    for at, (number, score, sides) in enumerate(rows):
        output[0, :4, at] = sides
        output[0, 4 + number, at] = score
    nodes = [
        Node("ReduceMean", ["images"], ["level"], {"axes": [1, 2, 3], "keepdims": 1}),
        Node("Mul", ["level", "zero"], ["nothing"]),
        Node("Squeeze", ["nothing", "last"], ["flat"]),
        Node("Add", ["flat", "listed"], ["output0"]),
    ]
    constants: dict[str, NDArray[np.generic]] = {
        "zero": np.array(0, np.float32),
        "last": np.array([3], np.int64),
        "listed": output,
    }
    shapes = Value("images", ["batch", 3, "height", "width"]), Value("output0", [1, 22, "boxes"])
    return network(nodes, [shapes[0]], [shapes[1]], constants)


def test_each_class_is_judged_by_itself(tmp_path: Path) -> None:
    bare, covered, place = 3, 16, (100.0, 100.0, 40.0, 40.0)
    rows = [(bare, 0.5, place), (covered, 0.9, place), (bare, 0.4, place), (bare, FLOOR / 2, (9, 9, 4, 4))]
    detector = opened(tmp_path, listed_net(rows))
    found = list(detector.observe([Frame(1.0, np.zeros((320, 320, 3), np.uint8))]))
    assert [(seen.label, seen.score) for seen in found] == [
        ("FEMALE_BREAST_EXPOSED", 0.5),
        ("FEMALE_BREAST_COVERED", 0.9),
    ]


def test_a_box_does_not_reach_out_of_the_picture(tmp_path: Path) -> None:
    detector = opened(tmp_path, listed_net([(3, 0.9, (0.0, 90.0, 80.0, 300.0))]))
    (seen,) = detector.observe([Frame(1.0, np.zeros((160, 320, 3), np.uint8))])
    assert seen.box == Box(0.0, 0.0, 0.125, 1.0)


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ({}, {"FEMALE_BREAST_EXPOSED": "Nudity"}),
        ({"labels": {"FEMALE_BREAST_COVERED": 0.4}}, {"FEMALE_BREAST_COVERED": "Sexual Theme"}),
        (
            {"labels": {"FACE_MALE": 0.4}, "label_categories": {"FACE_MALE": "Nudity"}},
            {"FACE_MALE": "Nudity"},
        ),
    ],
    ids=["what is bare", "what is covered, where it is asked for", "whatever the config says"],
)
def test_what_counts(given: dict[str, object], labels: dict[str, str]) -> None:
    seen = [
        Observation(1.0, 1.0, label, 0.8, box=BOXES[0])
        for label in ("FACE_MALE", "FEMALE_BREAST_COVERED", "FEMALE_BREAST_EXPOSED", "BELLY_EXPOSED")
    ]
    terms = Judgement("n", ("Nudity", "Sexual Theme"), NudenetDetector.complete(given), 0.5, 9.0)
    hits: list[Hit] = list(NudenetDetector.decide(seen, terms))
    assert {hit.label: hit.category for hit in hits} == labels
    assert all(hit.box == BOXES[0] for hit in hits)


def test_the_usual_labels_are_what_must_not_be_seen() -> None:
    counted = LABELS.counted(NudenetDetector.complete({}))
    assert set(counted) == {
        f"{part}_EXPOSED"
        for part in ("FEMALE_BREAST", "FEMALE_GENITALIA", "MALE_GENITALIA", "BUTTOCKS", "ANUS")
    }


UNLIKE = {
    "a classifier of pictures": (small_onnx(), "its input is x ['N', 224, 224, 3] tensor(float), not N x 3"),
    "other classes": (red_box_net(classes=80), "its output has the shape [1, 84, 1], not 1 x 22 x boxes"),
    "other names": (
        red_box_net(names="{0: 'person', 1: 'bicycle'}"),
        "it finds person, bicycle, not what NudeNet does",
    ),
}


@pytest.mark.parametrize(("content", "why"), UNLIKE.values(), ids=UNLIKE)
def test_another_network_is_an_error_by_its_shape(content: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(DetectorError) as failure:
        opened(tmp_path, content)
    assert str(tmp_path) in failure.value.what
    assert why in failure.value.why


def test_its_own_names_are_right(tmp_path: Path) -> None:
    names = str({number: part.name for number, part in enumerate(PARTS)})
    opened(tmp_path, red_box_net(names=names)).close()
