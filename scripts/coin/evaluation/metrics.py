"""How well probabilities tell malignant masses from benign ones."""

import numpy as np

from coin.common.conventions import BENIGN, MALIGNANT


def accuracy(label: np.ndarray, probability: np.ndarray) -> float:
    """Return the share of masses diagnosed rightly, malignant being a probability of 0.5 or more.

    Args:
        label: (N,) 0 benign, 1 malignant.
        probability: (N,) of malignant, in [0, 1].
    """
    return float(np.mean((probability >= 0.5) == (label == MALIGNANT)))


def auc(label: np.ndarray, probability: np.ndarray) -> float:
    """Return the area under the ROC curve, NaN where only one class is there.

    It is the share of (malignant, benign) pairs in which the malignant mass has the higher
    probability, ties counting half (Mann-Whitney).

    Args:
        label: (N,) 0 benign, 1 malignant.
        probability: (N,) of malignant, in [0, 1].
    """
    malignant, benign = np.sum(label == MALIGNANT), np.sum(label == BENIGN)
    if not malignant or not benign:
        return float("nan")
    _, place, count = np.unique(probability, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2
    rank_sum = mean_rank[place][label == MALIGNANT].sum()
    return float((rank_sum - malignant * (malignant + 1) / 2) / (malignant * benign))
