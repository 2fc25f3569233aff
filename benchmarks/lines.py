"""The sentences that are said in the reels, from `lines.txt`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LINES = Path(__file__).with_name("lines.txt")
_MARK = re.compile(r"[{}\[\]]")


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, and which of its words (first to last) are a swear or a trap."""

    text: str
    marks: tuple[tuple[int, int, str], ...] = ()


def read_lines(path: Path = LINES) -> dict[str, list[Line]]:
    """Return the lines of each section, and as `film` every second swear with talk between them."""
    sections: dict[str, list[Line]] = {}
    for written in path.read_text(encoding="utf-8").splitlines():
        if section := re.fullmatch(r"\[(\w+)\]", written):
            sections[section[1]] = lines = []
        elif written.strip() and not written.startswith("#"):
            lines.append(parse(written))
    swears = sections["swears"][::2]
    talk = sections["talk"]
    sections["film"] = [
        line for place, swear in enumerate(swears) for line in (swear, *talk[place // 2 : (place + 1) // 2])
    ]
    return sections


def parse(written: str) -> Line:
    """Return a line without its marks: {a swear}, [a trap]."""
    marks: list[tuple[int, int, str]] = []
    first = 0
    for place, word in enumerate(written.split()):
        if "{" in word or "[" in word:
            first = place
        if "}" in word or "]" in word:
            marks.append((first, place, "swear" if "}" in word else "trap"))
    return Line(_MARK.sub("", written), tuple(marks))
