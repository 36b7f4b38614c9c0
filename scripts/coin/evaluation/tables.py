"""Tables I and II and the numbers of Fig. 5: what was measured, beside what was published.

A measured row is the mean and the sample standard deviation over all folds and seeds of a run.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import read_table, write_table, written_whole
from coin.evaluation import published

METRIC_COLUMNS = ["fold", "seed", "n_masses", "accuracy", "auc"]
MEASURED_COLUMNS = ["accuracy_mean", "accuracy_std", "auc_mean", "auc_std"]

_HEADINGS = {
    "method": "Method",
    "source": "Source",
    "n_positive": "Positive neighbours, n+",
    "n_negative": "Negative neighbours, n-",
    "lambda": "λ",
    "arm": "Reading",
    "weight": "λ",
    "distance": "dist of (5)",
    "normalise": "h(x) on the unit sphere",
    "margin": "m",
    "reduction": "(5) over edges",
    "classify_negatives": "Negatives in (6)",
    "accuracy": "Accuracy",
    "auc": "AUC",
    "n_masses": "Masses",
    "n_runs": "Trainings",
    "published_accuracy": f"Published accuracy ({published.DATA})",
    "published_auc": f"Published AUC ({published.DATA})",
    "data": "Data",
}
_TEXT_COLUMNS = ("method", "source", "data", "arm", "distance", "reduction")
_METHODS = {
    "none": "No augmentation",
    "conventional": "Flips and rotations",
    "cgan": "CGAN",
    "adversarial": "Adversarial (positive neighbours)",
}
_LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"±": r"$\pm$", "×": r"$\times$", "λ": r"$\lambda$"}
)


def read_metrics(path: Path) -> pd.DataFrame:
    """Read a run's `metrics.csv` (columns: `METRIC_COLUMNS`), one row a fold and seed."""
    metrics = read_table(path, METRIC_COLUMNS)
    if metrics.empty:
        raise BadInput(f"{path}: no training in it; evaluate the run again")
    if metrics.duplicated(["fold", "seed"]).any():
        raise BadInput(f"{path}: a fold and seed stands in it twice; evaluate the run again")
    return metrics


def summarise(metrics: pd.DataFrame) -> dict[str, float]:
    """Return means and sample standard deviations (n - 1) over a run's folds and seeds.

    With one training there is no standard deviation: NaN, which is written as empty.
    """
    return {
        "accuracy_mean": metrics["accuracy"].mean(),
        "accuracy_std": metrics["accuracy"].std(ddof=1),
        "auc_mean": metrics["auc"].mean(),
        "auc_std": metrics["auc"].std(ddof=1),
    }


def table1(runs: dict[str, pd.DataFrame], data: str) -> pd.DataFrame:
    """Table I: each augmentation's metrics, beside what the paper published for it.

    Args:
        runs: the metrics by method, of `none`, `conventional`, `cgan`, `adversarial`; one that was
            not run is left out
        data: what was measured, in words
    """
    return pd.DataFrame(
        {
            "method": method,
            **summarise(metrics),
            "n_masses": metrics.drop_duplicates("fold")["n_masses"].sum(),
            "n_runs": len(metrics),
            "published_accuracy": published.TABLE1[method].accuracy,
            "published_auc": published.TABLE1[method].auc,
            "data": data,
        }
        for method, metrics in runs.items()
    )


def table2(runs: dict[str, pd.DataFrame], data: str) -> pd.DataFrame:
    """Table II: the paper's rows, marked as published, then ours (`runs`: metrics by method)."""
    rows = [
        {
            "method": method,
            "source": "published",
            "accuracy_mean": row.accuracy,
            "accuracy_std": row.accuracy_std,
            "auc_mean": row.auc,
            "auc_std": row.auc_std,
            "data": published.DATA,
        }
        for method, row in published.TABLE2.items()
    ]
    rows += [
        {"method": method, "source": "measured", **summarise(metrics), "data": data}
        for method, metrics in runs.items()
    ]
    return pd.DataFrame(rows)


def fig5a(
    points: Sequence[tuple[int, int]], runs: Sequence[pd.DataFrame], data: str
) -> pd.DataFrame:
    """Fig. 5a: one row a point (n+, n-) of the grid, in the order of n+, then n-."""
    rows = [
        {"n_positive": n_positive, "n_negative": n_negative, **summarise(metrics), "data": data}
        for (n_positive, n_negative), metrics in zip(points, runs, strict=True)
    ]
    return pd.DataFrame(rows).sort_values(["n_positive", "n_negative"], ignore_index=True)


