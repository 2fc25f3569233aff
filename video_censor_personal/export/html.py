"""Pages of one file that ask for nothing: no script, no network, whatever stands in a film's words."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from modeltasks.support.text import one_line

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_LONGEST = 2000
"""Signs of a text of others that are shown; no note needs more to be recognised."""


def text(value: object) -> str:
    """Return anything as text in a page: one line, no markup, nothing that turns its direction."""
    shown = one_line(value, _LONGEST).encode("utf-8", "backslashreplace").decode("utf-8")
    return html.escape(shown, quote=True)


def page(title: str, body: Iterable[str]) -> str:
    """Return a whole page.

    Args:
        title: of the page, as text.
        body: lines of HTML, in which all that is not ours went through `text`.
    """
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{text(title)}</title>",
            f"<style>\n{_style()}</style>",
            "</head>",
            "<body>",
            *body,
            "</body>",
            "</html>",
            "",
        )
    )


def table(caption: str, heads: Sequence[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return a table; `heads` and `rows` are HTML already, and the first cell of a row names it.

    On a narrow screen a row is a card, and each cell brings the name of its column. The roles are for
    browsers that take what is not laid out as a table for none.
    """
    lines = [f'<table role="table"><caption>{text(caption)}</caption><thead role="rowgroup"><tr role="row">']
    lines += [f'<th scope="col" role="columnheader">{head}</th>' for head in heads]
    lines.append('</tr></thead><tbody role="rowgroup">')
    names = [text(head) for head in heads[1:]]
    for first, *cells in rows:
        named = zip(names, cells, strict=True)
        lines.append(
            f'<tr role="row"><th scope="row" role="rowheader">{first}</th>'
            + "".join(f'<td role="cell" data-name="{name}">{cell}</td>' for name, cell in named)
            + "</tr>"
        )
    return [*lines, "</tbody></table>"]


@cache
def _style() -> str:
    return files("video_censor_personal.export").joinpath("report.css").read_text(encoding="utf-8")
