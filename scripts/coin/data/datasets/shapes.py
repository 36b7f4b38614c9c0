"""From a mass as a reader drew it (outline, circle or mask) to its bounding box.

A box is (x, y, width, height) in the pixels of its image, origin top-left, cut off at the image's
border. Sizes are (width, height).
"""

from pathlib import Path

import numpy as np

from coin.common.errors import BadInput
from coin.data.datasets import images

Box = tuple[float, float, float, float]

OUTSIDE = "lies outside its image, or has no area"
ROUNDING = 0.5
"""A box may pass its image's border by so many pixels: tables round their numbers."""

_SMALLEST = 2  # pixels; no mass is smaller, but fractions of an image's size are
_DECIMALS = 6  # more than any annotation has, and fewer than subtraction leaves
_STRETCH = 1.05
"""Width and height of a mask may be reduced by factors that differ by this much."""
_GAP = 0.1
"""Parts of a mask may be so far apart, over the longer side of them all."""
_NOISE, _CONTRAST = 0.1, 128
"""A mask that JPEG compressed may be so far from its two values, over their difference, which must
be large: the few values of a label map differ by less."""
_BLOCK, _MOST_EDGE = 8, 0.25
"""Along its edge JPEG (in blocks of 8 pixels) and resizing leave any value; a larger share of an
image is no edge."""


def plausible(box: Box, size: tuple[int, int]) -> Box:
    """Return a box that can be a mass's.

    Raises BadInput when it leaves its image, is smaller than two pixels or is the whole image: then
    its numbers are of another scale or mean something else.
    """
    (x, y, width, height), of = box, f"of {size[0]} x {size[1]} pixels"
    if outside(x, y, width, height, size):
        raise BadInput(f"the box leaves its image {of}")
    if min(width, height) < _SMALLEST:
        raise BadInput(
            f"the box of {width:g} x {height:g} in an image {of} is smaller than {_SMALLEST}; "
            "expected pixels, not fractions"
        )
    if width >= size[0] - 2 * ROUNDING and height >= size[1] - 2 * ROUNDING:
        raise BadInput(f"the box is its whole image {of}; expected a mass in it")
    return box


def outside(x: float, y: float, width: float, height: float, image: tuple[int, int]) -> bool:
    """Tell whether a box leaves its image by more than `ROUNDING` pixels."""
    return (
        x < -ROUNDING
        or y < -ROUNDING
        or x + width > image[0] + ROUNDING
        or y + height > image[1] + ROUNDING
    )


def box_of_outline(points: np.ndarray, size: tuple[int, int]) -> Box:
    """Return the box of an outline's points (n, 2), each x, y.

    Raises BadInput when no area of it lies inside the image, or the box is no `plausible` one.
    """
    corners = points.clip(0, size)
    left, top = corners.min(axis=0)
    width, height = np.ptp(corners, axis=0).round(_DECIMALS)
    if not (width > 0 and height > 0):
        raise BadInput(f"the outline {OUTSIDE}")
    return plausible((float(left), float(top), float(width), float(height)), size)


def box_of_circle(x: float, y: float, radius: float, size: tuple[int, int]) -> Box:
    """Return the box of a circle; raises BadInput when its centre is not in the image."""
    if not (0 <= x <= size[0] and 0 <= y <= size[1] and radius > 0):
        raise BadInput(f"the circle's centre {OUTSIDE} of {size[0]} x {size[1]} pixels")
    return box_of_outline(np.array([[x - radius, y - radius], [x + radius, y + radius]]), size)


def box_of_mask(mask: np.ndarray, size: tuple[int, int]) -> Box:
    """Return the box of a mask (H, W) of bool.

    A mask may be a reduced or enlarged copy of its image's size: the box is scaled.

    Raises BadInput when the mask is empty, has another shape than the image, is in several parts
    far apart, or reaches all borders.
    """
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        raise BadInput("the mask is empty")
    across, down = size[0] / mask.shape[1], size[1] / mask.shape[0]
    if not 1 / _STRETCH < across / down < _STRETCH:
        raise BadInput(
            f"the mask of {mask.shape[1]} x {mask.shape[0]} pixels does not fit its image "
            f"of {size[0]} x {size[1]}"
        )
    ends = np.array([[columns[0], rows[0]], [columns[-1], rows[-1]]])
    if (ends[0] == 0).all() and (ends[1] == np.array(mask.shape[::-1]) - 1).all():
        raise BadInput("the mask reaches all borders of its image; is it inverted?")
    gap = max(np.diff(columns).max(initial=1), np.diff(rows).max(initial=1)) - 1
    if gap > max(1, _GAP * np.ptp(ends, axis=0).max()):
        raise BadInput(
            f"the mask has parts {gap} pixels apart, {mask.sum()} pixels in all; expected one "
            "mass: give each its own mask, and remove stray pixels"
        )
    corners = ends + np.array([[0, 0], [1, 1]])
    return box_of_outline(corners * [across, down], size)


def read_mask(path: Path) -> tuple[np.ndarray, str]:
    """Read an image as a mask (H, W) of bool, and tell what speaks against its being one.

    The mass is what is nearer to the image's brightest value than to its darkest.
    """
    mammogram = images.read(path)
    pixels, inverted = mammogram.pixels, mammogram.white < mammogram.black
    low, high = int(pixels.min()), int(pixels.max())
    mask = pixels > (low + high) / 2 if high > low else np.full(pixels.shape, high > 0)
    return mask ^ inverted, _no_mask(pixels, mask, low, high)


def _no_mask(pixels: np.ndarray, mask: np.ndarray, low: int, high: int) -> str:
    if high == low:
        return f"the mask is empty: every pixel is {low}"
    is_smeared = high - low >= _CONTRAST
    noise = int(_NOISE * (high - low)) if is_smeared else 0
    between = np.where(mask, pixels < high - noise, pixels > low + noise)
    if not between.any() or (is_smeared and _is_edge(pixels, mask, between)):
        return ""
    return (
        f"the mask has {len(np.unique(pixels))} values, from {low} to {high}; expected two: "
        "one for the mass, one for all else"
    )


def _is_edge(pixels: np.ndarray, mask: np.ndarray, between: np.ndarray) -> bool:
    """Tell whether values between a mask's two are those of an edge, smeared by JPEG or resizing.

    They then lie in blocks near both values, and pass from one to the other without a plateau.
    """
    if between.mean() > _MOST_EDGE:
        return False
    bright, dark = (_around(_blocks(part)) for part in (mask, ~mask))
    if (_blocks(between) & ~(bright & dark)).any():
        return False
    inner = np.pad(between[1:-1, 1:-1], 1)
    rows, columns = np.nonzero(inner)
    steps = [(down, across) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    here = pixels[rows, columns]
    is_plateau = [pixels[rows + down, columns + across] == here for down, across in steps]
    return not np.all(is_plateau, axis=0).any()


def _blocks(mask: np.ndarray) -> np.ndarray:
    """Return which blocks (rows, columns), cut as JPEG does, hold any of a mask (H, W)."""
    padded = np.pad(mask, [(0, -length % _BLOCK) for length in mask.shape])
    rows, columns = (length // _BLOCK for length in padded.shape)
    blocks = padded.reshape(rows, _BLOCK, columns, _BLOCK)
    return np.logical_or.reduce(blocks, axis=(1, 3))


def _around(blocks: np.ndarray) -> np.ndarray:
    """Return which of some blocks (rows, columns) are chosen or beside a chosen one."""
    rows, columns = blocks.shape
    padded = np.pad(blocks, 1)
    shifted = (padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3))
    return np.logical_or.reduce(list(shifted))
