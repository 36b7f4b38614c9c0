"""Program: make the adversarial neighbours of one fold, class and sign (Section III-B)."""

from pathlib import Path
from typing import Literal

import numpy as np

from coin.common.conventions import CLASS_NAMES, SIGNS
from coin.common.errors import BadInput
from coin.common.files import write_arrays
from coin.common.timing import loop_timed
from coin.data.fold_data import read_training_reals
from coin.neighbours.making import NeighbourSettings, check_searchable, find_neighbours
from coin.workflow.program import Output, run


def make_neighbours(
    *,
    masses: Path,
    rois: Path,
    folds: Path,
    fold: int,
    label: int,
    sign: Literal["positive", "negative"],
    per_mass: int,
    candidates: int,
    gamma: float,
    budget: int,
    basis_size: int,
    amplitude: float,
    correlation_length: float,
    kernel: Literal["rbf", "linear"],
    seeds: Literal["each", "searched"],
    seed: int,
    neighbours: Output,
) -> None:
    """Make the adversarial neighbours of one fold's training masses of one class.

    Args:
        masses: The study's masses.csv.
        rois: The study's rois.npy, (N, H, W) in [0, 1], in the same order.
        folds: The study's folds.csv, in the same order.
        fold: The held-out fold: its masses are not touched.
        label: The class: 0 (benign) or 1 (malignant).
        sign: "positive" answers equation (2), "negative" equation (3).
        per_mass: Neighbours for each of the class's training masses.
        candidates: T, the candidates, and the reals, that train each discriminator.
        gamma: Weight of the distances in (2) and (3).
        budget: Candidates that the search of one neighbour may try.
        basis_size: K, the noise fields that one neighbour's candidates mix.
        amplitude: Root mean square of the noise over a ROI's pixels, in grey levels (white is 1).
        correlation_length: Distance at which the noise's correlation has fallen to 1/e, as a
            fraction of the ROI's width.
        kernel: The discriminator's kernel, "rbf" or "linear".
        seeds: "each": the k-th neighbour starts from real k mod n; "searched": the search chooses.
        seed: The protocol's, of all randomness; each fold, class and sign draws its own.
        neighbours: The .npz to write: `rois` (M, H, W), `seed` (each one's row in masses.csv),
            `realness`, `objective`, and what else `coin.neighbours.making.Neighbours` holds.
    """
    reals, rows, names = read_training_reals(masses, rois, folds, fold, label)
    try:
        check_searchable(reals, names)
    except BadInput as problem:
        raise BadInput(f"{rois}, fold {fold}, {CLASS_NAMES[label]}: {problem}") from problem
    settings = NeighbourSettings(
        amplitude, correlation_length, basis_size, candidates, gamma, budget, kernel, seeds
    )
    generator = np.random.default_rng([seed, fold, label, SIGNS.index(sign)])
    with loop_timed():
        found = find_neighbours(reals, sign, per_mass * len(rows), settings, generator)
    write_arrays(neighbours, **found._replace(seed=rows[found.seed])._asdict())


if __name__ == "__main__":
    run(make_neighbours)
