"""Handcrafted features by numbers worked by hand, and the choice that a training fold makes."""

import numpy as np
import pandas as pd
import pytest
from fake_study import write_masses
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from coin.common.errors import BadInput
from coin.peers import classifiers
from coin.peers.classifiers import fit, inner_folds, probability
from coin.peers.features import (
    GREY_LEVELS,
    RINGS,
    gradients,
    intensities,
    outline_features,
    rings,
    roi_features,
    texture,
)
from coin.peers.outlines import outlines_of
from coin.peers.parts import read_parts

SIZE = 16


def one(features, roi):
    """Return the features of one ROI as numbers by name."""
    return {name: values[0] for name, values in features(roi[None].astype(np.float32)).items()}


# ---- intensity, gradient, texture --------------------------------------------------------------


def test_intensities_by_hand():
    """Half of it black and half white; and a white ring around the black."""
    found = one(intensities, np.repeat([0.0, 1.0], SIZE * SIZE // 2).reshape(SIZE, SIZE))
    expected = {"mean": 0.5, "deviation": 0.5, "skewness": 0, "kurtosis": -2}
    expected |= {"percentile5": 0, "percentile50": 0.5, "percentile95": 1}
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    found = one(intensities, rings(SIZE)[2])
    of_rings = [found[f"ring{number}_mean"] for number in range(RINGS)]
    assert of_rings == [0, 0, 1, 0] and found["ring2_deviation"] == 0


@pytest.mark.parametrize("size", [16, 33])
def test_rings_part_the_pixels(size):
    assert (rings(size).sum(axis=0) == 1).all()
    assert rings(size)[0, size // 2, size // 2] and rings(size)[-1, 0, 0]


def test_gradients_by_hand():
    """A ramp rises alike everywhere, by no direction; a cone toward its centre, but for its tip."""
    across = np.broadcast_to(np.arange(SIZE) / SIZE, (SIZE, SIZE))
    found = one(gradients, across)
    assert found["gradient_mean"] == pytest.approx(1 / SIZE)
    assert found["gradient_deviation"] == pytest.approx(0, abs=1e-7)
    assert found["ring1_radial"] == pytest.approx(0.5)
    y, x = np.mgrid[:32, :32] - 15.5
    found = one(gradients, np.hypot(y, x) / 32)
    assert [found[f"ring{number}_radial"] for number in (1, 2, 3)] == pytest.approx(
        [1] * 3, abs=0.02
    )
    angle = np.arctan2(y, x)
    found = one(gradients, 0.5 + 0.5 * np.cos(8 * angle))  # spokes
    assert found["ring2_radial"] < 0.05
    assert one(gradients, np.zeros((SIZE, SIZE)))["ring0_radial"] == 0.5


def test_co_occurrence_of_a_checkerboard_by_hand():
    """Next to a pixel along rows and columns lies the other grey, along diagonals the same."""
    found = one(texture, np.indices((SIZE, SIZE)).sum(axis=0) % 2 * 0.5)
    apart = (GREY_LEVELS - 1) ** 2
    scale = f"{1 / SIZE:g}"  # one pixel
    assert found[f"contrast_{scale}"] == apart / 2
    assert found[f"dissimilarity_{scale}"] == (GREY_LEVELS - 1) / 2
    assert found[f"homogeneity_{scale}"] == pytest.approx((1 + 1 / (1 + apart)) / 2)
    assert found[f"energy_{scale}"] == pytest.approx(0.5**0.5, abs=1e-4)
    assert found[f"correlation_{scale}"] == pytest.approx(0, abs=1e-9)
    assert found[f"contrast_{1 / 8:g}"] == 0  # two pixels on, the greys are the same again


def test_local_binary_patterns_by_hand():
    """Around a white dot in the black every point is darker; elsewhere none is."""
    dot = np.zeros((SIZE, SIZE))
    dot[8, 8] = 1
    found = one(texture, dot)
    assert found["pattern8_0"] == 1 / SIZE**2
    of_eight = [found[f"pattern8_{number}"] for number in range(10)]
    assert sum(of_eight) == pytest.approx(1) and of_eight[8] > 0.9


def test_texture_does_not_know_how_bright_an_roi_is():
    roi = np.random.default_rng(0).integers(0, 5, (SIZE, SIZE)) / 4
    dark, bright = one(texture, roi), one(texture, roi / 2 + 0.25)
    assert all(dark[name] == bright[name] for name in dark if not name.startswith("pattern"))


def test_features_are_the_same_numbers_at_every_size_and_of_each_mass_alone():
    small, large = (np.random.default_rng(0).random((3, size, size)) for size in (16, 48))
    features = roi_features(small.astype(np.float32))
    assert list(features) == list(roi_features(large.astype(np.float32)))
    assert np.isfinite(features.to_numpy()).all()
    alone = roi_features(small[1:2].astype(np.float32))
    assert (alone.iloc[0] == features.iloc[1]).all()


# ---- outlines ----------------------------------------------------------------------------------

RECTANGLE = np.array([[0, 0], [20, 0], [20, 10], [0, 10]])


def test_shapes_by_hand():
    angle = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    spiculated = circle * (1 + 0.4 * np.cos(9 * angle))[:, None]
    found = outline_features([circle, RECTANGLE, spiculated, None])
    found.columns = [name.removeprefix("outline_") for name in found]
    disc, box, star, missing = (found.loc[row] for row in range(4))
    assert disc["eccentricity"] < 0.1 and disc["radius_variation"] < 0.02
    assert disc["form_factor"] == pytest.approx(1, abs=0.03)
    assert disc["extent"] == pytest.approx(np.pi / 4, abs=0.02)
    assert (box["extent"], box["solidity"]) == pytest.approx((1, 1), abs=0.02)
    assert box["form_factor"] == pytest.approx(4 * np.pi * 2 / 36, abs=0.02)
    assert box["eccentricity"] == pytest.approx((1 - 1 / 4) ** 0.5, abs=0.01)
    assert star["solidity"] < 0.8 and star["form_factor"] < 0.3
    assert missing.isna().all()


@given(st.floats(0.1, 50), st.floats(-1000, 1000))
def test_a_shape_has_no_size_and_no_place(scale, shift):
    first, second = outline_features([RECTANGLE, RECTANGLE * scale + shift]).to_numpy()
    assert second == pytest.approx(first, abs=0.02)


def outline(x, y):
    return pd.DataFrame({"mass_id": ["m1"], "x_points": [x], "y_points": [y]})


def test_outlines_are_read_where_there_are_any():
    assert outlines_of(pd.DataFrame({"mass_id": ["m1"]})) is None
    assert outlines_of(outline(np.nan, np.nan)) == [None]
    (points,) = outlines_of(outline("0 4 4.5", "1 1 3"))
    assert points.tolist() == [[0, 1], [4, 1], [4.5, 3]]


@pytest.mark.parametrize(
    ("x", "y"),
    [("0 4", "1 1 3"), ("0 4", "1 3"), ("0 4 x", "1 1 3"), ("0 0 0", "1 2 3"), ("", "1")],
)
def test_a_wrong_outline_is_named(x, y):
    with pytest.raises(BadInput, match=r"^masses.csv: mass m1: found .* expected as many numbers"):
        outlines_of(outline(x, y))


# ---- classifiers -------------------------------------------------------------------------------


def fold_of(n_masses=60, features=8, seed=0):
    """Return features, of which the first tells a little, labels, and two masses a patient."""
    random = np.random.default_rng(seed)
    label = np.arange(n_masses) // 2 % 2
    table = random.normal(size=(n_masses, features))
    table[:, 0] += label
    return table, label, np.array([f"p{mass // 2}" for mass in range(n_masses)])


def test_no_patient_crosses_inner_folds_and_each_has_both_classes():
    _, label, patient = fold_of()
    splits = inner_folds(label, patient, seed=1)
    assert sorted(np.concatenate([held_out for _, held_out in splits])) == list(range(60))
    for fitted, held_out in splits:
        assert not set(patient[fitted]) & set(patient[held_out])
        assert len(np.unique(label[held_out])) == len(np.unique(label[fitted])) == 2


def test_few_patients_make_few_inner_folds_and_one_of_a_class_makes_none():
    label = np.array([0, 0, 1, 1, 1])
    assert len(inner_folds(label, np.array(list("abcde")), seed=0)) == 2
    with pytest.raises(BadInput, match="5 masses, 3 malignant, of 4 patients: too few"):
        inner_folds(label, np.array(list("aacde")), seed=0)


def test_the_setting_is_that_of_the_best_mean_auc_over_inner_folds():
    features, label, patient = fold_of()
    features[:, :2] += 9 * np.random.default_rng(1).normal(size=(60, 1))  # told by their difference
    model = fit("logistic", features, label, patient, seed=2)
    splits = inner_folds(label, patient, seed=2)

    def mean_auc(strength):
        found = []
        for fitted, held_out in splits:
            scale = StandardScaler().fit(features[fitted])
            plain = LogisticRegression(C=strength)
            plain.fit(scale.transform(features[fitted]), label[fitted])
            score = plain.decision_function(scale.transform(features[held_out]))
            found.append(roc_auc_score(label[held_out], score))
        return np.mean(found)

    tried = [params["model__C"] for params in model.cv_results_["params"]]
    best = max(tried, key=mean_auc)
    assert model.best_params_ == {"model__C": best} and best != tried[0]


@pytest.mark.parametrize("classifier", ["svm", "logistic", "forest"])
def test_a_classifier_finds_what_is_there_and_else_is_the_plainest(classifier, monkeypatch):
    monkeypatch.setattr(classifiers, "TREES", 20)
    features, label, patient = fold_of()
    strong = features + 4 * label[:, None]
    found = probability(fit(classifier, strong, label, patient, seed=0), strong)
    assert ((found >= 0) & (found <= 1)).all()
    assert ((found >= 0.5) == label).all()
    plain = fit(classifier, np.ones_like(features), label, patient, seed=0)
    (chosen,) = plain.best_params_.values()
    assert chosen == min(*plain.param_grid.values())


def test_an_svms_probability_is_half_on_its_boundary_and_keeps_the_order():
    features, label, patient = fold_of()
    model = fit("svm", features, label, patient, seed=0)
    distance = model.decision_function(features)
    found = probability(model, features)
    assert ((found > 0.5) == (distance > 0)).all()
    assert (np.argsort(found) == np.argsort(distance)).all()


def test_what_is_missing_is_filled_from_the_training_fold():
    features, label, patient = fold_of()
    features[::3, 1] = np.nan
    features[:, 2] = np.nan
    model = fit("logistic", features, label, patient, seed=0)
    unseen = np.full((1, 8), np.nan)
    means = np.nan_to_num(
        np.array(
            [[np.nanmean(column) if np.isfinite(column).any() else 0.0 for column in features.T]]
        )
    )
    assert probability(model, unseen) == pytest.approx(probability(model, means))


def test_held_out_pixels_and_labels_enter_neither_the_choice_nor_the_coefficients(tmp_path):
    write_masses(tmp_path, n_masses=40, size=16)
    masses, rois = pd.read_csv(tmp_path / "masses.csv"), np.load(tmp_path / "rois.npy")
    held_out = np.arange(40) // 2 % 2 == 0
    masses[["mass_id"]].assign(fold=np.where(held_out, 0, 1)).to_csv(tmp_path / "folds.csv")

    def fitted():
        files = (tmp_path / name for name in ("masses.csv", "rois.npy", "folds.csv"))
        part, _ = read_parts(*files, fold=0)
        features = roi_features(part.rois).to_numpy()
        return fit("svm", features, part.label, part.patient, seed=0)

    before = fitted()
    rois[held_out] = 1 - rois[held_out] ** 3
    np.save(tmp_path / "rois.npy", rois)
    masses.loc[held_out, "label"] = 1 - masses["label"][held_out]
    masses.to_csv(tmp_path / "masses.csv", index=False)
    after = fitted()
    assert (
        before.cv_results_["mean_test_score"].tolist()
        == after.cv_results_["mean_test_score"].tolist()
    )
    assert before.best_params_ == after.best_params_
    assert (before.best_estimator_[-1].coef_ == after.best_estimator_[-1].coef_).all()
