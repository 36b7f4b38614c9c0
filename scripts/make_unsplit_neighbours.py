"""Program: make neighbours of all masses, before the split, to measure what leakage is worth."""

from pathlib import Path
from typing import Literal

import numpy as np

from coin.common.conventions import CLASS_NAMES, SIGNS
from coin.common.errors import BadInput
from coin.common.files import write_arrays
from coin.common.timing import loop_timed
from coin.data.fold_data import read_all_reals
from coin.neighbours.making import NeighbourSettings, check_searchable, find_neighbours
from coin.workflow.program import Output, run


def make_unsplit_neighbours(
    *,
    masses: Path,
    rois: Path,
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
    """Make neighbours of all masses of one class, before the split, to measure leakage.

    The options are those of make_neighbours.py, but for a fold: none is held out.

    Args:
        masses: The study's masses.csv.
        rois: The study's rois.npy.
        label: The class: 0 (benign) or 1 (malignant).
        sign: "positive" answers equation (2), "negative" equation (3).
        per_mass: Neighbours for each mass of the class.
        candidates: T of each discriminator.
        gamma: Weight of the distances in (2) and (3).
        budget: Candidates that the search of one neighbour may try.
        basis_size: Noise fields that one neighbour's candidates mix.
        amplitude: Root mean square of the noise, in grey levels (white is 1).
        correlation_length: Of the noise, as a fraction of the ROI's width.
        kernel: The discriminator's kernel.
        seeds: "each" real in turn starts a neighbour, or "searched": the search chooses it.
        seed: The protocol's, of all randomness.
        neighbours: The .npz to write, as make_neighbours.py does.
    """
    table, images = read_all_reals(masses, rois)
    rows = np.flatnonzero(table["label"] == label)
    try:
        check_searchable(images[rows], list(table["mass_id"][rows]))
    except BadInput as problem:
        raise BadInput(f"{rois}, {CLASS_NAMES[label]}: {problem}") from problem
    settings = NeighbourSettings(
        amplitude, correlation_length, basis_size, candidates, gamma, budget, kernel, seeds
    )
    generator = np.random.default_rng([seed, label, SIGNS.index(sign)])
    with loop_timed():
        found = find_neighbours(images[rows], sign, per_mass * len(rows), settings, generator)
    write_arrays(neighbours, **found._replace(seed=rows[found.seed])._asdict())


if __name__ == "__main__":
    run(make_unsplit_neighbours)
