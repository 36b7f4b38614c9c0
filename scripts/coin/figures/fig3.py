"""Fig. 3: the framework's three steps, drawn from a study's own masses and signed graph."""

from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from scipy.sparse import csr_array

from coin.common.conventions import CLASS_NAMES
from coin.figures import style

SHOWN = 4
"""Neighbours of each sign that are drawn, at most."""
_HEIGHT, _HEADING, _ROW = 3.55, 0.36, 1.5
_TILE, _ANCHOR, _PITCH = 0.335, 0.54, 0.36
_SYMBOLS = {"real": "$x$", "positive": "$x^+$", "negative": "$x^-$"}
_PULL, _PUSH = {"linestyle": "-"}, {"linestyle": (0, (3, 2))}


class Study(NamedTuple):
    """What the figure is drawn from: one fold's expanded data and its signed graph."""

    rois: np.ndarray
    """(N, H, W), of all masses."""
    nodes: pd.DataFrame
    """nodes.csv: `kind` real, positive or negative, `label`, `row` in the masses or in `made`."""
    graph: csr_array
    """(M, M) sparse, +1 and -1, equation (4); the rows are the anchors."""
    made: dict[tuple[str, int], dict[str, np.ndarray]]
    """`rois` and `seed` of the neighbours, by kind and class."""

    def roi(self, node: int) -> np.ndarray:
        """Return the ROI of a node (H, W)."""
        kind, label, row = self.nodes.loc[node, ["kind", "label", "row"]]
        return self.rois[row] if kind == "real" else self.made[kind, label]["rois"][row]

    def made_from(self, node: int, kind: str) -> np.ndarray | None:
        """Return the first neighbour of a kind made from a real node, None where there is none."""
        label, mass = self.nodes.loc[node, ["label", "row"]]
        made = self.made[kind, label]
        rows = np.flatnonzero(made["seed"] == mass)
        return made["rois"][rows[0]] if rows.size else None

    def neighbours(self, node: int, sign: int) -> np.ndarray:
        """Return the nodes that a node's edges of a sign lead to."""
        start, end = self.graph.indptr[node : node + 2]
        return self.graph.indices[start:end][self.graph.data[start:end] == sign]


def draw(study: Study, data: str) -> Figure:
    """Draw augmentation, signed graph and joint optimisation, benign above and malignant below.

    The mass of each class is the first with the most to show: neighbours made from it, and edges to
    real, positive and negative nodes. Images and edges are the study's; only step 3 is a scheme.

    Args:
        study: the masses, their neighbours and their graph
        data: what is shown, in words
    """
    figure = style.new_figure(style.TWO_COLUMNS, _HEIGHT)
    canvas = style.axes_at(figure, 0, 0, style.TWO_COLUMNS, _HEIGHT)
    canvas.set(xlim=(0, style.TWO_COLUMNS), ylim=(_HEIGHT, 0))
    canvas.set_axis_off()
    for left, right, heading in (
        (0.06, 2.2, "1  Augmentation, Eqs. (1)–(3)"),
        (2.38, 4.88, "2  Signed graph, Eq. (4)"),
        (5.06, 7.1, "3  Joint optimisation, Eq. (7)"),
    ):
        canvas.text((left + right) / 2, 0.16, heading, ha="center", fontsize=8, fontweight="bold")
        canvas.plot([left, right], [0.26, 0.26], color=style.FAINT, linewidth=0.6)
    for label in range(len(CLASS_NAMES)):
        middle = _HEADING + (label + 0.5) * _ROW
        anchor = _anchor(study, label)
        if anchor is None:
            canvas.text(3.6, middle, f"no {CLASS_NAMES[label]} anchor", ha="center")
            continue
        _draw_augmentation(figure, canvas, study, anchor, label, middle)
        _draw_graph(figure, canvas, study, anchor, label, middle)
        _draw_optimisation(canvas, study, anchor, label, middle)
    style.write_data(figure, data)
    return figure


def _anchor(study: Study, label: int) -> int | None:
    """Return the real node of a class with the most to show, the first of equals."""
    is_real = (study.nodes["kind"] == "real") & (study.nodes["label"] == label)
    return max(np.flatnonzero(is_real).tolist(), key=partial(_worth, study), default=None)


def _worth(study: Study, node: int) -> int:
    made = [study.made_from(node, kind) is not None for kind in ("positive", "negative")]
    kinds = [set(study.nodes["kind"].iloc[study.neighbours(node, sign)]) for sign in (1, -1)]
    return sum(made) + sum(len(of_sign) for of_sign in kinds)


