"""What several figures read: images that were made from masses."""

from pathlib import Path

import numpy as np

from coin.common.errors import BadInput
from coin.common.files import read_arrays


def read_made(path: Path) -> dict[str, np.ndarray]:
    """Read what was made from masses: `rois` (M, H, W) and `seed` (M,), each one's mass's row."""
    made = read_arrays(path)
    if not {"rois", "seed"} <= made.keys() or len(made["rois"]) != len(made["seed"]):
        raise BadInput(f"{path}: no `rois` with a `seed` each; make it again")
    return made
