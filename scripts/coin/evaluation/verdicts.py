"""What a study says of each of the paper's claims, by one rule."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from coin.common.conventions import MALIGNANT
from coin.evaluation.bootstrap import (
    RESAMPLES,
    Resamples,
    detectable,
    interval,
    over_seeds,
    resample,
)
from coin.evaluation.claims import CLAIMS, TOLD_APART, Claim
from coin.evaluation.estimates import (
    NO_SPREAD,
    Estimate,
    estimate,
    estimate_smallest,
    measure,
    missing,
)
from coin.evaluation.held_out import HeldOut
from coin.evaluation.tables import with_interval
from coin.evaluation.weighted_metrics import METRICS

COLUMNS = [
    *("claim", "section", "metric", "published", "value", "low", "high"),
    *("no_effect", "detectable", "verdict", "note", "data"),
]


def verdict(low: float, high: float, no_effect: float, claimed: float | None) -> str:
    """Return what an interval says of a claim; nothing where there is no interval.

    Two questions decide. Does the interval leave out no effect, on the side of the claim? Does it
    reach the claimed size, or go beyond?

    |                      | reaches the size | falls short of it |
    |----------------------|------------------|-------------------|
    | leaves out no effect | reproduced       | weaker            |
    | does not             | undecided        | contradicted      |

    Args:
        low: the interval's lower end
        high: its upper end
        no_effect: the value if there were nothing in the claim
        claimed: the published size, on either side of `no_effect`; None is any effect upwards
    """
    if np.isnan(low) or np.isnan(high):
        return ""
    if claimed is not None and claimed < no_effect:
        return verdict(-high, -low, -no_effect, -claimed)
    reaches = high > no_effect if claimed is None else high >= claimed
    if low > no_effect:
        return "reproduced" if reaches else "weaker"
    return "undecided" if reaches else "contradicted"


def judge(
    held_out: HeldOut, arms: Mapping[str, str], neighbours: pd.DataFrame, data: str
) -> pd.DataFrame:
    """Return `claims.csv`, one row a claim (columns: `COLUMNS`), all of masses.

    `no_effect` is 0 of a difference; of a value, what comes without any skill: an AUC of a half,
    the accuracy of calling all masses what most are, a half told apart. Positive neighbours are
    claimed to be told apart less than all of them.

    Args:
        held_out: the masses, and what each run says of them
        arms: the run of each arm; a claim on one that is not there stays empty
        neighbours: `neighbours.csv`
        data: what was measured, in words
    """
    resamples = resample(held_out)
    of_arms = measure(held_out, arms, resamples)
    rows = []
    for claim in CLAIMS:
        if claim.metric == TOLD_APART:
            found = _of_neighbours(claim, neighbours)
        else:
            found = _of_arms(claim, of_arms, held_out, resamples)
        no_effect = _no_effect(claim, held_out.label)
        said = verdict(found.low, found.high, no_effect, claim.published)
        row = {**claim._asdict(), **found._asdict(), "no_effect": no_effect, "verdict": said}
        rows.append(row)
    return pd.DataFrame(rows).assign(data=data)[COLUMNS]


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table for reading."""
    measured = zip(table["value"], table["low"], table["high"], strict=True)
    return pd.DataFrame(
        {
            "Claim": table["claim"],
            "Section": table["section"],
            "Published": [_number(each, "more") for each in table["published"]],
            "Measured": [with_interval(*numbers) for numbers in measured],
            "No effect": [_number(each, "n/a") for each in table["no_effect"]],
            "Detectable": [_number(each, "n/a") for each in table["detectable"]],
            "Verdict": [each or "n/a" for each in table["verdict"]],
            "Note": table["note"],
        }
    )


def _number(number: float, missing: str) -> str:
    return missing if pd.isna(number) else f"{number:.3f}"


def _no_effect(claim: Claim, label: np.ndarray) -> float:
    if claim.worse:
        return 0.0
    if claim.metric == TOLD_APART:
        return 0.5 if claim.published is None else 1.0
    malignant = float(np.mean(label == MALIGNANT))
    return 0.5 if claim.metric == "auc" else max(malignant, 1 - malignant)


def _of_arms(
    claim: Claim,
    of_arms: Mapping[str, np.ndarray],
    held_out: HeldOut,
    resamples: Resamples,
) -> Estimate:
    """Return the value of the claim's arm, or the smallest difference of its arms."""
    for pattern in (*claim.better, *claim.worse):
        if not _named(pattern, of_arms):
            return missing(f"not measured: {pattern}")
    metric = METRICS.index(claim.metric)
    better = [arm for pattern in claim.better for arm in _named(pattern, of_arms)]
    worse = [
        arm for pattern in claim.worse for arm in _named(pattern, of_arms) if arm not in better
    ]
    if not claim.worse:
        value = over_seeds(of_arms[better[0]][metric], resamples)
        return estimate(np.clip(value, 0, 1), held_out, claim.metric)
    if not worse:
        return missing(f"not measured: {claim.worse[0]} other than {better[0]}")
    differences = [
        over_seeds(of_arms[one][metric] - of_arms[other][metric], resamples)
        for one in better
        for other in worse
    ]
    return estimate_smallest(np.clip(differences, -1, 1), held_out, claim.metric)


def _named(pattern: str, arms: Mapping[str, np.ndarray]) -> list[str]:
    return [arm for arm in arms if fnmatchcase(arm, pattern)]


def _of_neighbours(claim: Claim, neighbours: pd.DataFrame) -> Estimate:
    """Return the share told apart by the discriminators of all folds, seeds and classes.

    Folds and seeds are drawn anew, not patients: each has neighbours and discriminators of its own.
    """
    of_sign = neighbours[neighbours["sign"] == claim.better[0]]
    of_trainings = of_sign.groupby(["fold", "seed"])["accuracy_after"].mean().to_numpy()
    count = len(of_trainings)
    if not count:
        return missing(f"not measured: {claim.better[0]} neighbours")
    if count == 1:
        reason = "no interval: one fold and seed"
        return missing(reason)._replace(value=float(of_trainings[0]))
    drawn = np.random.default_rng(0).integers(count, size=(RESAMPLES, count))
    of_resamples = np.append(of_trainings.mean(), of_trainings[drawn].mean(axis=1))
    if np.isnan(detectable(of_resamples)):
        return missing(NO_SPREAD)._replace(value=float(of_resamples[0]))
    return Estimate(
        float(of_resamples[0]),
        *interval(of_resamples),
        detectable(of_resamples),
        "drawn: folds and seeds",
    )
