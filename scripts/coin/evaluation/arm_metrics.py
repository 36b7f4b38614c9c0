"""Every arm's metrics with their intervals, at the level of masses and of patients."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import read_table
from coin.evaluation.bootstrap import over_seeds, resample
from coin.evaluation.estimates import estimate, measure
from coin.evaluation.held_out import HeldOut, by_patient
from coin.evaluation.tables import with_interval
from coin.evaluation.weighted_metrics import HEADINGS, METRICS

COLUMNS = [
    *("arm", "level", "metric", "value", "low", "high"),
    *("n_patients", "n_masses", "n_seeds", "note", "data"),
]


def arm_metrics(held_out: HeldOut, arms: Mapping[str, str], data: str) -> pd.DataFrame:
    """Return `metrics.csv`, one row an arm, level and metric (columns: `COLUMNS`).

    Args:
        held_out: the masses, and what each run says of them
        arms: the run of each arm
        data: what was measured, in words
    """
    resamples = resample(held_out)
    levels = {"mass": held_out, "patient": by_patient(held_out)}
    of_levels = {level: measure(cases, arms, resamples) for level, cases in levels.items()}
    rows = []
    for arm in arms:
        for level, cases in levels.items():
            for metric, of_seeds in zip(METRICS, of_levels[level][arm], strict=True):
                drawn = np.clip(over_seeds(of_seeds, resamples), 0, 1)
                found = estimate(drawn, cases, metric)
                rows.append({"arm": arm, "level": level, "metric": metric, **found._asdict()})
    return pd.DataFrame(rows).assign(
        n_patients=len(np.unique(held_out.patient)),
        n_masses=len(held_out.label),
        n_seeds=len(held_out.seeds),
        data=data,
    )[COLUMNS]


def read_values(path: Path, metric: str, arms: Iterable[str]) -> dict[str, str]:
    """Read arms' metric over masses from `metrics.csv`, as text: with its interval, or n/a."""
    table = read_table(path, ["arm", "level", "metric", "value", "low", "high"])
    of_masses = table[(table["level"] == "mass") & (table["metric"] == metric)].set_index("arm")
    found = {}
    for arm in arms:
        if arm not in of_masses.index:
            raise BadInput(f"{path}: no {metric} of the arm {arm}; measure the arms again")
        value, low, high = of_masses.loc[arm, ["value", "low", "high"]]
        found[arm] = with_interval(value, low, high, digits=2)
    return found


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table for reading, one row an arm and level, one column a metric."""
    cells = [
        with_interval(*numbers, digits=2)
        for numbers in zip(table["value"], table["low"], table["high"], strict=True)
    ]
    wide = table.assign(cell=cells).pivot(index=["arm", "level"], columns="metric", values="cell")
    wide = wide.loc[list(dict.fromkeys(zip(table["arm"], table["level"], strict=True))), [*METRICS]]
    return wide.reset_index().rename(columns={"arm": "Arm", "level": "Level", **HEADINGS})
