"""The programs that build a graph and train on it, on a study of a few masses."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from small_fold import LOSS, NEIGHBOURS, TRAINING, train, write_fold, write_graph
from study import REPOSITORY

import train as program
from coin.common.checkpoint import Checkpoint
from coin.common.errors import BadInput
from coin.common.files import write_array, write_table
from coin.data.fold_data import read_expanded_data
from coin.diagnosis import training
from coin.diagnosis.losses import NO_DIAGNOSIS
from coin.diagnosis.model_file import read_model
from coin.diagnosis.network import Network
from coin.diagnosis.progress import PAIRS, figures_of_step, history_row, pairs_of
from coin.diagnosis.training import Nodes, cosine, flipped_and_rotated, predict, with_a_role
from coin.diagnosis.training import train as fit
from coin.graph.graph_file import read_graph


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    write_fold(folder)
    return folder


def test_graphs_of_all_points_are_cut_from_one_search(study):
    graphs = [read_graph(study / "nearest.npz", 50, *point) for point in ((0, 0), (2, 0), (1, 4))]
    nodes = pd.read_csv(study / "nodes.csv")
    assert [graph.nnz for graph in graphs] == [0, 20, 50]
    assert all(graph.shape == (50, 50) and graph.dtype == np.int8 for graph in graphs)
    assert nodes["kind"].tolist() == ["real"] * 10 + ["positive"] * 20 + ["negative"] * 20
    assert not graphs[2].sum(axis=1)[10:].any()


def test_outputs_hold_every_held_out_mass_once_in_order(study, tmp_path):
    train(study, tmp_path)
    masses, folds = (pd.read_csv(study / name) for name in ("masses.csv", "folds.csv"))
    predictions = pd.read_csv(tmp_path / "predictions.csv")
    held_out = masses[folds["fold"] == 0]
    assert list(predictions.columns) == ["mass_id", "label", "probability"]
    assert predictions["mass_id"].tolist() == held_out["mass_id"].tolist()
    assert predictions["label"].tolist() == held_out["label"].tolist()
    assert predictions["probability"].between(0, 1).all()
    latent = np.load(tmp_path / "latent.npy")
    assert latent.shape == (10, 48)
    assert latent.dtype == np.float32
    network, description = read_model(tmp_path / "model.safetensors")
    assert description == {"roi_size": 16, "width": 0.05, "pooling": "gap"} | {
        "context": 1.5,
        "border": "shift",
    }
    rois = np.load(study / "rois.npy")[folds["fold"] == 0]
    probability, features = predict(network, rois, 3, "cpu")
    np.testing.assert_allclose(probability, predictions["probability"], atol=1e-6)
    np.testing.assert_allclose(features, latent, atol=1e-5)


ARMS = {
    "none": {"neighbours": [], "graph": None},
    "conventional": {"neighbours": [], "graph": None, "flips_and_rotations": True},
    "adversarial": {"neighbours": NEIGHBOURS[:2], "graph": None},
    "coin": {},
    "no_graph": {"weight": 0.0},
    "no_negatives": {"n_negative": 0},
    "literal": {"classify_negatives": True, "reduction": "sum", "normalise": False},
}


@pytest.mark.parametrize("arm", ARMS)
def test_every_arm_takes_the_same_steps_and_images(study, tmp_path, arm):
    train(study, tmp_path, steps=45, **ARMS[arm])
    history = pd.read_csv(tmp_path / "history.csv")
    assert len(history) == 20
    assert history["step"].iloc[-1] == 45
    assert history["step"].diff().dropna().isin([2, 3]).all()
    assert (history["images"] == 8 * history["step"]).all()
    assert not [name for name in history if "held_out" in name]


def test_only_nodes_with_a_role_go_forward(study):
    data, _ = read_expanded_data(
        *(study / name for name in ("masses.csv", "rois.npy", "folds.csv")),
        0,
        [study / name for name in NEIGHBOURS],
    )
    phi = read_graph(study / "nearest.npz", 50, 1, 4)
    linked = np.zeros(50, bool)
    linked[np.concatenate(phi.nonzero())] = True
    nodes = with_a_role(data, phi, classify_negatives=False)
    assert len(nodes.rois) == 30 + linked[30:].sum() == nodes.graph.shape[0]
    assert nodes.graph.nnz == phi.nnz
    assert (nodes.label == NO_DIAGNOSIS).sum() == linked[30:].sum()
    assert set(nodes.group.tolist()) == {0, 1}
    assert len(with_a_role(data, phi, classify_negatives=True).rois) == 50
    assert len(with_a_role(data, None, classify_negatives=False).rois) == 30


def test_a_graph_without_an_edge_is_none(study, tmp_path):
    """So that the grid's point (0, 0) is Table I's adversarial row."""
    point = train(study, tmp_path / "point", n_positive=0, n_negative=0)
    row = train(study, tmp_path / "row", **ARMS["adversarial"])
    assert point == row


def test_history_says_of_each_kind_of_edge_how_far_and_how_many_are_live(study, tmp_path):
    train(study, tmp_path, steps=60)
    history = pd.read_csv(tmp_path / "history.csv").iloc[1:]
    assert history["edges_used"].mean() > 0.3
    for pair in PAIRS:
        assert history[f"{pair}_distance"].dropna().between(0, 2).all()
        assert history[f"{pair}_active"].dropna().between(0, 1).all()
    assert (history["alike_active"].dropna() == 1).all()
    train(study, tmp_path, n_negative=0)
    history = pd.read_csv(tmp_path / "history.csv")
    assert history["alike_distance"].notna().any()
    assert history[["own_negative_distance", "other_class_active"]].isna().all(axis=None)


def test_figures_of_a_step_worked_by_hand():
    edges, signs = np.array([[0, 0, 0, 1], [1, 2, 3, 3]]), np.array([1, -1, -1, -1])
    pairs = pairs_of(edges, signs, group=np.array([0, 0, 0, 1]))
    assert pairs.tolist() == [0, 1, 2, 2]
    figures = figures_of_step(
        (torch.tensor(0.5), torch.tensor(0.25)),
        torch.tensor([0.5, 0.75, 1.0, 2.0]),
        torch.tensor([True, True, True, False]),
        torch.from_numpy(pairs),
    )
    steps = np.stack([figures.numpy(), np.zeros_like(figures)])
    row = history_row(steps, end=10, weight=2.0, batch_size=4, n_nodes=4, n_edges=8)
    assert row == {
        "step": 10,
        "images": 40,
        "loss": 0.5,
        "cross_entropy": 0.25,
        "graph_loss": 0.125,
        "edges_used": 0.25,
        "alike_distance": 0.5,
        "alike_active": 1.0,
        "own_negative_distance": 0.75,
        "own_negative_active": 1.0,
        "other_class_distance": 1.5,
        "other_class_active": 0.5,
    }


@pytest.mark.parametrize("graph", [None, "nearest.npz"])
def test_the_same_seed_gives_the_same_bytes(study, tmp_path, graph):
    arguments = {"graph": graph, "flips_and_rotations": True, "pooling": "flatten"}
    first = train(study, tmp_path / "first", **arguments)
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002
    assert train(study, tmp_path / "again", **arguments) == first
    other = train(study, tmp_path / "other", **arguments, seed=1)
    assert other["model"] != first["model"]


def test_held_out_masses_touch_neither_graph_nor_model(study, tmp_path):
    copy = tmp_path / "study"
    copy.mkdir()
    for path in study.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    masses, folds = (pd.read_csv(study / name) for name in ("masses.csv", "folds.csv"))
    held_out = (folds["fold"] == 0).to_numpy()
    rois = np.load(study / "rois.npy")
    write_array(copy / "rois.npy", np.where(held_out[:, None, None], 1 - rois, rois))
    masses.loc[held_out, "label"] = 1 - masses.loc[held_out, "label"]
    write_table(copy / "masses.csv", masses)
    write_graph(copy)
    for name in ("nearest.npz", "nodes.csv"):
        assert (copy / name).read_bytes() == (study / name).read_bytes()
    before, after = train(study, tmp_path / "before"), train(copy, tmp_path / "after")
    assert after["model"] == before["model"]
    assert after["predictions"] != before["predictions"]


def test_lambda_and_margin_reach_the_loss_and_lambda_0_keeps_the_batches(study, tmp_path):
    runs = [
        train(study, tmp_path / str(index), **change)
        for index, change in enumerate(
            [{"weight": 0.0}, {"weight": 0.0, "margin": 0.1}, {"weight": 5.0}, {"reduction": "sum"}]
        )
    ]
    assert runs[0]["model"] == runs[1]["model"]
    assert len({run["model"] for run in runs}) == 3
    histories = [pd.read_csv(tmp_path / str(index) / "history.csv") for index in range(3)]
    assert histories[0]["edges_used"].tolist() == histories[2]["edges_used"].tolist()
    assert histories[0]["loss"].tolist() == histories[0]["cross_entropy"].tolist()
    expected = histories[2]["cross_entropy"] + 5 * histories[2]["graph_loss"]
    np.testing.assert_allclose(histories[2]["loss"], expected)


def test_every_reading_of_the_loss_is_another_model(study, tmp_path):
    readings = [
        {"distance": "euclidean", "normalise": True},
        {"distance": "euclidean", "normalise": False},
        {"distance": "cosine"},
        {"distance": "angular"},
        {"classify_negatives": True},
        {"kind": "supervised_contrastive"},
        {"kind": "supervised_contrastive", "temperature": 0.5},
        {"kind": "triplet"},
    ]
    models = [train(study, tmp_path, **reading)["model"] for reading in readings]
    assert len(set(models)) == len(readings)
    assert train(study, tmp_path, distance="cosine", normalise=False)["model"] == models[2]


def test_training_learns_to_tell_the_classes_apart(study, tmp_path):
    train(study, tmp_path, steps=150, width=0.1, learning_rate=0.003)
    history = pd.read_csv(tmp_path / "history.csv")
    assert history["cross_entropy"].iloc[-1] < 0.3 < history["cross_entropy"].iloc[0]
    assert history["graph_loss"].iloc[-1] < history["graph_loss"].max()
    assert history["edges_used"].nunique() > 1  # batches are drawn afresh in every pass


def test_a_loss_that_is_not_finite_stops_the_run_and_leaves_nothing(study, tmp_path):
    with pytest.raises(BadInput, match=r"not finite at step \d+ .*learning_rate=1e\+30"):
        train(study, tmp_path / "out", learning_rate=1e30)
    assert not (tmp_path / "out").exists()


def test_settings_and_files_that_cannot_work_are_refused(study, tmp_path):
    with pytest.raises(
        BadInput, match=r"nearest\.npz: found int16 50 x 50, expected ranks between 10 nodes"
    ):
        train(study, tmp_path, neighbours=[])
    with pytest.raises(BadInput, match=r"nodes\.csv: not a sparse graph"):
        train(study, tmp_path, graph="nodes.csv")
    (tmp_path / "model.safetensors").write_bytes(json.dumps({}).encode())
    with pytest.raises(BadInput, match="not a model of this project"):
        read_model(tmp_path / "model.safetensors")
    if not torch.cuda.is_available():
        with pytest.raises(BadInput, match=r"training\.device: cuda asked for"):
            train(study, tmp_path, device="cuda")


def test_flips_and_rotations_are_the_eight_symmetries_of_the_square():
    image = torch.arange(9.0).reshape(1, 1, 3, 3)
    turns = torch.tensor([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]) == 1
    found = {
        tuple(turned.flatten().tolist())
        for turned in flipped_and_rotated(image.expand(8, 1, 3, 3), turns)
    }
    expected = set()
    for quarter in range(4):
        for side in (image, image.flip(3)):
            expected.add(tuple(torch.rot90(side, quarter, (2, 3)).flatten().tolist()))
    assert found == expected
    assert len(found) == 8


def test_learning_rate_falls_along_half_a_cosine():
    assert [cosine(done) for done in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])


def test_a_network_that_learnt_in_a_few_steps_knows_its_training_set(tmp_path):
    """Without fresh statistics for batch normalisation it gives one answer for all of it."""
    generator = np.random.default_rng(0)
    label = np.arange(24) % 2
    rois = generator.random((24, 16, 16)).astype(np.float32) / 4
    rois[label == 1, 4:12, 4:12] += 0.5
    network = Network(16, width=0.1, pooling="gap", seed=0)
    settings = replace(TRAINING, steps=20, batch_size=12)
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors", "key", seconds=60.0)
    history = fit(network, Nodes(rois, label, label, None), 0, LOSS, settings, checkpoint)
    assert history[-1]["cross_entropy"] < 0.1
    probability, _ = predict(network, rois, 8, "cpu")
    assert ((probability > 0.5) == label).all()


def test_normalisation_is_settled_on_nodes_with_a_diagnosis(monkeypatch):
    """Negatives, off the manifold, are no part of what a diagnosed mass is normalised by."""
    generator = np.random.default_rng(0)
    rois = generator.random((12, 16, 16), dtype=np.float32)
    label = np.array([0, 1] * 4 + [NO_DIAGNOSIS] * 4)
    seen = []
    monkeypatch.setattr(
        training, "settle_normalisation", lambda network, images, *_: seen.append(images)
    )
    nodes = Nodes(rois, label, np.array([0, 1] * 6), None)
    never = Checkpoint(Path("/nowhere"), "", math.inf)
    fit(Network(16, 0.05, seed=0), nodes, 0, LOSS, replace(TRAINING, steps=1), never)
    np.testing.assert_array_equal(seen[0][:, 0].numpy(), rois[:8])


def test_folds_start_from_other_weights_and_arms_from_the_same(study, tmp_path, monkeypatch):
    seeds = []

    class Seen(program.Network):
        def __init__(self, *shape, seed):
            seeds.append(seed)
            super().__init__(*shape, seed=seed)

    monkeypatch.setattr(program, "Network", Seen)
    for changes in ({"fold": 0}, {"fold": 1}, {"fold": 0, "weight": 0.0}, {"fold": 0, "seed": 1}):
        train(study, tmp_path, neighbours=[], graph=None, steps=1, **changes)
    assert seeds[0] == seeds[2] and len(set(seeds)) == 3


@pytest.mark.parametrize("seed", [0, 1])
def test_the_default_graph_loss_acts_across_classes(study, tmp_path, seed):
    """Its edges of every kind are live at first, and it parts the classes further than none."""
    loss = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))["loss"]
    apart = []
    for weight in (loss["weight"], 0.0):
        train(study, tmp_path, width=0.1, steps=100, seed=seed, **loss | {"weight": weight})
        history = pd.read_csv(tmp_path / "history.csv")
        apart.append(history["other_class_distance"].iloc[-1])
        if weight:
            live = history[[f"{pair}_active" for pair in PAIRS]].iloc[:2]
            assert (live.mean() > 0.5).all()
    assert apart[0] > 1.05 * apart[1]
