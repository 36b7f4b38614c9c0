"""From a mass's box to its region of interest (ROI): a square with surrounding tissue."""

import math
from typing import Literal

import numpy as np
from PIL import Image

Border = Literal["shift", "reflect", "edge"]
"""What a window that leaves its image shows there: see `crop`."""


def crop(
    image: np.ndarray,
    x: float,
    y: float,
    width: float,
    height: float,
    size: int,
    context: float,
    border: Border,
) -> np.ndarray:
    """Cut a mass out of its mammogram, with the tissue around it, at `size` x `size` pixels.

    The box (in pixels, origin top-left, edges between pixels, so a whole image is 0, 0, W, H) is
    made square about its centre on its longer side and grown by the factor `context`, since the
    paper's ROIs hold surrounding tissue. Where this window leaves the image, `border` decides:

    - `shift` moves it inside, so that every pixel is real and the mass lies off its centre; along
      an axis that is shorter than the window it does as `edge`;
    - `reflect` mirrors the image in its outermost pixels;
    - `edge` repeats the outermost pixels, which paints streaks.

    Where nothing beyond the image is looked at, by window or filter, all three are the same.

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
        border: What becomes of a window that leaves the image.

    Returns:
        float32 (size, size), in the units of `image`.
    """
    side = max(width, height) * context
    left, top = x + width / 2 - side / 2, y + height / 2 - side / 2
    reach = math.ceil(max(side / size, 1)) + 1  # the filter sees this far beyond the window
    left, columns = _axis(left, side, reach, image.shape[1], border)
    top, rows = _axis(top, side, reach, image.shape[0], border)
    window = image[np.ix_(rows, columns)].astype(np.float32)
    resized = Image.fromarray(window).resize(
        (size, size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side)
    )
    return np.asarray(resized)


def _axis(
    start: float, side: float, reach: int, length: int, border: Border
) -> tuple[float, np.ndarray]:
    """Return, along one axis, the pixels to resample and where among them the window starts.

    Args:
        start: The window's start in the image, whose pixels are 0 to `length` - 1.
        side: The window's side.
        reach: How many pixels beyond the window the filter sees.
        length: The image's side.
        border: What becomes of a window that leaves the image.
    """
    is_moved = border == "shift" and side <= length
    if is_moved:
        start = min(max(start, 0), length - side)
    first, last = math.floor(start) - reach, math.ceil(start + side) + reach
    if is_moved:  # at the image's end the filter ends, too
        first, last = max(first, 0), min(last, length)
    pixels = np.arange(first, last)
    if border == "reflect":
        turn = length - 1
        pixels = np.abs((pixels + turn) % max(2 * turn, 1) - turn)
    return start - first, pixels.clip(0, length - 1)
