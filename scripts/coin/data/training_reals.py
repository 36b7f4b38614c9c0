"""The real masses that augmentation may see: one class of a fold's training part."""

import logging
from pathlib import Path

import numpy as np

from coin.common.conventions import CLASS_NAMES
from coin.common.errors import BadInput
from coin.common.files import read_array, read_masses, read_table


def read_training_reals(
    masses: Path, rois: Path, folds: Path, fold: int, label: int
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Read the ROIs (n, H, W) of a class that a fold trains on, their rows (n,) and mass ids.

    Raises:
        BadInput: the three files do not list the same masses in the same order.
    """
    table, assignment = read_masses(masses), read_table(folds, ["mass_id", "fold"])
    images = read_array(rois)
    if len(images) != len(table) or list(assignment["mass_id"]) != list(table["mass_id"]):
        raise BadInput(
            f"{folds}, {rois}: not in the order of {masses} ({len(table)} masses, {len(images)} "
            "ROIs); make them again"
        )
    rows = np.flatnonzero((table["label"] == label) & (assignment["fold"] != fold))
    logging.info("fold %d: %d %s masses to train on", fold, len(rows), CLASS_NAMES[label])
    return images[rows], rows, list(table["mass_id"][rows])
