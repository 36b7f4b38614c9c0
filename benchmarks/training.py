"""What the graph costs a training, and how fast its parts are.

Prints one JSON line, of CPU seconds on one thread and their ratios:
- step: steps of COIN against as many of cross-entropy alone over the same nodes, what planning a
  batch takes of one, and the share of the graph's edges that the batches of a pass over the nodes
  hold, against batches drawn at random;
- held_out: the AUC on the held-out masses (mean and sample standard deviation over seeds) of
  trainings with these batches, and with every anchor among all its neighbours, as long;
- loss: equation (5), forward and backward, against pytorch-metric-learning's, with equal edges and
  values; and the bytes that it keeps for the backward pass, for E and for 2 E edges;
- convolution: a training step with rank-one convolutions against one with two convolutions each;
- blocks: a training step in oneDNN's blocks of channels against one on plain tensors;
- job: a whole run of train.py of one step: start, imports, reading and writing.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import ContrastiveLoss
from pytorch_metric_learning.reducers import SumReducer
from torch import Tensor
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "tools"))

import all_neighbours
from small_fold import LOSS, NEIGHBOURS, TRAINING

from coin.common.checkpoint import Checkpoint
from coin.common.device import prepare_device
from coin.data.fold_data import ExpandedData, HeldOut, read_expanded_data
from coin.diagnosis import network as network_module
from coin.diagnosis import training
from coin.diagnosis.losses import cross_entropy, edge_distance, signed_graph_loss
from coin.diagnosis.network import Network, NetworkSettings, SeparableConvolution
from coin.evaluation.metrics import auc
from coin.graph.batches import batches
from coin.graph.signed_graph import neighbourhoods, ranked_graph, signed_graph

TRAIN = Path(__file__).resolve().parent.parent / "scripts" / "train.py"
SETTINGS = replace(TRAINING, steps=1, batch_size=32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=Path("results/phantom"), help="its results")
    parser.add_argument("--width", type=float, default=0.125)
    parser.add_argument("--anchors", choices=["reals", "expanded"], default="reals")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=200, help="of the held-out comparison")
    parser.add_argument("--seeds", type=int, default=5, help="of the held-out comparison; 0: none")
    options = parser.parse_args()
    prepare_device("cpu", threads=1, deterministic=True)
    data, held_out = read_expanded_data(*_study(options.study), 0, _neighbours(options.study))
    found = {
        "benchmark": "training",
        "step": steps(data, options.anchors, options.width, options.repeats),
        "held_out": both_forms(data, held_out, options),
        "loss": losses(options.repeats),
        "convolution": convolutions(options.repeats),
        "blocks": blocks(options.repeats, options.width),
        "job": {"seconds": round(job(options.study, options.repeats), 2)},
    }
    print(json.dumps(found))


def steps(data: ExpandedData, anchors: str, width: float, repeats: int, count: int = 30) -> dict:
    """Compare steps at (n+, n-) = (1, 4) with shuffled steps of cross-entropy alone."""
    nodes = _with_graph(data, anchors)
    rois, graph = nodes.rois, nodes.graph

    def some(graph) -> Callable[[], None]:
        network = Network(rois.shape[1], width, seed=0)
        return lambda: _train(network, nodes._replace(graph=graph), steps=count, seed=0)

    coin, plain = _paired(some(graph), some(None), repeats)
    passes = 20
    start = time.process_time()
    own = list(islice(batches(len(rois), graph, 32, 0), passes * len(rois) // 32))
    planning = (time.process_time() - start) / len(own)
    share = sum(len(batch.signs) for batch in own) / graph.nnz / (len(own) * 32 / len(rois))
    part = np.random.default_rng(0).permutation(len(rois)) // 32
    at_random = np.mean(part[graph.nonzero()[0]] == part[graph.nonzero()[1]])
    return {
        "nodes": len(rois),
        "edges": graph.nnz,
        "coin_ms": round(1000 * coin / count, 1),
        "cross_entropy_ms": round(1000 * plain / count, 1),
        "ratio": round(coin / plain, 3),
        "planning_ms": round(1000 * planning, 2),
        "edges_used": round(share, 4),
        "edges_used_at_random": round(at_random, 4),
        "edges_ratio": round(share / at_random, 1),
    }


def both_forms(data: ExpandedData, held_out: HeldOut, options: argparse.Namespace) -> dict:
    """Compare the held-out AUC of both forms of batches, after as many steps."""
    nodes = _with_graph(data, options.anchors)
    forms = {"own": training.batches, "all_neighbours": all_neighbours.batches}
    found: dict[str, object] = {"steps": options.steps, "seeds": options.seeds}
    for name, form in forms.items():
        aucs = []
        for seed in range(options.seeds):
            network = Network(nodes.rois.shape[1], options.width, seed=seed)
            training.batches = form
            _train(network, nodes, options.steps, seed)
            probability, _ = training.predict(network, held_out.rois, 32, "cpu")
            aucs.append(auc(held_out.label, probability))
        if options.seeds > 1:
            found[f"{name}_auc"] = round(np.mean(aucs), 4)
            found[f"{name}_auc_std"] = round(np.std(aucs, ddof=1), 4)
    training.batches = forms["own"]
    return found


def _with_graph(data: ExpandedData, anchors: str) -> training.Nodes:
    """Return the nodes that a training uses, with phi at (n+, n-) = (1, 4)."""
    near = neighbourhoods(data.rois, data.kind, data.label, 1, 4, anchors)
    graph = signed_graph(ranked_graph(near, len(data.rois)), 1, 4)
    return training.with_a_role(data, graph, classify_negatives=False)


def _train(network: Network, nodes: training.Nodes, steps: int, seed: int) -> None:
    settings = replace(SETTINGS, steps=steps)
    never = Checkpoint(Path("/nowhere"), "", math.inf)
    training.train(network, nodes, seed, LOSS, settings, never)


def losses(repeats: int, n_nodes: int = 1500, n_edges: int = 7500, units: int = 1024) -> dict:
    """Compare equation (5) with pytorch-metric-learning's contrastive loss."""
    torch.manual_seed(0)
    latent = torch.randn(n_nodes, units, requires_grad=True)
    edges = torch.randint(0, n_nodes, (2, 2 * n_edges))
    signs = torch.where(torch.rand(2 * n_edges) < 0.2, 1, -1)
    distance = LpDistance(normalize_embeddings=False)
    reference = ContrastiveLoss(0, 1, distance=distance, reducer=SumReducer())
    near, far = (edges[:, :n_edges][:, signs[:n_edges] == sign] for sign in (1, -1))

    def own() -> Tensor:
        distance = edge_distance(latent, edges[:, :n_edges])
        return signed_graph_loss(distance, signs[:n_edges], 1.0, "sum")

    def theirs() -> Tensor:
        return reference(functional.normalize(latent), indices_tuple=(*near, *far))

    torch.testing.assert_close(own(), theirs(), rtol=1e-4, atol=0)
    ours, metric_learning = _paired(lambda: own().backward(), lambda: theirs().backward(), repeats)
    kept = [_bytes_kept(latent, edges[:, :n], signs[:n]) for n in (n_edges, 2 * n_edges)]
    return {
        "nodes": n_nodes,
        "edges": n_edges,
        "own_s": round(ours, 4),
        "pytorch_metric_learning_s": round(metric_learning, 4),
        "ratio": round(metric_learning / ours, 2),
        "mib_kept": round(kept[0] / 2**20, 1),
        "mib_kept_for_twice_the_edges": round(kept[1] / 2**20, 1),
    }


