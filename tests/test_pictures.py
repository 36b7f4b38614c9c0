"""ROC curves, calibration, failures and subgroups: what they say, and what is drawn of it."""

import numpy as np
import pandas as pd
import pytest
from fake_study import write_masses
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_study import simulate
from sklearn.metrics import roc_auc_score, roc_curve

from coin.common.errors import BadInput
from coin.common.files import write_table
from coin.data.mass_facts import UNKNOWN, spelt
from coin.evaluation.arm_metrics import arm_metrics, read_values
from coin.evaluation.bootstrap import draws, part, resample
from coin.evaluation.estimates import ONE_SEED
from coin.evaluation.held_out import HeldOut
from coin.evaluation.reliability import reliability
from coin.evaluation.roc_curve import FALSE_POSITIVES, roc_curves, sensitivities
from coin.evaluation.subgroup_metrics import (
    ALL,
    COLUMNS,
    NOT_TOLD,
    readable,
    subgroup_metrics,
    terciles,
)
from coin.evaluation.surest import by_sureness
from coin.evaluation.weighted_metrics import METRICS
from coin.figures import calibration, failures, roc, style, subgroups
from plot_calibration import plot_calibration
from plot_failures import plot_failures
from plot_roc import plot_roc
from plot_subgroups import plot_subgroups

DATA = "made-up masses"
ARMS = {"none": "a", "no_graph": "b", "coin": "b"}


def _study(seed: int = 0, **how) -> HeldOut:
    held_out = simulate(np.random.default_rng(seed), **how)
    names = np.array([f"m{row}" for row in range(len(held_out.label))])
    return held_out._replace(mass_id=names)


def _hand_made(label, probability, fold=None, patient=None) -> HeldOut:
    """Return a study of one run by hand; each mass a patient's own unless said otherwise."""
    count = len(label)
    return HeldOut(
        np.zeros(count, int) if fold is None else np.array(fold),
        np.array([str(each) for each in (range(count) if patient is None else patient)]),
        np.array(label),
        tuple(range(len(probability))),
        {"a": np.array(probability, dtype=float)},
        np.array([f"m{row}" for row in range(count)]),
    )


def _masses(held_out: HeldOut, **columns) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "mass_id": held_out.mass_id,
            "view": np.where(np.arange(len(held_out.label)) % 2, "CC", "MLO"),
            "width": np.arange(len(held_out.label)) + 1.0,
            "height": np.arange(len(held_out.label)) + 1.0,
            **columns,
        }
    )[::-1]  # in another order than the held-out masses


# ---- ROC curves ----------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=30
    )
)
def test_weights_are_repeats_in_a_roc_curve(cases):
    """Ties included: between scikit-learn's points a straight line, the highest where it rises."""
    label, score, weight = map(np.array, zip(*cases, strict=True))
    got = sensitivities(label, score, np.stack([weight, np.ones(len(cases))], axis=1))[:, 0]
    rows = np.repeat(np.arange(len(cases)), weight)
    if len(np.unique(label[rows])) < 2:
        assert np.isnan(got).all()
        return
    false, true, _ = roc_curve(label[rows], score[rows], drop_intermediate=False)
    for wanted, found in zip(FALSE_POSITIVES, got, strict=True):
        before = np.flatnonzero(false <= wanted + 1e-12)[-1]
        after = min(before + 1, len(false) - 1)
        width = false[after] - false[before]
        way = max(wanted - false[before], 0) / width if width else 0
        assert found == pytest.approx(true[before] + way * (true[after] - true[before]))


def test_the_area_under_a_mean_curve_is_the_mean_auc():
    held_out = _study(patients=200)
    curves, note = roc_curves(held_out, {"coin": "a"})
    aucs = [
        roc_auc_score(held_out.label[rows], each[rows])
        for each in held_out.probability["a"]
        for rows in (held_out.fold == fold for fold in range(3))
    ]
    area = np.trapezoid(curves["coin"].sensitivity, FALSE_POSITIVES)
    assert area == pytest.approx(np.mean(aucs), abs=0.006)
    assert note == ""


def test_a_roc_band_holds_its_curve_and_is_that_of_the_tables_weights():
    """At one specificity, with one fold and seed: the plain percentiles of the resamples."""
    held_out = _study(folds=1, seeds=1)
    curves, note = roc_curves(held_out, {"coin": "a"})
    curve = curves["coin"]
    assert note == ONE_SEED
    assert (curve.low <= curve.sensitivity).all() and (curve.sensitivity <= curve.high).all()
    weight = resample(held_out).patients[held_out.unit]
    drawn = sensitivities(held_out.label, held_out.probability["a"][0], weight)[30, 1:]
    np.testing.assert_allclose([curve.low[30], curve.high[30]], np.quantile(drawn, [0.025, 0.975]))


