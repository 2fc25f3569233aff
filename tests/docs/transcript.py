"""Compares what a transcript in the documentation shows with what a program really says."""

from __future__ import annotations

import re

_ANYTHING = "…"
_VARIES = re.compile(r"\d[\d,]*\.\d+|\d{1,3}(?:,\d{3})+|\d{4}-\d\d-\d\d")
_NUMBER = r"\d[\d.,-]*"
_MEASURED = re.compile(f"{re.escape(_NUMBER)}|" + re.escape(".*"))
"""Patterns of what is measured."""
_PROGRESS = re.compile(r" of .+ \(\d+ %\)$|\d:\d\d:\d\d of \d+:\d\d:\d\d(, .*)?$|: done$|^films \d+ of \d+ ")


def commands(text: str) -> list[tuple[str, list[str]]]:
    """Return each command (after `$ `) of a transcript with the lines that it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip():
            found[-1][1].append(line)
    return found


def differences(shown: list[str], said: str) -> list[str]:
    """Return where a transcript and the real output differ in shape.

    Measured numbers and dates may be others, and `…` stands for anything; a line that is only `…` for
    any lines. Threads speak in any order, so the order is not compared.
    """
    lines = [line for line in said.splitlines() if line.strip() and not _PROGRESS.search(line)]
    patterns = {line: _pattern(line) for line in shown if line.strip() != _ANYTHING}
    problems = [
        f"shown, not said: {line}"
        for line, pattern in patterns.items()
        if not any(pattern.fullmatch(each) for each in lines)
    ]
    if not any(line.strip() == _ANYTHING for line in shown):
        problems += [
            f"said, not shown: {line}"
            for line in lines
            if not any(pattern.fullmatch(line) for pattern in patterns.values())
        ]
    return problems


def _pattern(line: str) -> re.Pattern[str]:
    parts: list[str] = []
    for word in line.split():
        pieces = re.split(f"({_ANYTHING})|(" + _VARIES.pattern + ")", word)
        pattern = "".join(_piece(piece) for piece in pieces if piece)
        if word == "s" and parts and _MEASURED.fullmatch(parts[-1]):
            pattern = rf"(?:{parts.pop()}\s+s|\d+:\d\d:\d\d)"  # it takes a minute on a busy machine
        parts.append(pattern)
    return re.compile(r"\s*" + r"\s+".join(parts) + r"\s*")


def _piece(text: str) -> str:
    if text == _ANYTHING:
        return ".*"
    return _NUMBER if _VARIES.fullmatch(text) else re.escape(text)
