"""Tables I and II and the numbers of Fig. 5: what was measured, beside what was published.

A measured row is the mean and the sample standard deviation over all folds and seeds of a run, and
the interval of 95 % of that mean.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from coin.common.conventions import point_arm, weight_arm
from coin.common.errors import BadInput
from coin.common.files import read_table, write_table, written_whole
from coin.evaluation import published

METRIC_COLUMNS = ["fold", "seed", "n_masses", "accuracy", "auc"]
MEASURED_COLUMNS = ["accuracy_mean", "accuracy_std", "auc_mean", "auc_std"]
INTERVAL_COLUMNS = ["auc_low", "auc_high", "accuracy_low", "accuracy_high"]

Intervals = Mapping[str, Mapping[str, float]]
"""`INTERVAL_COLUMNS` by arm, or by the method that an arm is called in a table."""


class Shown(NamedTuple):
    """A table for reading."""

    title: str
    caption: str
    table: pd.DataFrame
    """All text."""
    is_text: list[bool]
    """Whether a column holds words, to be aligned left."""


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
    "auc_interval": "AUC, 95% interval",
    "accuracy_interval": "Accuracy, 95% interval",
    "n_masses": "Masses",
    "n_runs": "Trainings",
    "published_accuracy": f"Published accuracy ({published.DATA})",
    "published_auc": f"Published AUC ({published.DATA})",
    "data": "Data",
}
_TEXT_COLUMNS = ("method", "source", "data", "arm", "distance", "reduction")
_TEXT_HEADINGS = {"Arm", "Baseline", "Level", "Metric", "Claim", "Section", "Verdict", "Note"}
_TEXT_HEADINGS |= {"Way", "By", "Group"}
_WIDTHS = {"Claim": "p{5cm}", "Way": "p{3cm}", "Note": "p{3cm}"}
"""In LaTeX, of columns that hold sentences."""
_METHODS = {
    "none": "No augmentation",
    "conventional": "Flips and rotations",
    "cgan": "CGAN",
    "adversarial": "Adversarial (positive neighbours)",
    "supervised_contrastive": "Supervised contrastive loss, flips and rotations",
    "triplet": "Triplet loss, flips and rotations",
    "adversarial_flips": "Adversarial, flips and rotations",
    "coin_flips": "COIN, flips and rotations",
    "features_svm": "Handcrafted features, linear SVM",
    "features_logistic": "Handcrafted features, logistic regression",
    "features_forest": "Handcrafted features, random forest",
    "backbone_probe": "Pretrained backbone, frozen, logistic regression",
    "backbone_tuned": "Pretrained backbone, fine-tuned",
}
_SOURCES = {"published": "published", "measured": "measured here, same folds"}
"""The two parts of Table II."""
_LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"±": r"$\pm$", "×": r"$\times$", "λ": r"$\lambda$"}
)
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 15px/1.45 system-ui, sans-serif; color: #222; background: #fff; margin: 1.5em; }}
table {{ border-collapse: collapse; border-top: 2px solid #222; border-bottom: 2px solid #222; }}
p {{ max-width: 60em; }}
th {{ border-bottom: 1px solid #222; vertical-align: bottom; }}
th, td {{ padding: 0.25em 0.7em; text-align: left; font-variant-numeric: tabular-nums; }}
tbody tr:nth-child(even) {{ background: #f4f4f4; }}
{columns}
</style>
</head>
<body>
<p><strong>{title}.</strong> {caption}</p>
{table}
</body>
</html>
"""


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


def read_intervals(path: Path, arms: Iterable[str]) -> dict[str, dict[str, float]]:
    """Read arms' intervals over masses (`INTERVAL_COLUMNS`) from `tables/metrics.csv`."""
    table = read_table(path, ["arm", "level", "metric", "low", "high"])
    of_masses = table[table["level"] == "mass"].set_index(["arm", "metric"])[["low", "high"]]
    found = {}
    for arm in arms:
        try:
            (auc, accuracy) = (of_masses.loc[(arm, metric)] for metric in ("auc", "accuracy"))
        except KeyError as error:
            raise BadInput(
                f"{path}: no metrics of the arm {arm}; measure the arms again"
            ) from error
        found[arm] = dict(zip(INTERVAL_COLUMNS, (*auc, *accuracy), strict=True))
    return found


