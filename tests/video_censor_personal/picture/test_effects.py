from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from video_censor_personal.edits.screen_time import ScreenTime
from video_censor_personal.edits.values import BoxAt, Effect, PictureEdit
from video_censor_personal.findings.observations import Box
from video_censor_personal.picture.blurring import cell_size, rim
from video_censor_personal.picture.effects import Effects
from video_censor_personal.picture.planes import Plane, plane_samples, planes_of, rectangle

SIZE = (320, 180)
BOX = Box(0.3, 0.25, 0.25, 0.4)
FORMATS = (
    *("yuv420p", "yuv422p", "yuv444p", "yuv410p", "yuvj420p", "yuv420p10le", "yuv422p10le"),
    *("yuv444p12le", "yuva420p", "gbrp", "gbrp10le", "gray"),
)
EFFECTS: tuple[Effect, ...] = ("blur", "mosaic", "color")


def noise(kind: str = "yuv420p", size: tuple[int, int] = SIZE) -> Any:
    """Return a frame in which no sample is like its neighbours, in any plane."""
    frame = av.VideoFrame(*size, kind)
    random = np.random.default_rng(3)
    for plane, component in zip(plane_samples(frame), frame.format.components, strict=True):
        plane[:] = random.integers(0, 1 << component.bits, plane.shape)
    return frame


