"""Fig. 2: what the augmentations make of the same masses."""

import numpy as np
from matplotlib.figure import Figure

from coin.common.conventions import CLASS_NAMES
from coin.figures import style

COLUMNS = 4
"""Masses a class."""
_LEFT, _TOP, _TILE, _GAP, _BETWEEN = 0.36, 0.22, 0.8, 0.03, 0.12

Made = dict[str, np.ndarray]
"""The arrays of a neighbour file: `rois` (M, H, W) and `seed` (M,), the row of each one's mass."""


def draw(rois: np.ndarray, labels: np.ndarray, made: dict[str, list[Made]], data: str) -> Figure:
    """Draw one column a mass: the mass itself, and below it what each method made from it.

    The masses are the ones that most methods have made something from, earlier rows first. A
    column's images share one scale of grey, the real mass's, so that they can be compared.

    Args:
        rois: (N, H, W) in [0, 1]
        labels: (N,), 0 benign and 1 malignant
        made: for each method's name, in the order of the rows, what it made of the benign masses
            and of the malignant ones
        data: what is shown, in words
    """
    pitch = _TILE + _GAP
    height = _TOP + (1 + len(made)) * pitch + 0.22
    figure = style.new_figure(style.TWO_COLUMNS, height)
    _write_row_names(figure, ["original", *made], pitch)
    for label, class_name in enumerate(CLASS_NAMES):
        of_class = {name: sets[label] for name, sets in made.items()}
        left = _LEFT + label * (COLUMNS * pitch + _BETWEEN)
        figure.text(
            (left + COLUMNS * pitch / 2) / style.TWO_COLUMNS,
            1 - 0.13 / height,
            class_name,
            color=style.COLOURS[label],
            ha="center",
            va="center",
            fontsize=8,
            fontweight="bold",
        )
        for column, mass in enumerate(_masses_to_show(of_class, np.flatnonzero(labels == label))):
            window = rois[mass].min(), rois[mass].max()
            images = [rois[mass], *(_made_from(mass, arrays) for arrays in of_class.values())]
            for row, image in enumerate(images):
                tile = style.axes_at(
                    figure, left + column * pitch, _TOP + row * pitch, _TILE, _TILE
                )
                _show(tile, image, label, window)
    style.write_data(figure, data)
    return figure


def _masses_to_show(made: dict[str, Made], of_class: np.ndarray) -> np.ndarray:
    """Return up to `COLUMNS` rows of masses, those found in most methods' sets first."""
    found = sum((np.isin(of_class, arrays["seed"]).astype(int) for arrays in made.values()), 0)
    return np.sort(of_class[np.argsort(-found, kind="stable")[:COLUMNS]])


def _made_from(mass: int, made: Made) -> np.ndarray | None:
    """Return the first ROI that was made from a mass, or None where there is none."""
    rows = np.flatnonzero(made["seed"] == mass)
    return made["rois"][rows[0]] if rows.size else None


def _show(tile, image: np.ndarray | None, label: int, window: tuple[float, float]) -> None:
    if image is not None:
        style.show_roi(tile, image, label, window)
        return
    tile.set_axis_off()
    tile.text(0.5, 0.5, "none made\nfrom this mass", ha="center", va="center", fontsize=6)


def _write_row_names(figure: Figure, names: list[str], pitch: float) -> None:
    height = figure.get_figheight()
    for row, name in enumerate(names):
        figure.text(
            (_LEFT - 0.18) / style.TWO_COLUMNS,
            1 - (_TOP + row * pitch + _TILE / 2) / height,
            name,
            ha="center",
            va="center",
            rotation=90,
        )