def table1(runs: dict[str, pd.DataFrame], data: str, intervals: Intervals) -> pd.DataFrame:
    """Table I: each augmentation's metrics, beside what the paper published for it.

    Args:
        runs: the metrics by method, of `none`, `conventional`, `cgan`, `adversarial`; one that was
            not run is left out
        data: what was measured, in words
        intervals: by the same methods
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
            **intervals[method],
        }
        for method, metrics in runs.items()
    )


def table2(runs: dict[str, pd.DataFrame], data: str, intervals: Intervals) -> pd.DataFrame:
    """Table II: the paper's rows, marked as published, then ours (metrics, intervals by method)."""
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
        {
            "method": method,
            "source": "measured",
            **summarise(metrics),
            "data": data,
            **intervals[method],
        }
        for method, metrics in runs.items()
    ]
    return pd.DataFrame(rows)


def fig5a(
    points: Sequence[tuple[int, int]],
    runs: Sequence[pd.DataFrame],
    data: str,
    intervals: Intervals,
) -> pd.DataFrame:
    """Fig. 5a: one row a point (n+, n-) of the grid, in the order of n+, then n-."""
    rows = [
        {
            "n_positive": point[0],
            "n_negative": point[1],
            **summarise(metrics),
            "data": data,
            **intervals[point_arm(point)],
        }
        for point, metrics in zip(points, runs, strict=True)
    ]
    return pd.DataFrame(rows).sort_values(["n_positive", "n_negative"], ignore_index=True)


