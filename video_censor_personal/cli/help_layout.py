"""How `--help` is laid out: lists of commands and examples keep their columns on narrow terminals, too."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterable

_USAGE = "usage: "
_LEAST_BESIDE = 20
"""Columns that a text needs beside its word; with fewer it goes below."""


class HelpLayout(argparse.HelpFormatter):
    """Wraps each line of a description by itself, and goes on below the second column of a list."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        """Add the usage, which argparse wraps only where it made it itself."""
        if usage is not None:
            width, below = self._width - len(_USAGE), " " * len(_USAGE)
            lines = [line for each in usage.splitlines() for line in _fill(each.strip(), width, "", "  ")]
            usage = f"\n{below}".join(lines)
        super().add_usage(usage, actions, groups, prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(line for each in text.splitlines() for line in _wrapped(each, width, indent))


def _wrapped(line: str, width: int, indent: str) -> list[str]:
    """Return a line as it is shown; a line of a list is `  word  text`, or begins with spaces."""
    if len(line) <= width:
        return [f"{indent}{line}"]
    found = re.match(r" +(?:\S.*? {2,})?(?=\S)", line)
    first = found[0] if found is not None else indent
    if width - len(first) >= _LEAST_BESIDE:
        return _fill(line[len(first) :] if found else line, width, first, " " * len(first))
    below = " " * 6
    return [first.rstrip(), *_fill(line[len(first) :], width, below, below)]


def _fill(text: str, width: int, first: str, others: str) -> list[str]:
    """Wrap a text, and leave words whole: some are to be typed."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
