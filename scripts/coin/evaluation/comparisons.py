"""Each arm against its baseline, on the same resamples of the same masses."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from coin.common.errors import BadInput
from coin.evaluation.bootstrap import over_seeds, p_value, resample
from coin.evaluation.estimates import estimate, measure
from coin.evaluation.held_out import HeldOut
from coin.evaluation.tables import with_interval
from coin.evaluation.weighted_metrics import HEADINGS, METRICS

COLUMNS = [
    *("arm", "baseline", "metric", "difference", "low", "high"),
    *("p", "p_holm", "detectable", "note", "data"),
]
SAME = "the same trainings"


def comparisons(
    held_out: HeldOut, arms: Mapping[str, str], pairs: Sequence[tuple[str, str]], data: str
) -> pd.DataFrame:
    """Return `comparisons.csv`, one row a pair and metric, of masses (columns: `COLUMNS`).

    A difference is the arm's metric less its baseline's. `p_holm` allows for all pairs that are
    compared in the same metric.

    Args:
        held_out: the masses, and what each run says of them
        arms: the run of each arm
        pairs: an arm and its baseline, each
        data: what was measured, in words

    Raises:
        BadInput: no pair, or one of an arm without a run.
    """
    _check(pairs, arms)
    resamples = resample(held_out)
    of_arms = measure(held_out, {arm: arms[arm] for pair in pairs for arm in pair}, resamples)
    rows = []
    for arm, baseline in pairs:
        for metric, of_seeds in zip(METRICS, of_arms[arm] - of_arms[baseline], strict=True):
            difference = np.clip(over_seeds(of_seeds, resamples), -1, 1)
            found = estimate(difference, held_out, metric)
            row = {"arm": arm, "baseline": baseline, "metric": metric, **found._asdict()}
            row["p"] = np.nan if np.isnan(found.low) else p_value(difference)
            if arms[arm] == arms[baseline]:
                row["note"] = SAME
            rows.append(row)
    table = pd.DataFrame(rows).rename(columns={"value": "difference"}).assign(data=data)
    table["p_holm"] = table.groupby("metric")["p"].transform(holm)
    return table[COLUMNS]


def holm(p: pd.Series) -> np.ndarray:
    """Return Holm's adjusted p of a family of tests; one without a p is none of the family."""
    values = p.to_numpy(dtype=float)
    tested = np.flatnonzero(np.isfinite(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    factor = np.arange(len(order), 0, -1)
    adjusted = np.full(len(values), np.nan)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(factor * values[order]))
    return adjusted


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table for reading."""
    ends = zip(table["difference"], table["low"], table["high"], strict=True)
    return pd.DataFrame(
        {
            "Arm": table["arm"],
            "Baseline": table["baseline"],
            "Metric": table["metric"].map(HEADINGS),
            "Difference": [with_interval(*numbers) for numbers in ends],
            "p": table["p"].map(_three_digits),
            "p (Holm)": table["p_holm"].map(_three_digits),
            "Detectable": table["detectable"].map(_three_digits),
            "Note": table["note"],
        }
    )


def _three_digits(number: float) -> str:
    return "n/a" if np.isnan(number) else f"{number:.3f}"


def _check(pairs: Sequence[tuple[str, str]], arms: Mapping[str, str]) -> None:
    if not pairs:
        raise BadInput("--pairs: found none; give an arm and its baseline")
    for arm in (arm for pair in pairs for arm in pair):
        if arm not in arms:
            raise BadInput(f"--pairs: found {arm}, expected one of {', '.join(arms)}")
