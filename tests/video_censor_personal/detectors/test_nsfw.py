from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.video_censor_personal.detectors.installed import installed
from video_censor_personal.detectors.base import Frame, Judgement
from video_censor_personal.detectors.catalog import detector_type
from video_censor_personal.detectors.nsfw import NsfwDetector, preprocess
from video_censor_personal.errors import DetectorError
from video_censor_personal.findings.observations import Observation


def picture(height: int, width: int) -> NDArray[np.uint8]:
    """Smooth colour, different in each channel, with an edge."""
    y, x = np.mgrid[0:height, 0:width]
    red = 127 + 120 * np.sin(x / width * 9)
    green = 127 + 120 * np.cos(y / height * 7)
    blue = np.where(x > width / 3, 200, 30)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def triangle_weights(size: int, wanted: int) -> NDArray[np.float64]:
    """Rows of a resampling matrix: a triangle as wide as the shrinkage, normalised."""
    scale = size / wanted
    centres = (np.arange(wanted) + 0.5) * scale
    distance = np.abs(np.arange(size) + 0.5 - centres[:, None]) / max(scale, 1.0)
    weights = np.maximum(0.0, 1.0 - distance)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(("height", "width"), [(272, 640), (480, 270), (256, 256), (120, 100), (1080, 1920)])
def test_preprocessing_is_open_nsfws_own(height: int, width: int) -> None:
    image = picture(height, width)
    down, across = triangle_weights(height, 256), triangle_weights(width, 256)
    scaled: NDArray[Any] = np.einsum("yh,hwc,xw->yxc", down, image.astype(float), across, optimize=True)
    expected = scaled[16:240, 16:240, ::-1] - np.array([104, 117, 123])
    got = preprocess(image)
    assert got.shape == (224, 224, 3)
    assert got.dtype == np.float32
    assert float(np.abs(got - expected).max()) <= 1.51


def test_the_street_is_harmless_alone_and_in_a_batch(nsfw_dir: Path, street: Path) -> None:
    with av.open(str(street)) as clip:
        pictures = [frame for at, frame in enumerate(clip.decode(video=0)) if at % 50 == 0]
    frames = [Frame(float(frame.time or 0), frame.to_ndarray(format="rgb24")) for frame in pictures]  # type: ignore[arg-type]
    detector = NsfwDetector()
    detector.open(installed(nsfw_dir))
    together = list(detector.observe(frames))
    alone = [seen for frame in frames for seen in detector.observe([frame])]
    detector.close()
    assert [seen.start for seen in together] == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert [seen.score for seen in together] == pytest.approx([seen.score for seen in alone], abs=1e-5)
    assert all(0 <= seen.score < 0.2 for seen in together)
    assert len({seen.score for seen in together}) == len(together)


@pytest.mark.parametrize("content", [b"", b"not a network", b"\x08\x07" * 500])
def test_a_broken_network_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(DetectorError) as failure:
        NsfwDetector().open(installed(tmp_path))
    assert str(tmp_path) in failure.value.what
    assert "\n" not in failure.value.why


def test_two_networks_are_one_too_many(tmp_path: Path) -> None:
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DetectorError, match=r"2 \*\.onnx"):
        NsfwDetector().open(installed(tmp_path))


@pytest.mark.parametrize(
    ("at", "step", "span"), [(5.0, 0.5, (4.5, 5.5)), (0.0, 1.0, (0.0, 1.0)), (9.8, 0.5, (9.3, 10.0))]
)
def test_a_hit_covers_its_sampling_interval(at: float, step: float, span: tuple[float, float]) -> None:
    terms = Judgement("n", ("Nudity",), detector_type("nsfw").complete({}), step, 10.0)
    (hit,) = NsfwDetector.decide([Observation(at, at, "nsfw", 0.8)], terms)
    assert (hit.start, hit.end) == pytest.approx(span)


def test_one_score_stands_for_every_category() -> None:
    terms = Judgement("n", ("Nudity", "Sexual Theme"), detector_type("nsfw").complete({}), 1.0, 10.0)
    hits = list(NsfwDetector.decide([Observation(3, 3, "nsfw", 0.8), Observation(4, 4, "nsfw", 0.4)], terms))
    assert [(hit.category, hit.start) for hit in hits] == [("Nudity", 2.0), ("Sexual Theme", 2.0)]


TOUCHING = {
    "neighbours are one": ([(1.0, 1.2, 0.9), (1.2, 1.24, 0.6)], [(1.0, 1.24, 0.9)]),
    "what overlaps is one": ([(1.0, 1.5, 0.6), (1.04, 2.0, 0.8)], [(1.0, 2.0, 0.8)]),
    "a picture that does not count parts two": (
        [(1.0, 1.2, 0.9), (1.2, 1.24, 0.1), (1.24, 1.5, 0.7)],
        [(1.0, 1.2, 0.9), (1.24, 1.5, 0.7)],
    ),
    "a long one holds a short one": ([(1.0, 3.0, 0.6), (1.5, 2.0, 0.9)], [(1.0, 3.0, 0.9)]),
    "never past the film": ([(9.9, 10.4, 0.6)], [(9.9, 10.0, 0.6)]),
}


@pytest.mark.parametrize(("seen", "expected"), TOUCHING.values(), ids=TOUCHING)
def test_a_hit_is_a_stretch_of_pictures_with_the_spans_they_stand_for(
    seen: list[tuple[float, float, float]], expected: list[tuple[float, float, float]]
) -> None:
    terms = Judgement("n", ("Nudity",), detector_type("nsfw").complete({}), 0.5, 10.0)
    hits = NsfwDetector.decide([Observation(a, b, "nsfw", score) for a, b, score in seen], terms)
    assert [(hit.start, hit.end, hit.score) for hit in hits] == expected
