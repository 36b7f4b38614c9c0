"""Metrics, tables and their renderings, from hand-worked numbers."""

import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fake_study import intervals_of, write_intervals, write_masses, write_metrics, write_runs
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, roc_auc_score

from coin.common.errors import BadInput
from coin.common.files import write_table
from coin.evaluation import published
from coin.evaluation.predictions import fold_and_seed, read_predictions
from coin.evaluation.tables import (
    INTERVAL_COLUMNS,
    MEASURED_COLUMNS,
    fig5a,
    fig5b,
    point_arm,
    read_intervals,
    read_metrics,
    summarise,
    table1,
    table2,
    weight_arm,
)
from evaluate import evaluate
from make_fig5_tables import make_fig5_tables
from make_readings import make_readings
from make_table1 import make_table1
from make_table2 import make_table2

TABLE1 = ("none", "conventional", "cgan", "adversarial")
FIG5_ARMS = ("positive0_negative0", "positive1_negative4", "weight0", "weight0.1", "weight1")
SCRIPTS = Path(__file__).parents[1] / "scripts"


def _metrics(accuracy: list[float], auc: list[float]) -> pd.DataFrame:
    n = len(accuracy)
    return pd.DataFrame(
        {"fold": range(n), "seed": 0, "n_masses": 10, "accuracy": accuracy, "auc": auc}
    )


def test_a_summary_by_hand():
    summary = summarise(_metrics([0.8, 0.6], [0.9, 0.5]))
    assert summary["accuracy_mean"] == pytest.approx(0.7)
    assert summary["accuracy_std"] == pytest.approx(0.02**0.5)
    assert summary["auc_mean"] == pytest.approx(0.7)
    assert summary["auc_std"] == pytest.approx(0.08**0.5)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_a_summary_is_that_of_the_standard_library(values):
    summary = summarise(_metrics(values, values))
    assert summary["accuracy_mean"] == pytest.approx(statistics.fmean(values))
    assert summary["auc_std"] == pytest.approx(statistics.stdev(values), abs=1e-12)


def test_table1_has_the_papers_numbers_beside_ours():
    runs = {name: _metrics([0.8, 0.6], [0.9, 0.5]) for name in ("none", "cgan", "adversarial")}
    table = table1(runs, "phantom", intervals_of(*runs))
    assert list(table.columns) == [
        "method",
        "accuracy_mean",
        "accuracy_std",
        "auc_mean",
        "auc_std",
        "n_masses",
        "n_runs",
        "published_accuracy",
        "published_auc",
        "data",
        *INTERVAL_COLUMNS,
    ]
    assert list(table["method"]) == ["none", "cgan", "adversarial"]
    assert list(table["published_accuracy"]) == [0.83, 0.88, 0.89]
    assert list(table["published_auc"]) == [0.85, 0.89, 0.92]
    assert (table["data"] == "phantom").all()


def test_masses_are_counted_once_however_many_seeds():
    metrics = _metrics([0.8, 0.6, 0.7, 0.7], [0.5] * 4)
    metrics["fold"], metrics["seed"] = [0, 1, 0, 1], [0, 0, 1, 1]
    metrics["n_masses"] = [12, 11, 12, 11]
    row = table1({"none": metrics}, "phantom", intervals_of("none")).iloc[0]
    assert (row["n_masses"], row["n_runs"]) == (23, 4)


def test_the_one_fold_of_a_split_has_a_deviation_over_seeds():
    metrics = _metrics([0.8, 0.6], [0.9, 0.5]).assign(fold=0, seed=[0, 1])
    row = table1({"none": metrics}, "phantom", intervals_of("none")).iloc[0]
    assert (row["n_masses"], row["n_runs"]) == (10, 2)
    assert row["accuracy_std"] == pytest.approx(0.02**0.5)


def test_table2_marks_what_is_published():
    runs = {"COIN": _metrics([0.8, 0.6], [0.9, 0.5]), "COIN, lambda = 0": _metrics([0.5], [0.5])}
    table = table2(runs, "phantom", intervals_of(*runs)).set_index("method")
    assert list(table["source"]) == ["published"] * 6 + ["measured"] * 2
    assert table.index.is_unique
    assert set(table.loc[table["source"] == "published", "data"]) == {"INbreast"}
    assert table.loc["COIN", "accuracy_mean"] == pytest.approx(0.7)
    assert table.loc["COIN", "data"] == "phantom"
    theirs = table.loc["COIN (Li et al.)"]
    assert list(theirs[["accuracy_mean", "accuracy_std", "auc_mean", "auc_std"]]) == [
        0.934,
        0.019,
        0.950,
        0.02,
    ]
    assert np.isnan(table.loc["Domingues et al. (2012)", "auc_mean"])
    assert np.isnan(table.loc["COIN, lambda = 0", "accuracy_std"])


def test_every_published_number_is_a_share():
    rows = [*published.TABLE1.values(), *published.TABLE2.values()]
    numbers = [number for row in rows for number in row if number is not None]
    assert all(0 < number < 1 for number in numbers)


