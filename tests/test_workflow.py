"""The workflow as a whole, at toy size: what it makes, what it repeats, what it holds out."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from study import TOY, copy_checkout, digests, rules_to_run, snakemake, toy_digests

TABLES = ["table1", "table2", "fig5a", "fig5b", "readings", "metrics", "comparisons", "claims"]
TABLES += ["leakage", "subgroups"]
FIGURES = ["fig1", "fig2", "fig3", "fig4", "fig5a", "fig5b", "fig6", "rois", "neighbours"]
FIGURES += ["roc", "calibration", "failures", "subgroups", "leakage"]
PLOTS = {f"plot_{name}" for name in FIGURES}
RESULTS = "results/toy"
ROOT = f"{RESULTS}/provenance/ROOT"


def test_every_table_and_figure_is_made(finished_toy):
    for name in TABLES:
        for suffix in ("csv", "md", "tex", "html"):
            assert (finished_toy / f"{RESULTS}/tables/{name}.{suffix}").stat().st_size > 0
    for name in FIGURES:
        pdf = (finished_toy / f"{RESULTS}/figures/{name}.pdf").read_bytes()
        png = (finished_toy / f"{RESULTS}/figures/{name}.png").read_bytes()
        assert pdf.startswith(b"%PDF") and b"CreationDate" not in pdf
        assert png.startswith(b"\x89PNG")


def test_every_table_says_that_its_data_are_synthetic(finished_toy):
    for file in (finished_toy / RESULTS / "tables").iterdir():
        assert "synthetic phantom" in file.read_text(encoding="utf-8"), file.name


def test_a_finished_study_has_nothing_left_to_do(finished_toy):
    assert "Nothing to be done" in snakemake(finished_toy).stdout


@pytest.mark.slow
def test_results_do_not_depend_on_the_number_of_cores(finished_toy, tmp_path):
    """A second run, on one core, gives the same bytes: no order, thread count or date shows."""
    again = copy_checkout(tmp_path)
    finished = snakemake(again, "--cores", "1")
    assert finished.returncode == 0, finished.stdout
    assert toy_digests(again) == toy_digests(finished_toy)
    assert digests(again, ROOT) == digests(finished_toy, ROOT)


@pytest.mark.parametrize(
    ("module", "reruns"),
    [
        ("diagnosis/losses", {"train", "train_leaky", "evaluate", "plot_fig4", "plot_fig6"}),
        ("figures/fig1", {"plot_fig1"}),
        ("figures/style", PLOTS),
        ("workflow/program", set()),
        ("provenance/job_record", {"make_paper", "make_root"}),
    ],
)
def test_an_edit_to_a_module_reruns_exactly_its_dependents(toy, module, reruns):
    """Snakemake alone would rerun nothing: the modules are inputs of their rules."""
    path = toy / "scripts" / "coin" / f"{module}.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# an edit\n", encoding="utf-8")
    tables = {"make_table1", "make_table2", "make_fig5_tables", "make_readings"}
    tables |= {"measure_arms", "make_comparisons", "make_claims", "plot_fig5a", "plot_fig5b"}
    tables |= {"make_leakage", "plot_leakage"}
    tables |= {"make_subgroups", "plot_roc", "plot_calibration", "plot_failures", "plot_subgroups"}
    if reruns:  # what all results lead to
        reruns = reruns | {"make_root", "make_paper", "write_captions", "write_checklists"}
    assert rules_to_run(toy) == reruns | (tables if "evaluate" in reruns else set())


def test_swapping_two_settings_reruns(toy, tmp_path):
    swapped = tmp_path / "swapped.yaml"
    swapped.write_text("data: {phantom: {patients: 14, masses: 10}}\n", encoding="utf-8")
    assert "make_phantom" in rules_to_run(toy, configfiles=(TOY, swapped))


def test_fresh_dates_alone_rerun_nothing(toy):
    for folder in ("scripts", "results"):
        for file in (toy / folder).rglob("*"):
            os.utime(file)
    assert rules_to_run(toy) == set()


def test_nothing_that_is_made_for_a_fold_has_seen_its_held_out_masses(finished_toy):
    results = finished_toy / RESULTS
    folds = pd.read_csv(results / "folds.csv")["fold"].to_numpy()
    masses = pd.read_csv(results / "masses.csv")
    label = masses["label"].to_numpy()
    assert set(folds) == {0, 1}
    for fold in (0, 1):
        held_out = np.flatnonzero(folds == fold)
        for file in (results / f"fold{fold}_seed0").glob("[cn]*/*.npz"):  # cgan/ and neighbours/
            with np.load(file) as neighbours:
                assert len(neighbours["seed"]) == len(neighbours["rois"]) > 0
                assert not np.isin(neighbours["seed"], held_out).any(), file
                assert (label[neighbours["seed"]] == file.stem.endswith("malignant")).all(), file
        nodes = pd.read_csv(results / f"fold{fold}_seed0" / "graph" / "nodes.csv")
        reals = nodes.loc[nodes["kind"] == "real", "row"].to_numpy()
        assert sorted(reals) == sorted(np.flatnonzero(folds != fold))
        for file in (results / "runs").glob(f"*/fold{fold}_seed0/predictions.csv"):
            predictions = pd.read_csv(file)
            assert list(predictions["mass_id"]) == list(masses["mass_id"][held_out])
            assert list(predictions["label"]) == list(label[held_out])
            latent = np.load(file.with_name("latent.npy"), allow_pickle=False)
            assert len(latent) == len(predictions)


def inputs_of(results, run):
    """Return what the trainings of a run read beside the masses: folder and name of each file."""
    read = set()
    for path in results.glob(f"provenance/train,run={run},fold=0*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        chosen = [file for file in record["inputs"] if file["option"] in ("neighbours", "graph")]
        read |= {"/".join(file["path"].rsplit("/", 2)[1:]) for file in chosen}
    return read


def test_each_row_is_trained_on_what_it_says(finished_toy):
    results = finished_toy / RESULTS
    both = ("benign", "malignant")
    positives = {f"neighbours/positive_{name}.npz" for name in both}
    negatives = {f"neighbours/negative_{name}.npz" for name in both}
    assert inputs_of(results, "none") == inputs_of(results, "conventional") == set()
    assert inputs_of(results, "cgan") == {f"cgan/positive_{name}.npz" for name in both}
    assert inputs_of(results, "adversarial") == positives
    coin = inputs_of(results, "positive1_negative2_weight1")
    assert coin == positives | negatives | {"graph/nearest.npz"}


def test_an_arm_of_ones_own_needs_four_lines_and_trains_nothing_else(toy, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "arms:\n  wide_margin:\n    base: coin\n    loss: {margin: 1.5}\n", encoding="utf-8"
    )
    finished = snakemake(toy, configfiles=(TOY, mine))
    assert finished.returncode == 0, finished.stdout
    trained = re.findall(r"wildcards: run=(\w+), seed=0", finished.stdout)
    assert trained == ["wide_margin"]
    table = pd.read_csv(toy / RESULTS / "tables/table2.csv").set_index("method")
    assert table.loc["wide_margin", "source"] == "measured"
    assert 0 <= table.loc["wide_margin", "auc_mean"] <= 1
    assert audit(toy).returncode == 0
    explained = audit(toy, "--explain", "table2", "wide_margin", "auc_mean")
    assert "'margin': 1.5" in explained.stdout, explained.stdout + explained.stderr


def audit(folder, *arguments):
    return subprocess.run(
        [sys.executable, "scripts/audit.py", RESULTS, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_another_seed_changes_all_that_chance_decides(toy, tmp_path):
    seeds = tmp_path / "seeds.yaml"
    seeds.write_text("protocol: {seeds: [0, 1]}\n", encoding="utf-8")
    run = f"{RESULTS}/runs/positive1_negative2_weight1"
    finished = snakemake(
        toy,
        f"{run}/fold0_seed1/model.safetensors",
        f"{RESULTS}/fold0_seed1/cgan/positive_benign.npz",
        configfiles=(TOY, seeds),
    )
    assert finished.returncode == 0, finished.stdout
    for name in ("neighbours/positive_benign.npz", "neighbours/negative_malignant.npz"):
        assert differ(toy / RESULTS, f"fold{{fold}}_seed{{seed}}/{name}"), name
    assert differ(toy / RESULTS, "fold{fold}_seed{seed}/cgan/positive_benign.npz")
    assert differ(toy / run, "fold{fold}_seed{seed}/model.safetensors")


def differ(folder, pattern):
    """Tell whether a file of another seed, and one of another fold, is another file."""
    first, seed, fold = (
        (folder / pattern.format(fold=fold, seed=seed)).read_bytes()
        for fold, seed in ((0, 0), (0, 1), (1, 0))
    )
    return len({first, seed, fold}) == 3


def test_no_patient_is_in_two_folds(finished_toy):
    results = finished_toy / RESULTS
    table = pd.read_csv(results / "masses.csv").join(pd.read_csv(results / "folds.csv")["fold"])
    assert (table.groupby("patient_id")["fold"].nunique() == 1).all()
    assert table.groupby("patient_id")["image"].nunique().max() > 1, (
        "no patient puts this to the test"
    )


def test_a_gpu_is_asked_for_exactly_when_it_is_used(toy, tmp_path):
    cuda = tmp_path / "cuda.yaml"
    cuda.write_text("training: {device: cuda}\n", encoding="utf-8")
    assert "gpu=" not in snakemake(toy, "--dry-run", "--forceall").stdout
    planned = snakemake(toy, "--dry-run", "--forceall", configfiles=(TOY, cuda)).stdout
    jobs = planned.split("\n[")  # every job's description begins with the time
    with_gpu = {re.search(r"rule (\w+)", job).group(1) for job in jobs if "gpu=1" in job}
    assert with_gpu == {"train", "train_leaky", "train_cgan"}


def test_cuda_without_a_gpu_is_an_error_that_names_the_key(toy, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    cuda = tmp_path / "cuda.yaml"
    cuda.write_text("training: {device: cuda}\n", encoding="utf-8")
    model = f"{RESULTS}/runs/none/fold0_seed0/model.safetensors"
    finished = snakemake(toy, model, configfiles=(TOY, cuda))
    assert finished.returncode != 0
    assert "error: training.device: cuda asked for, but torch finds no GPU" in finished.stdout
    assert "Traceback" not in finished.stdout
