"""What leakage is worth: the same arms where they learn from what they are tested on.

All ways are measured on the same resamples of the study's patients: other folds, too, count all
masses of a patient as often as the patient is drawn. So differences are paired.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from coin.evaluation.bootstrap import Resamples, over_seeds, resample
from coin.evaluation.comparisons import SAME
from coin.evaluation.estimates import (
    Estimate,
    estimate,
    measure,
    missing,
    why_no_interval,
    why_no_value,
)
from coin.evaluation.held_out import HeldOut
from coin.evaluation.published import TABLE1, TABLE2
from coin.evaluation.tables import with_interval
from coin.evaluation.weighted_metrics import HEADINGS, IN_A_FOLD, METRICS, of_fold

COLUMNS = [
    *("way", "arm", "metric", "value", "low", "high"),
    *("difference", "difference_low", "difference_high", "published"),
    *("n_patients", "n_masses", "n_seeds", "note", "data"),
]
OWN, BEST, NESTED = "own", "best_cell", "nested_cell"
WAYS = {
    OWN: "the study's own folds",
    "image": "folds by image",
    "mass": "folds by mass",
    "neighbours": "neighbours made before the split",
    BEST: "the grid's best cell on the held-out masses",
    NESTED: "each fold's best cell on the other folds",
}
"""In the table's order. The last does not leak: it is what choosing is worth without it."""
COIN = "coin"
"""The arm that has cells, those of Fig. 5a."""
MEASURES = ("auc", "accuracy")
"""What the paper prints. By each a cell is chosen for itself."""
ONE_CELL = "one cell in the grid: nothing to choose"
ONE_FOLD = "one fold: no others to choose by"
_PUBLISHED = {**TABLE1, COIN: TABLE2["COIN (Li et al.)"]}


class _Study(NamedTuple):
    """What all ways are compared with: the study's own."""

    cases: HeldOut
    resamples: Resamples
    of_arms: dict[str, np.ndarray]
    """(7, S, 1 + B) draws by arm."""


def leakage(
    own: HeldOut,
    leaky: Mapping[str, HeldOut | str],
    arms: Mapping[str, str],
    cells: Mapping[str, str],
    data: str,
) -> pd.DataFrame:
    """Return `leakage.csv`, one row a way, arm and metric, of masses (columns: `COLUMNS`).

    Differences are from the study's own folds. The interval of the best cell is that of who chose
    it so: it knows nothing of the choice.

    Args:
        own: the study's masses, and what the runs of arms and cells say of them
        leaky: by way, the same masses and seeds, or why they are not there
        arms: the run of each arm, COIN's among them
        cells: the run of each point (n+, n-) of the grid
        data: what was measured, in words

    Raises:
        BadInput: an arm's run has no predictions.
    """
    resamples = resample(own)
    study = _Study(own, resamples, measure(own, arms, resamples))
    rows = []
    for way, cases in {OWN: own, **leaky}.items():
        rows += _rows(way, cases, arms, MEASURES, study)
    for way in (BEST, NESTED):
        for metric in MEASURES:
            taken = chosen_cells(own, cells, metric, of_others=way == NESTED)
            cases = taken if isinstance(taken, str) else _stitched(own, cells, taken, arms[COIN])
            note = "" if isinstance(taken, str) else f"chosen: {', '.join(dict.fromkeys(taken))}"
            rows += _rows(way, cases, {COIN: arms[COIN]}, [metric], study, note)
    return pd.DataFrame(rows).assign(
        n_patients=len(np.unique(own.patient)),
        n_masses=len(own.label),
        n_seeds=len(own.seeds),
        data=data,
    )[COLUMNS]


def chosen_cells(
    own: HeldOut, cells: Mapping[str, str], metric: str, of_others: bool
) -> list[str] | str:
    """Return the cell with the highest metric for each fold, or why there is none.

    It is the mean over seeds and over all folds or, `of_others`, all but that fold; of equal cells
    the first is taken, and a fold that leaves the metric undefined does not count.
    """
    folds = np.unique(own.fold)
    if len(cells) < 2:
        return ONE_CELL
    if of_others and len(folds) < 2:
        return ONE_FOLD
    place, once = IN_A_FOLD.index(metric), np.ones((len(own.label), 1))
    of_folds = [
        [
            np.mean(
                [of_fold(own.label[rows], p[rows], once[rows])[place] for p in own.probability[run]]
            )
            for rows in (own.fold == fold for fold in folds)
        ]
        for run in cells.values()
    ]
    values = np.ma.masked_invalid(of_folds)
    counted = [folds != fold if of_others else folds == folds for fold in folds]
    best = [int(values[:, those].mean(axis=1).filled(-1).argmax()) for those in counted]
    return [[*cells][place] for place in best]


