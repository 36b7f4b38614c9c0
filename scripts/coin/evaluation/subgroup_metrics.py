"""AUC of parts of the masses: by view, density, size, and what else the data tell of them."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from coin.common.conventions import BENIGN, CLASS_NAMES, MALIGNANT
from coin.data.mass_facts import UNKNOWN, column_of, spelt
from coin.evaluation.bootstrap import Resamples, over_seeds, part, resample
from coin.evaluation.estimates import ONE_SEED, Estimate, estimate, measure, missing
from coin.evaluation.held_out import HeldOut
from coin.evaluation.tables import with_interval
from coin.evaluation.weighted_metrics import METRICS

COLUMNS = [
    *("arm", "by", "group", "auc", "low", "high"),
    *("n_benign", "n_malignant", "n_patients", "note", "data"),
]
ALL, SIZE = "all", "size"
HEADINGS = {
    ALL: "All",
    "view": "View",
    "density": "Density",
    SIZE: "Size",
    "birads": "BI-RADS",
    "subtlety": "Subtlety",
}
"""What masses are parted by, in order."""
FEWEST = 10
"""Masses of each class that an AUC needs here."""
MOST_GROUPS = 12
NOT_TOLD = "the data do not tell it"
_TERCILES = ("small", "middle", "large")


def subgroup_metrics(
    held_out: HeldOut, masses: pd.DataFrame, arms: Mapping[str, str], data: str
) -> pd.DataFrame:
    """Return `subgroups.csv`, one row an arm and group (columns: `COLUMNS`).

    An AUC is, as that of all masses, the mean over folds of what it is within each, and its
    interval comes from the same resamples.

    Args:
        held_out: the masses, by name, and what each run says of them
        masses: `masses.csv`
        arms: the run of each arm
        data: what was measured, in words
    """
    resamples = resample(held_out)
    table = masses.set_index("mass_id").loc[held_out.mass_id]
    rows = []
    for by, group, chosen, problem in _groups(table):
        cases, own = part(held_out, resamples, chosen)
        counts = {
            f"n_{name}": int((cases.label == label).sum()) for label, name in enumerate(CLASS_NAMES)
        }
        counts["n_patients"] = len(np.unique(cases.patient))
        found = _aucs(cases, arms, own, problem or (_too_few(cases) if by != ALL else ""))
        rows += [
            {"arm": arm, "by": by, "group": group, **each._asdict(), **counts}
            for arm, each in found.items()
        ]
    result = pd.DataFrame(rows).rename(columns={"value": "auc"}).assign(data=data)
    arm_order = pd.Categorical(result["arm"], list(arms))
    return result.iloc[np.argsort(arm_order.codes, kind="stable")][COLUMNS]


def terciles(size: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Return masses' names and rows by thirds of their size (N,) in pixels.

    Equal sizes stay together, so that thirds may differ, or be empty and left out.
    """
    first, second = np.quantile(size, [1 / 3, 2 / 3])
    third = np.searchsorted([first, second], size)  # a size on the edge is in the lower third
    limits = (f"to {first:.0f} px", f"to {second:.0f} px", f"over {second:.0f} px")
    groups = [
        (f"{name}, {limit}", np.flatnonzero(third == place))
        for place, (name, limit) in enumerate(zip(_TERCILES, limits, strict=True))
    ]
    return [(name, rows) for name, rows in groups if len(rows)]


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table for reading, one row a group, one column an arm."""
    return pd.DataFrame(
        {
            "By": HEADINGS[by],
            "Group": group,
            "Benign": str(rows["n_benign"].iloc[0]),
            "Malignant": str(rows["n_malignant"].iloc[0]),
            **{
                f"AUC, {row.arm}": with_interval(row.auc, row.low, row.high, digits=2)
                for row in rows.itertuples()
            },
            "Note": "; ".join(note for note in dict.fromkeys(rows["note"]) if _is_shown(note, by)),
        }
        for (by, group), rows in table.groupby(["by", "group"], sort=False)
    )


def _is_shown(note: str, by: str) -> bool:
    """Tell whether a note says anything; that there is one seed holds for all, and is said once."""
    return note != "" and (note != ONE_SEED or by == ALL)


def _groups(table: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray, str]]:
    """Yield what masses are parted by, a group's name and rows, and why it has no AUC."""
    everyone = np.arange(len(table))
    yield ALL, ALL, everyone, ""
    for by in list(HEADINGS)[1:]:
        if by == SIZE:
            size = np.sqrt(table["width"].to_numpy(float) * table["height"].to_numpy(float))
            yield from ((by, name, rows, "") for name, rows in terciles(size))
            continue
        column = column_of(table, by)
        if column is None or table[column].isna().all():
            yield by, UNKNOWN, everyone[:0], NOT_TOLD
            continue
        value = spelt(table[column]).to_numpy()
        names = sorted(set(value) - {UNKNOWN}) + [UNKNOWN] * (UNKNOWN in value)
        if len(names) > MOST_GROUPS:
            yield by, f"{len(names)} values", everyone[:0], "too many values to part masses by"
            continue
        yield from ((by, name, np.flatnonzero(value == name), "") for name in names)


def _aucs(
    cases: HeldOut, arms: Mapping[str, str], resamples: Resamples, problem: str
) -> dict[str, Estimate]:
    if problem:
        return dict.fromkeys(arms, missing(problem))
    auc = METRICS.index("auc")
    return {
        arm: estimate(np.clip(over_seeds(of_seeds[auc], resamples), 0, 1), cases, "auc")
        for arm, of_seeds in measure(cases, arms, resamples).items()
    }


def _too_few(cases: HeldOut) -> str:
    few = [each for each in (BENIGN, MALIGNANT) if (cases.label == each).sum() < FEWEST]
    if not few:
        return ""
    return "too few: " + " and ".join(
        f"{(cases.label == each).sum()} {CLASS_NAMES[each]}" for each in few
    )
