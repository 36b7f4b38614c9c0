"""What leakage is worth: what is trained on what, who reads it, and how it is compared."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from fake_study import write_masses
from simulated_study import simulate
from study import TOY, snakemake

from coin.common.errors import BadInput
from coin.common.files import read_arrays, write_table
from coin.evaluation.bootstrap import resample
from coin.evaluation.estimates import NO_SPREAD, ONE_SEED
from coin.evaluation.leakage import (
    COLUMNS,
    MEASURES,
    ONE_CELL,
    ONE_FOLD,
    WAYS,
    chosen_cells,
    leakage,
    of_same_patients,
    readable,
)
from coin.figures.leakage_ways import COLUMNS as DRAWN
from coin.figures.leakage_ways import draw
from make_leaky_folds import make_leaky_folds
from plot_leakage import plot_leakage

RESULTS = "results/toy"
ARMS = {"none": "a", "adversarial": "a", "coin": "b"}
CELLS = {"positive0_negative1": "a", "positive1_negative4": "b"}
NOT_MADE = {"image": "not made: x", "mass": "not made: y", "neighbours": "not made: z"}


@pytest.fixture(scope="module")
def planned(finished_toy, tmp_path_factory):
    """Return rule, wildcards and inputs of every job of the toy study with all ways to leak."""
    settings = tmp_path_factory.mktemp("all") / "all.yaml"
    settings.write_text("leakage: {ways: [image, mass, neighbours]}\n", encoding="utf-8")
    words = ("--dry-run", "--forceall", "all", "crate")
    plan = snakemake(finished_toy, *words, configfiles=(TOY, settings))
    assert plan.returncode == 0, plan.stdout
    jobs = re.findall(r"rule (\w+):\n((?:    .+\n)+)", plan.stdout)
    return [(rule, *(_line(told, name) for name in ("wildcards", "input"))) for rule, told in jobs]


def _line(job, name):
    found = re.search(rf"^    {name}: (.+)$", job, flags=re.M)
    return found[1].split(", ") if found else []


def test_no_rule_outside_leakage_reads_a_leaky_file(planned):
    readers = {rule for rule, _, read in planned if any("leaky/" in file for file in read)}
    trained = {f"{rule}_leaky" for rule in ("make_neighbours", "build_graph", "train")}
    assert readers == trained | {"make_leakage"}


def test_other_folds_are_trained_on_what_was_made_of_them(planned):
    """Of a leaky fold's files none is the study's own but masses and ROIs, which are the same."""
    shared = {f"{RESULTS}/masses.csv", f"{RESULTS}/rois.npy"}
    for way in ("image", "mass"):
        read = {
            file
            for rule, wildcards, files in planned
            if rule.endswith("_leaky") and f"way={way}" in wildcards
            for file in files
            if file.startswith("results/")
        }
        assert shared < read
        assert all(file.startswith(f"{RESULTS}/leaky/{way}/") for file in read - shared)


def test_neighbours_of_held_out_masses_are_trained_on_there_and_nowhere_else(finished_toy):
    """Every training's own record says what it read; a neighbour's seed, which mass it is of."""
    leaked = {}
    for path in (finished_toy / RESULTS / "provenance").glob("train*,run=*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        told = record["options"]
        fold = pd.read_csv(finished_toy / told["folds"])["fold"].to_numpy()
        held_out = np.flatnonzero(fold == told["fold"])
        files = [read_arrays(finished_toy / file)["seed"] for file in told["neighbours"]]
        of_held_out = np.isin(held_out, np.concatenate([*files, []]))
        if "cgan" in path.stem or not files:
            assert not of_held_out.any()
        leaked[path.stem] = of_held_out
    leaky = {job for job in leaked if job.startswith("train_leaky,way=neighbours,")}
    assert len(leaky) == 2 * 2 and len(leaked) > 2 * 8  # two arms, two folds
    assert {job for job, found in leaked.items() if found.any()} == leaky
    assert all(leaked[job].all() for job in leaky)


@pytest.mark.parametrize(("group_by", "crossed"), [("image", "patient_id"), ("mass", "image")])
def test_leaky_folds_cross_what_they_may(tmp_path, group_by, crossed):
    write_masses(tmp_path)
    masses = pd.read_csv(tmp_path / "masses.csv")
    number = np.arange(len(masses))
    masses["image"], masses["patient_id"] = number // 2 * 2, number // 4  # 2 an image, 4 a patient
    masses["label"] = number // 4 % 2
    write_table(tmp_path / "masses.csv", masses)
    told = {"masses": tmp_path / "masses.csv", "folds": tmp_path / "folds.csv"}
    make_leaky_folds(**told, group_by=group_by, count=2, split_seed=0)
    masses["fold"] = pd.read_csv(tmp_path / "folds.csv")["fold"]
    assert masses.groupby(crossed)["fold"].nunique().max() == 2
    if group_by == "image":
        assert masses.groupby("image")["fold"].nunique().max() == 1


def test_folds_that_cannot_be_name_the_setting(tmp_path):
    write_masses(tmp_path, n_masses=6)
    told = {"masses": tmp_path / "masses.csv", "folds": tmp_path / "folds.csv", "split_seed": 0}
    said = "^leakage.ways: mass: protocol.folds: found 4, .* set it to 3 or less, or leave it out$"
    with pytest.raises(BadInput, match=said):
        make_leaky_folds(**told, group_by="mass", count=4)


@pytest.mark.parametrize("most_masses", [1, 3])
def test_other_folds_count_a_patient_as_often_as_its_own_do(most_masses):
    own = simulate(np.random.default_rng(0), patients=20, most_masses=most_masses)
    own = own._replace(patient=np.char.zfill(own.patient, 3))  # rows as in any study: by name
    resamples = resample(own, 50)
    fold = np.random.default_rng(1).integers(0, 4, len(own.fold))
    order = np.argsort(fold, kind="stable")
    other = own._replace(fold=fold[order], patient=own.patient[order])
    drawn = of_same_patients(resamples, own, other)
    expected = resamples.patients[own.unit][order]
    np.testing.assert_array_equal(drawn.patients[other.unit], expected)
    assert of_same_patients(resamples, own, own) is resamples


def test_models_that_say_the_same_do_not_differ_in_other_folds():
    """Were folds drawn apart, a difference of nothing would have an interval."""
    own = simulate(np.random.default_rng(0), patients=20, folds=2, seeds=1)
    order = np.argsort(1 - own.fold, kind="stable")  # the folds change places
    swapped = own._replace(
        fold=1 - own.fold[order],
        patient=own.patient[order],
        label=own.label[order],
        probability={run: p[:, order] for run, p in own.probability.items()},
    )
    table = leakage(own, {**NOT_MADE, "image": swapped}, ARMS, CELLS, "made up")
    rows = table[table["way"] == "image"]
    assert rows["low"].notna().all()
    np.testing.assert_allclose(rows["difference"], 0, atol=1e-12)
    assert rows["difference_low"].isna().all() and rows["note"].str.contains(NO_SPREAD).all()


def test_a_leak_is_worth_what_it_adds():
    own = simulate(np.random.default_rng(0), patients=20, seeds=2)
    perfect = {run: np.tile(own.label, (2, 1)) for run in own.probability}
    leaky = own._replace(probability={**perfect, "a": own.probability["a"]})
    table = leakage(own, {**NOT_MADE, "neighbours": leaky}, ARMS, CELLS, "made up")
    assert [*table.columns] == COLUMNS and len(table) == 4 * 3 * 2 + 2 * 2
    rows = table.set_index(["way", "arm", "metric"]).sort_index()
    leak, without = rows.loc[("neighbours", "coin", "auc")], rows.loc[("own", "coin", "auc")]
    assert leak["value"] == 1 and leak["difference"] == pytest.approx(1 - without["value"])
    assert 0 < leak["difference_low"] < leak["difference"] < leak["difference_high"]
    same = rows.loc[("neighbours", "none", "auc")]
    assert same["difference"] == 0 and "the same trainings" in same["note"]
    assert (rows.loc["image", "note"] == "not made: x").all() and rows.loc[
        "image"
    ].value.isna().all()
    assert rows.loc[("mass", "adversarial", "accuracy"), "published"] == 0.89
    assert set(readable(table)["Way"]) == set(WAYS.values())


def test_a_cell_is_chosen_by_the_folds_that_are_said():
    """One is right three times in four; one always on two folds, and never on the third."""
    own = simulate(np.random.default_rng(0), patients=40, folds=3, seeds=2)
    right, wrong = own.label.astype(float), 1.0 - own.label
    of_cells = {
        "moody": np.where(own.fold < 2, right, wrong),
        "steady": np.where(np.arange(len(right)) % 4 == 0, wrong, right),
    }
    own = own._replace(probability={run: np.tile(p, (2, 1)) for run, p in of_cells.items()})
    cells = {"1": "moody", "2": "steady"}
    for metric in MEASURES:
        assert chosen_cells(own, cells, metric, of_others=False) == ["2", "2", "2"]
        assert chosen_cells(own, cells, metric, of_others=True) == ["2", "2", "1"]
    table = leakage(own, NOT_MADE, dict.fromkeys(ARMS, "moody"), cells, "made up")
    rows = table[table["metric"] == "accuracy"].set_index("way")
    in_folds = [np.mean((of_cells["steady"] == right)[own.fold == fold]) for fold in range(3)]
    assert rows.loc["best_cell", "value"] == pytest.approx(np.mean(in_folds))
    assert rows.loc["nested_cell", "value"] == pytest.approx(sum(in_folds[:2]) / 3)
    assert rows.loc["nested_cell", "note"].startswith("chosen: 2, 1")


def test_a_study_without_a_grid_or_other_folds_says_so():
    one_fold = simulate(np.random.default_rng(0), patients=30, folds=1, seeds=1)
    table = leakage(one_fold, NOT_MADE, ARMS, CELLS, "made up").set_index("way")
    assert (table.loc["nested_cell", "note"] == ONE_FOLD).all()
    assert table.loc["best_cell", "value"].notna().all()
    single = dict([*CELLS.items()][:1])
    table = leakage(one_fold, NOT_MADE, ARMS, single, "made up").set_index("way")
    assert (table.loc[["best_cell", "nested_cell"], "note"] == ONE_CELL).all()
    assert (table.loc["own", "note"] == ONE_SEED).all()
    assert (table["note"] != "")[table["value"].isna()].all()


def test_the_figure_shows_what_the_table_says(tmp_path):
    own = simulate(np.random.default_rng(0), patients=20, seeds=2)
    table = leakage(own, {**NOT_MADE, "mass": own}, ARMS, CELLS, "made up")
    write_table(tmp_path / "leakage.csv", table)
    files = [(tmp_path / f"{n}.pdf", tmp_path / f"{n}.png") for n in (1, 2)]
    for pair in files:
        plot_leakage(table=tmp_path / "leakage.csv", data="made up", figure=[*pair])
    assert [file.read_bytes() for file in files[0]] == [file.read_bytes() for file in files[1]]
    figure = draw(pd.read_csv(tmp_path / "leakage.csv")[DRAWN], "made up")
    (axes,) = figure.axes
    assert {text.get_text() for text in axes.texts} == {NOT_MADE["image"], NOT_MADE["neighbours"]}
    assert any("made up" in text.get_text() for text in figure.texts)
    rows = table[(table["metric"] == "auc") & table["value"].notna()]
    bars = [bar.lines[2][0].get_segments()[0][:, 0] for bar in axes.containers]
    np.testing.assert_allclose(bars, rows[["low", "high"]])
    dotted = {line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"}
    assert dotted == {0.85, 0.92, 0.95}