def test_the_tables_of_fig5_are_in_order():
    low, high = _metrics([0.5], [0.5]), _metrics([0.9], [0.9])
    points, weights = [(1, 0), (0, 1), (0, 0)], [10, 0, 0.1]
    grid = fig5a(points, [high, low, low], "phantom", intervals_of(*map(point_arm, points)))
    points_in_order = list(zip(grid["n_positive"], grid["n_negative"], strict=True))
    assert points_in_order == [(0, 0), (0, 1), (1, 0)]
    assert list(grid["accuracy_mean"]) == [0.5, 0.5, 0.9]
    sweep = fig5b(weights, [high, low, low], "phantom", intervals_of(*map(weight_arm, weights)))
    assert list(sweep["lambda"]) == [0, 0.1, 10]
    assert list(sweep["auc_mean"]) == [0.5, 0.5, 0.9]


def test_evaluate_measures_each_training(tmp_path):
    write_masses(tmp_path)
    predictions = write_runs(tmp_path, "none", folds=3, skill=0.5)
    evaluate(predictions=predictions[::-1], metrics=tmp_path / "metrics.csv")
    metrics = read_metrics(tmp_path / "metrics.csv")
    assert list(metrics["fold"]) == [0, 1, 2]
    assert metrics["n_masses"].sum() == 40
    for path, row in zip(predictions, metrics.itertuples(), strict=True):
        held_out = pd.read_csv(path)
        assert row.accuracy == pytest.approx(
            accuracy_score(held_out["label"], held_out["probability"] >= 0.5)
        )
        assert row.auc == pytest.approx(roc_auc_score(held_out["label"], held_out["probability"]))


def test_the_folder_names_fold_and_seed():
    assert fold_and_seed(Path("runs/none/fold3_seed12/predictions.csv")) == (3, 12)
    with pytest.raises(BadInput, match="fold<k>_seed<s>"):
        fold_and_seed(Path("runs/none/fold3/predictions.csv"))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("label", 2, "neither 0"),
        ("probability", 1.5, "between 0 and 1"),
        ("probability", "x", "not"),
    ],
)
def test_predictions_that_are_none_are_refused(tmp_path, column, value, message):
    table = {"mass_id": ["a", "b"], "label": [0, 1], "probability": [0.1, 0.9]}
    table[column] = [table[column][0], value]
    write_table(tmp_path / "predictions.csv", pd.DataFrame(table))
    with pytest.raises(BadInput, match=message):
        read_predictions(tmp_path / "predictions.csv")


def test_a_missing_probability_is_refused(tmp_path):
    table = {"mass_id": ["a", "b"], "label": [0, 1], "probability": [0.1, None]}
    write_table(tmp_path / "predictions.csv", pd.DataFrame(table))
    with pytest.raises(BadInput, match="between 0 and 1"):
        read_predictions(tmp_path / "predictions.csv")


def test_metrics_with_a_training_twice_are_refused(tmp_path):
    metrics = _metrics([0.8, 0.6], [0.9, 0.5])
    metrics["fold"] = 0
    write_table(tmp_path / "metrics.csv", metrics)
    with pytest.raises(BadInput, match="twice"):
        read_metrics(tmp_path / "metrics.csv")


def _make_table1(folder: Path, cgan: Path | None = None, data: str = "phantom") -> None:
    make_table1(
        none=write_metrics(folder / "none.csv", accuracy=0.7),
        conventional=write_metrics(folder / "conventional.csv", accuracy=0.8),
        cgan=cgan,
        intervals=write_intervals(folder / "metrics.csv", *TABLE1),
        adversarial=write_metrics(folder / "adversarial.csv", folds=1, accuracy=0.9),
        data=data,
        table=[folder / f"table1.{kind}" for kind in ("csv", "md", "tex")],
    )