def fig5b(weights: Sequence[float], runs: Sequence[pd.DataFrame], data: str) -> pd.DataFrame:
    """Fig. 5b: one row a weight lambda of the graph's loss, in equation (7), rising."""
    rows = [
        {"lambda": weight, **summarise(metrics), "data": data}
        for weight, metrics in zip(weights, runs, strict=True)
    ]
    return pd.DataFrame(rows).sort_values("lambda", ignore_index=True)


def readings(
    arms: Mapping[str, Mapping[str, Any]], runs: Sequence[pd.DataFrame], data: str
) -> pd.DataFrame:
    """Readings of what the paper leaves open: one row an arm, with its settings of the loss.

    Args:
        arms: the settings of each arm's loss, by its name
        runs: the metrics of each arm, in the same order
        data: what was measured, in words

    Returns:
        `arm`, the settings, means and standard deviations, `data`.
    """
    return pd.DataFrame(
        {"arm": name, **loss, **summarise(metrics), "data": data}
        for (name, loss), metrics in zip(arms.items(), runs, strict=True)
    )


def write_all(files: list[Path], table: pd.DataFrame, title: str, caption: str, label: str) -> None:
    """Write a table as each file's ending says.

    Args:
        files: `.csv`, every number in full; `.md`, for reading; `.tex`, for a paper
        table: from a function of this module
        title: above the table, in Markdown
        caption: what is shown, in words
        label: its name in LaTeX
    """
    for file in files:
        match file.suffix:
            case ".csv":
                write_table(file, table)
            case ".md":
                write_markdown(file, table, title, caption)
            case ".tex":
                write_latex(file, table, caption, label)


def write_markdown(path: Path, table: pd.DataFrame, title: str, caption: str) -> None:
    """Write a table for reading: percentages, mean ± standard deviation, a caption above."""
    readable = _readable(table)
    align = ["left" if name in _TEXT_COLUMNS else "right" for name in readable.columns]
    text = readable.rename(columns=_HEADINGS).to_markdown(
        index=False, disable_numparse=True, colalign=align
    )
    with written_whole(path) as partial:
        partial.write_text(f"**{title}.** {caption}\n\n{text}\n", encoding="utf-8")


def write_latex(path: Path, table: pd.DataFrame, caption: str, label: str) -> None:
    """Write a table as a two-column-wide LaTeX float (package booktabs)."""
    readable = _readable(table)
    align = "".join("l" if name in _TEXT_COLUMNS else "r" for name in readable.columns)
    readable = readable.rename(columns=_HEADINGS).map(_latex).rename(columns=_latex)
    text = readable.style.hide(axis="index").to_latex(
        column_format=align,
        position="t",
        position_float="centering",
        environment="table*",
        hrules=True,
        caption=_latex(caption),
        label=label,
    )
    with written_whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its numbers as text, a mean and its deviation in one column."""
    is_published = table.get("source", pd.Series("", index=table.index)) == "published"
    columns = {}
    for name in table.columns:
        if name.endswith("_std"):
            continue
        if name.endswith("_mean"):
            measure = name.removesuffix("_mean")
            columns[measure] = [
                _with_deviation(measure, *numbers)
                for numbers in zip(table[name], table[f"{measure}_std"], is_published, strict=True)
            ]
        elif name.startswith("published_"):
            measure = name.removeprefix("published_")
            columns[name] = [_number(measure, value, True) for value in table[name]]
        elif name == "method":
            columns[name] = [
                _METHODS.get(method, method.replace("lambda", "λ")) for method in table[name]
            ]
        elif name == "lambda":
            columns[name] = [f"{weight:g}" for weight in table[name]]
        else:
            columns[name] = table[name].astype(str)
    return pd.DataFrame(columns)


def _with_deviation(measure: str, mean: float, deviation: float, is_published: bool) -> str:
    text = _number(measure, mean, is_published)
    if pd.isna(deviation):
        return text
    return f"{text} ± {_number(measure, deviation, is_published)}"


def _number(measure: str, value: float, is_published: bool) -> str:
    """Return `accuracy` in percent, `auc` as it is; a published number with no digit added."""
    if pd.isna(value):
        return "n/a"
    if measure == "accuracy":
        return f"{100 * value:.3g}%" if is_published else f"{100 * value:.1f}%"
    return f"{value:.3g}" if is_published else f"{value:.3f}"


def _latex(text: str) -> str:
    return text.translate(_LATEX)
