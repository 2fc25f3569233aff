"""Pictures as a player shows them, made small: upright, square pixels, no HDR, 8 bits, one field of two."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from av.filter import Graph

from video_censor_personal.media.hdr import HLG, PQ, color_table

Kind = Literal["yuv420p", "yuvj420p"]
"""For films, in the matrix they have or BT.709; or for JPEG, which is BT.601 in full range."""

_TURNS = {1: ("transpose=cclock",), 2: ("hflip", "vflip"), 3: ("transpose=clock",)}
"""Filters that turn a picture left, by so many quarters."""
_BT709, _BT601, _UNKNOWN, _RGB = 1, 6, 2, 0
_BT601_AND_ALIKE = (5, 6)
_LEAST_HD = 720
"""Lines from which players take an untagged picture for BT.709, and below for BT.601."""
_TICK = Fraction(1, 1000)


def shown_size(
    size: tuple[int, int], pixel_shape: float, quarters: int, most: tuple[int, int]
) -> tuple[int, int]:
    """Return the width and height, both even, of a picture as it is shown, within `most`; never larger.

    Args:
        size: of the picture as it is stored.
        pixel_shape: the width of a pixel by its height.
        quarters: how often it is turned left.
        most: the greatest width and height.
    """
    width, height = size[0] * (pixel_shape if pixel_shape > 0 else 1.0), float(size[1])
    if quarters % 2:
        width, height = height, width
    scale = min(1.0, most[0] / width, most[1] / height)
    return max(round(width * scale / 2) * 2, 2), max(round(height * scale / 2) * 2, 2)


class SmallPictures:
    """Turns the frames of one stream to small ones, all of the same size.

    What a frame says of itself may change in mid-film: size, format, colors. Each is made on its own, so
    that nothing of one frame gets into another.

    Args:
        pixel_shape: the width of a stored pixel by its height.
        most: the greatest width and height.
        kind: what is wanted.
    """

    def __init__(self, pixel_shape: float, most: tuple[int, int], kind: Kind) -> None:
        self.size: tuple[int, int] | None = None
        self._pixel_shape = pixel_shape
        self._most = most
        self._kind = kind
        self._graph: Any = None
        self._of: tuple[object, ...] = ()

    def made(self, frame: Any) -> Any:
        """Return the small picture of a frame; its time stamp has no meaning."""
        quarters = int(round(frame.rotation / 90) % 4)
        if self.size is None:
            stored = frame.width, frame.height
            self.size = shown_size(stored, self._pixel_shape, quarters, self._most)
        of: tuple[object, ...] = (
            frame.width,
            frame.height,
            frame.format.name,
            int(frame.colorspace),
            int(frame.color_range),
        )
        of += (int(frame.color_trc), int(frame.color_primaries), bool(frame.interlaced_frame), quarters)
        if of != self._of:
            self._graph, self._of = self._filters(frame, quarters), of
        pts, base = frame.pts, frame.time_base
        frame.pts, frame.time_base = 0, _TICK
        self._graph.push(frame)
        frame.pts, frame.time_base = pts, base
        return self._graph.pull()

    def _filters(self, frame: Any, quarters: int) -> Graph:
        assert self.size is not None
        matrix = int(frame.colorspace)
        if frame.format.is_rgb:
            matrix = _RGB
        elif matrix in (_UNKNOWN, _RGB):
            matrix = _BT709 if min(frame.width, frame.height) >= _LEAST_HD else _BT601
        source = f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base={_TICK}"
        source += f":pixel_aspect=1/1:colorspace={matrix}:range={int(frame.color_range)}"
        width, height = self.size if quarters % 2 == 0 else self.size[::-1]
        names = ["field=type=top"] if frame.interlaced_frame else []
        names.append(f"setparams=colorspace={matrix}")
        names.append(f"scale={width}:{height}:flags=bilinear")
        if int(frame.color_trc) in (PQ, HLG):
            names += ["format=gbrp12le", "lut3d", "setparams=color_primaries=bt709:color_trc=bt709"]
            matrix = _BT709
        names += [f"scale={self._output(matrix)}", f"format={self._kind}", *_TURNS.get(quarters, ())]
        graph = Graph()
        chain = [graph.add("buffer", source)]
        for each in names:
            name, _, settings = each.partition("=")
            if name == "lut3d":
                chain.append(_with_table(graph, int(frame.color_trc)))
            else:
                chain.append(graph.add(name, settings or None))
        chain.append(graph.add("buffersink"))
        graph.link_nodes(*chain).configure()
        return graph

    def _output(self, matrix: int) -> str:
        if self._kind == "yuvj420p":
            return f"out_color_matrix={_BT601}:out_range=pc:flags=accurate_rnd+full_chroma_int"
        kept = matrix if matrix in (_BT709, *_BT601_AND_ALIKE) else _BT709
        return f"out_color_matrix={kept}:out_range=tv:flags=accurate_rnd+full_chroma_int"


def _with_table(graph: Graph, transfer: int) -> Any:
    """Add a filter that maps HDR; it takes its table from a file, at once."""
    with tempfile.TemporaryDirectory(prefix="video-censor-") as folder:
        path = Path(folder, "table.cube")
        path.write_text(color_table(transfer), encoding="ascii")
        return graph.add("lut3d", file=str(path))
