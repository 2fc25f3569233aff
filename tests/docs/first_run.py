"""Makes docs/images/first-run.svg: what a person sees at the first run on a terminal, models included.

    python -m tests.docs.first_run

The film is that of the demo, the models are fetched, and the answer to the offer is Enter. It is shown faster
than it was. An SVG needs no script and no player; where it cannot move, it shows the end.
"""

from __future__ import annotations

import codecs
import os
import pty
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path

from tests.support.screen import Screen, set_size

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "images" / "first-run.svg"
CLIP = ROOT / "demo" / "out" / "clip.mp4"
TYPED = "video-censor film.mp4"
COLUMNS, ROWS = 96, 40
FASTER = 6
READ = 2.0
"""Seconds for which the offer is shown."""
STEP = 0.1
"""Seconds between two changes that are shown."""
_LINE, _LETTER, _MARGIN = 19, 8.43, 14
_OF_THIS_NETWORK = re.compile(r"WARNING: [^\r\n]*\r?\n")
"""Where the first source of a model cannot be reached, that is said; others see it reached."""

Frame = tuple[float, list[str]]
"""When it is shown, and the lines on the screen."""


def record(clip: Path) -> Iterator[Frame]:
    """Clean a clip with nothing in place; yield what is on the screen each time that it changes."""
    screen = Screen(COLUMNS, ROWS)
    screen.feed(f"$ {TYPED}\r\n")
    yield 0.0, screen.lines
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "film.mp4").write_bytes(clip.read_bytes())
        ours, theirs = pty.openpty()
        set_size(ours, COLUMNS, ROWS)
        env = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "TERM": "xterm",
            "VIDEO_CENSOR_CACHE_DIR": f"{folder}/models",
        }
        program = subprocess.Popen(
            TYPED.split(), cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        began, read = time.monotonic(), 0.0
        for text in _written(ours):
            screen.feed(text)
            yield (time.monotonic() - began) / FASTER + read, screen.lines
            if not read and screen.lines[-1].endswith("[Y/n]"):
                read = READ
                os.write(ours, b"\n")
        if program.wait():
            raise SystemExit("\n".join(screen.lines))


def _written(terminal: int) -> Iterator[str]:
    """Yield what a program writes, until it ends; whole lines where it writes lines."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    waiting = ""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # it has ended
            return
        waiting = _OF_THIS_NETWORK.sub("", waiting + decoder.decode(chunk))
        if "WARNING: " not in waiting:
            yield waiting
            waiting = ""


def as_svg(frames: list[Frame]) -> str:
    """Return a terminal whose lines change as they did."""
    steps = [list(group)[-1] for _, group in groupby(frames, key=lambda frame: int(frame[0] / STEP))]
    count = max(len(lines) for _, lines in steps)
    width, height = round(COLUMNS * _LETTER + 2 * _MARGIN), _LINE * count + 2 * _MARGIN
    texts = [text for row in range(count) for text in _texts(row, steps)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    title = f"<title>A first run on a terminal: {escape(TYPED)}</title>"
    back = f'<rect width="{width}" height="{height}" rx="8" fill="#1c1f26"/>'
    style = 'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#e6e6e6"'
    return "\n".join([head, title, back, f"<g {style}>", *texts, "</g>", "</svg>", ""])


def _texts(row: int, steps: list[Frame]) -> Iterator[str]:
    """Yield each text of a line of the screen; the last one is there where nothing moves."""
    in_row = ((at, lines[row] if row < len(lines) else "") for at, lines in steps)
    runs = [(text, next(group)[0]) for text, group in groupby(in_row, key=lambda one: one[1])]
    y = _MARGIN + _LINE * row + 13
    ends = [at for _, at in runs[1:]]
    for (text, at), end in zip(runs, [*ends, None], strict=True):
        if not text:
            continue
        if end is not None:
            hidden = ' display="none"'
            shown = f'<set attributeName="display" to="inline" begin="{at:.1f}s" end="{end:.1f}s"/>'
        else:
            hidden = ""
            shown = f'<set attributeName="display" to="none" begin="0s" end="{at:.1f}s"/>' if at else ""
        yield f'<text x="{_MARGIN}" y="{y}" xml:space="preserve"{hidden}>{escape(text)}{shown}</text>'


if __name__ == "__main__":
    PICTURE.write_text(as_svg(list(record(CLIP))), encoding="utf-8")
