"""Tiles beside a cloud of points, each joined to its point by a line."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch
from scipy.optimize import linear_sum_assignment

from coin.figures import style


def tiles_for(
    figure: Figure, axes: Axes, points: np.ndarray, corners: list[tuple[float, float]], size: float
) -> list[Axes]:
    """Return one square tile a point (M, 2) of `axes`, each joined to its point by a line.

    `corners` are the tiles' top left corners in inches from the figure's; the tiles lie above or
    below the axes. Points and tiles are paired so that the lines are shortest: then none cross.
    """
    tiles = [style.axes_at(figure, left, top, size, size) for left, top in corners]
    axes.apply_aspect()
    middle = axes.bbox.y0 + axes.bbox.height / 2
    anchors = [(0.5, 0 if tile.bbox.y0 > middle else 1) for tile in tiles]
    ends = [tile.transAxes.transform(xy) for tile, xy in zip(tiles, anchors, strict=True)]
    starts = axes.transData.transform(points)
    distance = np.linalg.norm(starts[:, None] - np.reshape(ends, (1, -1, 2)), axis=2)
    of_point = linear_sum_assignment(distance)[1]
    for point, tile in zip(points, of_point, strict=True):
        line = ConnectionPatch(anchors[tile], point, tiles[tile].transAxes, axes.transData)
        line.set(color=style.INK, linewidth=0.6)
        figure.add_artist(line)
    return [tiles[tile] for tile in of_point]
