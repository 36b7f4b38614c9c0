"""From a mass's box to its region of interest (ROI): a square with surrounding tissue."""

import math

import numpy as np
from PIL import Image


def crop(
    image: np.ndarray,
    x: float,
    y: float,
    width: float,
    height: float,
    size: int,
    context: float,
) -> np.ndarray:
    """Cut a mass out of its mammogram, with the tissue around it, at `size` x `size` pixels.

    The box (in pixels, origin top-left, edges between pixels, so a whole image is 0, 0, W, H) is
    made square about its centre on its longer side and grown by the factor `context`, since the
    paper's ROIs hold surrounding tissue. Outside the image its edge pixels go on.

    The resampling is a triangle filter as wide as the reduction (anti-aliased) or, in enlarging,
    bilinear. Its weights are never negative: no value leaves the range of the pixels, nothing rings
    beside calcifications, spicules and film edges, and scaling to grey may come after it.

    Args:
        image: (H, W), any integer or float type.
        x: The box's left edge.
        y: The box's top edge.
        width: The box's width, positive.
        height: The box's height, positive.
        size: Side of the ROI in pixels.
        context: Side of the square over the box's longer side, e.g. 1.5.

    Returns:
        float32 (size, size), in the units of `image`.
    """
    side = max(width, height) * context
    left, top = x + width / 2 - side / 2, y + height / 2 - side / 2
    reach = math.ceil(max(side / size, 1)) + 1  # the filter sees this far beyond the square
    first_row, rows = _pixels(top, side, reach, image.shape[0])
    first_column, columns = _pixels(left, side, reach, image.shape[1])
    window = image[np.ix_(rows, columns)].astype(np.float32)
    left, top = left - first_column, top - first_row
    resized = Image.fromarray(window).resize(
        (size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side)
    )
    return np.asarray(resized)


def _pixels(start: float, side: float, reach: int, length: int) -> tuple[int, np.ndarray]:
    """Return the first pixel of a window along one axis, and all of them held inside the image."""
    first = math.floor(start) - reach
    last = math.ceil(start + side) + reach
    return first, np.arange(first, last).clip(0, length - 1)