def test_a_fold_of_one_class_has_no_part_in_a_curve():
    fold, label = [0] * 4 + [1] * 2, [0, 1, 0, 1, 1, 1]
    probability = np.random.default_rng(0).random((2, 6))
    with_it, _ = roc_curves(_hand_made(label, probability, fold), {"coin": "a"})
    without, _ = roc_curves(_hand_made(label[:4], probability[:, :4]), {"coin": "a"})
    np.testing.assert_array_equal(with_it["coin"].sensitivity, without["coin"].sensitivity)


@pytest.mark.parametrize(
    ("label", "note", "has_curve"),
    [
        ([0, 0, 0, 1], "no interval: fold 0 has one malignant patient", True),
        ([1, 1, 1, 1], "no fold has benign and malignant cases", False),
    ],
)
def test_a_curve_without_a_band_says_why(label, note, has_curve):
    curves, found = roc_curves(_hand_made(label, [[0.1, 0.2, 0.3, 0.9]]), {"coin": "a"})
    assert found == note and np.isnan(curves["coin"].low).all()
    assert np.isfinite(curves["coin"].sensitivity).all() == has_curve
    texts = _texts(roc.draw(curves, {"coin": "n/a"}, found, DATA))
    assert any(note in text for text in texts) and not any("band" in text for text in texts)


def test_equal_probabilities_have_the_chance_line():
    curves, _ = roc_curves(_hand_made([0, 1, 0, 1], np.full((2, 4), 0.3)), {"coin": "a"})
    np.testing.assert_allclose(curves["coin"].sensitivity, FALSE_POSITIVES, atol=1e-12)


# ---- calibration ---------------------------------------------------------------------------------


def test_bins_by_hand():
    """Two seeds put the same masses in other bins: shares are of all, counts are means."""
    first, second = [0.05, 0.05, 0.95, 1.0], [0.05, 0.95, 0.95, 0.3]
    held_out = _hand_made([0, 1, 1, 0], [first, second])
    found = reliability(held_out, "a", resample(held_out))
    np.testing.assert_allclose(found.n_masses, [1.5, 0, 0, 0.5, 0, 0, 0, 0, 0, 2])
    np.testing.assert_allclose(found.share[[0, 3, 9]], [1 / 3, 0, 3 / 4])
    np.testing.assert_allclose(found.probability[[0, 3, 9]], [0.05, 0.3, 3.85 / 4])
    empty = [1, 2, 4, 5, 6, 7, 8]
    assert np.isnan([found.share[empty], found.low[empty], found.probability[empty]]).all()
    assert np.isnan([found.low[3], found.high[3]]).all(), "one mass: all resamples agree"


def test_one_seeds_bins_give_the_calibration_error_of_the_metrics():
    held_out = _study(seeds=1)
    resamples = resample(held_out)
    found = reliability(held_out, "a", resamples)
    gaps = np.nan_to_num(found.n_masses * np.abs(found.share - found.probability))
    expected = draws(held_out, "a", resamples)[METRICS.index("calibration_error"), 0, 0]
    assert gaps.sum() / len(held_out.label) == pytest.approx(expected)
    known = np.isfinite(found.low)
    assert known.any()
    assert (found.low <= found.share)[known].all() and (found.share <= found.high)[known].all()


def test_calibration_is_drawn_with_its_counts():
    held_out = _hand_made([0, 1] * 8, [[0.25] * 14 + [0.75] * 2])
    found = reliability(held_out, "a", resample(held_out))
    figure = calibration.draw({"coin": found}, {"coin": "0.25"}, ONE_SEED, DATA)
    shares, counts = figure.axes
    assert [bar.get_height() for bar in counts.patches] == list(found.n_masses)
    filled = {
        line.get_markerfacecolor(): line.get_xydata().tolist()
        for line in shares.lines
        if line.get_marker() == "o"
    }
    assert filled == {"white": [[0.75, 0.5]], style.COLOURS[1]: [[0.25, 0.5]]}
    texts = " ".join(_texts(figure))
    assert "error 0.25" in texts and DATA in texts and ONE_SEED[1:] in texts


# ---- failures ------------------------------------------------------------------------------------


def test_the_surest_come_first_by_their_mean_over_seeds():
    label = np.array([1, 1, 1, 0, 0, 1])
    probability = np.array([[0.1, 0.4, 0.9, 0.9, 0.5, 0.0], [0.3, 0.2, 0.7, 0.9, 0.5, 0.1]])
    found = {kind: list(rows) for kind, rows in by_sureness(label, probability).items()}
    assert found == {
        (False, 1): [5, 0, 1],
        (False, 0): [3, 4],
        (True, 1): [2],
        (True, 0): [],
    }


