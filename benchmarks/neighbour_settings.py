"""What the settings of the adversarial neighbours do: copies, noise, or neither.

    python benchmarks/neighbour_settings.py --study results/<study> --table sweep.csv

Around the defaults, each of amplitude, correlation length, basis size and budget is varied, on the
training part of the study's first fold alone: no held-out mass is seen, and no classifier's score.
The columns are those of `coin.neighbours.quality.assess`, and the milliseconds of processor time
that a neighbour took. At 32 x 32 pixels it takes about a quarter of an hour on one core.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from coin.common.conventions import SIGNS
from coin.common.files import read_array, read_masses, read_table, write_table
from coin.neighbours.making import NeighbourSettings, find_neighbours
from coin.neighbours.quality import assess
from coin.workflow.program import run

DEFAULT = NeighbourSettings(amplitude=0.05, correlation_length=0.2, basis_size=16)
AMPLITUDES = (0.02, 0.04, 0.05, 0.06, 0.08, 0.12)
CORRELATION_LENGTHS = (0.02, 0.1, 0.2, 0.35)
BASIS_SIZES = (8, 16, 32)
BUDGETS = (50, 200, 800)


def neighbour_settings(*, study: Path, table: Path, count: int = 150) -> None:
    """Measure what the settings of the adversarial neighbours do.

    Args:
        study: A study's results, of which masses.csv, rois.npy and folds.csv are read.
        table: The CSV to write.
        count: Neighbours for each setting, class and sign.
    """
    label = read_masses(study / "masses.csv")["label"].to_numpy()
    fold = read_table(study / "folds.csv", ["mass_id", "fold"])["fold"].to_numpy()
    training = fold != 0
    rois, label = read_array(study / "rois.npy")[training], label[training]
    rows = [
        _measure(rois, label, own_label, sign, settings, count)
        for settings in dict.fromkeys(_variations())
        for own_label in np.unique(label)
        for sign in SIGNS
    ]
    write_table(table, pd.DataFrame(rows))


def _variations() -> list[NeighbourSettings]:
    return [
        *(
            DEFAULT._replace(amplitude=amplitude, correlation_length=length)
            for amplitude in AMPLITUDES
            for length in CORRELATION_LENGTHS
        ),
        *(
            DEFAULT._replace(basis_size=size, budget=budget)
            for size in BASIS_SIZES
            for budget in BUDGETS
        ),
    ]


def _measure(
    rois: np.ndarray,
    label: np.ndarray,
    own_label: int,
    sign: str,
    settings: NeighbourSettings,
    count: int,
) -> dict[str, float]:
    own = np.flatnonzero(label == own_label)
    start = time.process_time()
    found = find_neighbours(rois[own], sign, count, settings, np.random.default_rng(0))
    milliseconds = 1000 * (time.process_time() - start) / count
    quality = assess(rois, label, own_label, found._replace(seed=own[found.seed])._asdict())
    varied = ("amplitude", "correlation_length", "basis_size", "budget")
    settings_varied = {name: getattr(settings, name) for name in varied}
    row = {**settings_varied, "label": own_label, "sign": sign, **quality}
    return {**row, "milliseconds": round(milliseconds, 1)}


if __name__ == "__main__":
    run(neighbour_settings)
