"""Program: measure what the adversarial neighbours of a study are like."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from coin.common.conventions import CLASS_NAMES
from coin.common.errors import BadInput
from coin.common.files import read_array, read_arrays, read_masses, read_table, write_table
from coin.neighbours.quality import assess
from coin.workflow.program import Output, run

_NAME = re.compile(r"fold(\d+)/neighbours/(positive|negative)_(benign|malignant)\.npz$")


def assess_neighbours(
    *, masses: Path, rois: Path, folds: Path, neighbours: list[Path], data: str, table: Output
) -> None:
    """Measure what the adversarial neighbours of a study are like.

    Args:
        masses: the study's masses.csv.
        rois: the study's rois.npy, rows as in masses.csv.
        folds: the study's folds.csv, rows as in masses.csv.
        neighbours: what make_neighbours.py wrote, named fold<k>/neighbours/<sign>_<class>.npz.
        data: what was measured, in words: the last column.
        table: written: one row a fold, class and sign; `coin.neighbours.quality.assess` says what
            each column is. All is measured against the fold's training part.
    """
    label = read_masses(masses)["label"].to_numpy()
    held_out = read_table(folds, ["mass_id", "fold"])["fold"].to_numpy()
    images = read_array(rois)
    rows = []
    for path in neighbours:
        named = _NAME.search(path.as_posix())
        if not named:
            raise BadInput(f"{path}: expected a path fold<k>/neighbours/<sign>_<class>.npz")
        fold, sign, own_label = int(named[1]), named[2], CLASS_NAMES.index(named[3])
        training = np.flatnonzero(held_out != fold)
        made = read_arrays(path)
        made["seed"] = np.searchsorted(training, made["seed"])
        row = assess(images[training], label[training], own_label, made)
        rows.append({"fold": fold, "label": own_label, "sign": sign, **row, "data": data})
    write_table(table, pd.DataFrame(rows))


if __name__ == "__main__":
    run(assess_neighbours)
