from __future__ import annotations

import pytest

from video_censor_personal.errors import ConfigInvalid, ModelsMissing, UsageError, VideoCensorError


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (UsageError("No film", "it is gone", "Look for it"), "config", "No film: it is gone. Look for it"),
        (
            ConfigInvalid("c.yaml", ("c.yaml:1:1: a", "c.yaml:2:1: b")),
            "config",
            "c.yaml:1:1: a\nc.yaml:2:1: b",
        ),
        (
            ModelsMissing((("ears", 75_537_502), ("eyes", 0)), "video-censor --download-models"),
            "missing",
            "Missing: ears (75.5 MB), eyes: the enabled detectors need these models, and they are "
            "not installed or not intact. Fetch them with: video-censor --download-models",
        ),
    ],
)
def test_each_says_what_why_and_what_to_do(error: VideoCensorError, kind: str, text: str) -> None:
    assert str(error) == text
    plain = error.as_dict()
    assert plain["kind"] == kind
    assert all(plain[part] for part in ("what", "why", "fix"))


def test_one_mistake_is_not_many() -> None:
    assert ConfigInvalid("c.yaml", ("c.yaml:1:1: a",)).what == "c.yaml has a mistake"
