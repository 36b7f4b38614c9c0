"""A fold's two parts, each with its rows of masses.csv: what is fitted, and what is diagnosed."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from coin.common.files import read_masses, write_table
from coin.data.fold_data import read_expanded_data


class Part(NamedTuple):
    """Real masses, in the order of masses.csv."""

    masses: pd.DataFrame
    """(N rows) of masses.csv."""
    rois: np.ndarray
    """(N, S, S) float32 in [0, 1]."""

    @property
    def label(self) -> np.ndarray:
        """(N,) 0 benign, 1 malignant."""
        return self.masses["label"].to_numpy(np.int64, copy=True)

    @property
    def patient(self) -> np.ndarray:
        """(N,) whose mass it is; where that is not known, the image that it is on."""
        return self.masses["patient_id"].fillna(self.masses["image"]).to_numpy(str)


def read_parts(masses: Path, rois: Path, folds: Path, fold: int) -> tuple[Part, Part]:
    """Read the masses that a fold trains on, and those that it holds out.

    Raises:
        BadInput: the files do not fit together, or a part is empty.
    """
    training, held_out = read_expanded_data(masses, rois, folds, fold, [])
    table = read_masses(masses)
    is_held_out = ~table.index.isin(training.row)
    return Part(table.iloc[training.row], training.rois), Part(table[is_held_out], held_out.rois)


def write_predictions(path: Path, held_out: Part, probability: np.ndarray) -> None:
    """Write `mass_id,label,probability`: of malignant, (M,) in [0, 1]."""
    write_table(path, held_out.masses[["mass_id", "label"]].assign(probability=probability))


def own_seed(seed: int, fold: int) -> int:
    """Return a fold's own seed: as the network's training draws it."""
    return int(np.random.SeedSequence([seed, fold]).generate_state(1)[0])
