"""The files of the page itself."""

from __future__ import annotations

import re
from pathlib import Path

from video_censor_personal import review

STATIC = Path(review.__file__).parent / "static"


def test_all_scripts_are_asked_for_at_once() -> None:
    page = (STATIC / "index.html").read_text()
    asked = set(re.findall(r'(?:modulepreload" href|module" src)="/static/([a-z]+\.js)"', page))
    assert asked == {path.name for path in STATIC.glob("*.js")}


def test_nothing_comes_from_elsewhere_and_text_is_never_markup() -> None:
    wrong = re.compile(
        r"https?:|//[a-z]+\.[a-z]|innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function"
    )
    for path in STATIC.iterdir():
        if path.suffix != ".svg":  # whose name space is an address
            assert not wrong.search(path.read_text()), path
