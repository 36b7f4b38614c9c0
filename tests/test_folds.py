"""Folds hold each mass out once, keep groups whole and classes even."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin.common.errors import BadInput
from coin.data.folds import assign_folds


@st.composite
def studies(draw):
    """Labels and patients of a study that is large enough for its folds."""
    folds = draw(st.integers(2, 4))
    patients = draw(st.integers(4 * folds, 40))
    masses = draw(st.lists(st.integers(1, 3), min_size=patients, max_size=patients))
    patient = np.repeat([f"p{number}" for number in range(patients)], masses)
    patient_label = np.arange(patients) % 2  # as many patients of each class as can be
    return np.repeat(patient_label, masses), patient, folds, draw(st.integers(0, 9))


@given(studies())
def test_patients_are_never_split_and_each_fold_has_both_classes(study):
    label, patient, folds, seed = study
    fold = assign_folds(label, patient, folds, seed)
    assert set(fold) == set(range(folds))
    for name in np.unique(patient):
        assert len(set(fold[patient == name])) == 1
    for number in range(folds):
        assert set(label[fold == number]) == {0, 1}
    assert np.array_equal(fold, assign_folds(label, patient, folds, seed))


def test_class_shares_are_even_where_every_mass_is_its_own_group():
    label = np.array([0] * 30 + [1] * 12)
    fold = assign_folds(label, np.arange(42).astype(str), folds=3, seed=0)
    assert [label[fold == number].sum() for number in range(3)] == [4, 4, 4]
    assert [(fold == number).sum() for number in range(3)] == [14, 14, 14]


def test_the_seed_matters_and_the_split_is_the_same_on_every_machine():
    label, patient = np.tile([0, 1], 10), np.repeat([f"p{number}" for number in range(10)], 2)
    splits = {tuple(assign_folds(label, patient, 2, seed)) for seed in range(5)}
    assert len(splits) > 1


@pytest.mark.parametrize(
    ("label", "patient", "folds", "message"),
    [
        ([0, 0, 1, 1], ["a", "b", "c", "d"], 3, "protocol.folds: found 3, but the benign masses"),
        ([0, 0, 1, 1], ["a", "b", "c", "c"], 2, "the malignant masses come from 1 patient"),
        ([0, 0, 0, 0], ["a", "b", "c", "d"], 2, "the malignant masses come from 0 patient"),
    ],
)
def test_a_study_too_small_for_its_folds_is_refused_with_the_reason(label, patient, folds, message):
    label, patient = np.array(label), np.array(patient)
    with pytest.raises(BadInput, match=message):
        assign_folds(label, patient, folds, 0)


def test_a_fold_with_one_class_only_is_refused():
    # each class has two patients, but patient a must take its only two in one fold
    label = np.array([0, 0, 1, 0, 1, 1, 1])
    patient = np.array(["a", "b", "a", "a", "a", "c", "a"])
    with pytest.raises(BadInput, match=r"would hold (benign|malignant) masses only"):
        assign_folds(label, patient, 2, 0)
