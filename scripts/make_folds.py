"""Program: assign every mass to the fold that holds it out."""

import logging
from pathlib import Path
from typing import Literal

from coin.common.errors import BadInput
from coin.common.files import read_masses, write_table
from coin.data.folds import assign_folds
from coin.workflow.program import Output, run


def make_folds(
    *,
    masses: Path,
    group_by: Literal["patient", "image"],
    count: int,
    split_seed: int,
    folds: Output,
) -> None:
    """Assign every mass to the fold that holds it out.

    Args:
        masses: the study's masses.csv.
        group_by: what never crosses folds; `image` exists to measure what leakage is worth.
        count: how many folds.
        split_seed: seed of the split.
        folds: written: `mass_id,fold`, rows as in masses.csv.
    """
    table = read_masses(masses)
    group = table[{"patient": "patient_id", "image": "image"}[group_by]]
    if group.isna().any():
        row = int(group.isna().to_numpy().argmax())
        raise BadInput(
            f"{masses}: mass {table.mass_id[row]} has no {group.name}, which protocol.group_by: "
            f"{group_by} needs; fill it in"
        )
    label = table["label"].to_numpy()
    assigned = assign_folds(label, group.to_numpy(str), count, split_seed, name=group_by)
    write_table(folds, table[["mass_id"]].assign(fold=assigned))
    for number in range(count):
        held_out = label[assigned == number]
        logging.info("fold %d: %d masses, %d malignant", number, len(held_out), held_out.sum())


if __name__ == "__main__":
    run(make_folds)
