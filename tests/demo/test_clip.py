"""The demo's clip, made from a small street of our own; the real one is fetched by the demo."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from demo.clip import build_clip

DEMO = Path(__file__).parents[2] / "demo"
RATE = 16000


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Three seconds of H.264 with B-frames and without sound."""
    path = tmp_path / "street.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "2", "g": "25"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for at in range(75):
            image = np.full((64, 96, 3), at * 3, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def sound(path: Path) -> NDArray[np.float32]:
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(str(path)) as container:
        pieces = [
            out.to_ndarray()[0] for frame in container.decode(audio=0) for out in resampler.resample(frame)
        ]
    return np.concatenate(pieces).astype(np.float32)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_street_repeats_evenly_and_the_speech_keeps_its_times(
    street: Path, tmp_path: Path, suffix: str
) -> None:
    clip = tmp_path / f"clip{suffix}"
    build_clip(street, DEMO / "speech.opus", clip)
    with av.open(str(clip)) as container:
        times = [float(frame.time or 0) for frame in container.decode(video=0)]
    assert len(times) == 10 * 75
    assert np.diff(times) == pytest.approx(0.04, abs=0.0011)
    original, joined = sound(DEMO / "speech.opus"), sound(clip)
    part = original[5 * RATE : 7 * RATE]
    reach = range(-200, 201)
    likeness = [float(np.dot(part, joined[5 * RATE + by : 7 * RATE + by])) for by in reach]
    assert abs(reach[int(np.argmax(likeness))]) <= RATE // 1000


def test_the_same_inputs_give_the_same_bytes(street: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.mkv", tmp_path / "two.mkv"
    for clip in (one, two):
        build_clip(street, DEMO / "speech.opus", clip)
    assert one.read_bytes() == two.read_bytes()


def test_a_failure_leaves_nothing_behind(street: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "clip.mp4"
    with pytest.raises(av.error.FFmpegError):
        build_clip(street, tmp_path / "absent.opus", target)
    assert list(target.parent.iterdir()) == []


def test_the_truth_lies_within_the_speech() -> None:
    facts = json.loads((DEMO / "speech-truth.json").read_text(encoding="utf-8"))
    assert len(sound(DEMO / "speech.opus")) / RATE * 1000 == pytest.approx(facts["duration_ms"], abs=30)
    spoken = " ".join(facts["sentences"]).lower()
    ends = 0
    for word in facts["words"]:
        assert word["word"] in spoken
        assert ends <= word["start_ms"] < word["end_ms"] <= facts["duration_ms"]
        ends = word["end_ms"]
