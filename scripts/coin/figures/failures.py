"""The masses that a run is surest of: those misdiagnosed, and those diagnosed rightly."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coin.common.conventions import CLASS_NAMES
from coin.figures import style

TILES = 6
"""Masses in a row."""
_EDGE, _BETWEEN, _HEADING, _LINES = 0.06, 0.06, 0.22, 0.36
_TILE = (style.TWO_COLUMNS - 2 * _EDGE - (TILES - 1) * _BETWEEN) / TILES


class Mass(NamedTuple):
    """A held-out mass, and what models of several seeds say of it."""

    roi: np.ndarray
    """(H, W) in [0, 1]."""
    mass_id: str
    about: str
    """What else is known of it, in words."""
    probability: np.ndarray
    """(S,) of malignant, in [0, 1], of each seed's model."""


def draw(kinds: dict[tuple[bool, int], list[Mass]], arm: str, data: str) -> Figure:
    """Draw a row a kind (whether rightly diagnosed, class): how many masses, and up to `TILES`.

    Args:
        kinds: all masses of each kind, the surest first
        arm: whose probabilities, in words
        data: what is shown, in words
    """
    heights = [_HEADING + (_TILE + _LINES) * bool(masses) for masses in kinds.values()]
    figure = style.new_figure(style.TWO_COLUMNS, sum(heights) + 0.24)
    size = _type_size([mass.mass_id for masses in kinds.values() for mass in masses[:TILES]])
    tops = np.cumsum([0, *heights])
    for top, ((is_right, label), masses) in zip(tops, kinds.items(), strict=False):
        called = CLASS_NAMES[label if is_right else 1 - label]
        diagnosis = "rightly diagnosed" if is_right else f"called {called}"
        count = f"{len(masses):,} masses" if len(masses) != 1 else "1 mass"
        figure.text(
            _EDGE / style.TWO_COLUMNS,
            1 - (top + 0.13) / figure.get_figheight(),
            f"{CLASS_NAMES[label]}, {diagnosis}: {count}",
            color=style.COLOURS[label],
            fontweight="bold",
            va="center",
        )
        for place, mass in enumerate(masses[:TILES]):
            left = _EDGE + place * (_TILE + _BETWEEN)
            axes = style.axes_at(figure, left, top + _HEADING, _TILE, _TILE)
            style.show_roi(axes, mass.roi, label)
            _write_about(axes, mass, size)
    several = any(len(mass.probability) > 1 for masses in kinds.values() for mass in masses)
    number = "mean probability of malignant (lowest to highest seed)"
    before = f"{arm}: {number if several else 'probability of malignant'}; the surest first. "
    style.write_data(figure, data, before=before)
    return figure


def _write_about(axes: Axes, mass: Mass, type_size: float) -> None:
    low, high = mass.probability.min(), mass.probability.max()
    spread = f" ({low:.3f} to {high:.3f})" if len(mass.probability) > 1 else ""
    lines = [
        (f"{mass.probability.mean():.3f}{spread}", 6.5),
        (mass.mass_id, type_size),
        (mass.about, 5.5),
    ]
    for number, (line, size) in enumerate(lines):
        axes.text(
            0.5,
            -(0.03 + 0.105 * number) / _TILE,
            line,
            transform=axes.transAxes,
            ha="center",
            va="top",
            fontsize=size,
            parse_math=False,
        )


def _type_size(names: list[str]) -> float:
    """Return the size in points at which the longest name fits its tile, at most 5.5."""
    longest = max((len(name) for name in names), default=1)
    return min(5.5, 72 * _TILE / (0.62 * longest))