def test_table1_on_file(tmp_path):
    _make_table1(tmp_path)
    rows = (tmp_path / "table1.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["method", "none", "conventional", "adversarial"]
    assert rows[3].split(",")[2] == rows[3].split(",")[4] == "", "one training: no deviation"
    _make_table1(tmp_path, cgan=write_metrics(tmp_path / "cgan.csv"))
    assert pd.read_csv(tmp_path / "table1.csv")["method"].iloc[2] == "cgan"


def test_the_readable_tables_say_what_the_csv_says(tmp_path):
    _make_table1(tmp_path, data="50% real & _more_")
    table = pd.read_csv(tmp_path / "table1.csv").set_index("method")
    row = table.loc["conventional"]
    accuracy = f"{100 * row['accuracy_mean']:.1f}", f"{100 * row['accuracy_std']:.1f}"
    auc = f"{row['auc_mean']:.3f}", f"{row['auc_std']:.3f}"
    markdown = (tmp_path / "table1.md").read_text(encoding="utf-8")
    assert f"{accuracy[0]}% ± {accuracy[1]}% | {auc[0]} ± {auc[1]} |" in markdown
    assert "87% |" in markdown and "0.88 |" in markdown
    latex = (tmp_path / "table1.tex").read_text(encoding="utf-8")
    assert rf"{accuracy[0]}\% $\pm$ {accuracy[1]}\% & {auc[0]} $\pm$ {auc[1]} &" in latex
    assert r"50\% real \& \_more\_" in latex
    assert latex.isascii()


def test_table2_on_file(tmp_path):
    """Its two parts: what was published; and COIN, a peer and a user's own arm, measured."""
    others = ["features_svm", "wide_margin"]
    make_table2(
        coin=write_metrics(tmp_path / "coin.csv"),
        no_graph=write_metrics(tmp_path / "no_graph.csv"),
        others=[write_metrics(tmp_path / f"{name}.csv", accuracy=0.6) for name in others],
        names=others,
        intervals=write_intervals(tmp_path / "metrics.csv", "coin", "no_graph", *others),
        data="phantom",
        table=[tmp_path / f"table2.{kind}" for kind in ("csv", "md", "tex")],
    )
    table = pd.read_csv(tmp_path / "table2.csv")
    assert list(table["method"][-4:]) == ["COIN", "COIN, lambda = 0", *others]
    assert list(table["source"]) == ["published"] * 6 + ["measured"] * 4
    assert table.loc[table["source"] == "measured", INTERVAL_COLUMNS].notna().all(axis=None)
    markdown = (tmp_path / "table2.md").read_text(encoding="utf-8")
    assert "93.4% ± 1.9% | 0.95 ± 0.02 | INbreast" in " ".join(markdown.split())
    assert "COIN, λ = 0" in markdown and "Handcrafted features, linear SVM" in markdown
    assert markdown.count("| measured here, same folds |") == 4
    assert r"COIN, $\lambda$ = 0" in (tmp_path / "table2.tex").read_text(encoding="utf-8")


def test_readings_stand_side_by_side_with_what_they_read(tmp_path):
    make_readings(
        runs=[write_metrics(tmp_path / "coin.csv"), write_metrics(tmp_path / "summed.csv")],
        arms={"coin": {"reduction": "mean"}, "summed": {"reduction": "sum"}},
        data="synthetic phantom",
        table=[tmp_path / f"readings.{kind}" for kind in ("csv", "md", "tex")],
    )
    table = pd.read_csv(tmp_path / "readings.csv")
    assert list(table.columns[:2]) == ["arm", "reduction"] and list(table["reduction"]) == [
        "mean",
        "sum",
    ]
    assert list(table.columns[2:]) == [*MEASURED_COLUMNS, "data"]
    assert "| summed" in (tmp_path / "readings.md").read_text(encoding="utf-8")


def _make_fig5_tables(folder: Path, points: list[tuple[int, int]]) -> None:
    metrics = write_metrics(folder / "metrics.csv")
    make_fig5_tables(
        grid=[metrics] * 2,
        points=points,
        sweep=[metrics] * 3,
        weights=[0, 0.1, 1],
        intervals=write_intervals(folder / "intervals.csv", *FIG5_ARMS),
        data="phantom",
        of_points=[folder / f"fig5a.{kind}" for kind in ("csv", "md", "tex")],
        of_weights=[folder / f"fig5b.{kind}" for kind in ("csv", "md", "tex")],
    )


def test_the_tables_of_fig5_on_file(tmp_path):
    _make_fig5_tables(tmp_path, [(0, 0), (1, 4)])
    measured = [*MEASURED_COLUMNS, "data", *INTERVAL_COLUMNS]
    grid, sweep = pd.read_csv(tmp_path / "fig5a.csv"), pd.read_csv(tmp_path / "fig5b.csv")
    assert list(grid.columns) == ["n_positive", "n_negative", *measured]
    assert list(sweep.columns) == ["lambda", *measured]
    assert "| 0.1 |" in (tmp_path / "fig5b.md").read_text(encoding="utf-8").replace("  ", "")
    with pytest.raises(BadInput, match="2 and 1 entries"):
        _make_fig5_tables(tmp_path, [(1, 4)])


def test_intervals_are_those_over_masses(tmp_path):
    """After the columns that were there before, and readable."""
    _make_table1(tmp_path)
    table = pd.read_csv(tmp_path / "table1.csv")
    assert list(table.columns[-4:]) == INTERVAL_COLUMNS
    assert (table[INTERVAL_COLUMNS] == [0.6, 0.9, 0.5, 0.8]).all(axis=None)
    markdown = (tmp_path / "table1.md").read_text(encoding="utf-8")
    assert "0.600 to 0.900 | " in markdown and "50.0% to 80.0% |" in markdown
    with pytest.raises(BadInput, match="no metrics of the arm wide"):
        read_intervals(tmp_path / "metrics.csv", ["none", "wide"])


def test_the_program_names_a_file_that_is_not_there(tmp_path):
    outputs = [f'--table=["{tmp_path / "table.csv"}"]']
    inputs = [f"--coin={tmp_path / 'no.csv'}", f"--no_graph={tmp_path / 'no.csv'}"]
    inputs += ["--others=[]", "--names=[]", "--intervals=no.csv"]
    program = subprocess.run(
        [sys.executable, SCRIPTS / "make_table2.py", *inputs, "--data=phantom", *outputs],
        capture_output=True,
        text=True,
    )
    assert program.returncode == 1
    assert program.stderr.startswith("error: ") and "no.csv" in program.stderr
    assert program.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