def fig5b(
    weights: Sequence[float], runs: Sequence[pd.DataFrame], data: str, intervals: Intervals
) -> pd.DataFrame:
    """Fig. 5b: one row a weight lambda of the graph's loss, in equation (7), rising."""
    rows = [
        {"lambda": weight, **summarise(metrics), "data": data, **intervals[weight_arm(weight)]}
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


def write_all(
    files: list[Path],
    table: pd.DataFrame,
    title: str,
    caption: str,
    label: str,
    shown: pd.DataFrame | None = None,
) -> None:
    """Write a table as each file's ending says.

    Args:
        files: `.csv`, every number in full; `.md`, for reading; `.tex`, for a paper; `.html`, for
            the report
        table: from a function of this module
        title: above the table, in Markdown and HTML
        caption: what is shown, in words
        label: its name in LaTeX
        shown: the table for reading, all text, where it is another than one of this module
    """
    if shown is None:
        shown = _readable(table).rename(columns=_HEADINGS)
    for file in files:
        match file.suffix:
            case ".csv":
                write_table(file, table)
            case ".md":
                write_markdown(file, shown, title, caption)
            case ".tex":
                write_latex(file, shown, caption, label)
            case ".html":
                write_html(file, shown, title, caption)


def write_markdown(path: Path, shown: pd.DataFrame, title: str, caption: str) -> None:
    """Write a table of text for reading, a caption above."""
    align = ["left" if _is_text(name) else "right" for name in shown.columns]
    escaped = shown.map(_escape).rename(columns=_escape)
    text = escaped.to_markdown(index=False, disable_numparse=True, colalign=align)
    with written_whole(path) as partial:
        one_line = " ".join(caption.split())
        partial.write_text(f"**{title}.** {one_line}\n\n{text}\n", encoding="utf-8")


def read_markdown(path: Path) -> Shown:
    """Read a table that `write_markdown` wrote."""
    try:
        head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
        title, _, caption = head.removeprefix("**").partition(".** ")
        columns, dashes, *rows = ([cell.strip() for cell in _cells(line)] for line in _lines(body))
        is_text = [cell.startswith(":") for cell in dashes]
        table = pd.DataFrame(rows, columns=columns, dtype=object)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: not a readable table ({error}); make it again") from error
    return Shown(title, caption, table, is_text)


def write_html(path: Path, shown: pd.DataFrame, title: str, caption: str) -> None:
    """Write a table of text as a page of its own, for the HTML report."""
    text = shown.to_html(index=False, border=0, escape=True)
    numbers = ", ".join(
        f"th:nth-child({place}), td:nth-child({place})"
        for place, name in enumerate(shown.columns, 1)
        if not _is_text(name)
    )
    columns = f"{numbers} {{ text-align: right; white-space: nowrap; }}" if numbers else ""
    page = _PAGE.format(title=escape(title), caption=escape(caption), columns=columns, table=text)
    with written_whole(path) as partial:
        partial.write_text(page, encoding="utf-8")


def write_latex(path: Path, shown: pd.DataFrame, caption: str, label: str) -> None:
    """Write a table of text as a two-column-wide LaTeX float (package booktabs)."""
    align = "".join(_WIDTHS.get(name, "l" if _is_text(name) else "r") for name in shown.columns)
    text = shown.map(_latex).rename(columns=_latex)
    text = text.style.hide(axis="index").to_latex(
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


def with_interval(value: float, low: float, high: float, digits: int = 3) -> str:
    """Return a number with its interval, as text; what is not there is n/a."""
    if pd.isna(value):
        return "n/a"
    if pd.isna(low):
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _is_text(heading: str) -> bool:
    return heading in _TEXT_HEADINGS or heading in {_HEADINGS[name] for name in _TEXT_COLUMNS}


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its numbers as text, a mean and its deviation in one column."""
    is_published = table.get("source", pd.Series("", index=table.index)) == "published"
    columns = {}
    for name in table.columns:
        if name.endswith(("_std", "_high")):
            continue
        if name.endswith("_mean"):
            measure = name.removesuffix("_mean")
            columns[measure] = [
                _with_deviation(measure, *numbers)
                for numbers in zip(table[name], table[f"{measure}_std"], is_published, strict=True)
            ]
        elif name.endswith("_low"):
            measure = name.removesuffix("_low")
            ends = zip(table[name], table[f"{measure}_high"], strict=True)
            columns[f"{measure}_interval"] = [_interval(measure, *pair) for pair in ends]
        elif name.startswith("published_"):
            measure = name.removeprefix("published_")
            columns[name] = [_number(measure, value, True) for value in table[name]]
        elif name == "method":
            columns[name] = [
                _METHODS.get(method, method.replace("lambda", "λ")) for method in table[name]
            ]
        elif name == "source":
            columns[name] = [_SOURCES[source] for source in table[name]]
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


def _interval(measure: str, low: float, high: float) -> str:
    if pd.isna(low):
        return "n/a"
    return f"{_number(measure, low, False)} to {_number(measure, high, False)}"


def _number(measure: str, value: float, is_published: bool) -> str:
    """Return `accuracy` in percent, `auc` as it is; a published number with no digit added."""
    if pd.isna(value):
        return "n/a"
    if measure == "accuracy":
        return f"{100 * value:.3g}%" if is_published else f"{100 * value:.1f}%"
    return f"{value:.3g}" if is_published else f"{value:.3f}"


def _latex(text: str) -> str:
    return text.translate(_LATEX)


def _escape(text: str) -> str:
    """Return a cell's text as it may stand between the pipes of Markdown, on one line."""
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())


def _lines(body: str) -> list[str]:
    return [line for line in body.split("\n") if line]


def _cells(line: str) -> list[str]:
    """Return the cells between the pipes of a line of Markdown."""
    inner = re.findall(r"((?:[^|\\]|\\.)*)\|", line.removeprefix("|"))
    return [re.sub(r"\\(.)", r"\1", cell) for cell in inner]
