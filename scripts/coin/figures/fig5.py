"""Fig. 5: how much the numbers of neighbours (a) and the weight of the graph's loss (b) matter."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coin.figures import style

MEASURES = {"accuracy": "Accuracy", "auc": "AUC"}
_CELL = 0.31
_LINES = {"accuracy": ("#0072B2", "o", "-"), "auc": ("#D55E00", "s", "--")}


def draw_neighbours(table: pd.DataFrame, data: str) -> Figure:
    """Fig. 5a: accuracy and AUC as heat maps over (n+, n-), each cell with its mean ± deviation.

    Args:
        table: `fig5a.csv`; a point that it lacks stays white
        data: what was measured, in words
    """
    n_rows = max(3, table["n_negative"].nunique())
    cells_height = _CELL * n_rows
    figure = style.new_figure(style.COLUMN, 2 * cells_height + 1.28)
    for row, (measure, title) in enumerate(MEASURES.items()):
        top = 0.24 + row * (cells_height + 0.47)
        axes = style.axes_at(figure, 0.42, top, style.COLUMN - 0.95, cells_height)
        bar = style.axes_at(figure, style.COLUMN - 0.47, top, 0.09, cells_height)
        image = _heat_map(axes, table, measure)
        figure.colorbar(image, cax=bar).outline.set_linewidth(0.4)
        bar.tick_params(length=2)
        axes.set_title(title, pad=3)
        axes.set_ylabel("negative, $n^-$")
        if row == len(MEASURES) - 1:
            axes.set_xlabel("positive neighbours, $n^+$")
    style.write_data(figure, data, before=_spread(table))
    return figure


def draw_weight(table: pd.DataFrame, data: str) -> Figure:
    """Fig. 5b: accuracy and AUC with their intervals against lambda, on a log scale and at 0.

    Args:
        table: `fig5b.csv`
        data: what was measured, in words
    """
    figure = style.new_figure(style.COLUMN, 2.5)
    axes = style.axes_at(figure, 0.45, 0.25, style.COLUMN - 0.55, 1.65)
    place = _places(table["lambda"].to_numpy())
    for measure, shift in (("accuracy", -0.03), ("auc", 0.03)):  # so that no bar hides another
        colour, marker, line = _LINES[measure]
        axes.errorbar(
            place + shift,
            table[f"{measure}_mean"],
            yerr=_bars(table, measure),
            color=colour,
            marker=marker,
            linestyle=line,
            markersize=4,
            elinewidth=0.8,
            capsize=2,
            label=MEASURES[measure],
        )
    axes.set_xticks(place, [f"{weight:g}" for weight in table["lambda"]])
    axes.set_xlabel("weight of the graph's loss, $\\lambda$")
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 0.98), ncols=2)
    if (table["lambda"] == 0).any() and len(table) > 1:
        _mark_break(axes, place)
    known = table["auc_low"].notna().any()
    style.write_data(figure, data, before="Mean, 95 % interval. " if known else "")
    return figure


def _bars(table: pd.DataFrame, measure: str) -> np.ndarray:
    """Return how far the interval reaches below and above the mean (2, n); 0 where it has none."""
    mean = table[f"{measure}_mean"]
    reach = [mean - table[f"{measure}_low"], table[f"{measure}_high"] - mean]
    return np.nan_to_num(np.maximum(reach, 0))


def _spread(table: pd.DataFrame) -> str:
    """Return what the numbers are, in words; with one training there is no deviation."""
    return "Mean ± s.d. over folds × seeds. " if table["accuracy_std"].notna().any() else ""


def _heat_map(axes: Axes, table: pd.DataFrame, measure: str):
    means = table.pivot(index="n_negative", columns="n_positive", values=f"{measure}_mean")
    deviations = table.pivot(index="n_negative", columns="n_positive", values=f"{measure}_std")
    image = axes.imshow(means, cmap="viridis", origin="lower", aspect="auto")
    axes.set_xticks(range(len(means.columns)), means.columns)
    axes.set_yticks(range(len(means.index)), means.index)
    axes.tick_params(length=0)
    for (row, column), mean in np.ndenumerate(means.to_numpy()):
        if np.isnan(mean):
            continue
        deviation = deviations.iat[row, column]
        dark = np.less(image.norm(mean), 0.5)
        axes.text(
            column,
            row,
            f"{mean:.3f}" + ("" if np.isnan(deviation) else f"\n±{deviation:.3f}"),
            ha="center",
            va="center",
            fontsize=5.8,
            linespacing=1.05,
            color="white" if dark else "black",
        )
    return image


def _places(weights: np.ndarray) -> np.ndarray:
    """Return where each weight stands: its decade, and 0 one decade below the smallest other."""
    positive = weights[weights > 0]
    lowest = np.log10(positive.min()) - 1 if positive.size else 0.0
    return np.log10(weights, where=weights > 0, out=np.full(len(weights), lowest))


def _mark_break(axes: Axes, place: np.ndarray) -> None:
    """Break the axis between 0 and the smallest other weight: there the scale is not a log one."""
    low, high = axes.get_xlim()
    middle = ((place[0] + place[1]) / 2 - low) / (high - low)
    axes.text(
        middle,
        0,
        "//",
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=7,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )
