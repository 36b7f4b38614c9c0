"""How sure a metric is: percentile bootstrap over the patients of each fold, and over seeds.

Patients are drawn anew within each fold, since a fold's models judge no other; seeds are drawn anew
for all folds at once. A resample is a set of weights, the same for all runs, so that differences
between runs are paired. What varies in it is whom the models diagnose and the chance in training;
the training parts stay as they are.

Of every array of draws, column 0 is the sample itself and the others its B resamples.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from coin.evaluation.held_out import HeldOut
from coin.evaluation.weighted_metrics import IN_A_FOLD, METRICS, calibration_error, of_fold

RESAMPLES = 2000
POWER = 0.8
_UPPER = 0.975
"""Where an interval of 95 % ends, in share of the resamples."""
_NONE = 1e-12
"""A spread of rounding errors alone."""


class Resamples(NamedTuple):
    """How often each patient of a fold (U) and each seed (S) is drawn; all once in column 0."""

    patients: np.ndarray
    """(U, 1 + B), rows in the order of `HeldOut.unit`."""
    seeds: np.ndarray
    """(S, 1 + B)"""


def resample(held_out: HeldOut, count: int = RESAMPLES, seed: int = 0) -> Resamples:
    """Draw patients within each fold, and seeds, with replacement, `count` times."""
    generator = np.random.default_rng(seed)
    first = np.unique(held_out.unit, return_index=True)[1]
    folds = np.unique(held_out.fold[first], return_counts=True)[1]  # units are sorted by fold
    patients = np.concatenate([_drawn(size, count, generator) for size in folds])
    return Resamples(patients, _drawn(len(held_out.seeds), count, generator))


def part(held_out: HeldOut, resamples: Resamples, rows: np.ndarray) -> tuple[HeldOut, Resamples]:
    """Return some of the cases, rows (M,) in rising order, and their patients' same resamples."""
    of_part = held_out._replace(
        fold=held_out.fold[rows],
        patient=held_out.patient[rows],
        label=held_out.label[rows],
        probability={run: each[:, rows] for run, each in held_out.probability.items()},
        mass_id=held_out.mass_id[rows],
    )
    units = np.unique(held_out.unit[rows])
    return of_part, Resamples(resamples.patients[units], resamples.seeds)


def draws(cases: HeldOut, run: str, resamples: Resamples) -> np.ndarray:
    """Return all metrics of a run for each seed, under the weights of patients alone.

    A metric is the mean over folds of what it is within each; a fold that leaves it undefined does
    not count. The calibration error alone is over all folds: one is too small for its bins.

    Args:
        cases: masses, or patients (`by_patient`)
        run: whose probabilities
        resamples: of the same masses

    Returns:
        (7, S, 1 + B): by metric of `METRICS`, and seed. NaN where no fold defines it.
    """
    weight = resamples.patients[cases.unit]
    rows = [np.flatnonzero(cases.fold == fold) for fold in np.unique(cases.fold)]
    weights = [weight[row] for row in rows]
    result = np.empty((len(METRICS), len(cases.seeds), weight.shape[1]))
    for place, probability in enumerate(cases.probability[run]):
        in_folds = [
            of_fold(cases.label[row], probability[row], own)
            for row, own in zip(rows, weights, strict=True)
        ]
        result[: len(IN_A_FOLD), place] = mean_of_defined(np.array(in_folds))
        result[-1, place] = calibration_error(cases.label, probability, weight)
    return result


