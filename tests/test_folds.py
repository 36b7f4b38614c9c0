"""Folds hold each mass out once, keep groups whole and classes even; a split is followed."""

import numpy as np
import pandas as pd
import pytest
from fake_study import write_masses, write_neighbours
from hypothesis import given
from hypothesis import strategies as st

from coin.common.errors import BadInput
from coin.common.files import write_table
from coin.data.fold_data import read_expanded_data, read_training_reals
from coin.data.folds import NEVER, assign_folds, follow_split
from make_folds import make_folds


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


# ---- an official split ---------------------------------------------------------------------------


@st.composite
def splits(draw):
    """Labels, patients and parts of a study in which each part has both classes."""
    known = [(0, "train"), (1, "train"), (0, "test"), (1, "test")]
    kinds = known + draw(st.lists(st.sampled_from(known), max_size=12))
    masses = draw(st.lists(st.integers(1, 3), min_size=len(kinds), max_size=len(kinds)))
    label, part = (np.repeat(column, masses) for column in zip(*kinds, strict=True))
    patient = np.repeat([f"p{number}" for number in range(len(kinds))], masses)
    order = draw(st.permutations(range(len(label))))
    return label[order], part[order], patient[order]


@given(splits())
def test_a_split_holds_out_its_test_masses_and_nothing_else(split):
    label, part, patient = split
    mass_id = np.arange(len(label)).astype(str)
    fold = follow_split(part, label, patient, mass_id, name="part")
    assert np.array_equal(fold == 0, part == "test")
    assert set(fold[part == "train"]) == {NEVER} and NEVER < 0
    assert not set(patient[fold == 0]) & set(patient[fold != 0])


STUDY = pd.DataFrame(
    {
        "patient_id": ["a", "a", "b", "c", "c", "d"],
        "label": [0, 1, 0, 0, 1, 1],
        "part": ["train", "train", "train", "test", "test", "test"],
    }
)


def write_study(folder, **columns):
    """Write six masses with these columns over STUDY's."""
    write_masses(folder, n_masses=6, size=16)
    masses = pd.read_csv(folder / "masses.csv")
    own = dict(STUDY) | {"mass_id": [*"uvwxyz"]} | columns
    write_table(folder / "masses.csv", masses.assign(**own))


def make(folder, split="part", **changes):
    options = {"group_by": "patient", "count": 2, "split_seed": 0} | changes
    masses, folds = folder / "masses.csv", folder / "folds.csv"
    make_folds(masses=masses, folds=folds, split=split, **options)
    return pd.read_csv(folds)


def test_the_split_by_hand(tmp_path):
    write_study(tmp_path)
    folds = make(tmp_path)
    assert list(folds["mass_id"]) == [*"uvwxyz"]
    assert list(folds["fold"]) == [-1, -1, -1, 0, 0, 0]


def test_what_draws_folds_means_nothing_to_a_split(tmp_path):
    write_study(tmp_path)
    assert make(tmp_path).equals(make(tmp_path, group_by="image", count=9, split_seed=5))


def test_without_a_split_folds_are_drawn(tmp_path):
    write_study(tmp_path)
    assert set(make(tmp_path, split="folds")["fold"]) == {0, 1}


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"part": ["train", "validation", *STUDY["part"][2:]]}, ["mass v", "'validation'"]),
        ({"part": ["train", None, *STUDY["part"][2:]]}, ["mass v", "is ''"]),
        ({"part": [0, 0, 0, 1, 1, 1]}, ["mass u", "'0'", "6 such"]),
        ({"patient_id": [*"aabbcd"]}, ["patient b in both parts"]),
        ({"patient_id": ["a", "a", None, *"ccd"]}, ["mass w has no patient_id"]),
        ({"label": [0, 0, 0, 0, 1, 1]}, ["no malignant mass in its train part"]),
        ({"label": [0, 1, 0, 1, 1, 1]}, ["no benign mass in its test part"]),
    ],
)
def test_a_split_that_is_wrong_is_told_in_one_line(tmp_path, columns, words):
    write_study(tmp_path, **columns)
    with pytest.raises(BadInput) as problem:
        make(tmp_path)
    (line,) = str(problem.value).splitlines()
    assert line.startswith("protocol.split: column part")
    assert all(word in line for word in words), line
    assert not (tmp_path / "folds.csv").exists()


def test_a_split_by_a_column_that_is_not_there(tmp_path):
    write_study(tmp_path)
    with pytest.raises(BadInput, match=r"protocol.split: .*masses.csv has no column set; .*part"):
        make(tmp_path, split="set")


def test_what_reads_folds_trains_on_all_that_a_split_does_not_hold_out(tmp_path):
    write_study(tmp_path)
    make(tmp_path)
    files = [tmp_path / name for name in ("masses.csv", "rois.npy", "folds.csv")]
    neighbours = write_neighbours(tmp_path, "positive", per_mass=1)
    data, held_out = read_expanded_data(*files, 0, neighbours)
    assert list(data.row[data.kind == 0]) == [0, 1, 2]
    assert list(held_out.mass_id) == [*"xyz"]
    _, rows, names = read_training_reals(*files, 0, label=0)
    assert list(rows) == [0, 2] and names == ["u", "w"]