def of_same_patients(resamples: Resamples, own: HeldOut, cases: HeldOut) -> Resamples:
    """Return the same resamples for masses in other folds: a patient counts alike in each of them.

    Args:
        resamples: of `own`
        own: masses in folds that no patient crosses, or the folds of `cases`
        cases: masses of the same patients
    """
    if np.array_equal(cases.fold, own.fold) and np.array_equal(cases.patient, own.patient):
        return resamples
    patients, first = np.unique(own.patient, return_index=True)
    of_units = cases.patient[np.unique(cases.unit, return_index=True)[1]]
    rows = own.unit[first][np.searchsorted(patients, of_units)]
    return resamples._replace(patients=resamples.patients[rows])


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table for reading."""
    measured = zip(table["value"], table["low"], table["high"], strict=True)
    ends = (table[name] for name in ("difference", "difference_low", "difference_high"))
    return pd.DataFrame(
        {
            "Way": table["way"].map(WAYS),
            "Arm": table["arm"],
            "Metric": table["metric"].map(HEADINGS),
            "Measured": [with_interval(*numbers) for numbers in measured],
            "Less own folds": [with_interval(*numbers) for numbers in zip(*ends, strict=True)],
            "Published": [f"{number:.3g}" for number in table["published"]],
            "Note": table["note"],
        }
    )


def _stitched(own: HeldOut, cells: Mapping[str, str], taken: Sequence[str], run: str) -> HeldOut:
    """Return the masses with what each fold's own cell says of them, under the name of a run."""
    probability = np.empty((len(own.seeds), len(own.label)))
    for fold, cell in zip(np.unique(own.fold), taken, strict=True):
        rows = own.fold == fold
        probability[:, rows] = own.probability[cells[cell]][:, rows]
    return own._replace(probability={run: probability})


def _rows(
    way: str,
    cases: HeldOut | str,
    arms: Mapping[str, str],
    metrics: Sequence[str],
    study: _Study,
    note: str = "",
) -> list[dict[str, Any]]:
    """Return a row an arm and metric of one way; where `cases` is text, it says why it is empty."""
    pairs = [(arm, metric) for arm in arms for metric in metrics]
    if isinstance(cases, str):
        return [_row(way, arm, metric, missing(cases), missing("")) for arm, metric in pairs]
    of_arms = measure(cases, arms, of_same_patients(study.resamples, study.cases, cases))
    rows = []
    for arm, metric in pairs:
        place = METRICS.index(metric)
        value = over_seeds(of_arms[arm][place], study.resamples)
        found = estimate(np.clip(value, 0, 1), cases, metric)
        less = missing("")
        if way != OWN:
            gained = over_seeds((of_arms[arm] - study.of_arms[arm])[place], study.resamples)
            less = _difference(np.clip(gained, -1, 1), cases, metric, study.cases)
            if np.array_equal(cases.probability[arms[arm]], study.cases.probability[arms[arm]]):
                less = less._replace(note=SAME)
        rows.append(_row(way, arm, metric, found, less, note))
    return rows


def _difference(draws: np.ndarray, cases: HeldOut, metric: str, own: HeldOut) -> Estimate:
    """Return what draws of a difference say, or why the study's own masses do not allow any."""
    found = estimate(draws, cases, metric)
    if reason := why_no_value(own, metric):
        return missing(reason)
    if reason := why_no_interval(own, metric):
        return missing(reason)._replace(value=found.value)
    return found


def _row(
    way: str, arm: str, metric: str, found: Estimate, less: Estimate, note: str = ""
) -> dict[str, Any]:
    notes = dict.fromkeys(each for each in (note, found.note, less.note) if each)
    return {
        "way": way,
        "arm": arm,
        "metric": metric,
        **{name: getattr(found, name) for name in ("value", "low", "high")},
        "difference": less.value,
        "difference_low": less.low,
        "difference_high": less.high,
        "published": getattr(_PUBLISHED[arm], metric),
        "note": "; ".join(notes),
    }
