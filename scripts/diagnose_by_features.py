"""Program: diagnose a fold's held-out masses by handcrafted features."""

from pathlib import Path

import numpy as np

from coin.common.timing import loop_timed
from coin.peers.classifiers import Classifier, fit, probability
from coin.peers.features import outline_features, roi_features
from coin.peers.outlines import outlines_of
from coin.peers.parts import Part, own_seed, read_parts, write_predictions
from coin.workflow.program import Output, run


def diagnose_by_features(
    *,
    masses: Path,
    rois: Path,
    folds: Path,
    fold: int,
    seed: int,
    classifier: Classifier,
    predictions: Output,
) -> None:
    """Diagnose a fold's held-out masses by handcrafted features and a classifier of scikit-learn.

    Args:
        masses: the study's masses.csv; where it has outlines (`x_points`, `y_points`) their shape
            is among the features
        rois: its rois.npy
        folds: its folds.csv
        fold: the fold that is held out
        seed: of the inner folds, and of a forest; each fold draws its own
        classifier: `svm` (linear), `logistic` or `forest`; its setting is chosen inside the
            training fold
        predictions: written: `mass_id,label,probability` of the held-out masses
    """
    training, held_out = read_parts(masses, rois, folds, fold)
    with loop_timed():
        model = fit(
            classifier,
            _features(training),
            training.label,
            training.patient,
            own_seed(seed, fold),
        )
        found = probability(model, _features(held_out))
    write_predictions(predictions, held_out, found)


def _features(part: Part) -> np.ndarray:
    """Return the features of a part's masses, (N, F)."""
    outlines = outlines_of(part.masses)
    shapes = [] if outlines is None else [outline_features(outlines)]
    return np.hstack([roi_features(part.rois), *shapes])


if __name__ == "__main__":
    run(diagnose_by_features)
