"""ROC curves of arms, each before all others."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coin.evaluation.roc_curve import FALSE_POSITIVES, Curve
from coin.figures import style
from coin.figures.small_multiples import COLUMNS, panels, title, unit_square

_CURVE = style.COLOURS[0]


def draw(curves: Mapping[str, Curve], aucs: Mapping[str, str], note: str, data: str) -> Figure:
    """Draw a panel an arm: its mean curve in its band, before the other arms' curves in grey.

    Args:
        curves: by arm
        aucs: the same arms' AUC, in words
        note: what is to be said of the bands, or why there is none; may be empty
        data: what was measured, in words
    """
    figure, corners = panels(len(curves), row_height=1.98)
    for number, (arm, (left, top, side)) in enumerate(zip(curves, corners, strict=True)):
        axes = style.axes_at(figure, left, top, side, side)
        unit_square(axes, number, "sensitivity")
        for other in curves:
            _draw_curve(axes, curves[other], is_own=other == arm)
        title(axes, arm)
        axes.text(1, 0.02, f"AUC\n{aucs[arm]}", ha="right", va="bottom", fontsize=6.5)
        if number + COLUMNS >= len(curves):
            axes.set_xlabel("1 - specificity", labelpad=1)
    has_band = any(np.isfinite(curve.low).any() for curve in curves.values())
    of_band = ["band: 95 % interval at each specificity"] * has_band + [note] * bool(note)
    before = "; ".join(["Mean over folds and seeds; grey: the other arms", *of_band]) + ".\n"
    style.write_data(figure, data, before=before)
    return figure


def _draw_curve(axes: Axes, curve: Curve, is_own: bool) -> None:
    if not is_own:
        axes.plot(FALSE_POSITIVES, curve.sensitivity, color="#BBBBBB", linewidth=0.5, zorder=2)
        return
    axes.plot(FALSE_POSITIVES, curve.sensitivity, color=_CURVE, linewidth=1.3, zorder=4)
    axes.fill_between(
        FALSE_POSITIVES, curve.low, curve.high, color=_CURVE, alpha=0.2, linewidth=0, zorder=3
    )
