"""The picture in README.md: `python demo/first_run.py` runs the program and draws what it says.

Lines appear as they did, ten times as fast. An SVG shows on any page, and needs no script and no player.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent
PICTURE = FOLDER.parent / "docs" / "first-run.svg"
CLIP = FOLDER / "out" / "clip.mp4"
SHOWN = "video-censor film.mp4"
_FASTER, _WIDTH, _LINE, _LETTER, _MARGIN = 10, 92, 19, 8.4, 14
_LEFT_OUT = re.compile(r"WARNING: |.* of .* \([0-9]+ %\)$")
"""What is about this machine's network, and the steps of a download."""


def record(clip: Path) -> list[tuple[float, str]]:
    """Clean a clip with nothing in place; return each line, and after how many seconds it came."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "film.mp4").write_bytes(clip.read_bytes())
        program = subprocess.Popen(
            [sys.executable, "-m", "video_censor", "film.mp4", "--download-models"],
            cwd=folder,
            env={**os.environ, "VIDEO_CENSOR_CACHE_DIR": f"{folder}/models", "COLUMNS": str(_WIDTH)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        began = time.monotonic()
        assert program.stdout is not None
        return [(time.monotonic() - began, line.rstrip()) for line in program.stdout]


def as_svg(lines: list[tuple[float, str]]) -> str:
    """Return a terminal in which the lines appear one after the other."""
    shown = [(0.0, f"$ {SHOWN}"), *((at, text) for at, text in lines if not _LEFT_OUT.match(text))]
    height = _LINE * len(shown) + 2 * _MARGIN
    rows = []
    for number, (at, text) in enumerate(shown):
        cut = text.replace(f"{sys.executable} -m video_censor", "video-censor")
        cut = cut if len(cut) <= _WIDTH else f"{cut[: _WIDTH - 1]}…"
        y = _MARGIN + _LINE * number + 13
        appear = f'<set attributeName="opacity" to="1" begin="{at / _FASTER:.2f}s" fill="freeze"/>'
        rows.append(
            f'<text x="{_MARGIN}" y="{y}" opacity="0" xml:space="preserve">{escape(cut)}{appear}</text>'
        )
    width = round(_WIDTH * _LETTER + 2 * _MARGIN)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    style = 'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#e6e6e6"'
    title = f"<title>A first run: {escape(SHOWN)}</title>"
    back = f'<rect width="{width}" height="{height}" rx="8" fill="#1c1f26"/>'
    return "\n".join([head, title, back, f"<g {style}>", *rows, "</g>", "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(as_svg(record(CLIP)), encoding="utf-8")
