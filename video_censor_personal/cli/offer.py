"""On a terminal, models that are missing are offered before the run gives up."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from modeltasks.report.console import print_err
from modeltasks.report.display import size_text
from modeltasks.spec import ModelSpec
from modeltasks.support.text import one_line

_YES = {"", "y", "yes"}


def is_accepted(missing: Sequence[ModelSpec]) -> bool:
    """Ask whoever sits at the terminal whether models may be fetched now; False where there is none."""
    if not missing or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    for spec in missing:
        license = one_line(spec.license) if spec.license else "licence unknown"
        size = size_text(spec.size) if spec.size else "size unknown"
        print_err(f"{spec.name}: {size}, {license}")
    known = sum(spec.size or 0 for spec in missing)
    total = size_text(known) if all(spec.size for spec in missing) else "them"
    print_err(f"The film cannot be looked at without {'these models' if len(missing) > 1 else 'this model'}.")
    sys.stderr.write(f"Fetch {total} now? [Y/n] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print_err("")
    return answer.endswith("\n") and answer.strip().casefold() in _YES
