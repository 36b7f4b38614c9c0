"""What a study's prose says: numbers of its tables and settings, as text ready to be read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from coin.common.conventions import BENIGN, MALIGNANT
from coin.common.files import read_masses, read_table
from coin.data.datasets.account import RECORD_COLUMNS
from coin.evaluation.tables import with_interval

Facts = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]
"""By name, as their `.csv` files say."""

_VERDICTS = ("reproduced", "weaker", "undecided", "contradicted")
_ARMS = {"coin": "COIN", "no_graph": "COIN without a graph", "none": "no augmentation"}


def read_facts(
    config: Path,
    masses: Path,
    data_records: Path,
    tables: Sequence[Path],
    data: str,
    labels_are: str,
) -> Facts:
    """Read a study's files, `tables` being `.csv` among others, and return its `facts`."""
    return facts(
        yaml.safe_load(config.read_text(encoding="utf-8")),
        read_masses(masses),
        read_table(data_records, RECORD_COLUMNS),
        {path.stem: read_table(path, []) for path in tables if path.suffix == ".csv"},
        data,
        labels_are,
    )


def facts(
    config: Mapping[str, Any],
    masses: pd.DataFrame,
    records: pd.DataFrame,
    tables: Tables,
    data: str,
    labels_are: str,
) -> Facts:
    """Return what prose and captions may say of a study.

    Args:
        config: its merged settings.
        masses: masses.csv.
        records: data_report.csv.
        tables: its tables; where one is not there, neither are its facts.
        data: what was measured, in words.
        labels_are: where the labels come from, in words.
    """
    return {
        "study": config["study"],
        "data": data,
        "phantom": config["data"]["format"] == "phantom",
        "labels_are": labels_are,
        **_of_data(masses, records),
        **_of_protocol(config),
        **(_of_grid(tables["fig5a"]) if "fig5a" in tables else {}),
        **(_of_weights(tables["fig5b"]) if "fig5b" in tables else {}),
        **(_of_table1(tables["table1"]) if "table1" in tables else {}),
        **(_of_table2(tables["table2"]) if "table2" in tables else {}),
        **(_of_comparisons(tables["comparisons"]) if "comparisons" in tables else {}),
        **(_of_claims(tables["claims"]) if "claims" in tables else {}),
    }


def _of_data(masses: pd.DataFrame, records: pd.DataFrame) -> Facts:
    return {
        "n_masses": f"{len(masses):,}",
        "n_benign": f"{(masses['label'] == BENIGN).sum():,}",
        "n_malignant": f"{(masses['label'] == MALIGNANT).sum():,}",
        "n_patients": f"{masses['patient_id'].nunique():,}",
        "n_images": f"{masses['image'].nunique():,}",
        "n_records": f"{len(records):,}",
        "n_left_out": f"{(~records['used']).sum():,}",
    }


def _of_protocol(config: Mapping[str, Any]) -> Facts:
    protocol, graph = config["protocol"], config["graph"]
    official = protocol["split"] != "folds"
    return {
        "split": protocol["split"] if official else "",
        "n_folds": 1 if official else protocol["folds"],
        "group_by": protocol["group_by"],
        "n_seeds": len(protocol["seeds"]),
        "point": f"({graph['n_positive']}, {graph['n_negative']})",
        "weight": f"{config['loss']['weight']:g}",
        "size": config["roi"]["size"],
    }


def _of_grid(table: pd.DataFrame) -> Facts:
    found: Facts = {"n_points": len(table)}
    for metric in ("accuracy", "auc"):
        values = table[f"{metric}_mean"]
        for end, row in (("low", table.loc[values.idxmin()]), ("high", table.loc[values.idxmax()])):
            found[f"fig5a_{metric}_{end}"] = f"{row[f'{metric}_mean']:.3f}"
            found[f"fig5a_{metric}_{end}_at"] = (
                f"(n+, n−) = ({row['n_positive']:g}, {row['n_negative']:g})"
            )
    return found


def _of_weights(table: pd.DataFrame) -> Facts:
    return {
        f"fig5b_{metric}": listed(
            f"{mean:.3f} at {weight:g}"
            for weight, mean in zip(table["lambda"], table[f"{metric}_mean"], strict=True)
        )
        for metric in ("auc", "accuracy")
    }


