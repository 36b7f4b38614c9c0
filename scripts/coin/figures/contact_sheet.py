"""A contact sheet: every ROI of a study, by class, with its mass's name."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from coin.common.conventions import CLASS_NAMES
from coin.figures import style

_EDGE, _HEADING = 0.06, 0.24
_TILE, _SPACE, _NAME = 128, 4, 16
"""Pixels of the mosaic: an ROI, the space between two, and the height of a name."""


def draw(rois: np.ndarray, labels: np.ndarray, names: np.ndarray, data: str) -> Figure:
    """Draw all ROIs in the order of the study, benign masses first, each stretched to its range.

    Args:
        rois: (N, H, W) in [0, 1]
        labels: (N,), 0 benign and 1 malignant
        names: (N,), written below each ROI
        data: what is shown, in words
    """
    columns = max(10, round(np.sqrt(len(labels) / 12)))  # a sheet stays under 15 times its width
    width = style.TWO_COLUMNS - 2 * _EDGE
    mosaics = [_mosaic(rois[labels == label], columns) for label in range(len(CLASS_NAMES))]
    heights = [width * mosaic.shape[0] / mosaic.shape[1] for mosaic in mosaics]
    figure = style.new_figure(style.TWO_COLUMNS, sum(heights) + 2 * _HEADING + 0.25)
    top = 0.0
    for label, (mosaic, height) in enumerate(zip(mosaics, heights, strict=True)):
        of_class = names[labels == label]
        figure.text(
            _EDGE / style.TWO_COLUMNS,
            1 - (top + 0.15) / figure.get_figheight(),
            f"{CLASS_NAMES[label]}, {len(of_class):,} masses",
            color=style.COLOURS[label],
            fontweight="bold",
            va="center",
        )
        if len(of_class):
            axes = style.axes_at(figure, _EDGE, top + _HEADING, width, height)
            axes.imshow(mosaic, aspect="auto", vmin=0, vmax=255, interpolation="none")
            axes.set_axis_off()
            _write_names(axes, of_class, columns, _type_size(names, width / columns))
        top += _HEADING + height
    style.write_data(figure, data)
    return figure


def _mosaic(rois: np.ndarray, columns: int) -> np.ndarray:
    """Return ROIs in rows, as one uint8 image, white between them and where the names come."""
    shape = _TILE + _SPACE + _NAME, _TILE + _SPACE
    cells = np.full((-(-len(rois) // columns) * columns, *shape), 255, dtype=np.uint8)
    for cell, roi in zip(cells, rois, strict=False):
        stretched = 255 * (roi - roi.min()) / max(np.ptp(roi), 1e-6)
        image = Image.fromarray(stretched.astype(np.uint8)).resize((_TILE, _TILE))
        cell[:_TILE, :_TILE] = np.asarray(image)
    rows = cells.reshape(-1, columns, *shape).swapaxes(1, 2)
    return rows.reshape(-1, columns * shape[1])


def _write_names(axes: Axes, names: np.ndarray, columns: int, type_size: float) -> None:
    rows, places = np.divmod(np.arange(len(names)), columns)
    for row, place, name in zip(rows, places, names, strict=True):
        left, bottom = place * (_TILE + _SPACE), row * (_TILE + _SPACE + _NAME) + _TILE + 2
        axes.text(
            left + _TILE / 2,
            bottom,
            name,
            ha="center",
            va="top",
            fontsize=type_size,
            parse_math=False,
        )


def _type_size(names: np.ndarray, width: float) -> float:
    """Return the size in points at which the longest name fits `width` inches, at most 6."""
    return min(6.0, 72 * width / (0.68 * max(len(name) for name in names)))
