"""Intervals and tests: against independent ones, and against studies whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MLstatkit import Delong_test
from simulated_study import simulate, true_auc
from sklearn import metrics as reference

from coin.common.errors import BadInput
from coin.common.files import write_table
from coin.evaluation.arm_metrics import COLUMNS, arm_metrics
from coin.evaluation.bootstrap import draws, interval, over_seeds, p_value, resample
from coin.evaluation.comparisons import SAME, comparisons, holm
from coin.evaluation.estimates import NO_SPREAD, ONE_SEED
from coin.evaluation.held_out import HeldOut, by_patient, read_held_out
from coin.evaluation.weighted_metrics import METRICS, calibration_error, of_fold, weighted_auc

AUC = METRICS.index("auc")


def _study(seed: int = 0, **how) -> HeldOut:
    return simulate(np.random.default_rng(seed), **how)


# ---- metrics of weighted cases -------------------------------------------------------------------

CASES = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 10), st.integers(0, 3)), min_size=1, max_size=30
)


@given(CASES)
def test_weights_are_repeats(cases):
    """Ties included: probabilities are tenths."""
    label, tenths, weight = map(np.array, zip(*cases, strict=True))
    rows = np.repeat(np.arange(len(cases)), weight)
    got = of_fold(label, tenths / 10, weight[:, None].astype(float))[:, 0]
    truth, score = label[rows], (tenths / 10)[rows]
    if len(np.unique(truth)) < 2:
        assert np.isnan(got[AUC])
        return
    said = score >= 0.5
    expected = [
        reference.roc_auc_score(truth, score),
        reference.accuracy_score(truth, said),
        reference.balanced_accuracy_score(truth, said),
        reference.recall_score(truth, said),
        reference.recall_score(truth, said, pos_label=0),
        reference.brier_score_loss(truth, score),
    ]
    np.testing.assert_allclose(got, expected)


def test_many_sets_of_weights_are_each_by_itself():
    random = np.random.default_rng(0)
    label, score = random.integers(0, 2, 50), random.integers(0, 8, 50) / 8
    weight = random.integers(0, 3, (50, 7)).astype(float)
    together = weighted_auc(label, score, weight)
    alone = [reference.roc_auc_score(label, score, sample_weight=each) for each in weight.T]
    np.testing.assert_allclose(together, alone)


def test_the_calibration_error_by_hand():
    label = np.array([0, 1, 1, 1])
    probability = np.array([0.12, 0.18, 0.95, 1.0])
    # The bin of 0.1 to 0.2: a mean of 0.15, a half malignant; of 0.9 to 1: 0.975, all malignant.
    expected = (2 * 0.35 + 2 * 0.025) / 4
    assert calibration_error(label, probability, np.ones((4, 1)))[0] == pytest.approx(expected)


# ---- the resamples -------------------------------------------------------------------------------


def test_the_sample_itself_is_the_first():
    masses = _study(seeds=3)
    of_seeds = draws(masses, "a", resample(masses, count=10))
    by_hand = [
        [
            reference.roc_auc_score(masses.label[here], probability[here])
            for here in (masses.fold == fold for fold in range(3))
        ]
        for probability in masses.probability["a"]
    ]
    np.testing.assert_allclose(of_seeds[AUC, :, 0], np.mean(by_hand, axis=1))


def test_patients_are_drawn_within_their_fold_with_all_their_masses():
    masses = _study(folds=2, patients=30)
    resamples = resample(masses, count=50)
    fold_of_unit = by_patient(masses).fold
    for fold in (0, 1):
        assert (resamples.patients[fold_of_unit == fold].sum(axis=0) == 30).all()
    assert (resamples.seeds.sum(axis=0) == 3).all()
    weight = resamples.patients[masses.unit]
    for unit in np.unique(masses.unit):
        assert (weight[masses.unit == unit] == weight[masses.unit == unit][0]).all()


def test_a_patient_is_its_highest_mass():
    masses = HeldOut(
        np.array([0, 1, 0, 1]),
        np.array(["x", "y", "x", "z"]),
        np.array([0, 0, 1, 0]),
        (0,),
        {"a": np.array([[0.9, 0.2, 0.4, 0.6]])},
    )
    patients = by_patient(masses)
    assert list(patients.patient) == ["x", "y", "z"]
    assert list(patients.label) == [1, 0, 0]
    assert patients.probability["a"].tolist() == [[0.9, 0.2, 0.6]]


@pytest.mark.parametrize("run", ["a", "b"])
def test_without_clusters_the_interval_is_delongs(run):
    masses = _study(folds=1, patients=300, seeds=1, most_masses=1)
    resamples = resample(masses)
    low, high = interval(over_seeds(draws(masses, run, resamples)[AUC], resamples))
    probability = masses.probability
    intervals = Delong_test(masses.label, probability["a"][0], probability["b"][0])[2:4]
    their_low, their_high = intervals["ab".index(run)]
    assert high - low == pytest.approx(their_high - their_low, rel=0.1)
    assert abs(low - their_low) < 0.1 * (their_high - their_low)


def test_without_clusters_the_paired_test_is_delongs():
    masses = _study(4, folds=1, patients=300, seeds=1, most_masses=1)
    resamples = resample(masses)
    difference = draws(masses, "a", resamples)[AUC] - draws(masses, "b", resamples)[AUC]
    theirs = Delong_test(masses.label, *(masses.probability[run][0] for run in "ab"))[1]
    assert p_value(over_seeds(difference, resamples)) == pytest.approx(theirs, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    "how",
    [
        {"seeds": 1, "luck": 0},
        {"seeds": 3, "luck": 0},
        {"seeds": 5, "luck": 0.15},
        {"seeds": 5, "luck": 0.3},
    ],
    ids=str,
)
def test_intervals_cover_and_tests_of_no_difference_hold_their_level(how):
    """Of 500 studies: the interval holds the true AUC in 92-98 %, the test rejects in 2-8 %."""
    random = np.random.default_rng(0)
    covered, rejected = [], []
    for number in range(500):
        masses = simulate(random, **how)
        resamples = resample(masses, count=1000, seed=number)
        one, other = (draws(masses, run, resamples)[AUC] for run in "ab")
        low, high = interval(over_seeds(one, resamples))
        covered.append(low <= true_auc(how["luck"]) <= high)
        rejected.append(p_value(over_seeds(one - other, resamples)) < 0.05)
    assert 0.92 <= np.mean(covered) <= 0.98
    assert 0.02 <= np.mean(rejected) <= 0.08


# ---- metrics.csv ---------------------------------------------------------------------------------


def test_an_arm_has_each_metric_at_both_levels():
    masses = _study()
    table = arm_metrics(masses, {"coin": "b", "none": "a"}, "phantom")
    assert list(table.columns) == COLUMNS
    assert list(table["arm"]) == ["coin"] * 14 + ["none"] * 14
    assert list(table["metric"]) == [*METRICS] * 4
    assert (table["low"] <= table["high"]).all() and (table["note"] == "").all()
    assert set(table["n_patients"]) == {180} and set(table["n_masses"]) == {len(masses.label)}
    again = arm_metrics(masses, {"none": "a"}, "phantom")
    pd.testing.assert_frame_equal(table[14:].reset_index(drop=True), again)


def _hand_made(label, fold=None, patient=None, probability=None, seeds=2) -> HeldOut:
    """Return a study of one run by hand; each mass a patient's own unless said otherwise."""
    n_masses = len(label)
    if probability is None:
        probability = np.random.default_rng(0).random((seeds, n_masses))
    patients = [str(each) for each in (range(n_masses) if patient is None else patient)]
    return HeldOut(
        np.zeros(n_masses, int) if fold is None else np.array(fold),
        np.array(patients),
        np.array(label),
        tuple(range(len(probability))),
        {"a": np.array(probability)},
    )


