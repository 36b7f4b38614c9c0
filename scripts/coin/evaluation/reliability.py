"""Whether probabilities mean what they say: in each bin, the share of masses that are malignant."""

from typing import NamedTuple

import numpy as np

from coin.evaluation.bootstrap import Resamples, over_seeds
from coin.evaluation.estimates import estimate
from coin.evaluation.held_out import HeldOut
from coin.evaluation.weighted_metrics import in_bins


class Reliability(NamedTuple):
    """What K bins hold, those of the calibration error: of equal widths. NaN where one is empty."""

    probability: np.ndarray
    """(K,) the mean of the bin's masses."""
    share: np.ndarray
    """(K,) how many of them are malignant, in [0, 1]."""
    low: np.ndarray
    """(K,) the share's interval of 95 %; NaN where all resamples agree."""
    high: np.ndarray
    """(K,)"""
    n_masses: np.ndarray
    """(K,) the mean over seeds."""


def reliability(cases: HeldOut, run: str, resamples: Resamples) -> Reliability:
    """Return what each bin of probability holds, over all folds and seeds.

    A seed may have no mass in a bin, so that a share is that of all seeds' masses together. A seed
    moves it by its own masses' part in that ratio, to first order.

    Args:
        cases: masses
        run: whose probabilities
        resamples: of the same masses
    """
    weight = resamples.patients[cases.unit]
    probability = cases.probability[run]
    bins = np.stack([in_bins(each) for each in probability])  # (S, K, N)
    n_masses, n_malignant = bins @ weight, (bins * cases.label) @ weight  # (S, K, 1 + B)
    share = _ratio(n_malignant.sum(axis=0), n_masses.sum(axis=0))
    of_seeds = share + _ratio(n_malignant - share * n_masses, n_masses.mean(axis=0))
    drawn = [np.clip(over_seeds(each, resamples), 0, 1) for each in of_seeds.swapaxes(0, 1)]
    found = [estimate(each, cases, "calibration_error") for each in drawn]
    count = bins.sum(axis=(0, 2))
    return Reliability(
        _ratio((bins * probability[:, None]).sum(axis=(0, 2)), count),
        np.array([each.value for each in found]),
        np.array([each.low for each in found]),
        np.array([each.high for each in found]),
        count / len(probability),
    )


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    whole = np.broadcast_to(whole, part.shape)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
