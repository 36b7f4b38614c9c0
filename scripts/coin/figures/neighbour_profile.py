"""Supplementary figure: what the adversarial neighbours of each sign and class are like."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coin.common.conventions import BENIGN, CLASS_NAMES, MALIGNANT
from coin.figures import style


class Panel(NamedTuple):
    """Measures that share an axis."""

    title: str
    measures: dict[str, str]
    """Columns of `neighbours.csv`, each with its words below the axis."""
    is_story: bool
    """The measures follow one another, so a line joins them."""


PANELS = (
    Panel(
        "Realness, $P_D$",
        {
            "realness_candidates": "random\ncandidates",
            "realness_searched": "tried by\nthe search",
            "realness": "accepted",
        },
        is_story=True,
    ),
    Panel(
        "Share of the neighbours",
        {
            "share_apart": "at least\n$\\rho$ apart",
            "share_near": "within $3\\rho$\nof a real",
            "share_copies": "copies\nof a real",
            "purity_without_seed": "nearest real\n(not its seed)\nof its class",
        },
        is_story=False,
    ),
    Panel(
        "Accuracy of an SVM",
        {
            "accuracy_before": "reals against\nrandom\ncandidates",
            "accuracy_after": "reals against\nneighbours",
        },
        is_story=True,
    ),
)
COLUMNS = [
    *("fold", "seed", "label", "sign", "n_reals"),
    *(measure for panel in PANELS for measure in panel.measures),
]
"""What the figure needs of `neighbours.csv`."""

_ROWS = {"positive": "Positive, $X^+$", "negative": "Negative, $X^-$"}
_LEFT, _TOP, _HEIGHT, _STEP, _WIDTH, _BETWEEN = 0.6, 0.5, 1.05, 1.2, 0.64, 0.38
_BESIDE = {BENIGN: -0.2, MALIGNANT: 0.2}
_FOLDS_SPREAD = 0.09
_CHANCE: dict[str, Any] = {
    "color": style.FAINT,
    "linewidth": 0.8,
    "linestyle": (0, (2, 1.5)),
    "zorder": 1,
}


def draw(table: pd.DataFrame, data: str) -> Figure:
    """Draw a row of panels a sign; in each, every fold and seed as a point, their mean as a bar.

    Args:
        table: `neighbours.csv`, with `COLUMNS` at least; what it lacks of a value stays empty
        data: what was measured, in words
    """
    figure = style.new_figure(style.TWO_COLUMNS, _TOP + _STEP + _HEIGHT + 0.66)
    bottom = list(_ROWS)[-1]
    for row, (sign, name) in enumerate(_ROWS.items()):
        left = _LEFT
        for panel in PANELS:
            width = _WIDTH * len(panel.measures)
            axes = style.axes_at(figure, left, _TOP + row * _STEP, width, _HEIGHT)
            left += width + _BETWEEN
            _draw_panel(axes, table[table["sign"] == sign], panel)
            axes.set_ylim(_limits(table, panel))
            if row == 0:
                axes.set_title(panel.title, pad=4)
            if sign != bottom:
                axes.tick_params(labelbottom=False)
            if panel is PANELS[0]:
                axes.set_ylabel(name, fontsize=7.5)
    _add_legend(figure)
    style.write_data(
        figure, data, before="$\\rho$: smallest distance between two reals of a class. "
    )
    return figure


def _draw_panel(axes: Axes, rows: pd.DataFrame, panel: Panel) -> None:
    """Draw one sign's rows: a place for each measure, the classes side by side."""
    columns = list(panel.measures)
    for label in (BENIGN, MALIGNANT):
        places = np.arange(len(columns)) + _BESIDE[label]
        values = rows[rows["label"] == label].sort_values(["fold", "seed"])[columns]
        _draw_class(axes, places, values, label, joined=panel.is_story)
        if "purity_without_seed" in columns:
            place = places[columns.index("purity_without_seed")]
            axes.hlines(_chance(rows, label), place - 0.19, place + 0.19, **_CHANCE)
    if panel.is_story:
        axes.axhline(0.5, **_CHANCE)
    axes.set_xticks(range(len(columns)), list(panel.measures.values()))
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_class(
    axes: Axes, places: np.ndarray, values: pd.DataFrame, label: int, joined: bool
) -> None:
    """Draw a class's rows, one a fold and seed, around the place of each measure; and the means."""
    colour = style.COLOURS[label]
    fold = np.arange(len(values)) - (len(values) - 1) / 2
    beside = 2 * _FOLDS_SPREAD * fold / max(1, len(values) - 1)
    axes.scatter(
        np.add.outer(beside, places),
        values,
        s=14,
        c=colour,
        marker=style.MARKERS[label],
        edgecolors="white",
        linewidths=0.4,
        zorder=3,
    )
    means = values.mean()  # of those that have a value
    axes.hlines(means, places - 0.17, places + 0.17, color=colour, linewidth=1.3, zorder=2.5)
    if joined:
        axes.plot(places, means, color=colour, linewidth=0.7, alpha=0.6)


def _chance(rows: pd.DataFrame, label: int) -> float:
    """Return how often any real but the seed is of the class: the mean over one sign's rows."""
    n_all = rows.groupby(["fold", "seed"])["n_reals"].sum()
    n_own = rows[rows["label"] == label].set_index(["fold", "seed"])["n_reals"]
    return ((n_own - 1) / (n_all - 1)).mean()


def _limits(table: pd.DataFrame, panel: Panel) -> tuple[float, float]:
    """Return the limits of a panel's axis, alike for both signs.

    Realness hardly leaves 1/2, the SVM's boundary, so its axis is as wide as its values; all else
    is shown from 0 to 1.
    """
    if "realness" not in panel.measures:
        return -0.05, 1.05
    farthest = (table[list(panel.measures)] - 0.5).abs().max(axis=None)
    half = 1.15 * max(farthest, 0.01) if np.isfinite(farthest) else 0.5
    return 0.5 - half, 0.5 + half


def _add_legend(figure: Figure) -> None:
    classes = [
        Line2D(
            [],
            [],
            color=style.COLOURS[label],
            marker=style.MARKERS[label],
            markersize=4,
            markeredgewidth=0,
            linewidth=1.3,
            label=f"{CLASS_NAMES[label]}: folds, seeds, their mean",
        )
        for label in (BENIGN, MALIGNANT)
    ]
    chance = Line2D([], [], **_CHANCE, label="undecided, or chance")
    height = figure.get_size_inches()[1]
    figure.legend(
        handles=[*classes, chance],
        loc="upper center",
        bbox_to_anchor=(0.5, 1 - 0.02 / height),
        ncols=3,
    )
