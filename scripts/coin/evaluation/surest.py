"""How sure a run is of its masses, rightly or wrongly."""

import numpy as np

from coin.common.conventions import BENIGN, MALIGNANT


def by_sureness(label: np.ndarray, probability: np.ndarray) -> dict[tuple[bool, int], np.ndarray]:
    """Return rows by whether the diagnosis is right, and by class, the surest first.

    A mass's diagnosis is that of its mean probability over seeds, and the farther this is from 0.5
    the surer it is; among equals the first row comes first.

    Args:
        label: (N,) 0 benign, 1 malignant
        probability: (S, N) of malignant, in [0, 1], of each seed's model
    """
    mean = probability.mean(axis=0)
    right = (mean >= 0.5) == (label == MALIGNANT)
    order = np.argsort(-np.abs(mean - 0.5), kind="stable")
    return {
        (is_right, each): order[(right[order] == is_right) & (label[order] == each)]
        for is_right in (False, True)
        for each in (MALIGNANT, BENIGN)
    }