def _draw_augmentation(
    figure: Figure, canvas: Axes, study: Study, anchor: int, label: int, middle: float
) -> None:
    """Step 1: the mass, and the neighbours that equations (2) and (3) choose from its copies."""
    canvas.text(
        0.13,
        middle,
        CLASS_NAMES[label],
        color=style.COLOURS[label],
        rotation=90,
        ha="center",
        va="center",
        fontweight="bold",
    )
    _tile(figure, study.roi(anchor), label, 0.55, middle, _ANCHOR)
    canvas.text(0.55, middle + 0.37, _SYMBOLS["real"], ha="center", va="center")
    canvas.text(1.12, middle, "noise,\nSVM", ha="center", va="center", fontsize=6.5)
    for kind, equation, up in (("positive", "Eq. (2)", -1), ("negative", "Eq. (3)", 1)):
        place = middle + up * 0.35
        roi = study.made_from(anchor, kind)
        _arrow(canvas, (0.86, middle + up * 0.1), (1.46, place))
        canvas.text(1.1, middle + up * 0.42, equation, ha="center", va="center", fontsize=6.5)
        if roi is None:
            canvas.text(1.75, place, "none made\nfrom it", ha="center", va="center", fontsize=6)
        else:
            _tile(figure, roi, label, 1.75, place, _ANCHOR)
            canvas.text(2.14, place, _SYMBOLS[kind], ha="center", va="center")


def _draw_graph(
    figure: Figure, canvas: Axes, study: Study, anchor: int, label: int, middle: float
) -> None:
    """Step 2: the anchor's edges, to its own class on the left, to the others on the right."""
    centre = 3.63
    for sign, name, side, line in ((1, "+1", -1, _PULL), (-1, "−1", 1, _PUSH)):
        neighbours = study.neighbours(anchor, sign)
        shown = _varied(study, neighbours)[:SHOWN]
        x = centre + side * 0.95
        for place, node in enumerate(shown):
            y = middle + (place - (len(shown) - 1) / 2) * _PITCH
            canvas.plot([centre, x], [middle, y], color=style.INK, linewidth=0.9, **line)
            kind, of_class = study.nodes.loc[node, ["kind", "label"]]
            _tile(figure, study.roi(node), of_class, x, y, _TILE)
            canvas.text(x + side * 0.27, y, _SYMBOLS[kind], ha="center", va="center")
        if neighbours.size:
            count = "" if len(shown) == len(neighbours) else f"\n{len(shown)} of {len(neighbours)}"
            canvas.text(
                centre + side * 0.38,
                middle - 0.52,
                f"$\\varphi$ = {name}{count}",
                ha="center",
                va="center",
            )
    _tile(figure, study.roi(anchor), label, centre, middle, _ANCHOR)
    canvas.text(centre, middle + 0.37, _SYMBOLS["real"], ha="center", va="center")


def _draw_optimisation(canvas: Axes, study: Study, anchor: int, label: int, middle: float) -> None:
    """Step 3: +1 is pulled in, -1 is pushed out to the margin m, equation (5)."""
    centre, margin = 6.08, 0.42
    canvas.add_patch(
        Circle((centre, middle), margin, fill=False, edgecolor=style.FAINT, linewidth=0.6)
    )
    canvas.text(centre, middle - margin - 0.1, "margin $m$", ha="center", va="center", fontsize=6.5)
    for sign, side, line in ((1, -1, _PULL), (-1, 1, _PUSH)):
        shown = _varied(study, study.neighbours(anchor, sign))[:SHOWN]
        angles = np.linspace(-0.8, 0.8, len(shown)) if len(shown) > 1 else np.zeros(len(shown))
        for node, angle in zip(shown, angles, strict=True):
            direction = np.array([side * np.cos(angle), np.sin(angle)])
            near, far = np.array([centre, middle]) + np.outer((0.16, 0.34), direction)
            if sign > 0:
                start, end, mark = far, near, far
            else:
                start, end, mark = near, far + 0.2 * direction, near
            _marker(canvas, study, node, mark)
            _arrow(canvas, start, end, **line)
    _marker(canvas, study, anchor, (centre, middle), size=7)
    if label == 0:
        canvas.text(
            centre,
            _HEADING + _ROW - 0.05,
            "scheme of $h(x)$; filled: real, hollow: made\n$J = J_l + \\lambda J_g$",
            ha="center",
            va="center",
            linespacing=1.4,
        )


def _varied(study: Study, neighbours: np.ndarray) -> np.ndarray:
    """Return nodes with one of each kind and class first, then a second of each, and so on."""
    of_node = study.nodes.iloc[neighbours]
    turn = of_node.groupby(["kind", "label"]).cumcount()
    return neighbours[np.argsort(turn.to_numpy(), kind="stable")]


def _tile(figure: Figure, roi: np.ndarray, label: int, x: float, y: float, size: float) -> None:
    """Show an ROI about a place in inches."""
    style.show_roi(style.axes_at(figure, x - size / 2, y - size / 2, size, size), roi, label)


def _marker(canvas: Axes, study: Study, node: int, place, size: float = 4.5) -> None:
    kind, label = study.nodes.loc[node, ["kind", "label"]]
    canvas.plot(
        *place,
        marker=style.MARKERS[label],
        markersize=size,
        color=style.COLOURS[label],
        markerfacecolor=style.COLOURS[label] if kind == "real" else "white",
        zorder=4,
    )


def _arrow(canvas: Axes, start, end, **line) -> None:
    canvas.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={"arrowstyle": "-|>", "linewidth": 0.8, "color": style.INK, **line}
        | {"shrinkA": 2, "shrinkB": 2, "mutation_scale": 6},
    )
