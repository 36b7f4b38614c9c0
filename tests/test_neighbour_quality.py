"""The table that says what the neighbours are like, on images small enough to work out by hand."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from study import REPOSITORY

from coin.common.files import MASS_COLUMNS, write_arrays
from coin.neighbours.quality import assess


def at(*degrees: float) -> np.ndarray:
    """Images of two pixels whose angles are those asked for: (n, 1, 2)."""
    angle = np.radians(np.array(degrees, float))
    return 0.5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)[:, None].astype(np.float32)


# Reals of class 0 lie at 0, 10 and 40 degrees: rho is 10 / 180. Class 1 has one at 70 degrees.
ROIS, LABEL = at(0, 10, 40, 70), np.array([0, 0, 0, 1])


def made(degrees: list[float], seed: list[int]) -> dict[str, np.ndarray]:
    count = len(degrees)
    return {
        "rois": at(*degrees),
        "seed": np.array(seed),
        "realness": np.full(count, 0.6),
        "objective": np.full(count, 0.6),
        "clipped_realness": np.full(count, 0.5),
        "candidate_realness": np.full(count, 0.4),
        "searched_realness": np.full(count, 0.45),
        "evaluations": np.full(count, 20),
        "accuracy_before": np.array(0.7),
        "accuracy_after": np.array(0.3),
    }


def test_measures_by_hand():
    # A copy of the real at 40; one 2 degrees from it; one within 3 rho of it but nearer class 1;
    # one beyond 3 rho of every real of its class.
    row = assess(ROIS, LABEL, 0, made([40, 42, 62, 80], seed=[0, 2, 2, 2]))
    assert row["n_reals"] == 3 and row["n_neighbours"] == 4 and row["n_seeds"] == 2
    assert row["rho"] == pytest.approx(10 / 180, abs=1e-6)
    assert row["share_apart"] == 2 / 4
    assert row["share_near"] == 3 / 4
    assert row["distance_to_real"] == pytest.approx((0 + 2 + 22 + 40) / 4 / 180, abs=1e-4)
    assert row["share_copies"] == 1 / 4
    assert row["purity"] == 2 / 4
    # Without the seed at 40, the second lies 28 degrees from class 1 and 32 from its own.
    assert row["purity_without_seed"] == 1 / 4
    assert row["evaluations"] == 80
    assert (row["accuracy_before"], row["accuracy_after"]) == (0.7, 0.3)
    assert row["realness"] == pytest.approx(0.6) and row["realness_clipped"] == pytest.approx(0.5)


@pytest.mark.parametrize("others", [1, -1], ids=["folds", "a split"])
def test_the_program_writes_a_row_for_each_fold_seed_class_and_sign(tmp_path, others):
    rows = np.arange(8)
    masses = pd.DataFrame({name: 0 for name in MASS_COLUMNS}, index=rows)
    masses = masses.assign(mass_id=[f"m{i}" for i in rows], label=np.tile(LABEL, 2))
    masses.to_csv(tmp_path / "masses.csv", index=False)
    # Fold 0 holds out the first four: the reals above are rows 4 to 7, which an official split
    # never holds out.
    masses[["mass_id"]].assign(fold=rows // 4 * others).to_csv(tmp_path / "folds.csv", index=False)
    np.save(tmp_path / "rois.npy", np.concatenate([at(85, 86, 87, 88), ROIS]))
    folder = tmp_path / "fold0_seed3"
    neighbours = folder / "neighbours" / "negative_benign.npz"
    write_arrays(neighbours, **made([42, 62], seed=[6, 6]))
    write_graph(folder / "graph")
    # At n- = 1 one of the two is a mass's nearest; at n- = 3 the other is among the nearest too.
    for n_negative, share in ((1, 0.5), (3, 1)):
        finished = assessed(tmp_path, neighbours, n_negative)
        assert finished.returncode == 0, finished.stderr
        table = pd.read_csv(tmp_path / "out.csv")
        assert table["share_with_edge"].tolist() == [share]
    expected = assess(ROIS, LABEL, 0, made([42, 62], seed=[2, 2]))
    named = table.loc[0, ["fold", "seed", "label", "sign", "data"]].tolist()
    assert named == [0, 3, 0, "negative", "made-up grey"]
    for name, value in expected.items():
        assert table.loc[0, name] == pytest.approx(value), name


def test_files_that_do_not_fit_are_refused_by_name(tmp_path):
    rows = np.arange(4)
    masses = pd.DataFrame({name: 0 for name in MASS_COLUMNS}, index=rows)
    masses.assign(mass_id=rows, label=LABEL).to_csv(tmp_path / "masses.csv", index=False)
    pd.DataFrame({"mass_id": rows, "fold": 1}).to_csv(tmp_path / "folds.csv", index=False)
    np.save(tmp_path / "rois.npy", ROIS)
    write_graph(tmp_path / "fold0_seed3" / "graph")
    for path, said in (
        ("fold0/neighbours/negative_benign.npz", "not named fold<k>_seed<s>"),
        ("fold0_seed3/neighbours/negative.npz", "named positive_ or negative_"),
        ("fold0_seed4/neighbours/negative_benign.npz", "fold 0 and seed 4"),
        ("fold0_seed3/neighbours/positive_benign.npz", "found 0 nodes"),
    ):
        write_arrays(tmp_path / path, **made([42, 62], seed=[2, 2]))
        finished = assessed(tmp_path, tmp_path / path)
        assert finished.returncode == 1 and said in finished.stderr, finished.stderr
        assert "Traceback" not in finished.stderr


def write_graph(folder) -> None:
    """Four reals, the first of which has the two benign negatives as its first and third."""
    folder.mkdir(parents=True)
    nodes = {"node": range(6), "kind": ["real"] * 4 + ["negative"] * 2, "label": [*LABEL, 0, 0]}
    pd.DataFrame(nodes).to_csv(folder / "nodes.csv", index=False)
    ranks = (np.array([1, -1, -2, -3], np.int16), ([0] * 4, [1, 4, 3, 5]))
    sparse.save_npz(folder / "nearest.npz", sparse.coo_array(ranks, shape=(6, 6)).tocsr())


def assessed(study, neighbours, n_negative=4) -> subprocess.CompletedProcess:
    graph = study / "fold0_seed3" / "graph"
    command = [sys.executable, str(REPOSITORY / "scripts" / "assess_neighbours.py")]
    for name in ("masses.csv", "rois.npy", "folds.csv"):
        command += [f"--{name.partition('.')[0]}", str(study / name)]
    command += [
        "--neighbours",
        f'["{neighbours}"]',
        "--graphs",
        f'["{graph / "nearest.npz"}"]',
        "--nodes",
        f'["{graph / "nodes.csv"}"]',
        "--n_positive",
        "1",
        "--n_negative",
        str(n_negative),
        "--data",
        "made-up grey",
        "--table",
        str(study / "out.csv"),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)
