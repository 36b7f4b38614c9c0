"""Metrics of weighted cases, for many sets of weights at once: no loop over resamples.

N cases; B sets of weights, each (N,), as the columns of (N, B). A metric that the weights leave
undefined is NaN.
"""

import numpy as np

from coin.common.conventions import BENIGN, MALIGNANT

IN_A_FOLD = ("auc", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "brier")
"""The rows of `of_fold`, in order."""
METRICS = (*IN_A_FOLD, "calibration_error")
"""All lie in [0, 1]; of the last two, less is better."""
HEADINGS = {
    "auc": "AUC",
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "brier": "Brier score",
    "calibration_error": "Calibration error",
}
BINS = 10
"""Of the expected calibration error: equal widths of probability."""


def of_fold(label: np.ndarray, probability: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the metrics `IN_A_FOLD` of one model, (6, B). Malignant is 0.5 or more.

    The Brier score is the mean squared difference of probability and label.

    Args:
        label: (N,) 0 benign, 1 malignant
        probability: (N,) of malignant, in [0, 1]
        weight: (N, B) non-negative
    """
    malignant, benign = label == MALIGNANT, label == BENIGN
    right = (probability >= 0.5) == malignant
    rows = [right, right & malignant, right & benign, (probability - label) ** 2]
    rows += [np.ones(len(label)), malignant, benign]
    sums = np.array(rows, dtype=float) @ weight
    accuracy, sensitivity, specificity = map(_ratio, sums[:3], sums[4:])
    return np.array(
        [
            weighted_auc(label, probability, weight),
            accuracy,
            (sensitivity + specificity) / 2,
            sensitivity,
            specificity,
            _ratio(sums[3], sums[4]),
        ]
    )


def weighted_auc(label: np.ndarray, score: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve, (B,): arguments as of `of_fold`.

    It is the weight of the pairs in which the malignant case has the higher score, ties counting
    half (Mann-Whitney). Benign cases are sorted once, and their weights summed up from below.
    """
    malignant, benign = np.flatnonzero(label == MALIGNANT), np.flatnonzero(label == BENIGN)
    benign = benign[np.argsort(score[benign], kind="stable")]
    below = np.zeros((len(benign) + 1, weight.shape[1]))
    np.cumsum(weight[benign], axis=0, out=below[1:])
    lower = below[np.searchsorted(score[benign], score[malignant], "left")]
    lower += below[np.searchsorted(score[benign], score[malignant], "right")]
    won = np.einsum("nb,nb->b", weight[malignant], lower) / 2
    return _ratio(won, weight[malignant].sum(axis=0) * below[-1])


def calibration_error(label: np.ndarray, probability: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the expected calibration error, (B,): arguments as of `of_fold`.

    It is the mean over cases of how far the share of malignant ones in the case's bin of
    probability is from their mean probability. It is biased upwards where bins hold few cases, and
    in a resample more so.
    """
    gaps = (in_bins(probability) * (probability - label)) @ weight
    return _ratio(np.abs(gaps).sum(axis=0), weight.sum(axis=0))


def in_bins(probability: np.ndarray) -> np.ndarray:
    """Return which of the `BINS` of the calibration error hold each case, (BINS, N)."""
    return np.minimum((probability * BINS).astype(int), BINS - 1) == np.arange(BINS)[:, None]


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
