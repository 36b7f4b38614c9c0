"""Studies of made-up patients, whose masses share what is theirs, with an AUC that is known."""

import numpy as np
from scipy.stats import norm

from coin.evaluation.held_out import HeldOut

EFFECT = 1.4
"""How far apart the classes' mean scores are; a patient's and a mass's own parts, and a model's
noise, have these standard deviations."""
OF_PATIENT, OF_MASS, OF_MODEL = 0.6, 0.5, 0.6


def simulate(
    random: np.random.Generator,
    folds: int = 3,
    patients: int = 60,
    seeds: int = 3,
    luck: float = 0.1,
    most_masses: int = 3,
) -> HeldOut:
    """Return two runs, `a` and `b`, as good as each other.

    Args:
        random: what decides
        folds: of the study
        patients: of each fold
        seeds: models of each fold and run
        luck: standard deviation of what each model makes of `EFFECT`
        most_masses: a patient has from one to so many
    """
    count = random.integers(1, most_masses + 1, folds * patients)
    unit = np.repeat(np.arange(folds * patients), count)
    fold, n_masses = unit // patients, len(unit)
    label = (random.random(folds * patients) < 0.45).astype(int)[unit]
    shared = random.normal(0, OF_PATIENT, folds * patients)[unit]
    shared += random.normal(0, OF_MASS, n_masses)
    runs = {}
    for run in "ab":
        effect = EFFECT + random.normal(0, luck, (seeds, folds))[:, fold]
        noise = random.normal(0, OF_MODEL, (seeds, n_masses))
        runs[run] = norm.cdf((label - 0.5) * effect + shared + noise)
    return HeldOut(fold, unit.astype(str), label, tuple(range(seeds)), runs)


def true_auc(luck: float = 0.1) -> float:
    """Return how likely a malignant mass has a higher score than a benign one."""
    variance = 2 * (OF_PATIENT**2 + OF_MASS**2 + OF_MODEL**2) + luck**2
    return float(norm.cdf(EFFECT / np.sqrt(variance)))
