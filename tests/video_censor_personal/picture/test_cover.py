from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from video_censor_personal.picture.cover import cover
from video_censor_personal.picture.planes import is_coverable, plane_samples

COLORS = {"black": "#000000", "white": "#ffffff", "red": "#c02040", "blue": "#1030e0", "grey": "#808080"}
FORMATS = (
    "yuv420p",
    "yuv422p",
    "yuv444p",
    "yuvj420p",
    "yuv420p10le",
    "yuv422p10le",
    "yuv444p12le",
    "yuva420p",
    "gbrp",
    "gbrp10le",
    "gray",
)
BT709, BT601, BT2020 = 1, 6, 9
LIMITED, FULL = 1, 2


def noise(kind: str, size: tuple[int, int] = (64, 48)) -> Any:
    width, height = size
    image = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=kind)


def shown(frame: Any) -> Any:
    """Return what a player shows, by the library's own conversion."""
    full = {"src_color_range": FULL} if frame.color_range == FULL else {}
    return frame.reformat(format="rgb24", dst_color_range=FULL, **full).to_ndarray()


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("kind", FORMATS)
def test_every_pixel_is_of_the_colour(kind: str, color: str) -> None:
    frame = noise(kind)
    frame.colorspace = BT601
    if kind == "gray":  # the library takes it as that whatever the tag says
        frame.color_range = FULL

    cover(frame, COLORS[color])

    wanted = [int(COLORS[color][at : at + 2], 16) for at in (1, 3, 5)]
    if kind == "gray":
        wanted = [round(0.299 * wanted[0] + 0.587 * wanted[1] + 0.114 * wanted[2])] * 3
    assert np.abs(shown(frame).astype(int) - wanted).max() <= 3
    for plane in plane_samples(frame):
        assert plane.min() == plane.max()


@pytest.mark.parametrize("matrix", [BT709, BT601, BT2020])
@pytest.mark.parametrize("color_range", [LIMITED, FULL])
def test_the_matrix_and_the_range_are_those_of_the_picture(matrix: int, color_range: int) -> None:
    frame = noise("yuv420p")
    frame.colorspace, frame.color_range = matrix, color_range

    cover(frame, "#c02040")

    luma = (
        {BT709: 0.2126, BT601: 0.299, BT2020: 0.2627}[matrix],
        {BT709: 0.0722, BT601: 0.114, BT2020: 0.0593}[matrix],
    )
    share = (luma[0] * 0xC0 + (1 - sum(luma)) * 0x20 + luma[1] * 0x40) / 255
    expected = round(255 * share) if color_range == FULL else round(16 + 219 * share)
    assert plane_samples(frame)[0][0, 0] == expected


@pytest.mark.parametrize(("size", "red"), [((64, 48), 0.299), ((1280, 720), 0.2126), ((720, 1280), 0.2126)])
def test_untagged_pictures_are_taken_as_players_take_them(size: tuple[int, int], red: float) -> None:
    frame = noise("yuv420p", size)
    frame.colorspace = 2

    cover(frame, "#ff0000")

    assert plane_samples(frame)[0][0, 0] == round(16 + 219 * red)


def test_what_is_transparent_is_covered_too() -> None:
    frame = noise("yuva420p")
    plane = np.frombuffer(frame.planes[3], dtype=np.uint8)
    plane[:] = 0

    cover(frame, "#000000")

    assert set(np.frombuffer(frame.planes[3], dtype=np.uint8)) == {255}


def test_other_references_to_the_same_picture_are_not_changed() -> None:
    """A decoder still predicts from a frame that it gave out."""
    context: Any = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = 64, 48, "yuv420p"
    context.time_base, context.options = Fraction(1, 25), {"bf": "0", "tune": "zerolatency"}
    first = noise("yuv420p")
    first.pts = 0
    packets = [*context.encode(first)]
    second = noise("yuv420p")
    second.pts = 1
    packets += [*context.encode(second), *context.encode(None)]

    def second_frame(spoil: bool) -> Any:
        decoder: Any = av.CodecContext.create("h264", "r")
        frames: list[Any] = []
        for packet in [*packets, None]:
            for frame in decoder.decode(packet):
                if spoil and not frames:
                    cover(frame, "#000000")
                frames.append(frame)
        return frames[1].to_ndarray()

    assert np.array_equal(second_frame(spoil=True), second_frame(spoil=False))


@pytest.mark.parametrize(
    ("kind", "expected"), [("nv12", False), ("rgb24", False), ("pal8", False), ("gbrp", True)]
)
def test_only_pictures_with_a_plane_for_each_component_are_covered_in_place(
    kind: str, expected: bool
) -> None:
    assert is_coverable(av.VideoFormat(kind)) is expected
