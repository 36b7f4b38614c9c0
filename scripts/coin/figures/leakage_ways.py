"""What leakage is worth: each arm's AUC by how it leaks, beside what was published."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coin.figures import style

COLUMNS = ["way", "arm", "metric", "value", "low", "high", "published", "note"]
"""What the figure needs of `leakage.csv`."""
_WAYS = {
    "own": "the study's\nown folds",
    "image": "folds by image",
    "mass": "folds by mass",
    "neighbours": "neighbours made\nbefore the split",
    "best_cell": "best cell of Fig. 5a,\non held-out masses",
    "nested_cell": "best cell of Fig. 5a,\non the other folds",
}
_ARMS = {
    "none": ("no augmentation", style.FAINT, "s"),
    "adversarial": ("adversarial", "#0072B2", "o"),
    "coin": ("COIN", "#D55E00", "^"),
}
_BETWEEN = 0.22
_LEFT, _TOP, _HEIGHT, _FOOT = 1.08, 0.24, 2.35, 0.56


def draw(table: pd.DataFrame, data: str) -> Figure:
    """Draw a row a way with every arm's AUC and interval; published ones are dotted lines.

    Args:
        table: `leakage.csv`, with `COLUMNS`; a way that was not made says why
        data: what was measured, in words
    """
    figure = style.new_figure(style.COLUMN, _TOP + _HEIGHT + _FOOT)
    axes = style.axes_at(figure, _LEFT, _TOP, style.COLUMN - _LEFT - 0.1, _HEIGHT)
    rows = table[table["metric"] == "auc"]
    for place, way in enumerate(_WAYS):
        of_way = rows[rows["way"] == way]
        if of_way["value"].isna().all():
            why = of_way["note"].iloc[0]
            axes.text(0.02, place, why, va="center", fontsize=6, color=style.FAINT)
        else:
            _draw_way(axes, place, of_way)
    for arm, (_, colour, _) in _ARMS.items():
        published = rows.loc[rows["arm"] == arm, "published"].iloc[0]
        axes.axvline(published, color=colour, linewidth=0.8, linestyle=":", zorder=1)
    axes.axhline(3.5, color=style.FAINT, linewidth=0.4)  # below it nothing is trained
    axes.set_yticks(range(len(_WAYS)), list(_WAYS.values()))
    axes.set_ylim(len(_WAYS) - 0.5, -0.5)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("AUC, 95 % interval; dotted: published (INbreast)")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#E4E4E4", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    _add_legend(figure)
    style.write_data(figure, data)
    return figure


def _draw_way(axes: Axes, place: int, rows: pd.DataFrame) -> None:
    """Draw the arms of a way one below the other; one without an interval has none."""
    middle = (len(rows) - 1) / 2
    for number, row in enumerate(rows.itertuples()):
        _, colour, marker = _ARMS[row.arm]
        reach = np.nan_to_num([[row.value - row.low], [row.high - row.value]])
        axes.errorbar(
            row.value,
            place + _BETWEEN * (number - middle),
            xerr=np.maximum(reach, 0),
            color=colour,
            marker=marker,
            markersize=3.5,
            elinewidth=0.8,
            capsize=1.5,
        )


def _add_legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=3.5, linewidth=0.8, label=name)
        for name, colour, marker in _ARMS.values()
    ]
    figure.legend(handles=handles, loc="upper center", ncols=len(handles), borderaxespad=0.2)
