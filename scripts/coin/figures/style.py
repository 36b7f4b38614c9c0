"""One look for all figures: sizes, colours and type that stay legible at a column's width."""

import logging
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

from coin.common.conventions import BENIGN, CLASS_NAMES, MALIGNANT
from coin.common.files import written_whole

COLUMN, TWO_COLUMNS = 3.5, 7.16
"""Widths of a figure in inches, as in a two-column journal."""

COLOURS = {BENIGN: "#0072B2", MALIGNANT: "#D55E00"}
MARKERS = {BENIGN: "o", MALIGNANT: "^"}
"""Blue discs and vermilion triangles: apart for every kind of colour vision, and in grey."""

INK, FAINT = "#222222", "#666666"

_SETTINGS: dict[RcKeyType, str | float] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so every machine has the same
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "pdf.fonttype": 42,  # whole outlines: text stays text
    "savefig.dpi": 300,
    "image.cmap": "gray",
}
_FOOT_SIZE, _FOOT_CHARACTER = 6.5, 0.056
"""Of the words at the foot: points, and how many inches a character of that size is wide."""
_WITHOUT = {".pdf": {"CreationDate": None, "Producer": None}, ".png": {"Software": None}}
logging.getLogger("fontTools").setLevel(logging.WARNING)  # else a page of glyphs a figure


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a fixed size in inches, whatever a user's own settings are."""
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(_SETTINGS)
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def axes_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes whose place is given in inches from the figure's top left corner."""
    total_width, total_height = figure.get_size_inches()
    return figure.add_axes(
        (
            left / total_width,
            1 - (top + height) / total_height,
            width / total_width,
            height / total_height,
        )
    )


def show_roi(
    axes: Axes, roi: np.ndarray, label: int, window: tuple[float, float] | None = None
) -> None:
    """Show an ROI (H, W) with a frame of its class's colour.

    Grey runs from black to white over `window`, by default the ROI's own range.
    """
    low, high = (roi.min(), roi.max()) if window is None else window
    axes.imshow(roi, vmin=low, vmax=max(high, low + 1e-6), aspect="auto")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color=COLOURS[label], linewidth=1.2)


def show_embedding(axes: Axes, points: np.ndarray, labels: np.ndarray) -> None:
    """Scatter t-SNE points (N, 2) by class; t-SNE's axes mean nothing, so they bear no ticks."""
    for label in (BENIGN, MALIGNANT):
        x, y = points[labels == label].T
        axes.scatter(
            x,
            y,
            s=_marker_area(points),
            c=COLOURS[label],
            marker=MARKERS[label],
            linewidths=0,
            alpha=0.8,
            label=CLASS_NAMES[label],
        )
    axes.set(xticks=[], yticks=[])
    axes.margins(0.06)
    axes.set_aspect("equal", adjustable="datalim")


def outline(
    axes: Axes, points: np.ndarray, labels: np.ndarray, chosen: np.ndarray, growth: float = 1.4
) -> None:
    """Draw the chosen rows of an embedding again, ringed in black and grown in area."""
    for label in (BENIGN, MALIGNANT):
        x, y = points[chosen[labels[chosen] == label]].T
        axes.scatter(
            x,
            y,
            s=growth * _marker_area(points),
            c=COLOURS[label],
            marker=MARKERS[label],
            edgecolors="black",
            linewidths=0.8,
            zorder=4,
        )


def write_data(figure: Figure, data: str, before: str = "", centre: bool = False) -> None:
    """Write at the foot, in the right corner or the centre, what data the figure shows.

    Words that are wider than the figure, or in the centre than half of it, are made smaller.
    """
    width, height = figure.get_size_inches()
    text = f"{before}Data: {data}"
    room = width / 2 if centre else width
    fitting = _FOOT_SIZE * room / (_FOOT_CHARACTER * len(text))
    figure.text(
        0.5 if centre else 1 - 0.05 / width,
        0.06 / height,
        text.replace("$", chr(92) + "$"),  # a name is no formula
        ha="center" if centre else "right",
        color=FAINT,
        fontsize=min(_FOOT_SIZE, fitting),
    )


def save(figure: Figure, files: list[Path]) -> None:
    """Write the figure as PDF or PNG (300 dots an inch), with no date and no program's name."""
    for file in files:
        with written_whole(file) as partial:
            figure.savefig(partial, metadata=_WITHOUT[file.suffix])


def _marker_area(points: np.ndarray) -> float:
    return 15 if len(points) < 200 else 7