def over_seeds(of_seeds: np.ndarray, resamples: Resamples) -> np.ndarray:
    """Return the mean over seeds, seeds drawn anew as well.

    How far apart seeds are is partly luck in training, partly the noise of the patients that all
    have in common. To draw both at will counts that noise up to three times (Owen, "The pigeonhole
    bootstrap", 2007), and a test of no difference hardly ever rejects. So, as in studies of readers
    and cases (Beiden, Wagner and Campbell, 2000), the variance of luck is what patients' resamples
    leave of the variance between seeds, and the seeds' deviations are scaled to it. A variance from
    few seeds is itself unsure: the draws are widened as Student's t is against the normal, at
    Satterthwaite's degrees of freedom.

    Args:
        of_seeds: (S, 1 + B) draws of a metric, or of a difference of two runs' draws
        resamples: where the draws come from

    Returns:
        (1 + B,)
    """
    count = len(of_seeds)
    mean = of_seeds.mean(axis=0)
    defined = np.isfinite(mean[1:])
    if count == 1 or not defined.any():
        return mean
    deviation = of_seeds[:, 0] - mean[0]
    between = deviation @ deviation / (count - 1)
    of_patients = (of_seeds - mean)[:, 1:][:, defined].var(axis=1).sum() / (count - 1)
    luck = between - of_patients
    if luck <= _NONE**2:
        return mean
    scale = np.sqrt(luck / between * count / (count - 1))
    drawn = mean + scale * (deviation @ resamples.seeds) / count
    variance = mean[1:][defined].var() + luck / count
    freedom = (count - 1) * (variance / (between / count)) ** 2
    return mean[0] + (drawn - mean[0]) * stdtrit(freedom, _UPPER) / ndtri(_UPPER)


def interval(of_resamples: np.ndarray) -> tuple[float, float]:
    """Return the 95 % percentile interval of draws (1 + B,); NaN if none is defined."""
    defined = of_resamples[1:][np.isfinite(of_resamples[1:])]
    if not len(defined):
        return np.nan, np.nan
    low, high = np.quantile(defined, [1 - _UPPER, _UPPER])
    return float(low), float(high)


def smallest(of_differences: np.ndarray) -> tuple[float, float, float, float]:
    """Return the smallest of J differences, its 95 % interval, and what is detectable.

    So an arm is held against the best of its rivals, whichever that is (Hsu's multiple comparisons
    with the best): all J intervals hold at once, and the smallest of their ends is taken. Were the
    best rival chosen in each resample instead, luck would choose it, and of equal arms none would
    seem as good as the others.

    Args:
        of_differences: (J, 1 + B) draws of the arm less each rival, J > 0
    """
    value, of_resamples = of_differences[:, 0], of_differences[:, 1:]
    if len(value) == 1:
        return value[0], *interval(of_differences[0]), detectable(of_differences[0])
    of_resamples = of_resamples[:, np.isfinite(of_resamples).all(axis=0)]
    if not of_resamples.size:
        return value.min(), np.nan, np.nan, np.nan
    spread = of_resamples.std(axis=1)
    away = np.abs(of_resamples - value[:, None])
    known = spread[:, None] > _NONE
    ratio = np.divide(away, spread[:, None], out=np.zeros_like(away), where=known)
    reach = np.quantile(ratio.max(axis=0), 2 * _UPPER - 1)
    low, high = (value - reach * spread).min(), (value + reach * spread).min()
    seen = (reach + ndtri(POWER)) * spread[value.argmin()]
    return value.min(), low, high, seen if seen > _NONE else np.nan


def p_value(of_resamples: np.ndarray) -> float:
    """Return the two-sided p of no difference: below 0.05 where the interval leaves 0 out.

    It is twice the share of resamples on the rarer side of 0, itself on both; with B resamples at
    least 2 / (B + 1).
    """
    defined = of_resamples[1:][np.isfinite(of_resamples[1:])]
    if not len(defined):
        return np.nan
    rarer = min(np.sum(defined <= 0), np.sum(defined >= 0))
    return float(min(1, 2 * (rarer + 1) / (len(defined) + 1)))


def detectable(of_resamples: np.ndarray) -> float:
    """Return the smallest difference that a test at 5 % sees with a power of 80 %.

    It is (z_0.975 + z_0.8) standard deviations of the resamples; NaN where these do not differ.
    """
    defined = of_resamples[1:][np.isfinite(of_resamples[1:])]
    spread = np.std(defined) if len(defined) else 0.0
    return float((ndtri(_UPPER) + ndtri(POWER)) * spread) if spread > _NONE else np.nan


def mean_of_defined(values: np.ndarray) -> np.ndarray:
    """Return the mean over axis 0 of what is not NaN; NaN where all is."""
    defined = np.isfinite(values)
    count = defined.sum(axis=0)
    total = np.where(defined, values, 0).sum(axis=0)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _drawn(size: int, count: int, generator: np.random.Generator) -> np.ndarray:
    drawn = generator.multinomial(size, np.full(size, 1 / size), size=count).T
    return np.concatenate([np.ones((size, 1)), drawn], axis=1)
