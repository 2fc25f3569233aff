"""The page of a library: each film, what was found in it, how its copy stands, where all that lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from video_censor_personal.export.html import page, table, text


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """What the page says of a film.

    Args:
        name: of the film, with its profile.
        found: how much, by category.
        to_decide: how much of it waits for a person.
        unseen: the detectors that did not look at all of it.
        copy: how the clean copy stands, in a few words.
        problem: why something was not made; empty where all was.
        links: where its files are, as addresses beside the page, by what they are called.
        looked_at: whether there are results.
    """

    name: str
    found: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    to_decide: int = 0
    unseen: tuple[str, ...] = ()
    copy: str = ""
    problem: str = ""
    links: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    looked_at: bool = True


_SECTIONS = (
    ("What went wrong", lambda row: bool(row.problem)),
    ("Not looked at yet", lambda row: not row.looked_at),
    ("Not looked at as a whole", lambda row: bool(row.unseen)),
    ("To be decided", lambda row: row.to_decide > 0),
    ("All done", lambda _row: True),
)
"""Each film is in the first that it belongs to."""


def render(rows: Sequence[ShelfRow], problems: Sequence[str], program: str) -> str:
    """Return the page; `problems` are what is wrong with the library as a whole."""
    return page("Films that were looked at", _body(rows, problems, program))


def _body(rows: Sequence[ShelfRow], problems: Sequence[str], program: str) -> Iterator[str]:
    number = "1 film" if len(rows) == 1 else f"{len(rows)} films"
    yield f"<header><h1>Films that were looked at</h1><p>{number}</p></header><main>"
    if problems:
        yield '<ul class="bad">'
        for problem in problems:
            yield f"<li>{text(problem)}</li>"
        yield "</ul>"
    left = sorted(rows, key=lambda row: row.name.casefold())
    for title, belongs in _SECTIONS:
        members = [row for row in left if belongs(row)]
        left = [row for row in left if not belongs(row)]
        if members:
            yield f"<h2>{title}</h2>"
            yield from table(f"{title}: {len(members)}", _HEADS, map(_cells, members))
    yield f'</main><footer><p class="quiet">Made by {text(program)}.</p></footer>'


_HEADS = ("film", "found", "to decide", "clean copy", "files")


def _cells(row: ShelfRow) -> tuple[str, ...]:
    found = ", ".join(f"{category} {number}" for category, number in row.found.items())
    notes = [f"not all of it seen by {', '.join(row.unseen)}"] if row.unseen else []
    notes += [row.problem] if row.problem else []
    told = "".join(f"<br><strong>{text(note)}</strong>" for note in notes)
    links = (f'<a href="{text(address)}">{text(name)}</a>' for name, address in row.links.items())
    return (
        text(row.name) + told,
        text(found or ("nothing" if row.looked_at else "")),
        str(row.to_decide or ""),
        text(row.copy),
        " ".join(links),
    )
