"""Classifiers of features, by scikit-learn, whose one setting the training fold chooses itself."""

import logging
from typing import Literal, get_args

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from coin.common.errors import BadInput
from coin.data.folds import assign_folds

Classifier = Literal["svm", "logistic", "forest"]
INNER_FOLDS = 5
TREES = 200
_STRENGTHS = {"C": [0.0001, 0.001, 0.01, 0.1, 1, 10]}
_DEPTHS = {"max_depth": [2, 4, 8]}


def fit(
    classifier: Classifier, features: np.ndarray, label: np.ndarray, patient: np.ndarray, seed: int
) -> GridSearchCV:
    """Fit a classifier, its setting chosen by the AUC over inner folds that no patient crosses.

    The setting is C of the linear support vector machine and the logistic regression, and how deep
    the forest's trees may grow; of equal AUCs the plainer wins. What is missing becomes the mean,
    and features are standardised, both by the part that is fitted.

    Args:
        classifier: which one.
        features: (N, F) of the training fold; NaN is missing.
        label: (N,) 0 benign, 1 malignant.
        patient: (N,) whose mass each is.
        seed: of the inner folds, and of the forest.

    Returns:
        Fitted on all of the training fold; what was chosen is its `best_params_`.

    Raises:
        BadInput: a class has too few patients to choose anything.
    """
    model, grid = _model(classifier, seed)
    steps = [("fill", SimpleImputer(keep_empty_features=True)), ("scale", StandardScaler())]
    search = GridSearchCV(
        Pipeline([*steps, ("model", model)]),
        {f"model__{name}": values for name, values in grid.items()},
        scoring="roc_auc",
        cv=inner_folds(label, patient, seed),
    ).fit(features, label)
    tried = zip(search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True)
    for params, auc in tried:
        logging.info("inner folds: %s, AUC %.4f", params, auc)
    logging.info("chosen: %s", search.best_params_)
    return search


def probability(model: GridSearchCV, features: np.ndarray) -> np.ndarray:
    """Return the probability of malignant, (M,) in [0, 1].

    Of the support vector machine it is the logistic function of its decision value: one half at
    the boundary, and not calibrated.
    """
    if hasattr(model, "predict_proba"):
        return model.predict_proba(features)[:, 1]
    return expit(model.decision_function(features))


def inner_folds(
    label: np.ndarray, patient: np.ndarray, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Part a training fold by patient, `INNER_FOLDS` times or as often as its patients allow.

    Returns:
        What to fit on and what to measure on, as rows, of each inner fold; both classes in each.

    Raises:
        BadInput: no two inner folds can hold both classes.
    """
    for count in range(INNER_FOLDS, 1, -1):
        try:
            fold = assign_folds(label, patient, count, seed)
        except BadInput:
            continue
        return [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(count)]
    raise BadInput(
        f"a training fold of {len(label)} masses, {int(label.sum())} malignant, of "
        f"{len(np.unique(patient))} patients: too few to choose a classifier's setting by; set "
        "protocol.folds higher, or leave out the arms that need it"
    )


def _model(classifier: Classifier, seed: int) -> tuple[BaseEstimator, dict[str, list]]:
    """Return a classifier and the values of its setting, the plainest first."""
    match classifier:
        case "svm":
            return LinearSVC(dual=False), _STRENGTHS
        case "logistic":
            return LogisticRegression(max_iter=1000), _STRENGTHS
        case "forest":
            return RandomForestClassifier(TREES, random_state=seed), _DEPTHS
    raise ValueError(f"{classifier}: not one of {get_args(Classifier)}")
