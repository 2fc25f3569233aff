"""What is said of models before they are fetched, and what is asked of whoever sits at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from modeltasks.report.console import print_err
from modeltasks.report.display import size_text
from modeltasks.spec import ModelSpec
from modeltasks.support.text import one_line

_YES = {"y", "yes"}


def is_accepted(missing: Sequence[ModelSpec]) -> bool:
    """Ask whoever sits at the terminal whether models may be fetched now; False where there is none."""
    if not missing or not _is_terminal():
        return False
    for spec in missing:
        print_err(f"{spec.name}: {_traits(spec)}")
    known = all(spec.size for spec in missing)
    total = size_text(sum(spec.size for spec in missing)) if known else "them"
    print_err(f"The film cannot be looked at without {'these models' if len(missing) > 1 else 'this model'}.")
    return _answer(f"Fetch {total} now? [Y/n] ") in {"", *_YES}


def accepted_licenses(missing: Iterable[ModelSpec]) -> frozenset[str]:
    """Ask about the licences that must be accepted before models are fetched; return the accepted ones.

    Where there is no terminal, nobody accepts any.
    """
    asked: dict[str, list[ModelSpec]] = {}
    for spec in missing:
        if spec.license_terms is not None and spec.license is not None:
            asked.setdefault(spec.license, []).append(spec)
    if not asked or not _is_terminal():
        return frozenset()
    return frozenset(license for license, specs in asked.items() if _accepts(license, specs))


def tell_set(quality: str, missing: Sequence[ModelSpec]) -> None:
    """Tell what the set of models that was chosen still needs to be fetched, in a line."""
    if not missing:
        return
    models = ", ".join(f"{spec.name} ({_traits(spec)})" for spec in missing)
    unknown = "" if all(spec.size for spec in missing) else " and what is not known"
    print_err(
        f"quality {quality}: {models}; {size_text(sum(spec.size for spec in missing))}{unknown} to fetch"
    )


def _accepts(license: str, specs: Sequence[ModelSpec]) -> bool:
    print_err(f"{', '.join(spec.name for spec in specs)}: the licence {one_line(license)} must be accepted.")
    for terms in dict.fromkeys(spec.license_terms for spec in specs):
        print_err(f"It says: {one_line(terms)}.")
    return _answer(f"Do you accept {one_line(license)}? [y/N] ") in _YES


def _traits(spec: ModelSpec) -> str:
    license = one_line(spec.license) if spec.license else "licence unknown"
    return f"{size_text(spec.size) if spec.size else 'size unknown'}, {license}"


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _answer(question: str) -> str | None:
    """Ask at the terminal; None where it was closed."""
    sys.stderr.write(question)
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print_err("")
        return None
    return answer.strip().casefold()
