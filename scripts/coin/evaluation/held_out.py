"""What all runs of a study say of the masses that they hold out: the same for each run."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import read_masses
from coin.evaluation.predictions import fold_and_seed, read_predictions


class HeldOut(NamedTuple):
    """N held-out masses, each by the S models of every run, one a seed, that did not train on it.

    Where patients are the cases (`by_patient`) a row is a patient of a fold.
    """

    fold: np.ndarray
    """(N,) the fold that holds it out."""
    patient: np.ndarray
    """(N,) whose mass it is."""
    label: np.ndarray
    """(N,) 0 benign, 1 malignant."""
    seeds: tuple[int, ...]
    """S, in the order of the rows of `probability`."""
    probability: dict[str, np.ndarray]
    """(S, N) of malignant, in [0, 1], by run."""
    mass_id: np.ndarray = np.empty(0, dtype=str)
    """(N,) the masses' names; none where patients are the cases."""

    @property
    def unit(self) -> np.ndarray:
        """(N,) the number of each row's patient within its fold: what is drawn anew, U in all.

        With folds by image a patient stands in several folds, and is drawn for each.
        """
        pairs = np.stack([self.fold, np.unique(self.patient, return_inverse=True)[1]])
        return np.unique(pairs, axis=1, return_inverse=True)[1]


def by_patient(masses: HeldOut) -> HeldOut:
    """Return the same with patients as the cases, in the order of `unit`.

    A patient's probability is that of the mass with the highest, and a patient with any malignant
    mass is malignant.
    """
    unit = masses.unit
    first = np.unique(unit, return_index=True)[1]

    def highest(values: np.ndarray) -> np.ndarray:
        of_patients = values[..., first].copy()
        np.maximum.at(of_patients.T, unit, values.T)  # a view: units come first
        return of_patients

    return HeldOut(
        masses.fold[first],
        masses.patient[first],
        highest(masses.label),
        masses.seeds,
        {run: highest(probability) for run, probability in masses.probability.items()},
    )


def read_held_out(masses: Path, predictions: list[Path]) -> HeldOut:
    """Read the predictions of a study's runs, sorted by fold and then by mass.

    Args:
        masses: the study's masses.csv
        predictions: .../<run>/fold<k>_seed<s>/predictions.csv of every training

    Raises:
        BadInput: no predictions; a mass is unknown, is held out twice, has another label than in
            masses.csv, or is missing from a run.
    """
    if not predictions:
        raise BadInput("--predictions: found none; give predictions.csv of every training")
    said = pd.concat([_read(path) for path in predictions], ignore_index=True)
    _check_held_out_once(said)
    known = read_masses(masses).set_index("mass_id")[["patient_id", "label"]]
    unknown = said.loc[~said["mass_id"].isin(known.index)]
    if len(unknown):
        raise BadInput(
            f"{unknown['path'].iloc[0]}: mass {unknown['mass_id'].iloc[0]} is not in {masses}; "
            "train this fold again"
        )
    relabelled = said.loc[said["label"] != said["mass_id"].map(known["label"])]
    if len(relabelled):
        raise BadInput(
            f"{relabelled['path'].iloc[0]}: mass {relabelled['mass_id'].iloc[0]} has another label "
            f"than in {masses}; train this fold again"
        )
    table = _one_column_a_training(said)
    fold, mass_id = (table.index.get_level_values(name) for name in ("fold", "mass_id"))
    runs, seeds = table.columns.levels
    return HeldOut(
        fold.to_numpy(),
        known.loc[mass_id, "patient_id"].to_numpy(dtype=str),
        known.loc[mass_id, "label"].to_numpy(),
        tuple(seeds),
        {run: np.ascontiguousarray(table[run].to_numpy().T) for run in runs},
        mass_id.to_numpy(dtype=str),
    )


def _read(path: Path) -> pd.DataFrame:
    fold, seed = fold_and_seed(path)
    return read_predictions(path).assign(
        run=path.parent.parent.name, fold=fold, seed=seed, path=str(path)
    )


def _check_held_out_once(said: pd.DataFrame) -> None:
    twice = said.loc[said.duplicated(["run", "seed", "mass_id"])]
    folds = said.groupby("mass_id")["fold"].nunique()
    if len(twice) or (folds > 1).any():
        mass = twice["mass_id"].iloc[0] if len(twice) else folds.index[folds > 1][0]
        where = sorted(said.loc[said["mass_id"] == mass, "path"])
        raise BadInput(f"{where[0]}: mass {mass} is held out twice, also in {where[1]}")


def _one_column_a_training(said: pd.DataFrame) -> pd.DataFrame:
    """Return probabilities, rows (fold, mass_id) and columns (run, seed), none of them missing."""
    table = said.pivot(index=["fold", "mass_id"], columns=["run", "seed"], values="probability")
    table = table.reindex(columns=pd.MultiIndex.from_product(table.columns.levels)).sort_index()
    row, column = np.nonzero(table.isna().to_numpy())
    if len(row):
        (fold, mass), (run, seed) = table.index[row[0]], table.columns[column[0]]
        raise BadInput(
            f"{run}/fold{fold}_seed{seed}/predictions.csv: mass {mass} is missing, which other "
            "runs hold out there; train this fold again"
        )
    return table
