"""Which fold holds a mass out: folds that are drawn, or the split that the data came with."""

from collections.abc import Iterator

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from coin.common.conventions import CLASS_NAMES
from coin.common.errors import BadInput

PARTS = ("train", "test")
"""What an official split says of each mass."""

NEVER = -1
"""The fold of a mass that no fold holds out, so that every fold trains on it."""


def assign_folds(
    label: np.ndarray, group: np.ndarray, folds: int, seed: int, *, name: str = "patient"
) -> np.ndarray:
    """Draw stratified folds, each group whole in one of them: every mass is held out once.

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


def follow_split(
    part: np.ndarray, label: np.ndarray, patient: np.ndarray, mass_id: np.ndarray, *, name: str
) -> np.ndarray:
    """Make an official split's test masses fold 0, the only one, and train on all others.

    Args:
        part: (N,) "train" or "test".
        label: (N,) 0 benign, 1 malignant.
        patient: (N,) text, empty where it is not known.
        mass_id: (N,) text.
        name: the column that `part` is, for messages.

    Returns:
        (N,) 0 for the test masses, `NEVER` for those to train on.

    Raises:
        BadInput: a value is neither part's, a patient is not known or in both parts, or a part
            lacks a class.
    """
    key = f"protocol.split: column {name}"
    unknown, strangers = np.flatnonzero(~np.isin(part, PARTS)), np.flatnonzero(patient == "")
    if len(unknown):
        first = unknown[0]
        raise BadInput(
            f"{key} is {str(part[first])!r} for mass {mass_id[first]} ({len(unknown)} such in "
            "all); expected train or test; correct it, or set protocol.split: folds"
        )
    if len(strangers):
        raise BadInput(
            f"{key}: mass {mass_id[strangers[0]]} has no patient_id ({len(strangers)} such in "
            "all), so that both parts may hold its patient; fill it in"
        )
    is_test = part == "test"
    shared = np.intersect1d(patient[is_test], patient[~is_test])
    if len(shared):
        raise BadInput(
            f"{key} puts patient {shared[0]} in both parts ({len(shared)} such in all); "
            "give all masses of a patient the same part"
        )
    for chosen, part_name in zip((~is_test, is_test), PARTS, strict=True):
        for value, class_name in enumerate(CLASS_NAMES):
            if not (label[chosen] == value).any():
                raise BadInput(
                    f"{key} has no {class_name} mass in its {part_name} part; expected both "
                    "classes in each; correct it, or set protocol.split: folds"
                )
    return np.where(is_test, 0, NEVER)


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
