"""The page on detectors lists what each type with labels tells apart."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from tests.docs.pages import REPOSITORY
from video_censor_personal.detectors.audioset import SOUNDS
from video_censor_personal.detectors.labels import Label
from video_censor_personal.detectors.nudenet import PARTS

TEXT = (REPOSITORY / "docs" / "detectors.md").read_text(encoding="utf-8")
LINE = re.compile(
    r"^- (Usual|With|For)\b[^\n]*?(`Violence`|`Nudity`|`Sexual Theme`|yours)[^:]*: (.*)\.$", re.MULTILINE
)


@pytest.mark.parametrize(("kind", "labels"), [("sound", SOUNDS.values()), ("nudenet", PARTS)])
def test_each_label_is_listed_with_its_category_and_its_threshold(kind: str, labels: Iterable[Label]) -> None:
    section = TEXT.partition(f"of type `{kind}`")[2].partition("\n## ")[0]
    listed = [
        Label(
            name,
            None if category == "yours" else category.strip("`"),
            first == "Usual",
            float(bound) if bound else None,
        )
        for first, category, names in LINE.findall(section)
        for name, bound in re.findall(r"`([^`]+)`(?: \(([0-9.]+)\))?", names)
    ]
    assert sorted(listed, key=lambda label: label.name) == sorted(labels, key=lambda label: label.name)
