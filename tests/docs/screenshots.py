"""Makes the pictures in docs/images: the review page and the report, of a film that is drawn here.

    python -m tests.docs.screenshots

The film says what the demo says, and shows a bicycle ride; what is found in it is scripted. The page is
opened by the command that a user types, in the system's Chromium.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import av
import numpy as np
import yaml
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.media_clips import Clip, Track, make_clip, recorded
from tests.support.programs import command, run
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
RATE = 48000
Picture = NDArray[np.uint8]

SEEN = [
    {"start": 8.4, "end": 10.2, "label": "Violence", "score": 0.71},
    {"start": 12.6, "end": 14.0, "label": "Nudity", "score": 0.7},
    {"start": 18.0, "end": 19.5, "label": "Nudity", "score": 0.93},
]
UNSURE = 12.6
"""When something begins that a person has to decide about."""
CONFIG: dict[str, Any] = {
    "version": 1,
    "detectors": [
        {"name": name, "type": "scripted", "script": f"{name}.json"} for name in ("speech", "pictures")
    ],
    "detections": {
        "Profanity": {"enabled": True},
        "Nudity": {"enabled": True},
        "Violence": {"enabled": True},
    },
    "remediation": {
        "audio": {"enabled": True, "categories": ["Profanity"]},
        "video": {"enabled": True, "mode": "none", "category_modes": {"Nudity": "blank", "Violence": "cut"}},
    },
}


def scene(time: float, width: int, height: int) -> Picture:
    """Draw a moment of a ride through hills: few colors, so that pictures of it are small."""
    rows, columns = np.mgrid[0:height, 0:width]
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = (250, 214, 165)
    sun = (columns - width * 0.72) ** 2 + (rows - height * 0.3) ** 2 < (height * 0.11) ** 2
    picture[sun] = (244, 140, 88)
    for depth, (base, swing, color) in enumerate(
        ((0.55, 0.1, (150, 120, 150)), (0.68, 0.07, (96, 92, 130)), (0.82, 0.03, (52, 58, 92)))
    ):
        x = columns[0] / width * 6 + time * 0.25 * (depth + 1) + depth * 2
        top = (base + swing * np.sin(x) + swing / 3 * np.sin(2.7 * x)) * height
        picture[rows > top] = color
    for side in (-1, 1):
        x, y = width * 0.42 + side * height * 0.075, height * 0.86
        ring = np.hypot(columns - x, rows - y)
        picture[abs(ring - height * 0.055) < 2] = (20, 22, 40)
        spoke = abs((columns - x) * math.sin(4 * time) - (rows - y) * math.cos(4 * time))
        picture[(spoke < 1) & (ring < height * 0.055)] = (20, 22, 40)
    picture[(abs(rows - height * 0.8) < 2) & (abs(columns - width * 0.42) < height * 0.08)] = (20, 22, 40)
    rider = np.hypot((columns - width * 0.42) / 0.6, rows - height * 0.7)
    picture[rider < height * 0.075] = (178, 58, 72)
    picture[np.hypot(columns - width * 0.425, rows - height * 0.575) < height * 0.035] = (20, 22, 40)
    return picture


def speech() -> NDArray[np.float32]:
    """Return what the demo says, samples of one channel."""
    resampler = av.AudioResampler("flt", "mono", RATE)
    with av.open(str(ROOT / "demo" / "speech.opus")) as sound:
        decoded = (each for frame in sound.decode(audio=0) for each in resampler.resample(frame))
        return np.concatenate([frame.to_ndarray()[0] for frame in decoded])[np.newaxis]


def prepare(folder: Path) -> tuple[Path, Path]:
    """Make the film and look at it; return it and the config."""
    samples = speech()
    track = Track(layout="mono", sound=recorded(samples, RATE))
    clip = Clip(
        seconds=samples.shape[1] / RATE,
        size=(640, 360),
        rate=10,
        audio=(track,),
        draw=scene,
        options={"crf": "4"},
    )
    film = make_clip(folder / "A ride in the evening.mp4", clip)
    truth = json.loads((ROOT / "demo" / "speech-truth.json").read_text())
    said = [
        {"start": each["start_ms"] / 1000, "end": each["end_ms"] / 1000, "label": "Profanity",
         "text": each["word"], "score": 0.9}
        for each in truth["words"]
    ]  # fmt: skip
    for name, observations in (("speech", said), ("pictures", SEEN)):
        (folder / f"{name}.json").write_text(json.dumps(observations))
    config = folder / "video-censor.yaml"
    for detector in CONFIG["detectors"]:
        detector["script"] = str(folder / detector["script"])
    config.write_text(yaml.safe_dump({**CONFIG, "models": {"cache_dir": str(folder / "cache")}}))
    done = run(command(film, "--config", config, "--allow-incomplete"), folder)
    results = film.with_suffix(".results.json")
    assert results.exists(), done.err
    document = json.loads(results.read_text())
    unsure = next(each for each in document["segments"] if each["start_time_seconds"] == UNSURE)
    unsure |= {"certainty": "doubtful", "allow": True}
    results.write_text(json.dumps(document))
    return film, config


@contextmanager
def opened(film: Path, config: Path) -> Iterator[str]:
    """Open the review page, and return its address."""
    line = command("review", film.with_suffix(".results.json"), "--config", config, "--no-browser")
    process = subprocess.Popen(line, cwd=film.parent, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        yield next(found[0] for each in process.stderr if (found := re.search(r"http://\S+", each)))
    finally:
        process.terminate()
        process.wait()


def has_settled(page: Page) -> None:
    """Wait until the film and the chosen finding are shown, and drawn."""
    wait_until(lambda: page.locator("#screen video").evaluate("each => each.readyState") >= 2)
    wait_until(lambda: page.locator(".still").evaluate("each => each.naturalWidth") > 0)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def review_pages(browser: Browser, address: str) -> None:
    """Take pictures of the review page."""
    looks = ((DESK, "light", "review"), (DESK, "dark", "review-dark"), (PHONE, "light", "review-phone"))
    for size, scheme, name in looks:
        with browser.new_context(**{**size, "color_scheme": scheme}) as context:
            page = context.new_page()
            with page.expect_response(
                lambda answer: "waveform" in answer.url and answer.status == HTTPStatus.OK
            ):
                page.goto(address)
            page.locator("#findings [role=option]").filter(has_text="h***").click()
            has_settled(page)
            page.screenshot(path=IMAGES / f"{name}.png")


def main() -> None:
    """Make all pictures."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        sys.exit("no Chromium: apt-get install chromium")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["VIDEO_CENSOR_CACHE_DIR"] = str(folder / "cache")
        film, config = prepare(folder)
        done = run(command("report", film.with_suffix(".results.json"), "--config", config), folder)
        report = next(folder.glob("*report*.html"), None)
        assert report is not None, done.err
        with opened(film, config) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=program, args=["--no-sandbox", "--disable-gpu"]
            )
            review_pages(browser, address)
            with browser.new_context(**DESK) as context:
                page = context.new_page()
                page.goto(report.as_uri())
                page.screenshot(path=IMAGES / "report.png")
            browser.close()


if __name__ == "__main__":
    main()
