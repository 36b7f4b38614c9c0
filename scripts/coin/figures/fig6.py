"""Fig. 6: the latent features of held-out masses, without the graph and with it."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coin.common.conventions import BENIGN, CLASS_NAMES, MALIGNANT
from coin.figures import style
from coin.figures.embedding import tsne
from coin.figures.tiles import tiles_for

EXAMPLES = 4
"""Misdiagnosed masses that a panel shows."""
_WIDTH, _HEIGHT, _GAP, _TOP, _TILE, _BETWEEN = 2.28, 1.8, 0.11, 0.38, 0.54, 0.04
_FOOT = 0.14


class Panel(NamedTuple):
    """One configuration of the graph: one model's held-out masses, and all folds' diagnoses."""

    title: str
    latent: np.ndarray
    """(M, F), h(x) of one model's held-out masses."""
    rows: np.ndarray
    """(M,), their rows in the study's ROIs."""
    labels: np.ndarray
    """(M,), 0 benign and 1 malignant."""
    probability: np.ndarray
    """(M,), of malignant."""
    pooled_right: int
    """Masses diagnosed rightly, each in the fold that holds it out."""
    pooled: int
    """All such masses."""


def is_right(labels: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return which masses are diagnosed rightly, malignant being a probability of 0.5 or more."""
    return (probability >= 0.5) == (labels == MALIGNANT)


def draw(panels: list[Panel], rois: np.ndarray, seed: int, data: str) -> Figure:
    """Draw one panel a configuration: t-SNE of h(x), and some misdiagnosed masses below it.

    The features are scaled to length 1 first, as the graph's loss (5) compares them.

    Args:
        panels: from left to right, three fit in the width
        rois: (N, H, W) in [0, 1], of the whole study
        seed: of t-SNE's start and of the choice of misdiagnosed masses
        data: what is shown, in words
    """
    figure = style.new_figure(style.TWO_COLUMNS, _TOP + _HEIGHT + 0.2 + _TILE + 0.28 + _FOOT)
    for number, panel in enumerate(panels):
        left = 0.05 + number * (_WIDTH + _GAP)
        axes = style.axes_at(figure, left, _TOP, _WIDTH, _HEIGHT)
        axes.set_title(
            f"({'abcdef'[number]}) {panel.title}\n"
            f"{panel.pooled_right:,} of {panel.pooled:,} held-out masses right",
            linespacing=1.25,
            pad=4,
        )
        _draw_panel(figure, axes, left, panel, rois, seed)
    _write_legend(figure)
    style.write_data(figure, data, before="Points: masses that one fold holds out. ")
    return figure


def _draw_panel(
    figure: Figure, axes: Axes, left: float, panel: Panel, rois: np.ndarray, seed: int
) -> None:
    length = np.linalg.norm(panel.latent, axis=1, keepdims=True)
    points = tsne(panel.latent / np.maximum(length, 1e-12), seed)
    style.show_embedding(axes, points, panel.labels)
    wrong = np.flatnonzero(~is_right(panel.labels, panel.probability))
    style.outline(axes, points, panel.labels, wrong)
    shown = np.random.default_rng(seed).choice(wrong, min(EXAMPLES, len(wrong)), replace=False)
    start = left + (_WIDTH - len(shown) * (_TILE + _BETWEEN) + _BETWEEN) / 2
    corners = [
        (start + place * (_TILE + _BETWEEN), _TOP + _HEIGHT + 0.2) for place in range(len(shown))
    ]
    tiles = tiles_for(figure, axes, points[shown], corners, _TILE)
    for tile, mass in zip(tiles, shown, strict=True):
        style.show_roi(tile, rois[panel.rows[mass]], panel.labels[mass])


def _write_legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=style.COLOURS[label], marker=style.MARKERS[label], ls="", ms=4)
        for label in (BENIGN, MALIGNANT)
    ]
    handles.append(Line2D([], [], color="none", marker="o", mec="black", mew=0.8, ls="", ms=4.5))
    figure.legend(
        handles,
        [*CLASS_NAMES, "misdiagnosed (some shown)"],
        loc="lower left",
        bbox_to_anchor=(0, _FOOT / figure.get_figheight() - 0.012),
        ncols=3,
        handletextpad=0.1,
        columnspacing=1,
    )
