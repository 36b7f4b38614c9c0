"""Reliability diagrams of arms: do probabilities mean what they say."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coin.evaluation.reliability import Reliability
from coin.evaluation.weighted_metrics import BINS
from coin.figures import style
from coin.figures.small_multiples import COLUMNS, panels, title, unit_square

_POINT = style.COLOURS[1]
_COUNTS = 0.46
_FEW = 10


def draw(
    found: Mapping[str, Reliability], errors: Mapping[str, str], note: str, data: str
) -> Figure:
    """Draw a panel an arm: the share of malignant masses in each bin, above how many it holds.

    Args:
        found: by arm
        errors: the same arms' expected calibration error, in words
        note: what is to be said of the intervals; may be empty
        data: what was measured, in words
    """
    figure, corners = panels(len(found), row_height=2)
    most = max(each.n_masses.max() for each in found.values())
    for number, (arm, (left, top, side)) in enumerate(zip(found, corners, strict=True)):
        axes = style.axes_at(figure, left, top, side, side - _COUNTS)
        counts = style.axes_at(figure, left, top + side - _COUNTS + 0.04, side, _COUNTS - 0.04)
        unit_square(axes, number, "share malignant")
        axes.tick_params(labelbottom=False)
        _draw_shares(axes, found[arm])
        _draw_counts(counts, found[arm].n_masses, most)
        counts.tick_params(length=2, labelleft=number % COLUMNS == 0)
        title(axes, arm)
        counts.text(0.5, 1.4 * most, f"error {errors[arm]}", ha="center", va="top", fontsize=6.5)
        if number % COLUMNS == 0:
            counts.set_ylabel("masses")
            figure.align_ylabels([axes, counts])
        if number + COLUMNS >= len(found):
            counts.set_xlabel("probability of malignant", labelpad=1)
    before = (
        f"{BINS} bins of equal width, those of the calibration error; hollow: fewer than {_FEW} "
        "masses; bars: 95 % intervals, where resamples differ.\n"
    )
    style.write_data(figure, data, before=before + f"{note}. ".capitalize() * bool(note))
    return figure


def _draw_shares(axes: Axes, found: Reliability) -> None:
    reach = np.nan_to_num(np.maximum([found.share - found.low, found.high - found.share], 0))
    is_few = found.n_masses < _FEW
    for chosen, filling in ((is_few & (found.n_masses > 0), "white"), (~is_few, _POINT)):
        axes.errorbar(
            found.probability[chosen],
            found.share[chosen],
            yerr=reach[:, chosen],
            color=_POINT,
            marker="o",
            markerfacecolor=filling,
            markersize=3.2,
            linestyle="",
            elinewidth=0.8,
            clip_on=False,
            zorder=3,
        )


def _draw_counts(axes: Axes, n_masses: np.ndarray, most: float) -> None:
    edges = np.linspace(0, 1, BINS + 1)
    axes.bar(edges[:-1], n_masses, width=0.9 / BINS, align="edge", color="#BBBBBB")
    axes.set(xlim=(-0.02, 1.02), ylim=(0, 1.4 * most))
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_yticks([0, most], ["0", f"{most:.0f}"])
    axes.spines[["top", "right"]].set_visible(False)