def test_failures_show_each_mass_with_what_is_said_of_it():
    rois = np.random.default_rng(0).random((3, 8, 8))
    masses = [
        failures.Mass(rois[0], "m $0", "CC, density 3", np.array([0.9, 0.7])),
        failures.Mass(rois[1], "m1", "view not known, density not known", np.array([0.6, 0.6])),
    ]
    kinds = {(False, 1): [], (False, 0): masses, (True, 1): [], (True, 0): []}
    figure = failures.draw(kinds, "COIN", DATA)
    assert len(figure.axes) == 2
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), rois[0])
    texts = _texts(figure)
    assert {"0.800 (0.700 to 0.900)", "m $0", "CC, density 3", "m1"} <= set(texts)
    assert "benign, called malignant: 2 masses" in texts
    assert "malignant, called benign: 0 masses" in texts
    figure.canvas.draw()  # a name with a dollar is no formula


# ---- subgroups -----------------------------------------------------------------------------------


def test_a_part_of_the_masses_keeps_its_patients_resamples():
    held_out = _study()
    resamples = resample(held_out)
    rows = np.flatnonzero(held_out.label + np.arange(len(held_out.label)) % 3)
    cases, own = part(held_out, resamples, rows)
    np.testing.assert_array_equal(own.patients[cases.unit], resamples.patients[held_out.unit][rows])
    assert list(cases.mass_id) == list(held_out.mass_id[rows])


def test_all_masses_are_as_in_the_metrics_and_groups_as_by_hand():
    held_out = _study(patients=80)
    table = subgroup_metrics(held_out, _masses(held_out), ARMS, DATA)
    assert list(table.columns) == COLUMNS and list(dict.fromkeys(table["arm"])) == [*ARMS]
    metrics = arm_metrics(held_out, ARMS, DATA).query("level == 'mass' and metric == 'auc'")
    np.testing.assert_array_equal(
        table.loc[table["by"] == ALL, ["auc", "low", "high"]], metrics[["value", "low", "high"]]
    )
    chosen = np.arange(len(held_out.label)) % 2 == 1
    aucs = [
        roc_auc_score(held_out.label[rows], each[rows])
        for each in held_out.probability["a"]
        for rows in (chosen & (held_out.fold == fold) for fold in range(3))
    ]
    row = table[(table["arm"] == "none") & (table["group"] == "CC")].iloc[0]
    assert row["auc"] == pytest.approx(np.mean(aucs)) and row["low"] < row["auc"] < row["high"]
    assert row["n_benign"] + row["n_malignant"] == chosen.sum()


def test_groups_without_an_auc_say_why():
    label = [0, 1] * 30
    held_out = _hand_made(label, np.random.default_rng(0).random((2, 60)))
    density = [1.0] * 12 + [2.0] * 40 + [np.nan] * 8
    masses = _masses(held_out)[::-1].assign(
        breast_density=density, subtlety=np.arange(60), birads=np.nan
    )
    table = subgroup_metrics(held_out, masses, {"coin": "a"}, DATA).set_index(["by", "group"])
    assert table.loc[("density", "1"), "note"] == "too few: 6 benign and 6 malignant"
    assert table.loc[("density", "2"), "note"] == "" and table.loc[("density", "2"), "auc"] > 0
    assert table.loc[("density", UNKNOWN), "n_benign"] == 4
    assert table.loc[("birads", UNKNOWN), "note"] == NOT_TOLD
    assert table.loc[("subtlety", "60 values"), "note"] == "too many values to part masses by"
    empty = table["auc"].isna()
    assert (table["note"] != "")[empty].all()
    shown = readable(table.reset_index())
    assert list(shown.columns) == [*("By", "Group", "Benign", "Malignant", "AUC, coin", "Note")]
    assert list(shown["Group"]) == list(table.index.get_level_values("group"))


@given(st.lists(st.floats(1, 1000), min_size=1, max_size=40))
def test_each_mass_is_in_one_third_of_sizes(sizes):
    groups = terciles(np.array(sizes))
    assert sorted(np.concatenate([rows for _, rows in groups])) == list(range(len(sizes)))
    largest = [max(sizes[row] for row in rows) for _, rows in groups]
    assert largest == sorted(largest)
    if len(set(sizes)) == len(sizes) > 2:
        assert max(abs(len(rows) - len(sizes) / 3) for _, rows in groups) <= 1