def _bytes_kept(latent: Tensor, edges: Tensor, signs: Tensor) -> int:
    storages = {}

    def keep(tensor: Tensor) -> Tensor:
        storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = signed_graph_loss(edge_distance(latent, edges), signs, 1.0, "sum")
    del loss
    return sum(storages.values())


def convolutions(repeats: int, width: float = 0.25, side: int = 64) -> dict:
    """Compare steps with one rank-one 3 x 3 convolution and with a 3 x 1 and a 1 x 3 one."""
    torch.manual_seed(0)
    rois, label = torch.rand(32, 1, side, side), torch.randint(0, 2, (32,))
    network = Network(side, width, seed=0)
    one = SeparableConvolution.forward

    def two(layer: SeparableConvolution, x: Tensor) -> Tensor:
        x = functional.conv2d(x, layer.column.weight, padding=(1, 0), groups=x.shape[1])
        x = functional.conv2d(x, layer.row.weight, padding=(0, 1), groups=x.shape[1])
        return layer.normalise(layer.across(x))

    def step(forward: Callable) -> Callable[[], None]:
        def run() -> None:
            SeparableConvolution.forward = forward
            cross_entropy(network(rois)[1], label).backward()
            SeparableConvolution.forward = one

        return run

    rank_one, both = _paired(step(one), step(two), repeats)
    network.eval()
    with torch.inference_mode():
        expected = network(rois)[0]
        SeparableConvolution.forward = two
        difference = (network(rois)[0] - expected).abs().max() / expected.abs().max()
        SeparableConvolution.forward = one
    return {
        "rank_one_s": round(rank_one, 3),
        "two_s": round(both, 3),
        "ratio": round(both / rank_one, 3),
        "largest_relative_difference": float(f"{difference:.2g}"),
    }


