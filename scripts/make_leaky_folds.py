"""Program: assign masses to folds that patients cross, to measure what leakage is worth."""

from pathlib import Path
from typing import Literal

import numpy as np

from coin.common.errors import BadInput
from coin.common.files import read_masses, write_table
from coin.data.folds import assign_folds
from coin.workflow.program import Output, run

COLUMNS = {"image": "image", "mass": "mass_id"}


def make_leaky_folds(
    *, masses: Path, group_by: Literal["image", "mass"], count: int, split_seed: int, folds: Output
) -> None:
    """Assign masses to folds that patients cross, to measure what leakage is worth.

    Args:
        masses: the study's masses.csv.
        group_by: what alone never crosses folds; by mass its other view may be trained on.
        count: how many folds.
        split_seed: seed of the split.
        folds: written: `mass_id,fold`, rows as in masses.csv.
    """
    table = read_masses(masses)
    group = table[COLUMNS[group_by]].to_numpy(str)
    label = table["label"].to_numpy(np.int64)
    try:
        assigned = assign_folds(label, group, count, split_seed, name=group_by)
    except BadInput as problem:
        raise BadInput(f"leakage.ways: {group_by}: {problem}, or leave it out") from problem
    write_table(folds, table[["mass_id"]].assign(fold=assigned))


if __name__ == "__main__":
    run(make_leaky_folds)
