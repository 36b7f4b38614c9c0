"""Handcrafted features of a mass: intensity, texture and gradient of its ROI, shape of its outline.

Each is of one mass alone: nothing is learned here. Lengths are shares of the ROI's side, so that a
feature means the same at every size.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats
from skimage.draw import polygon2mask
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern
from skimage.measure import regionprops

RINGS = 4
"""Around the ROI's centre, of equal widths: the corners belong to the last."""
GREY_LEVELS = 32
"""Of co-occurrences, over each ROI's own range: brightness is left to the intensities."""
CO_OCCURRENCE = ("contrast", "dissimilarity", "homogeneity", "energy", "correlation", "entropy")
SCALES = (1 / 32, 1 / 16, 1 / 8)
"""Distances of co-occurring pixels, in sides of the ROI; one pixel at least."""
PATTERNS = ((8, 1 / 32), (16, 1 / 16))
"""Local binary patterns: points on a circle, and its radius in sides of the ROI."""
OUTLINE_SIDE = 128
"""Pixels of the longer side that an outline is drawn at."""
_ANGLES = np.arange(4) * np.pi / 4


def roi_features(rois: np.ndarray) -> pd.DataFrame:
    """Return the features of each ROI, a row each: intensities, gradients, texture.

    Args:
        rois: (N, S, S) float32 in [0, 1].
    """
    return pd.DataFrame(intensities(rois) | gradients(rois) | texture(rois))


def intensities(rois: np.ndarray) -> dict[str, np.ndarray]:
    """Return moments and percentiles of the grey values, and their mean and deviation by ring."""
    flat = rois.reshape(len(rois), -1).astype(float)
    found = {
        "mean": flat.mean(axis=1),
        "deviation": flat.std(axis=1),
        "skewness": stats.skew(flat, axis=1),
        "kurtosis": stats.kurtosis(flat, axis=1),
    }
    shares = (5, 25, 50, 75, 95)
    for share, values in zip(shares, np.percentile(flat, shares, axis=1), strict=True):
        found[f"percentile{share}"] = values
    for number, ring in enumerate(rings(rois.shape[1])):
        within = _within(flat.reshape(rois.shape), ring)
        found[f"ring{number}_mean"] = within.mean(axis=1)
        found[f"ring{number}_deviation"] = within.std(axis=1)
    return found


def gradients(rois: np.ndarray) -> dict[str, np.ndarray]:
    """Return how steep the grey values are, and by ring how much of that points to the centre.

    The share of the squared gradient along the radius is 1 in a round, sharp mass, 1/2 without any
    direction, and less where lines run outward, as spicules do.
    """
    down, right = np.gradient(rois.astype(float), axis=(1, 2))
    steepness = np.hypot(down, right)
    found = {
        "gradient_mean": steepness.mean(axis=(1, 2)),
        "gradient_deviation": steepness.std(axis=(1, 2)),
        "gradient_percentile95": np.percentile(steepness, 95, axis=(1, 2)),
    }
    y, x, radius = _polar(rois.shape[1])
    radial = ((down * y + right * x) / np.maximum(radius, 1e-12)) ** 2
    for number, ring in enumerate(rings(rois.shape[1])):
        within = _within(steepness, ring)
        total, along = (within**2).sum(axis=1), _within(radial, ring).sum(axis=1)
        found[f"ring{number}_gradient"] = within.mean(axis=1)
        found[f"ring{number}_radial"] = np.divide(
            along, total, out=np.full(len(rois), 0.5), where=total > 0
        )
    return found


def texture(rois: np.ndarray) -> dict[str, np.ndarray]:
    """Return properties of grey-level co-occurrences, and shares of local binary patterns."""
    size = rois.shape[1]
    names = [f"{name}_{scale:g}" for name in CO_OCCURRENCE for scale in SCALES]
    names += [f"pattern{points}_{number}" for points, _ in PATTERNS for number in range(points + 2)]
    distances = [_pixels(scale, size) for scale in SCALES]
    rows = [[*_co_occurrence(roi, distances), *_patterns(roi)] for roi in rois]
    return dict(zip(names, np.array(rows).reshape(-1, len(names)).T, strict=True))


def outline_features(outlines: Iterable[np.ndarray | None]) -> pd.DataFrame:
    """Return the shape of each outline, a row each: no feature depends on its size.

    Eccentricity, solidity (area over that of the convex hull), extent (over that of the box), form
    factor (4 pi area / perimeter^2), and the deviation of the radius over its mean.

    Args:
        outlines: (n, 2) points x, y of each in order; None, a row of NaN, where there is none.
    """
    columns = ["eccentricity", "solidity", "extent", "form_factor", "radius_variation"]
    rows = [[np.nan] * len(columns) if points is None else _shape(points) for points in outlines]
    return pd.DataFrame(rows, columns=[f"outline_{name}" for name in columns], dtype=float)


def rings(size: int) -> np.ndarray:
    """Return which pixels each ring holds, (RINGS, S, S) of bool: every pixel is in one."""
    _, _, radius = _polar(size)
    number = np.minimum(radius * 2 * RINGS / size, RINGS - 1).astype(int)
    return number == np.arange(RINGS)[:, None, None]


def _within(values: np.ndarray, ring: np.ndarray) -> np.ndarray:
    """Return a ring's values of each mass, (N, K), one mass after the other in memory.

    Else numpy would add them in an order that depends on how many masses there are.
    """
    return np.ascontiguousarray(values[:, ring])


def _polar(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return y, x and the distance of each pixel's middle from the centre, in pixels, (S, S)."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return y, x, np.hypot(y, x)


def _pixels(scale: float, size: int) -> int:
    return max(1, round(scale * size))


def _co_occurrence(roi: np.ndarray, distances: list[int]) -> np.ndarray:
    """Return each property at each distance, the mean over four directions."""
    lowest, span = roi.min(), max(np.ptp(roi), 1e-12)
    levels = np.minimum((roi - lowest) / span * GREY_LEVELS, GREY_LEVELS - 1).astype(np.uint8)
    counts = graycomatrix(levels, distances, _ANGLES, GREY_LEVELS, symmetric=True, normed=True)
    return np.concatenate([graycoprops(counts, name).mean(axis=1) for name in CO_OCCURRENCE])


def _patterns(roi: np.ndarray) -> np.ndarray:
    """Return the shares of the rotation-invariant uniform patterns of each circle."""
    grey = np.round(roi * 255).astype(np.uint8)
    shares = []
    for points, scale in PATTERNS:
        codes = local_binary_pattern(grey, points, _pixels(scale, len(roi)), method="uniform")
        shares.append(np.bincount(codes.astype(int).ravel(), minlength=points + 2) / codes.size)
    return np.concatenate(shares)


def _shape(points: np.ndarray) -> list[float]:
    corner, side = points.min(axis=0), np.ptp(points, axis=0).max()
    drawn = (points - corner) / side * (OUTLINE_SIDE - 1) + 1
    (region,) = regionprops(
        polygon2mask((OUTLINE_SIDE + 2, OUTLINE_SIDE + 2), drawn[:, ::-1]).astype(np.uint8)
    )
    steps = np.diff(drawn, axis=0, append=drawn[:1])
    perimeter = np.hypot(*steps.T).sum()
    radius = np.hypot(*(drawn - np.array(region.centroid)[::-1]).T)
    return [
        region.eccentricity,
        region.solidity,
        region.extent,
        4 * np.pi * region.area / perimeter**2,
        radius.std() / radius.mean(),
    ]