def blocks(repeats: int, width: float, side: int = 48, count: int = 10) -> dict:
    """Compare steps in blocks of channels with steps on plain tensors."""
    torch.manual_seed(0)
    rois, label = torch.rand(32, 1, side, side), torch.randint(0, 2, (32,))
    network = Network(side, width, seed=0)
    in_blocks = network_module.blocked

    def steps_with(layout: Callable[[Tensor], Tensor]) -> Callable[[], None]:
        def run() -> None:
            network_module.blocked = layout
            for _ in range(count):
                cross_entropy(network(rois)[1], label).backward()
            network_module.blocked = in_blocks

        return run

    own, plain = _paired(steps_with(in_blocks), steps_with(lambda images: images), repeats)
    return {
        "blocks_ms": round(1000 * own / count, 1),
        "plain_ms": round(1000 * plain / count, 1),
        "ratio": round(plain / own, 3),
    }


def job(study: Path, repeats: int) -> float:
    """Return the seconds that a training pays besides its steps, the best of several."""
    with tempfile.TemporaryDirectory() as folder:
        masses, rois, folds = _study(study)
        out = Path(folder)
        options = {
            "masses": masses,
            "rois": rois,
            "folds": folds,
            "fold": 0,
            "seed": 0,
            "neighbours": json.dumps([str(path) for path in _neighbours(study)]),
            "graph": "null",
            "n_positive": 0,
            "n_negative": 0,
            "loss": json.dumps(asdict(LOSS)),
            "network": json.dumps(asdict(NetworkSettings(width=0.125, pooling="gap"))),
            "training": json.dumps(asdict(SETTINGS)),
            "model": out / "model.safetensors",
            "predictions": out / "predictions.csv",
            "latent": out / "latent.npy",
            "history": out / "history.csv",
        }
        command = [sys.executable, str(TRAIN)]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        seconds = []
        for _ in range(repeats):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds.append(time.perf_counter() - start)
    return min(seconds)


def _paired(
    first: Callable[[], object], second: Callable[[], object], repeats: int
) -> tuple[float, float]:
    """Return the median CPU seconds of both, run by turns after one run each to warm up."""
    seconds: tuple[list[float], list[float]] = [], []
    for turn in range(repeats + 1):
        for run, spent in zip((first, second), seconds, strict=True):
            start = time.process_time()
            run()
            if turn:
                spent.append(time.process_time() - start)
    return float(np.median(seconds[0])), float(np.median(seconds[1]))


def _study(folder: Path) -> tuple[Path, Path, Path]:
    return folder / "masses.csv", folder / "rois.npy", folder / "folds.csv"


def _neighbours(folder: Path) -> list[Path]:
    return [folder / "fold0_seed0" / "neighbours" / name for name in NEIGHBOURS]


if __name__ == "__main__":
    main()
