"""What several figures read: a study's masses with their ROIs, and what was made from them."""

from pathlib import Path

import numpy as np
import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import read_array, read_arrays, read_masses


def read_study(masses: Path, rois: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Read masses.csv, and the ROIs (N, H, W), one a row of it.

    Raises:
        BadInput: there are not as many of the one as of the other.
    """
    table, images = read_masses(masses), read_array(rois)
    if images.ndim != 3 or len(images) != len(table):
        raise BadInput(
            f"{rois}: found shape {images.shape}, expected ({len(table)}, height, width), an ROI "
            f"for each mass of {masses}; make it again"
        )
    return table, images


def read_made(path: Path) -> dict[str, np.ndarray]:
    """Read what was made from masses: `rois` (M, H, W) and `seed` (M,), each one's mass's row."""
    made = read_arrays(path)
    if not {"rois", "seed"} <= made.keys() or len(made["rois"]) != len(made["seed"]):
        raise BadInput(f"{path}: no `rois` with a `seed` each; make it again")
    return made
