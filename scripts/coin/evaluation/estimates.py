"""A number with its interval, or with the reason why it has none."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from coin.common.conventions import BENIGN, CLASS_NAMES, MALIGNANT
from coin.common.errors import BadInput
from coin.evaluation.bootstrap import Resamples, detectable, draws, interval, smallest
from coin.evaluation.held_out import HeldOut

ONE_SEED = "one seed: luck in training is not in the interval"
NO_SPREAD = "no interval: all resamples agree"
_NEEDED = {
    "auc": (BENIGN, MALIGNANT),
    "balanced_accuracy": (BENIGN, MALIGNANT),
    "sensitivity": (MALIGNANT,),
    "specificity": (BENIGN,),
}
"""The classes that a metric needs; the others need any case."""


class Estimate(NamedTuple):
    """What was measured, NaN where it cannot be; then `note` says why."""

    value: float
    low: float
    high: float
    detectable: float
    """The smallest difference that a test at 5 % sees with a power of 80 %."""
    note: str


def missing(reason: str) -> Estimate:
    """Return an empty estimate, and why it is."""
    return Estimate(np.nan, np.nan, np.nan, np.nan, reason)


def measure(cases: HeldOut, arms: Mapping[str, str], resamples: Resamples) -> dict[str, np.ndarray]:
    """Return the draws of each arm, (7, S, 1 + B); arms of one run share theirs.

    Args:
        cases: masses, or patients
        arms: the run of each arm
        resamples: of the same masses

    Raises:
        BadInput: an arm's run has no predictions.
    """
    check_runs(cases, arms)
    of_run = {run: draws(cases, run, resamples) for run in sorted(set(arms.values()))}
    return {arm: of_run[run] for arm, run in arms.items()}


def check_runs(cases: HeldOut, arms: Mapping[str, str]) -> None:
    """Raise BadInput where an arm's run has no predictions."""
    for arm, run in arms.items():
        if run not in cases.probability:
            known = ", ".join(cases.probability)
            raise BadInput(f"--arms: {arm}: found the run {run}, expected one of {known}")


def estimate(of_resamples: np.ndarray, cases: HeldOut, metric: str) -> Estimate:
    """Return what draws (1 + B,) of a metric, or of a difference in it, say.

    Args:
        of_resamples: column 0 is the sample itself
        cases: what was drawn
        metric: one of `METRICS`: it decides which patients an interval needs
    """
    of_all = of_resamples[0], *interval(of_resamples), detectable(of_resamples)
    return _with_reasons(cases, metric, *of_all)


def estimate_smallest(of_differences: np.ndarray, cases: HeldOut, metric: str) -> Estimate:
    """Return what draws of several differences (J, 1 + B) say of the smallest of them."""
    return _with_reasons(cases, metric, *smallest(of_differences))


def why_no_value(cases: HeldOut, metric: str) -> str:
    """Return why a metric has no value, or nothing: no fold has the classes that it needs."""
    if any(0 not in patients for patients in _patients_in_folds(cases, metric).values()):
        return ""
    return f"no fold has {' and '.join(CLASS_NAMES[each] for each in _NEEDED[metric])} cases"


def why_no_interval(cases: HeldOut, metric: str) -> str:
    """Return why a metric has no interval, or nothing.

    A fold that counts has a single patient of a class that the metric needs: such a one says
    nothing of how patients differ.
    """
    for fold, patients in _patients_in_folds(cases, metric).items():
        if 1 in patients and 0 not in patients:
            kinds = [f"{CLASS_NAMES[each]} " for each in _NEEDED.get(metric, ())] or [""]
            return f"no interval: fold {fold} has one {kinds[patients.index(1)]}patient"
    return ""


def _with_reasons(
    cases: HeldOut, metric: str, value: float, low: float, high: float, seen: float
) -> Estimate:
    if reason := why_no_value(cases, metric):
        return missing(reason)
    reason = why_no_interval(cases, metric) or (NO_SPREAD if np.isnan(seen) else "")
    if reason:
        return missing(reason)._replace(value=float(value))
    note = ONE_SEED if len(cases.seeds) == 1 else ""
    return Estimate(float(value), float(low), float(high), float(seen), note)


def _patients_in_folds(cases: HeldOut, metric: str) -> dict[int, list[int]]:
    """Return how many patients each fold has, of each class that the metric needs."""
    unit, classes = cases.unit, _NEEDED.get(metric)
    of_class = [cases.label == each for each in classes] if classes else [np.full(len(unit), True)]
    return {
        int(fold): [len(np.unique(unit[(cases.fold == fold) & rows])) for rows in of_class]
        for fold in np.unique(cases.fold)
    }
