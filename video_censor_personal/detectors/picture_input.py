"""How a picture is given to a network: its size, the order and the range of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from video_censor_personal.detectors.base import Parameter
from video_censor_personal.detectors.pictures import Interpolation, resized

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLOURS = 3
PARAMETERS = (
    Parameter("size", "numbers", None, "infer"),
    Parameter("resize", "numbers", None, "infer"),
    Parameter("interpolation", "text", "bilinear", "infer", choices=("bilinear", "bicubic")),
    Parameter("channels", "text", "rgb", "infer", choices=("rgb", "bgr")),
    Parameter("layout", "text", "auto", "infer", choices=("auto", "nchw", "nhwc")),
    Parameter("white", "number", 1.0, "infer", minimum=0.001),
    Parameter("mean", "numbers", (0.5, 0.5, 0.5), "infer"),
    Parameter("std", "numbers", (0.5, 0.5, 0.5), "infer"),
)
_TYPES = {"tensor(float)": "float32", "tensor(float16)": "float16"}
_INTERPOLATION: Mapping[str, Interpolation] = {"bilinear": "BILINEAR", "bicubic": "BICUBIC"}


def mistake(given: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the values of these parameters, if anything is."""
    for key in ("size", "resize"):
        sides = given[key]
        if sides is not None and not (len(sides) == 2 and all(side >= 1 and side % 1 == 0 for side in sides)):
            return f"`{key}` is a width and a height, such as [224, 224]"
    for key in ("mean", "std"):
        if len(given[key]) != COLOURS:
            return f"`{key}` has {len(given[key])} numbers, and there are {COLOURS} colours"
    return "`std` has a zero, and is divided by" if 0 in given["std"] else None


@dataclass(frozen=True, slots=True)
class PictureInput:
    """How a picture is given to a network: squeezed to `resize`, of that the middle, then as numbers.

    Sizes are width and height; `mean` and `std` are of colours in the network's order.
    """

    name: str
    type: str
    size: tuple[int, int]
    resize: tuple[int, int]
    is_planar: bool
    given: Mapping[str, Any]

    @classmethod
    def of(cls, inputs: Sequence[Any], given: Mapping[str, Any]) -> PictureInput:
        """Return the input of a network, by its shape and the detector's parameters.

        Raises:
            ValueError: it is none for pictures, or they contradict each other.
        """
        taken, *others = inputs
        shape = [side if isinstance(side, int) else None for side in taken.shape]
        if others or len(shape) != 4 or taken.type not in _TYPES:
            raise ValueError(f"its input is {taken.name} {taken.shape} {taken.type}, not a batch of pictures")
        layout = given["layout"]
        if layout == "auto":
            layout = "nchw" if shape[1] == COLOURS else "nhwc"
        is_planar = layout == "nchw"
        colours, (height, width) = (shape[1], shape[2:]) if is_planar else (shape[3], shape[1:3])
        if colours not in (COLOURS, None) or (colours is None and given["layout"] == "auto"):
            raise ValueError(
                f"its input has the shape {taken.shape}, which does not say where the {COLOURS} colours are: "
                "set `layout`"
            )
        size = _size(_sides(given["size"]), width, height)
        resize = _sides(given["resize"]) or size
        if resize[0] < size[0] or resize[1] < size[1]:
            raise ValueError(f"`resize` is {list(resize)}, less than the {list(size)} that it takes")
        return cls(taken.name, _TYPES[taken.type], size, resize, is_planar, given)

    def values(self, image: NDArray[np.uint8]) -> NDArray[Any]:
        """Return the network's input for a picture."""
        import numpy as np

        (width, height), (whole_width, whole_height) = self.size, self.resize
        squeezed = resized(image, whole_height, whole_width, _INTERPOLATION[self.given["interpolation"]])
        left, top = (whole_width - width) // 2, (whole_height - height) // 2
        middle = squeezed[top : top + height, left : left + width]
        ordered = middle if self.given["channels"] == "rgb" else middle[..., ::-1]
        scaled = ordered.astype(np.float32) * np.float32(self.given["white"] / 255)
        mean, std = (np.asarray(self.given[key], dtype=np.float32) for key in ("mean", "std"))
        numbers = (scaled - mean) / std
        return (numbers.transpose(2, 0, 1) if self.is_planar else numbers)[np.newaxis].astype(self.type)


def _sides(given: Sequence[float] | None) -> tuple[int, int] | None:
    return None if given is None else (int(given[0]), int(given[1]))


def _size(asked: tuple[int, int] | None, width: int | None, height: int | None) -> tuple[int, int]:
    """Return the size of what a network takes; None is for a side that it leaves open."""
    if asked is None:
        if width is None or height is None:
            raise ValueError("it takes pictures of any size: set `size`")
        return width, height
    if width not in (asked[0], None) or height not in (asked[1], None):
        raise ValueError(f"it takes pictures of {width} x {height}, and `size` is {list(asked)}")
    return asked
