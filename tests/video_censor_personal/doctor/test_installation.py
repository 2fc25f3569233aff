"""Packages that are missing or too old, and those that only some configs need."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from video_censor_personal.config import load_config
from video_censor_personal.doctor.check import Check
from video_censor_personal.doctor.installation import (
    look_at_installation,
    look_at_review_page,
    needed_extras,
)
from video_censor_personal.shipped import default_config_path


def looked(config: Path | None = None) -> dict[str, Check]:
    checks = look_at_installation(None if config is None else load_config(config))
    return {check.name: check for check in checks}


def test_this_installation_is_well() -> None:
    assert {check.state for check in looked(Path(default_config_path())).values()} == {"ok"}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install the program anew, with other requirements."""

    def install(*requirements: str) -> None:
        info = tmp_path / "site" / "video_censor_personal-9.9.dist-info"
        info.mkdir(parents=True)
        lines = [f"Requires-Dist: {each}" for each in requirements]
        head = ["Metadata-Version: 2.1", "Name: video-censor-personal", "Version: 9.9"]
        (info / "METADATA").write_text("\n".join([*head, *lines, ""]))
        monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])

    return install


@pytest.mark.parametrize(
    ("requirement", "name", "state", "says"),
    [
        ("numpy>=1", "Packages", "ok", "all 1"),
        ("no-such-package>=1", "Packages", "failed", "no-such-package is missing"),
        ("numpy>=999", "Packages", "failed", ">=999 is needed"),
        ("no-such-package; python_version < '3'", "Packages", "ok", "all 0"),
        ("no-such-package; extra == 'vlm'", "Extra vlm", "ok", "not installed, and not needed"),
        ("numpy; extra == 'cluster'", "Extra cluster", "ok", "is installed"),
    ],
)
def test_packages_are_compared_with_what_the_program_asks_for(
    installed: Callable[..., None], requirement: str, name: str, state: str, says: str
) -> None:
    installed(requirement)
    check = looked()[name]
    assert check.state == state
    assert says in check.what
    assert state == "ok" or "pip install" in check.fix


def test_an_extra_that_is_there_in_part(installed: Callable[..., None]) -> None:
    installed("numpy; extra == 'cuda'", "no-such-package; extra == 'cuda'")
    assert looked()["Extra cuda"].state == "warning"


@pytest.mark.parametrize(
    ("section", "extra"),
    [
        ({"library": {"films": ["*.mkv"], "runner": "tcp://127.0.0.1:1"}}, "cluster"),
        ({"detectors": [{"type": "llava", "categories": ["Violence"]}]}, "vlm"),
    ],
)
def test_an_extra_that_the_config_needs_will_fail(
    installed: Callable[..., None], config_file: Callable[..., Path], section: dict[str, object], extra: str
) -> None:
    installed(f"no-such-package; extra == '{extra}'")
    config = config_file(**section)
    assert needed_extras(load_config(config)) == {extra}
    check = looked(config)[f"Extra {extra}"]
    assert check.state == "failed"
    assert f"[{extra}]" in check.fix


def test_the_page_can_be_served() -> None:
    assert [check.state for check in look_at_review_page()] == ["ok"]
