"""The outlines of masses, where masses.csv has them."""

import numpy as np
import pandas as pd

from coin.common.errors import BadInput

COLUMNS = ("x_points", "y_points")
"""Pixels of the mass's image, with blanks between."""
_FEWEST_POINTS = 3


def outlines_of(masses: pd.DataFrame) -> list[np.ndarray | None] | None:
    """Return each mass's outline, (n, 2) points x, y; None for a mass, or for all, without one.

    Raises:
        BadInput: an outline is not as many numbers in x as in y, three or more, around an area.
    """
    if not set(COLUMNS) <= set(masses):
        return None
    texts = masses[[*COLUMNS]].astype(object).fillna("").astype(str)
    return [
        _points(name, *of_mass)
        for name, of_mass in zip(masses["mass_id"], texts.to_numpy(), strict=True)
    ]


def _points(mass_id: str, x: str, y: str) -> np.ndarray | None:
    if not x.strip() and not y.strip():
        return None
    try:
        points = np.array([x.split(), y.split()], float).T
        if (
            len(points) >= _FEWEST_POINTS
            and np.isfinite(points).all()
            and np.ptp(points, axis=0).all()
        ):
            return points
    except ValueError:
        pass
    raise BadInput(
        f"masses.csv: mass {mass_id}: found {x[:20]!r} and {y[:20]!r} in {' and '.join(COLUMNS)}, "
        "expected as many numbers of pixels in both, three or more, with blanks between"
    )
