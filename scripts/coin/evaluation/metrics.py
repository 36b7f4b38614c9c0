"""How well probabilities tell malignant masses from benign ones."""

import numpy as np
from sklearn.metrics import roc_auc_score

from coin.common.conventions import MALIGNANT


def accuracy(label: np.ndarray, probability: np.ndarray) -> float:
    """Return the share of masses diagnosed rightly, malignant being a probability of 0.5 or more.

    Args:
        label: (N,) 0 benign, 1 malignant.
        probability: (N,) of malignant, in [0, 1].
    """
    return float(np.mean((probability >= 0.5) == (label == MALIGNANT)))


def auc(label: np.ndarray, probability: np.ndarray) -> float:
    """Return the area under the ROC curve, ties counting half; NaN where only one class is there.

    Args:
        label: (N,) 0 benign, 1 malignant.
        probability: (N,) of malignant, in [0, 1].
    """
    if len(np.unique(label)) < 2:
        return float("nan")
    return float(roc_auc_score(label, probability))
