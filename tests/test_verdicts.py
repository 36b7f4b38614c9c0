"""The rule of verdicts case by case, and what it says of studies whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from simulated_study import simulate

from coin.evaluation.bootstrap import smallest
from coin.evaluation.claims import CLAIMS, TOLD_APART
from coin.evaluation.estimates import NO_SPREAD
from coin.evaluation.verdicts import COLUMNS, judge, verdict

ARMS = {
    "none": "none",
    "conventional": "conventional",
    "cgan": "cgan",
    "adversarial": "adversarial",
    "coin": "positive1_negative4_weight1",
    "no_graph": "positive1_negative4_weight0",
    "no_negatives": "positive1_negative0_weight1",
    "positive0_negative0": "adversarial",
    "positive0_negative4": "positive0_negative4_weight1",
    "positive1_negative0": "positive1_negative0_weight1",
    "positive1_negative4": "positive1_negative4_weight1",
    "weight0": "positive1_negative4_weight0",
    "weight1": "positive1_negative4_weight1",
    "weight10": "positive1_negative4_weight10",
}
RUNS = sorted(set(ARMS.values()))


@pytest.mark.parametrize(
    ("low", "high", "no_effect", "claimed", "expected"),
    [
        # A gain of 0.07 is claimed.
        (0.01, 0.07, 0, 0.07, "reproduced"),  # just reaches it
        (0.08, 0.12, 0, 0.07, "reproduced"),  # goes beyond
        (0.01, 0.06, 0, 0.07, "weaker"),
        (-0.02, 0.03, 0, 0.07, "contradicted"),  # covers no effect, excludes the size
        (-0.09, -0.02, 0, 0.07, "contradicted"),  # the other side
        (0, 0.06, 0, 0.07, "contradicted"),  # no effect is covered by its end
        (-0.02, 0.09, 0, 0.07, "undecided"),
        (0, 0, 0, 0.07, "contradicted"),  # the same trainings
        # Any gain is claimed: its size is not printed.
        (0.01, 0.02, 0, None, "reproduced"),
        (-0.01, 0.02, 0, None, "undecided"),
        (-0.02, -0.01, 0, None, "contradicted"),
        (0, 0, 0, None, "contradicted"),
        # A value is claimed: an AUC of 0.95, where 0.5 is chance.
        (0.9, 0.96, 0.5, 0.95, "reproduced"),
        (0.6, 0.8, 0.5, 0.95, "weaker"),
        (0.45, 0.6, 0.5, 0.95, "contradicted"),
        (0.4, 1.0, 0.5, 0.95, "undecided"),
        # Less is claimed: a half told apart, where all would be if nothing were in it.
        (0.48, 0.55, 1, 0.5, "reproduced"),
        (0.6, 0.8, 1, 0.5, "weaker"),
        (0.9, 1.0, 1, 0.5, "contradicted"),
        (0.4, 1.0, 1, 0.5, "undecided"),
        # No verdict without an interval.
        (np.nan, np.nan, 0, 0.07, ""),
        (np.nan, np.nan, 0, None, ""),
    ],
)
def test_each_verdict_by_hand(low, high, no_effect, claimed, expected):
    assert verdict(low, high, no_effect, claimed) == expected


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_a_claim_and_its_mirror_image_have_one_verdict(one, other, no_effect, claimed):
    low, high = sorted((one, other))
    if claimed != no_effect:
        said = verdict(low, high, no_effect, claimed)
        assert said and said == verdict(-high, -low, -no_effect, -claimed)


def _study(gains: dict[str, float] | None = None, seeds: int = 3):
    """Return a study of all runs, each alike but for what is added between its classes."""
    random = np.random.default_rng(0)
    masses = simulate(random, seeds=seeds)
    (score,) = [norm.ppf(masses.probability.pop(run)) for run in "a"]
    del masses.probability["b"]
    for run in RUNS:
        apart = (gains or {}).get(run, 0) * (masses.label - 0.5)
        noise = random.normal(0, 0.1, score.shape)
        masses.probability[run] = norm.cdf(score + noise + apart)
    return masses


def _neighbours(positive: float, negative: float, folds: int = 3) -> pd.DataFrame:
    rows = [
        {"fold": fold, "seed": 0, "label": label, "sign": sign, "accuracy_after": share}
        for fold in range(folds)
        for label in (0, 1)
        for sign, share in (
            ("positive", positive + fold / 100),
            ("negative", negative + fold / 100),
        )
    ]
    return pd.DataFrame(rows)


def test_a_study_as_the_paper_has_it_reproduces_it():
    gains = {"conventional": 0.3, "cgan": 0.5, "adversarial": 1.2} | dict.fromkeys(RUNS[4:], 1.5)
    gains |= {"positive1_negative4_weight0": 0.5, "positive1_negative4_weight1": 3.5}
    table = judge(_study(gains), ARMS, _neighbours(0.49, 0.8), "phantom").set_index("claim")
    assert len(table) == len(CLAIMS) and list(table.reset_index().columns) == COLUMNS
    assert set(table["verdict"]) <= {"reproduced", "weaker"}
    for claim in (
        "AUC: adversarial augmentation over no augmentation",
        "AUC: (n+, n-) = (1, 4) over the grid's best other",
        "AUC: λ = 1 over the best other weight",
        "AUC: COIN over no graph, by at least 0.12",
        "no graph is the worst: n+ alone, and both, over it",
        "discriminators cannot tell positive neighbours from reals",
    ):
        assert table.loc[claim, "verdict"] == "reproduced", claim
    assert (table["low"] <= table["high"]).all()
    assert (table["detectable"] > 0).all()


def test_arms_that_are_alike_reproduce_no_gain():
    table = judge(_study(), ARMS, _neighbours(0.9, 0.45), "phantom")
    gains = table[(table["no_effect"] == 0)]
    assert "reproduced" not in set(gains["verdict"]) and len(gains) == 14
    apart = table[table["metric"] == TOLD_APART]
    assert list(apart["verdict"]) == ["weaker", "contradicted"]


def test_what_was_not_measured_is_empty_and_says_why():
    arms = {name: run for name, run in ARMS.items() if name != "cgan" and "_" not in name}
    table = judge(_study(), arms, _neighbours(0.5, 0.6, folds=1), "phantom").set_index("claim")
    row = table.loc["AUC: the conditional GAN over no augmentation"]
    assert (row["verdict"], row["note"]) == ("", "not measured: cgan") and np.isnan(row["value"])
    grid = table.loc["AUC: (n+, n-) = (1, 4) over the grid's best other"]
    assert grid["note"] == "not measured: positive1_negative4"
    apart = table.loc["discriminators can tell negative neighbours from reals"]
    assert apart["value"] == 0.6 and apart["verdict"] == ""
    assert apart["note"] == "no interval: one fold and seed"
    empty = table["low"].isna()
    assert (table.loc[empty, "verdict"] == "").all() and (table.loc[empty, "note"] != "").all()


def test_discriminators_that_all_agree_give_no_interval():
    table = judge(_study(), ARMS, _neighbours(0.5, 0.6).assign(accuracy_after=0.7), "phantom")
    apart = table[table["metric"] == TOLD_APART]
    assert apart["value"].tolist() == pytest.approx([0.7, 0.7])
    assert (apart["verdict"] == "").all()
    assert (apart["note"] == NO_SPREAD).all()


def test_a_grid_of_one_point_has_no_best():
    arms = {"positive1_negative4": ARMS["coin"]}
    table = judge(_study(), arms, _neighbours(0.5, 0.6), "phantom").set_index("claim")
    row = table.loc["AUC: (n+, n-) = (1, 4) over the grid's best other"]
    assert "other than positive1_negative4" in row["note"]


def test_the_best_of_equal_arms_is_no_worse_than_they_are():
    """Nine points of one true value: the first is rarely said to be worse than the best other."""
    random = np.random.default_rng(0)
    contradicted, reproduced = [], []
    for _ in range(400):
        sample = random.normal(size=(9, 1))
        points = np.hstack([sample, sample + random.normal(size=(9, 1000))])
        _, low, high, _ = smallest(points[:1] - points[1:])
        contradicted.append(high < 0)
        reproduced.append(low > 0)
    assert np.mean(contradicted) <= 0.05 and np.mean(reproduced) <= 0.05
