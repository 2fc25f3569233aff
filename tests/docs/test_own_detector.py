"""The page on detectors shows how another package brings one: that package is built, installed and used."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.pages import REPOSITORY, blocks
from tests.support.media_clips import Clip, make_clip
from tests.support.programs import video_censor
from tests.support.wheels import build_wheel
from video_censor_personal.detectors.catalog import GROUP

PAGE = {block.title: block.text for block in blocks(REPOSITORY / "docs" / "detectors.md") if block.title}
CODE, CONFIG = PAGE["flash_detector.py"], PAGE["flash.yaml"]
PROJECT = tomllib.loads(PAGE["pyproject.toml"])["project"]
ENTRY_POINTS = PROJECT["entry-points"][GROUP]

Installed = Callable[[str, dict[str, str]], str]


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    """Installs a package with this module and these entry points; returns the folder to import it from."""

    def install(module: str, entry_points: dict[str, str]) -> str:
        name, version = PROJECT["name"], PROJECT["version"]
        lines = "".join(f"{key} = {value}\n" for key, value in entry_points.items())
        info = f"{name.replace('-', '_')}-{version}.dist-info"
        files = {
            "flash_detector.py": module.encode(),
            f"{info}/entry_points.txt": f"[{GROUP}]\n{lines}".encode(),
        }
        wheel = build_wheel(tmp_path / "wheels", name, version, files)
        target = tmp_path / "site"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
        subprocess.run([*pip, str(target), str(wheel)], check=True)
        return str(target)

    return install


def analysed(tmp_path: Path, site: str) -> tuple[int, str]:
    (tmp_path / "flash.yaml").write_text(CONFIG)
    film = make_clip(tmp_path / "film.mkv", Clip(seconds=2.0, audio=()))
    done = video_censor(
        tmp_path,
        *("--config", "flash.yaml", "--input", film, "--output", "results.json"),
        PYTHONPATH=f"{REPOSITORY}:{site}",
        VIDEO_CENSOR_CACHE_DIR=str(tmp_path / "cache"),
    )
    return done.code, done.err


def test_a_type_of_another_package_looks_at_a_film(tmp_path: Path, installed: Installed) -> None:
    looks = CODE.replace("frame.image.mean() / 255", "0.96 if 0.5 <= frame.time < 1.2 else 0.1")
    assert looks != CODE, "the test's picture is the page's detector with known scores"
    code, said = analysed(tmp_path, installed(looks, ENTRY_POINTS))
    assert code == 0, said
    results = json.loads((tmp_path / "results.json").read_text())
    (segment,) = results["segments"]
    assert (segment["category"], segment["detections"][0]["detector"]) == ("Flash", "flashes")
    assert segment["start_time_seconds"] < 0.6 < 1.1 < segment["end_time_seconds"]


def test_the_code_of_the_page_looks_at_a_film(tmp_path: Path, installed: Installed) -> None:
    code, said = analysed(tmp_path, installed(CODE, ENTRY_POINTS))
    assert code == 0, said
    assert json.loads((tmp_path / "results.json").read_text())["segments"] == []


@pytest.mark.parametrize(
    ("module", "entry_points", "why"),
    [
        pytest.param("import nowhere_to_be_found\n", ENTRY_POINTS, "nowhere_to_be_found", id="import fails"),
        pytest.param("1 / 0\n", ENTRY_POINTS, "ZeroDivisionError", id="its code fails"),
        pytest.param("FlashDetector = 3\n", ENTRY_POINTS, "no subclass of Detector", id="no class"),
        pytest.param(
            CODE.replace('type_name = "flash"', 'type_name = "other"'),
            ENTRY_POINTS,
            "calls itself 'other'",
            id="another name",
        ),
        pytest.param(CODE, {"flashing": ENTRY_POINTS["flash"]}, "flashing", id="the nearest name is told"),
    ],
)
def test_a_broken_package_is_named(
    tmp_path: Path, installed: Installed, module: str, entry_points: dict[str, str], why: str
) -> None:
    code, said = analysed(tmp_path, installed(module, entry_points))
    assert code == 2
    assert why in said
    assert "flash.yaml:3" in said


def test_what_it_does_wrong_is_no_clean_film(tmp_path: Path, installed: Installed) -> None:
    fails = CODE.replace("frame.image.mean() / 255", "frame.image.sum() / 0 * 0")
    code, said = analysed(tmp_path, installed(fails, ENTRY_POINTS))
    assert code == 1, said
    assert "flashes" in said
    assert not (tmp_path / "results.json").exists()
