"""Stratified, patient-disjoint folds: every mass is held out exactly once."""

from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from coin.common.conventions import CLASS_NAMES
from coin.common.errors import BadInput


def assign_folds(
    label: np.ndarray, group: np.ndarray, folds: int, seed: int, *, name: str = "patient"
) -> np.ndarray:
    """Assign each mass to the fold that holds it out.

    Args:
        label: (N,) 0 benign, 1 malignant.
        group: (N,) masses with equal values share a fold: the patient, or, where leakage is to be
            measured, the image.
        folds: how many, at least 2.
        seed: of the shuffle.
        name: what a group is, for messages.

    Returns:
        (N,) fold numbers 0..folds-1, with the class shares as even as the groups allow.

    Raises:
        BadInput: a class has fewer groups than there are folds, or a fold would hold one class.
    """
    _check_groups(label, group, folds, name)
    fold = np.empty(len(label), dtype=int)
    for number, held_out in enumerate(_held_out(label, group, folds, seed)):
        fold[held_out] = number
    for number in range(folds):
        found = np.unique(label[fold == number])
        if len(found) < 2:
            only = CLASS_NAMES[found[0]] if len(found) else "no"
            raise BadInput(
                f"fold {number} would hold {only} masses only, and no AUC could be measured on it; "
                f"set protocol.folds lower than {folds}, or try another protocol.split_seed"
            )
    return fold


def _check_groups(label: np.ndarray, group: np.ndarray, folds: int, name: str) -> None:
    for value, class_name in enumerate(CLASS_NAMES):
        groups = len(np.unique(group[label == value]))
        if groups < 2:
            raise BadInput(
                f"the {class_name} masses come from {groups} {name}(s); expected 2 or more, one to "
                "train on and one to hold out; add data"
            )
        if groups < folds:
            raise BadInput(
                f"protocol.folds: found {folds}, but the {class_name} masses come from {groups} "
                f"{name}s and each fold must hold one; set it to {groups} or less"
            )


def _held_out(label: np.ndarray, group: np.ndarray, folds: int, seed: int) -> Iterator[np.ndarray]:
    options = dict(n_splits=folds, shuffle=True, random_state=seed)
    if len(np.unique(group)) == len(group):
        # With a group for each mass the plain splitter is exact, where the grouped one is greedy.
        splits = StratifiedKFold(**options).split(label, label)
    else:
        splits = StratifiedGroupKFold(**options).split(label, label, group)
    return (held_out for _, held_out in splits)
