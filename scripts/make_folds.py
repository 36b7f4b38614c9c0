"""Program: assign every mass to the fold that holds it out."""

import logging
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import read_masses, write_table
from coin.data.folds import assign_folds, follow_split
from coin.workflow.program import Output, run


def make_folds(
    *,
    masses: Path,
    group_by: Literal["patient", "image"],
    count: int,
    split_seed: int,
    folds: Output,
    split: str = "folds",
) -> None:
    """Assign every mass to the fold that holds it out.

    Args:
        masses: the study's masses.csv.
        group_by: what never crosses folds; `image` exists to measure what leakage is worth.
        count: how many folds.
        split_seed: seed of the split.
        folds: written: `mass_id,fold`, rows as in masses.csv; -1 is a mass that none holds out.
        split: `folds` to draw them; else the column of masses.csv that says `train` or `test`, and
            the test masses are fold 0, whatever `group_by`, `count` and `split_seed` say.
    """
    table = read_masses(masses)
    label = table["label"].to_numpy()
    if split == "folds":
        assigned = assign_folds(
            label, _groups(table, group_by, masses), count, split_seed, name=group_by
        )
    else:
        mass_id = table["mass_id"].to_numpy()
        part, patient = _texts(table, split, masses), _texts(table, "patient_id", masses)
        assigned = follow_split(part, label, patient, mass_id, name=split)
    write_table(folds, table[["mass_id"]].assign(fold=assigned))
    for number in range(assigned.max() + 1):
        held_out = label[assigned == number]
        logging.info("fold %d: %d masses, %d malignant", number, len(held_out), held_out.sum())


def _groups(table: pd.DataFrame, group_by: str, masses: Path) -> np.ndarray:
    """Return what masses are grouped by, one text a mass."""
    group = table[{"patient": "patient_id", "image": "image"}[group_by]]
    if group.isna().any():
        row = int(group.isna().to_numpy().argmax())
        raise BadInput(
            f"{masses}: mass {table.mass_id[row]} has no {group.name}, which protocol.group_by: "
            f"{group_by} needs; fill it in"
        )
    return group.to_numpy(str)


def _texts(table: pd.DataFrame, column: str, masses: Path) -> np.ndarray:
    """Return a column as text, empty where the table has nothing."""
    if column not in table:
        raise BadInput(
            f"protocol.split: {masses} has no column {column}; name one that says train or test "
            f"({', '.join(table.columns)} are there), or set it to folds"
        )
    return table[column].astype(object).where(table[column].notna(), "").to_numpy(str)


if __name__ == "__main__":
    run(make_folds)
