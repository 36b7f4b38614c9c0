"""AUC of parts of the masses, with intervals: a row each."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coin.evaluation.estimates import ONE_SEED
from coin.evaluation.subgroup_metrics import ALL, HEADINGS
from coin.figures import style
from coin.figures.small_multiples import name_of

_STYLES = (
    ("#666666", "s", "white"),
    (style.COLOURS[0], "^", style.COLOURS[0]),
    (style.COLOURS[1], "o", style.COLOURS[1]),
)
"""Colour, marker and its filling of each arm, in order: apart in grey."""
_TOP, _FOOT, _GROUP, _LABELS = 0.32, 0.52, 0.235, 2.05
_APART = 0.24
"""Between arms of a group, in rows."""


def draw(table: pd.DataFrame, data: str) -> Figure:
    """Draw each group's AUC and interval, the arms one below the other; or why it has none.

    Args:
        table: `subgroups.csv`, of up to three arms
        data: what was measured, in words
    """
    groups = table.drop_duplicates(["by", "group"]).reset_index(drop=True)
    starts = (groups["by"] != groups["by"].shift()) & (groups["by"] != ALL)
    place = np.arange(len(groups)) + 0.45 * np.cumsum(starts.to_numpy())
    height = (place[-1] + 1) * _GROUP
    figure = style.new_figure(style.TWO_COLUMNS, _TOP + height + _FOOT)
    width = style.TWO_COLUMNS - _LABELS - 0.1
    axes = style.axes_at(figure, _LABELS, _TOP, width, height)
    axes.set(xlim=(-0.01, 1.01), ylim=(place[-1] + 0.5, -0.5))
    axes.axvline(0.5, color=style.FAINT, linewidth=0.6, linestyle=(0, (2, 1.5)), zorder=1)
    _write_groups(axes, groups, place)
    at = dict(zip(zip(groups["by"], groups["group"], strict=True), place, strict=True))
    arms = table.groupby("arm", sort=False)
    for number, (arm, rows) in enumerate(arms):
        y = np.array([at[pair] for pair in zip(rows["by"], rows["group"], strict=True)])
        _draw_arm(axes, name_of(arm), rows, y + _APART * (number - (arms.ngroups - 1) / 2), number)
    axes.set_xlabel("AUC", labelpad=1)
    axes.grid(axis="x", color="#E4E4E4", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=arms.ngroups, borderpad=0)
    note = f"; {ONE_SEED}" if (table["note"] == ONE_SEED).any() else ""
    style.write_data(figure, data, before=f"Mean over folds and seeds, 95 % interval{note}. ")
    return figure


def _write_groups(axes: Axes, groups: pd.DataFrame, place: np.ndarray) -> None:
    """Write the groups' names and sizes beside the axes, and why one has no AUC within them."""
    inch = 1.02 / (style.TWO_COLUMNS - _LABELS - 0.1)
    columns = {"by": (-_LABELS + 0.06, "left"), "group": (-1.45, "left"), "count": (-0.08, "right")}
    counts = groups["n_benign"].astype(str) + " + " + groups["n_malignant"].astype(str)
    written = groups.assign(
        by=groups["by"].map(HEADINGS).where(groups["by"] != groups["by"].shift(), ""),
        group=groups["group"].where(groups["by"] != ALL, ""),
        count=counts.where(groups["n_patients"] > 0, ""),
    )
    heads = {"by": "", "group": "", "count": "benign + malignant"}
    for name, (left, side) in columns.items():
        x = left * inch
        axes.text(x, -0.55, heads[name], ha=side, va="bottom", fontsize=6, color=style.FAINT)
        for y, text in zip(place, written[name], strict=True):
            weight = "bold" if name == "by" else "normal"
            axes.text(
                x, y, text, ha=side, va="center", fontsize=6.5, fontweight=weight, parse_math=False
            )
    for y, row in zip(place, groups.itertuples(), strict=True):
        if pd.isna(row.low):
            x, side = (0.99, "right") if row.auc < 0.5 else (0.01, "left")  # where no marker is
            axes.text(x, y, row.note, ha=side, va="center", fontsize=6.5, color=style.FAINT)


def _draw_arm(axes: Axes, name: str, rows: pd.DataFrame, y: np.ndarray, number: int) -> None:
    colour, marker, filling = _STYLES[number]
    reach = [rows["auc"] - rows["low"], rows["high"] - rows["auc"]]
    axes.errorbar(
        rows["auc"],
        y,
        xerr=np.nan_to_num(np.maximum(reach, 0)),
        color=colour,
        marker=marker,
        markerfacecolor=filling,
        markeredgewidth=0.8,
        markersize=3.4,
        linestyle="",
        elinewidth=0.9,
        label=name,
        zorder=3,
    )