def _of_table1(table: pd.DataFrame) -> Facts:
    names = {"none": "without augmentation", "conventional": "with flips and rotations"}
    names |= {"cgan": "with the conditional GAN", "adversarial": "with positive neighbours"}
    return {
        "table1_auc": listed(
            f"{_interval(row, 'auc')} {names.get(row['method'], row['method'])}"
            for _, row in table.iterrows()
        )
    }


def _of_table2(table: pd.DataFrame) -> Facts:
    rows = table.set_index("method")
    found: Facts = {}
    for name, method in (("coin", "COIN"), ("no_graph", "COIN, lambda = 0")):
        found[f"{name}_auc"] = _interval(rows.loc[method], "auc")
        found[f"{name}_accuracy"] = _interval(rows.loc[method], "accuracy")
    published = rows.loc["COIN (Li et al.)"]
    found["published_data"] = published["data"]
    found["published_auc"] = f"{published['auc_mean']:.3f}"
    found["published_accuracy"] = f"{published['accuracy_mean']:.3f}"
    return found


def _of_comparisons(table: pd.DataFrame) -> Facts:
    of_auc = table[table["metric"] == "auc"]
    apart = of_auc[(of_auc["low"] > 0) | (of_auc["high"] < 0)]
    pair = of_auc[(of_auc["arm"] == "coin") & (of_auc["baseline"] == "no_graph")].iloc[0]
    return {
        "graph_gain": with_interval(pair["difference"], pair["low"], pair["high"]),
        "graph_detectable": "" if pd.isna(pair["detectable"]) else f"{pair['detectable']:.3f}",
        "n_pairs": len(of_auc),
        "apart": listed(
            f"{_ARMS.get(arm, arm)} less {_ARMS.get(base, base)} "
            f"({with_interval(difference, low, high)})"
            for arm, base, difference, low, high in zip(
                *(apart[name] for name in ("arm", "baseline", "difference", "low", "high")),
                strict=True,
            )
        ),
        "n_apart": len(apart),
        "notes": sorted(set(table["note"].dropna())),
    }


def _of_claims(table: pd.DataFrame) -> Facts:
    count = Counter(table["verdict"].fillna(""))
    said = [f"{count[verdict]} {verdict}" for verdict in _VERDICTS if count[verdict]]
    if count[""]:
        said.append(f"{count['']} not measured, or without an interval")
    return {"n_claims": len(table), "verdicts": listed(said)}


def listed(parts: Any) -> str:
    """Return parts as one text: a, b and c."""
    *before, last = [*parts] or [""]
    return f"{', '.join(before)} and {last}" if before else last


def _interval(row: pd.Series, metric: str) -> str:
    return with_interval(row[f"{metric}_mean"], row[f"{metric}_low"], row[f"{metric}_high"])


def settings(
    config: Mapping[str, Any], schema: Mapping[str, Any], sections: Sequence[str]
) -> dict[str, list[Facts]]:
    """Return the settings of some sections of a config, each beside what the paper says.

    Returns:
        By section, of every setting `key`, `value`, `paper` (empty where the paper is silent) and
        whether it `departs` from the paper.
    """
    return {
        section: [
            {
                "key": f"{section}.{key}",
                "value": _value(value),
                "paper": _value(paper) if (paper := says["paper"]) != "silent" else "",
                "departs": departs(value, paper),
            }
            for key, value in config[section].items()
            if "paper" in (says := schema["properties"][section]["properties"][key])
            and (section != "data" or says["paper"] != "silent")  # a path is nobody's business
        ]
        for section in sections
    }


def departs(value: Any, paper: Any) -> bool:
    """Return whether a setting's value is another than the paper's, as the schema words that.

    `silent` and words in quotes leave the value open; `0 to 5` is a list; `5 (why)` is 5.
    """
    if isinstance(value, bool) and isinstance(paper, str):
        return False
    if not isinstance(paper, str):
        return bool(value != paper)
    if paper == "silent" or paper.startswith('"'):
        return False
    if " to " in paper:
        low, high = map(int, paper.split(" to "))
        return bool(value != list(range(low, high + 1)))
    return str(value) != paper.split(" (")[0]


def _value(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(_value, value))
        case float():
            return f"{value:g}"
        case _:
            return str(value)
