"""Pictures at the size that a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Interpolation = Literal["BILINEAR", "BICUBIC"]


def resized(
    image: NDArray[np.uint8], height: int, width: int, interpolation: Interpolation
) -> NDArray[np.uint8]:
    """Return an RGB picture (height x width x 3) squeezed or stretched to another size.

    Where it shrinks, the kernel is as much wider, so that nothing falls between the pixels.
    """
    import av
    import numpy as np

    if image.shape[:2] == (height, width):
        return image
    planes = []
    # A plane at a time: the scaler takes RGB through YUV with halved colour, and grey as it is.
    for channel in range(image.shape[2]):
        grey = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:, :, channel]), format="gray")
        planes.append(grey.reformat(width, height, interpolation=interpolation).to_ndarray())
    return np.stack(planes, axis=-1).astype(np.uint8, copy=False)