def test_whole_numbers_are_spelt_without_a_point():
    assert list(spelt(pd.Series([3.0, np.nan, 2.5]))) == ["3", UNKNOWN, "2.5"]
    assert list(spelt(pd.Series([3, 10]))) == ["3", "10"]
    assert list(spelt(pd.Series(["4a", None]))) == ["4a", UNKNOWN]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1), st.integers(0, 2), st.integers(0, 5), st.sampled_from([0, 0.5, 1])
        ),
        min_size=1,
        max_size=12,
    ),
    st.booleans(),
)
def test_whatever_the_masses_are_all_is_drawn(cases, one_seed):
    """One class, one patient, one seed, equal probabilities: what is empty has a reason."""
    label, fold, patient, probability = zip(*cases, strict=True)
    by_seed = [probability] if one_seed else [probability, probability[::-1]]
    held_out = _hand_made(label, by_seed, fold, patient)
    curves, note = roc_curves(held_out, {"coin": "a"})
    assert note or np.isfinite(curves["coin"].low).all()
    roc.draw(curves, {"coin": "n/a"}, note, DATA)
    found = reliability(held_out, "a", resample(held_out))
    calibration.draw({"coin": found}, {"coin": "n/a"}, "", DATA)
    table = subgroup_metrics(held_out, _masses(held_out), {"coin": "a"}, DATA)
    assert (table["note"] != "")[table[["auc", "low", "high"]].isna().any(axis=1)].all()
    subgroups.draw(table, DATA)


# ---- programs ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A study of two seeds whose masses.csv tells no density, and its tables."""
    folder = tmp_path_factory.mktemp("study")
    write_masses(folder)
    masses = pd.read_csv(folder / "masses.csv")
    random, paths = np.random.default_rng(0), []
    for run in ("a", "b"):
        for fold in (0, 1):
            for seed in (0, 1):
                held_out = masses[(np.arange(len(masses)) // 2) % 2 == fold][["mass_id", "label"]]
                path = folder / "runs" / run / f"fold{fold}_seed{seed}" / "predictions.csv"
                noise = random.random(len(held_out))
                write_table(path, held_out.assign(probability=(held_out["label"] + 2 * noise) / 3))
                paths.append(path)
    rows = [
        {"arm": arm, "level": "mass", "metric": metric, "value": 0.7, "low": 0.6, "high": 0.8}
        for arm in ARMS
        for metric in ("auc", "calibration_error")
    ]
    write_table(folder / "metrics.csv", pd.DataFrame(rows))
    return folder, paths


def _options(files, figure: str) -> tuple:
    folder, paths = files
    of_study = {"masses": folder / "masses.csv"}
    of_arms = {"predictions": paths, "metrics": folder / "metrics.csv", "arms": ARMS}
    if figure == "subgroups":
        held_out = _study(patients=30)
        table = subgroup_metrics(held_out, _masses(held_out), ARMS, DATA)
        write_table(folder / "subgroups.csv", table)
    return {
        "roc": (plot_roc, of_study | of_arms),
        "calibration": (plot_calibration, of_study | of_arms),
        "failures": (
            plot_failures,
            of_study | {"rois": folder / "rois.npy", "predictions": paths[:4], "arm": "coin"},
        ),
        "subgroups": (plot_subgroups, {"table": folder / "subgroups.csv"}),
    }[figure]


@pytest.mark.parametrize("figure", ["roc", "calibration", "failures", "subgroups"])
def test_a_picture_is_the_same_bytes_again(files, tmp_path, figure):
    program, options = _options(files, figure)
    made = [(tmp_path / f"{n}.pdf", tmp_path / f"{n}.png") for n in (1, 2)]
    for pdf, png in made:
        program(**options, data=DATA, figure=[pdf, png])
    (pdf, png), (pdf_again, png_again) = made
    assert pdf.read_bytes() == pdf_again.read_bytes()
    assert png.read_bytes() == png_again.read_bytes()
    assert b"/FontFile2" in pdf.read_bytes(), "text is text"


def test_values_on_pictures_are_those_of_the_metrics_table(files):
    folder, _ = files
    assert read_values(folder / "metrics.csv", "auc", ["coin"]) == {"coin": "0.70 (0.60 to 0.80)"}
    with pytest.raises(BadInput, match="no auc of the arm mine; measure the arms again"):
        read_values(folder / "metrics.csv", "auc", ["mine"])


@pytest.mark.parametrize("figure", ["roc", "calibration"])
def test_an_arm_without_its_run_is_refused(files, tmp_path, figure):
    program, options = _options(files, figure)
    with pytest.raises(BadInput, match="coin: found the run x, expected one of a, b"):
        program(**options | {"arms": {"coin": "x"}}, data=DATA, figure=[tmp_path / "1.pdf"])


def _texts(figure) -> list[str]:
    texts = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        texts += [text.get_text() for text in axes.texts] + [axes.get_title()]
    return texts
