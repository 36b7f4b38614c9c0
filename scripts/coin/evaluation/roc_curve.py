"""ROC curves within each fold, averaged at the same specificities, with their intervals."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from coin.common.conventions import BENIGN, MALIGNANT
from coin.evaluation.bootstrap import Resamples, interval, mean_of_defined, over_seeds, resample
from coin.evaluation.estimates import ONE_SEED, check_runs, why_no_interval, why_no_value
from coin.evaluation.held_out import HeldOut

STEPS = 100
FALSE_POSITIVES = np.linspace(0, 1, STEPS + 1)
"""(G,) 1 - specificity, where sensitivities are averaged."""


class Curve(NamedTuple):
    """A mean ROC curve at `FALSE_POSITIVES`, and its interval at each point; NaN without one."""

    sensitivity: np.ndarray
    """(G,)"""
    low: np.ndarray
    """(G,)"""
    high: np.ndarray
    """(G,)"""


def roc_curves(cases: HeldOut, arms: Mapping[str, str]) -> tuple[dict[str, Curve], str]:
    """Return the curve of each arm, and what is to be said of all: why there is no interval, if so.

    Args:
        cases: masses, or patients
        arms: the run of each arm

    Raises:
        BadInput: an arm's run has no predictions.
    """
    check_runs(cases, arms)
    reason = why_no_value(cases, "auc") or why_no_interval(cases, "auc")
    resamples = resample(cases)
    of_runs = {run: _curve(cases, run, resamples, bool(reason)) for run in {*arms.values()}}
    note = reason or (ONE_SEED if len(cases.seeds) == 1 else "")
    return {arm: of_runs[run] for arm, run in arms.items()}, note


def sensitivities(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return a model's sensitivity at `FALSE_POSITIVES`, (G, B), of B sets of weights.

    Between thresholds the curve is a straight line; where it rises at one specificity, the highest
    sensitivity counts. NaN where weights leave a class empty.

    Args:
        label: (N,) 0 benign, 1 malignant
        score: (N,)
        weight: (N, B) non-negative
    """
    order = np.argsort(-score, kind="stable")
    threshold = np.flatnonzero(np.diff(score[order], append=np.nan))  # equal scores are one
    false, true = (
        _from_zero(weight[order] * (label[order] == each)[:, None], threshold)
        for each in (BENIGN, MALIGNANT)
    )
    n_benign, n_malignant = (np.where(sums[-1] > 0, sums[-1], np.nan) for sums in (false, true))
    left = _last_at_or_before(false, n_benign)
    right = np.minimum(left + 1, len(threshold))
    (x, y), (next_x, next_y) = (
        [np.take_along_axis(sums, at, axis=0) for sums in (false, true)] for at in (left, right)
    )
    wanted = np.arange(STEPS + 1)[:, None] * n_benign / STEPS
    way = np.divide(wanted - x, next_x - x, out=np.zeros_like(x), where=next_x > x)
    return (y + way * (next_y - y)) / np.where(np.isnan(n_benign), np.nan, n_malignant)


def _curve(cases: HeldOut, run: str, resamples: Resamples, bare: bool) -> Curve:
    weight = resamples.patients[cases.unit]
    rows = [np.flatnonzero(cases.fold == fold) for fold in np.unique(cases.fold)]
    in_folds = (
        np.array([sensitivities(cases.label[row], each[row], weight[row]) for row in rows])
        for each in cases.probability[run]
    )
    of_seeds = np.stack([mean_of_defined(folds) for folds in in_folds], axis=1)
    drawn = np.clip([over_seeds(point, resamples) for point in of_seeds], 0, 1)
    ends = [(np.nan, np.nan) if bare else interval(point) for point in drawn]
    return Curve(drawn[:, 0], *np.array(ends).T)


def _from_zero(weight: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """Return the weight down to each of J thresholds, from none, (J + 1, B)."""
    sums = np.zeros((len(threshold) + 1, weight.shape[1]))
    sums[1:] = np.cumsum(weight, axis=0)[threshold]
    return sums


def _last_at_or_before(false: np.ndarray, n_benign: np.ndarray) -> np.ndarray:
    """Return the last threshold at or before each of `FALSE_POSITIVES`, (G, B).

    Thresholds are counted by the first point of the grid that each reaches: no search.
    """
    count = false.shape[1]
    reached = np.ceil(np.nan_to_num(false * STEPS / n_benign)).astype(int)
    cell = (reached * count + np.arange(count)).ravel()
    found = np.bincount(cell, minlength=(STEPS + 1) * count).reshape(STEPS + 1, count)
    return np.cumsum(found, axis=0) - 1
