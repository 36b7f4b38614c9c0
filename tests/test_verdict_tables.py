"""The tables of metrics, comparisons and claims, by their programs, from a study's files."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from fake_study import write_masses, write_runs

from coin.common.files import write_table
from coin.evaluation.claims import CLAIMS
from coin.evaluation.tables import INTERVAL_COLUMNS, read_intervals
from coin.evaluation.weighted_metrics import METRICS
from make_claims import NO_EVIDENCE, make_claims
from make_comparisons import make_comparisons
from measure_arms import measure_arms

SCRIPTS = Path(__file__).parents[1] / "scripts"
ARMS = {"none": "none", "coin": "positive1_negative4_weight1", "no_graph": "graphless"}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return what the programs are told of a study of three runs."""
    folder = tmp_path_factory.mktemp("study")
    write_masses(folder)
    runs = [write_runs(folder, run, skill=skill) for skill, run in enumerate(ARMS.values())]
    neighbours = pd.DataFrame(
        {"fold": [0, 0, 1, 1], "seed": 0, "sign": ["positive", "negative"] * 2}
    )
    share = {"accuracy_after": [0.5, 0.6, 0.8, 0.9]}
    write_table(folder / "neighbours.csv", neighbours.sort_values("sign").assign(**share))
    paths = [path for run in runs for path in run]
    return {"masses": folder / "masses.csv", "predictions": paths, "arms": ARMS}


def _files(folder: Path, name: str) -> list[Path]:
    return [folder / f"{name}.{kind}" for kind in ("csv", "md", "tex")]


def _check_texts(files: list[Path]) -> None:
    """What is not there is empty in a CSV, n/a in the others; LaTeX is ASCII."""
    assert all("nan" not in file.read_text(encoding="utf-8").lower() for file in files)
    assert files[2].read_text(encoding="utf-8").isascii()


def test_metrics_on_file(study, tmp_path):
    files = _files(tmp_path, "metrics")
    measure_arms(**study, data="made up", table=files)
    _check_texts(files)
    table = pd.read_csv(files[0])
    assert len(table) == 3 * 2 * len(METRICS) and set(table["arm"]) == set(ARMS)
    row = table.iloc[0]
    markdown = files[1].read_text(encoding="utf-8")
    assert f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})" in markdown
    intervals = read_intervals(files[0], ARMS)
    assert [*intervals["none"]] == INTERVAL_COLUMNS
    assert intervals["none"]["auc_low"] == row["low"]


def test_comparisons_on_file(study, tmp_path):
    files = _files(tmp_path, "comparisons")
    pairs = [("coin", "no_graph"), ("coin", "none")]
    make_comparisons(**study, pairs=pairs, data="made up", table=files)
    _check_texts(files)
    table = pd.read_csv(files[0])
    assert len(table) == 2 * len(METRICS)
    known = table["p"].notna()
    assert (table["p_holm"] >= table["p"])[known].all() and known.any()
    excludes = (table["low"] > 0) | (table["high"] < 0)
    assert ((table["p"] < 0.05) == excludes)[known].all()


@pytest.mark.parametrize("phantom", [True, False])
def test_claims_on_file(study, tmp_path, phantom):
    files = _files(tmp_path, "claims")
    neighbours = study["masses"].with_name("neighbours.csv")
    make_claims(**study, neighbours=neighbours, phantom=phantom, data="made up", table=files)
    _check_texts(files)
    table = pd.read_csv(files[0], keep_default_na=False, na_values={"low": "", "value": ""})
    assert len(table) == len(CLAIMS)
    assert ((table["verdict"] == "") == table["low"].isna()).all()
    assert (table.loc[table["low"].isna(), "note"] != "").all()
    for file in files:
        assert (NO_EVIDENCE in file.read_text(encoding="utf-8")) == phantom


def test_programs_take_lists_and_mappings_as_json(study, tmp_path):
    """As rules write them; the same bytes as by the function, in another process."""
    files = _files(tmp_path, "comparisons")
    options = {
        "masses": str(study["masses"]),
        "predictions": json.dumps([str(path) for path in study["predictions"]]),
        "arms": json.dumps(ARMS),
        "pairs": json.dumps([["coin", "none"]]),
        "data": "made up",
        "table": json.dumps([str(file) for file in files]),
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, SCRIPTS / "make_comparisons.py", *words]
    subprocess.run(command, check=True, capture_output=True)
    found = [file.read_bytes() for file in files]
    make_comparisons(**study, pairs=[("coin", "none")], data="made up", table=files)
    assert [file.read_bytes() for file in files] == found


def test_a_missing_mass_is_one_line(study, tmp_path):
    cut = tmp_path / "none" / "fold0_seed0" / "predictions.csv"
    write_table(cut, pd.read_csv(study["predictions"][0])[:-1])
    paths = [cut, *study["predictions"][1:]]
    words = [f"--masses={study['masses']}", f"--arms={json.dumps(ARMS)}", "--data=made up"]
    words += [f"--predictions={json.dumps([str(path) for path in paths])}"]
    words += [f"--table={json.dumps([str(tmp_path / 'metrics.csv')])}"]
    command = [sys.executable, SCRIPTS / "measure_arms.py", *words]
    program = subprocess.run(command, capture_output=True, text=True)
    assert program.returncode == 1 and program.stderr.count("\n") == 1
    assert program.stderr.startswith("error: none/fold0_seed0/predictions.csv: mass P_")
    assert not (tmp_path / "metrics.csv").exists()


def test_equal_probabilities_everywhere_end_in_reasons(study, tmp_path):
    """A study whose every model says the same: stated values, and reasons where none can be."""
    paths = []
    for path in study["predictions"]:
        paths.append(tmp_path / path.parents[1].name / path.parent.name / path.name)
        write_table(paths[-1], pd.read_csv(path).assign(probability=0.5))
    files = _files(tmp_path, "metrics")
    measure_arms(**{**study, "predictions": paths}, data="made up", table=files)
    _check_texts(files)
    table = pd.read_csv(files[0], keep_default_na=False)
    assert (table.loc[table["metric"] == "auc", "value"].astype(float) == 0.5).all()
    assert (table.loc[table["low"] == "", "note"] != "").all()
    neighbours = study["masses"].with_name("neighbours.csv")
    told = {"neighbours": neighbours, "phantom": False, "data": "made up", "table": files}
    make_claims(**{**study, "predictions": paths}, **told)
    claims = pd.read_csv(files[0], keep_default_na=False)
    judged = claims.loc[claims["verdict"] != "", "metric"]
    assert set(judged) <= {"told_apart", "accuracy"} and "told_apart" in set(judged)
