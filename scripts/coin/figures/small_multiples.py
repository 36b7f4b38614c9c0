"""Arms side by side: a panel each, and how an arm is called in pictures."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coin.figures import style

NAMES = {
    "none": "no augmentation",
    "conventional": "flips and rotations",
    "cgan": "CGAN",
    "adversarial": "adversarial positives",
    "coin": "COIN",
    "no_graph": "COIN, $\\lambda$ = 0",
}
"""Of the paper's arms; a user's own arm is called as it is."""
COLUMNS = 4
"""Of panels: as many as Table I has arms, so that those stand in a row."""
_LEFT, _TOP, _SIDE, _BETWEEN = 0.42, 0.22, 1.46, 0.21
_FOOT = 0.66


def panels(count: int, row_height: float) -> tuple[Figure, list[tuple[float, float, float]]]:
    """Return a figure two columns wide, and each panel's left, top and side in inches.

    Args:
        count: of panels, in rows of up to `COLUMNS`
        row_height: inches from one row to the next
    """
    height = (-(-count // COLUMNS) - 1) * row_height + _TOP + _SIDE + _FOOT
    figure = style.new_figure(style.TWO_COLUMNS, height)
    places = [divmod(number, COLUMNS) for number in range(count)]
    corners = [
        (_LEFT + column * (_SIDE + _BETWEEN), _TOP + row * row_height, _SIDE)
        for row, column in places
    ]
    return figure, corners


def title(axes: Axes, arm: str) -> None:
    """Write an arm's name above its panel, a long one smaller."""
    name = name_of(arm)
    axes.set_title(name, pad=3, fontsize=7.5 * min(1, 24 / len(name)))


def name_of(arm: str) -> str:
    """Return what an arm is called in pictures, dollars being no formula."""
    return NAMES.get(arm, arm.replace("$", "\\$"))


def unit_square(axes: Axes, number: int, ylabel: str) -> None:
    """Give a panel axes from 0 to 1; what the vertical one says stands left of each row alone."""
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="" if number % COLUMNS else ylabel)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.tick_params(length=2, labelleft=number % COLUMNS == 0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.plot([0, 1], [0, 1], color=style.FAINT, linewidth=0.6, linestyle=(0, (2, 1.5)), zorder=1)