def _row(masses: HeldOut, metric: str, level: str = "mass") -> pd.Series:
    table = arm_metrics(masses, {"none": "a"}, "phantom")
    return table[(table["metric"] == metric) & (table["level"] == level)].iloc[0]


def test_a_fold_of_one_class_of_patients_does_not_count():
    fold = [0] * 4 + [1] * 4
    masses = _hand_made([0, 1, 0, 1, 0, 0, 1, 1], fold, [*"aabbcdef"])
    row = _row(masses, "auc", "patient")
    assert 0 <= row["low"] <= row["high"] <= 1 and 0 <= row["value"] <= 1
    masses = _hand_made([0, 1, 0, 1, 1, 0], [0] * 4 + [1] * 2, [*"aabbcc"])
    row = _row(masses, "auc", "patient")
    assert np.isnan(row[["value", "low", "high"]].astype(float)).all()
    assert row["note"] == "no fold has benign and malignant cases"
    assert _row(masses, "sensitivity", "patient")["value"] >= 0


def test_one_patient_of_a_class_gives_no_interval():
    row = _row(_hand_made([0, 0, 0, 1]), "auc")
    assert row["value"] >= 0 and np.isnan(row["low"]) and np.isnan(row["high"])
    assert row["note"] == "no interval: fold 0 has one malignant patient"
    assert _row(_hand_made([0, 0, 0, 1]), "specificity")["low"] >= 0
    assert _row(_hand_made([1]), "brier")["note"] == "no interval: fold 0 has one patient"


def test_one_seed_is_said():
    assert _row(_hand_made([0, 0, 0, 1, 1, 1], seeds=1), "auc")["note"] == ONE_SEED


