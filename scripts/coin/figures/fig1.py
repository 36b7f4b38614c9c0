"""Fig. 1: few masses, and benign and malignant ones entangled in their raw pixels."""

import numpy as np
from matplotlib.figure import Figure

from coin.common.conventions import BENIGN, MALIGNANT
from coin.figures import style
from coin.figures.embedding import tsne
from coin.figures.tiles import tiles_for

_WIDTH, _HEIGHT, _TILE, _EDGE = style.COLUMN, 3.9, 0.82, 0.05


def draw(rois: np.ndarray, labels: np.ndarray, seed: int, data: str) -> Figure:
    """Embed all ROIs by t-SNE of their pixels, and show four of them beside their points.

    Args:
        rois: (N, H, W) in [0, 1]
        labels: (N,), 0 benign and 1 malignant
        seed: of t-SNE's start and of the choice of the four, two of each class
        data: what is shown, in words
    """
    points = tsne(rois, seed)
    figure = style.new_figure(_WIDTH, _HEIGHT)
    middle = style.axes_at(
        figure, _EDGE, _TILE + 0.13, _WIDTH - 2 * _EDGE, _HEIGHT - 2 * _TILE - 0.26
    )
    style.show_embedding(middle, points, labels)
    corners = [
        (left, top)
        for top in (_EDGE, _HEIGHT - _EDGE - _TILE)
        for left in (_EDGE, _WIDTH - _EDGE - _TILE)
    ]
    examples = _examples(labels, seed)
    style.outline(middle, points, labels, examples, growth=3)
    tiles = tiles_for(figure, middle, points[examples], corners, _TILE)
    for tile, mass in zip(tiles, examples, strict=True):
        style.show_roi(tile, rois[mass], labels[mass])
    middle.legend(
        loc="center",
        bbox_to_anchor=(0.5, 1 - (_EDGE + _TILE / 2) / _HEIGHT),
        bbox_transform=figure.transFigure,
        title=f"{len(labels):,} masses, t-SNE of pixels",
        markerscale=1.5,
        handletextpad=0.1,
        ncols=2,
        columnspacing=1,
    )
    style.write_data(figure, data, centre=True)
    return figure


def _examples(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return the rows of two masses of each class, or of all where a class has fewer."""
    random = np.random.default_rng(seed)
    rows = [np.flatnonzero(labels == label) for label in (BENIGN, MALIGNANT)]
    return np.concatenate(
        [random.choice(of_class, size=min(2, len(of_class)), replace=False) for of_class in rows]
    )