def of_two_fields(frame: Any) -> Any:
    """Return a frame that says that it is interlaced."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format.name, time_base=Fraction(1, 25)
    )
    steps = [source, graph.add("setfield", "tff"), graph.add("buffersink")]
    graph.link_nodes(*steps).configure()
    graph.push(frame)
    return graph.pull()


def edit(effect: Effect, *boxes: Box, strength: float = 0.5, color: str = "#c02040") -> PictureEdit:
    """Return an edit of ten seconds, whose box is at one of these places each second."""
    path = tuple(BoxAt(float(moment), box) for moment, box in enumerate(boxes))
    return PictureEdit(0.0, 10.0, effect, color=color, strength=strength, path=path)


def hidden(frame: Any, *edits: PictureEdit, moment: float = 0.0) -> list[NDArray[Any]]:
    """Return the planes of a frame after its edits."""
    effects = Effects(edits)
    when = Fraction(moment)
    effects.apply(frame, effects.active(ScreenTime(when, when + Fraction(1, 25))), when)
    return plane_samples(frame)


def _roughness(samples: NDArray[Any]) -> float:
    return float(np.abs(np.diff(samples.astype(np.int32), axis=1)).mean())


def changed(kind: str, *edits: PictureEdit, size: tuple[int, int] = SIZE, **rest: Any) -> NDArray[np.bool_]:
    """Return which samples of the first plane are not what they were."""
    was = plane_samples(noise(kind, size))[0]
    return np.asarray(hidden(noise(kind, size), *edits, **rest)[0] != was)


def pixels(box: Box, size: tuple[int, int] = SIZE) -> tuple[slice, slice]:
    """Return the rows and columns of the samples that are in a box, if only in part."""
    (left, right), (top, bottom) = (
        (floor(start * length + 1e-6), ceil((start + reach) * length - 1e-6))
        for start, reach, length in ((box.left, box.width, size[0]), (box.top, box.height, size[1]))
    )
    return slice(top, bottom), slice(left, right)


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_box_is_hidden_in_every_plane_and_nothing_far_from_it(kind: str, effect: Effect) -> None:
    before = [plane.copy() for plane in plane_samples(noise(kind))]
    frame = noise(kind)
    wide = max(SIZE[0] * BOX.width, SIZE[1] * BOX.height)
    margin = rim(cell_size(wide, 0.5)) if effect == "blur" else 0

    hidden(frame, edit(effect, BOX))

    part = rectangle(frame, BOX)
    assert part is not None
    around = part.grown(margin, *SIZE)
    for plane, was in zip(planes_of(frame), before, strict=True):
        inside = plane.part(part)
        # Of what is hidden no difference between two neighbours is left but at the borders of cells.
        was_inside = Plane(was, plane.wide, plane.high).part(part)
        assert _roughness(inside) < _roughness(was_inside) / 4
        plane.part(around)[:] = 0
        rows, columns = plane.rows(around), plane.columns(around)
        was[rows.start : rows.stop, columns.start : columns.stop] = 0
        assert np.array_equal(plane.samples, was)


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("effect", ["blur", "mosaic"])
@pytest.mark.parametrize("path", [(), (BOX,)], ids=["whole", "box"])
def test_nothing_is_left_but_the_means_of_cells(
    effect: Effect, strength: float, path: tuple[Box, ...]
) -> None:
    """So it cannot be undone: pictures whose cells have the same means become the same."""
    one, other = noise("gray"), noise("gray")
    reach = SIZE[0] if not path else max(SIZE[0] * BOX.width, SIZE[1] * BOX.height)
    cell = cell_size(reach, strength)
    samples = plane_samples(other)[0]
    for top in range(0, SIZE[1], cell):
        for left in range(0, SIZE[0], cell):
            part = samples[top : top + cell, left : left + cell]
            probes = part[:: max(1, cell // 32), :: max(1, cell // 32)]
            probes[:] = np.random.default_rng(top + left).permutation(probes.ravel()).reshape(probes.shape)

    first, second = (hidden(each, edit(effect, *path, strength=strength))[0] for each in (one, other))

    rows, columns = pixels(BOX) if path else (slice(None), slice(None))
    assert np.array_equal(first[rows, columns], second[rows, columns])


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("size", [(321, 181), (33, 17), (16, 16), (1280, 720)])
@pytest.mark.parametrize("kind", ["yuv420p", "yuv422p", "gbrp"])
def test_any_size_is_hidden_wholly(kind: str, size: tuple[int, int], effect: Effect) -> None:
    was = [plane.copy() for plane in plane_samples(noise(kind, size))]

    now = hidden(noise(kind, size), edit(effect))

    for before, after in zip(was, now, strict=True):
        assert np.mean(before == after) < 0.05
        assert after.std() < before.std() / 3


@pytest.mark.parametrize("strength", [0.0, 0.3, 0.7, 1.0])
def test_more_strength_leaves_fewer_cells(strength: float) -> None:
    """A large box is hidden as much as a small one."""
    for longer in (100, 1000):
        assert longer / cell_size(longer, strength) <= 12 - 10 * strength


@pytest.mark.parametrize(
    ("is_interlaced", "expected"), [(False, (70, 100, 46, 80)), (True, (70, 100, 44, 80))]
)
def test_a_box_is_rounded_outwards_to_whole_samples_of_chroma(
    is_interlaced: bool, expected: tuple[int, int, int, int]
) -> None:
    frame = of_two_fields(noise()) if is_interlaced else noise()

    part = rectangle(frame, Box(71 / 320, 47 / 180, 28 / 320, 32 / 180))

    assert part is not None
    assert (part.left, part.right, part.top, part.bottom) == expected


def test_a_box_moves_in_a_straight_line_and_stands_before_and_after() -> None:
    path = (Box(0.1, 0.1, 0.1, 0.2), Box(0.5, 0.1, 0.1, 0.2), Box(0.5, 0.6, 0.2, 0.2))
    moving = edit("color", *path)

    for moment, box in (
        (0.0, path[0]),
        (0.25, Box(0.2, 0.1, 0.1, 0.2)),
        (1.0, path[1]),
        (1.5, Box(0.5, 0.35, 0.15, 0.2)),
        (2.0, path[2]),
        (9.0, path[2]),
    ):
        found = changed("gray", moving, moment=moment)
        assert found[pixels(box)].mean() > 0.98, moment
        # Not much more: what it passes over in the next 0.04 s.
        assert found.mean() <= 1.3 * box.width * box.height + 0.01, moment


def test_an_edit_is_over_when_its_time_is() -> None:
    effects = Effects([PictureEdit(1.0, 2.0), PictureEdit(1.5, 1.5, "blur"), PictureEdit(5.0, 6.0)])
    shown = [
        [each.effect for each in effects.active(ScreenTime(Fraction(at, 4), Fraction(at + 1, 4)))]
        for at in range(26)
    ]

    covered = [number for number, each in enumerate(shown) if each]
    assert covered == [*range(4, 9), *range(20, 25)]
    assert [number for number, each in enumerate(shown) if "blur" in each] == [6]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_what_hides_more_is_on_top(order: tuple[int, ...]) -> None:
    edits = [edit("blur"), edit("mosaic", Box(0, 0, 0.8, 1)), edit("color", Box(0, 0, 0.4, 1))]

    now = hidden(noise("gray"), *(edits[number] for number in order))[0]

    colored, squares, smooth = now[:, :128], now[:, 128:256], now[:, 256:]
    assert np.unique(colored).size == 1
    assert 1 < np.unique(squares).size <= 24
    assert np.abs(np.diff(smooth.astype(int))).max() <= 3


def test_a_mosaic_does_not_flicker_where_its_box_moves() -> None:
    """Its cells stay where they are, as large as they are."""
    path = (Box(0.1, 0.2, 0.3, 0.3), Box(0.4, 0.3, 0.4, 0.5))
    one, other = (hidden(noise("gray"), edit("mosaic", *path), moment=at)[0] for at in (0.4, 0.5))

    both = pixels(Box(0.25, 0.3, 0.2, 0.2))
    assert np.array_equal(one[both], other[both])


@pytest.mark.parametrize("box", [Box(1.2, 0.2, 0.3, 0.3), Box(-0.5, 0.0, 0.4, 1.0), Box(0.2, 0.2, 0.0, 0.3)])
def test_a_box_beside_the_picture_hides_nothing(box: Box) -> None:
    assert not changed("gray", edit("color", box)).any()


def test_a_box_over_the_border_is_hidden_up_to_it() -> None:
    found = changed("gray", edit("color", Box(-0.1, 0.8, 0.2, 0.5)))

    assert found[144:, :32].mean() > 0.98
    assert found.sum() <= 36 * 32