def test_equal_probabilities_have_an_auc_of_a_half():
    row = _row(_hand_made([0, 0, 1, 1], probability=np.full((2, 4), 0.3)), "auc")
    assert row["value"] == 0.5 and np.isnan(row["low"]) and row["note"] == NO_SPREAD


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1), st.integers(0, 2), st.integers(0, 5), st.sampled_from([0, 0.5, 1])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_is_empty_has_a_reason(cases):
    label, fold, patient, probability = zip(*cases, strict=True)
    masses = _hand_made(label, fold, patient, [probability, probability[::-1]])
    table = arm_metrics(masses, {"none": "a"}, "phantom")
    assert (table["note"] != "")[table[["value", "low", "high"]].isna().any(axis=1)].all()
    differences = comparisons(masses, {"none": "a", "coin": "a"}, [("coin", "none")], "phantom")
    assert (differences["note"] == SAME).all()


# ---- comparisons.csv -----------------------------------------------------------------------------


def test_a_comparison_is_paired():
    """What both arms make of a mass cancels: the difference is surer than either AUC."""
    masses = _study(folds=1, patients=200)
    better = np.clip(masses.probability["a"] + 0.05 * (masses.label - 0.5), 0, 1)
    masses.probability["b"] = better
    arms = {"none": "a", "coin": "b"}
    row = comparisons(masses, arms, [("coin", "none")], "phantom").iloc[AUC]
    alone = arm_metrics(masses, arms, "phantom").iloc[AUC]
    assert row["difference"] > 0 and row["low"] > 0 and row["p"] < 0.05
    assert row["high"] - row["low"] < (alone["high"] - alone["low"]) / 3
    assert 0 < row["detectable"] < row["difference"]


def test_arms_of_one_run_do_not_differ():
    masses = _study()
    row = comparisons(masses, {"none": "a", "coin": "a"}, [("coin", "none")], "phantom").iloc[0]
    assert row["difference"] == 0 and row["note"] == SAME
    assert row[["low", "high", "p", "p_holm", "detectable"]].isna().all()


def test_holm_by_hand():
    p = pd.Series([0.01, np.nan, 0.04, 0.03])
    np.testing.assert_allclose(holm(p), [0.03, np.nan, 0.06, 0.06])
    np.testing.assert_allclose(holm(pd.Series([0.5, 0.9])), [1, 1])


@pytest.mark.parametrize(
    ("pairs", "message"),
    [([], "none"), ([("coin", "cgan")], "found cgan, expected one of none, coin")],
)
def test_pairs_that_are_none_are_refused(pairs, message):
    with pytest.raises(BadInput, match=message):
        comparisons(_study(), {"none": "a", "coin": "b"}, pairs, "phantom")


def test_an_arm_without_its_run_is_refused():
    with pytest.raises(BadInput, match="none: found the run x, expected one of a, b"):
        arm_metrics(_study(), {"none": "x"}, "phantom")


# ---- reading -------------------------------------------------------------------------------------


def _files(folder, change=lambda table, run, fold: table):
    masses = pd.DataFrame({"mass_id": [*"abcd"], "patient_id": [*"xxyz"], "label": [0, 1, 0, 1]})
    for column in ("image", "side", "view", "x", "y", "width", "height"):
        masses[column] = 1
    write_table(folder / "masses.csv", masses)
    paths = []
    for run in ("coin", "none"):
        for fold in (0, 1):
            table = masses.loc[[3, 2] if fold else [1, 0], ["mass_id", "label"]]
            table = change(table.assign(probability=0.25 + fold / 2), run, fold)
            paths.append(folder / "runs" / run / f"fold{fold}_seed0" / "predictions.csv")
            write_table(paths[-1], table)
    return folder / "masses.csv", paths


def test_predictions_are_read_by_mass_whatever_their_order(tmp_path):
    masses, paths = _files(tmp_path)
    study = read_held_out(masses, paths[::-1])
    assert list(study.fold) == [0, 0, 1, 1] and list(study.patient) == [*"xxyz"]
    assert list(study.label) == [0, 1, 0, 1] and study.seeds == (0,)
    assert study.probability["none"].tolist() == [[0.25, 0.25, 0.75, 0.75]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table[:1], r"coin/fold1_seed0/predictions.csv: mass c is missing"),
        (lambda table: table.assign(label=0), "mass d has another label"),
        (lambda table: table.assign(mass_id=["e", "d"]), "mass e is not in"),
        (lambda table: table.assign(mass_id=["a", "d"], label=[0, 1]), "mass a is held out twice"),
    ],
    ids=["missing", "relabelled", "unknown", "twice"],
)
def test_predictions_that_do_not_agree_are_refused(tmp_path, change, message):
    masses, paths = _files(
        tmp_path, lambda table, *of: change(table) if of == ("coin", 1) else table
    )
    with pytest.raises(BadInput, match=message):
        read_held_out(masses, paths)


def test_a_seed_that_one_run_lacks_is_named(tmp_path):
    masses, paths = _files(tmp_path)
    extra = tmp_path / "runs" / "coin" / "fold0_seed1" / "predictions.csv"
    write_table(extra, pd.read_csv(paths[0]))
    with pytest.raises(BadInput, match=r"seed1/predictions.csv: mass . is missing"):
        read_held_out(masses, [*paths, extra])
    with pytest.raises(BadInput, match="found none"):
        read_held_out(masses, [])
