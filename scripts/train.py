"""Program: train the network on a fold and diagnose the masses that it holds out."""

from dataclasses import asdict
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch
from scipy import sparse

from coin.common.device import prepare_device
from coin.common.errors import BadInput
from coin.common.files import write_array, write_table
from coin.data.fold_data import read_expanded_data
from coin.diagnosis import training
from coin.diagnosis.checkpoint import Checkpoint, fingerprint
from coin.diagnosis.losses import Reduction
from coin.diagnosis.model_file import write_model
from coin.diagnosis.network import SMALLEST_ROI, Network, Pooling
from coin.evaluation.metrics import accuracy, auc
from coin.graph.graph_file import read_graph
from coin.workflow.program import Output, run


def train(
    *,
    masses: Path,
    rois: Path,
    folds: Path,
    fold: int,
    seed: int,
    neighbours: list[Path],
    graph: Path | None,
    n_positive: int,
    n_negative: int,
    weight: float,
    margin: float,
    reduction: Reduction,
    classify_negatives: bool,
    flips_and_rotations: bool,
    width: float,
    pooling: Pooling,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    device: Literal["cpu", "cuda"],
    threads: int,
    model: Output,
    predictions: Output,
    latent: Output,
    history: Output,
    context: float | None = None,
    deterministic: bool = True,
    checkpoint_every: float = 60.0,
) -> None:
    """Train the network on a fold and diagnose the masses that it holds out.

    Args:
        masses: the study's masses.csv
        rois: its rois.npy
        folds: its folds.csv
        fold: the fold that is held out
        seed: of the initial weights, the batches and the flips
        neighbours: files of neighbours to train on beside the real masses; may be none
        graph: the ranked graph over reals and neighbours; null: shuffled batches, no graph loss
        n_positive: n+ of equation (4), at which the signed graph is cut
        n_negative: n- likewise
        weight: lambda of equation (7); at 0 the batches still follow the graph
        margin: m of equation (5)
        reduction: of equation (5) over a batch's edges: `sum` as in the paper, or `mean`
        classify_negatives: whether negatives count in the cross-entropy, as their class
        flips_and_rotations: conventional augmentation
        width: scale of all numbers of channels and units in Fig. 4
        pooling: before the fully connected layers: `gap` or `flatten`
        epochs: how often every node goes through the network
        batch_size: the most nodes in a batch
        learning_rate: of Adam, at the start
        device: `cpu` or `cuda`
        threads: of the CPU; the last bits of a result depend on them
        model: written: the weights, with what predict.py needs
        predictions: written: `mass_id,label,probability` of the held-out masses
        latent: written: h(x) of the same masses, rows as in `predictions`
        history: written: a row an epoch
        context: how much larger than a mass its ROI is; kept with the model for predict.py
        deterministic: the same bits for the same seed; false is faster on a GPU
        checkpoint_every: seconds between two checkpoints, from which a killed training goes on
    """
    prepare_device(device, threads, deterministic)
    data, held_out = read_expanded_data(masses, rois, folds, fold, neighbours)
    roi_size = data.rois.shape[1]
    if roi_size < SMALLEST_ROI:
        raise BadInput(
            f"roi.size: found {roi_size} pixels in {rois}, expected at least {SMALLEST_ROI}: the "
            "network halves them four times"
        )
    phi = graph and read_graph(graph, len(data.rois), n_positive, n_negative)
    nodes, label, phi = training.with_a_role(data, phi, classify_negatives)
    network = Network(roi_size, width, pooling, seed=seed)
    description = {"roi_size": roi_size, "width": width, "pooling": pooling, "context": context}
    settings = training.Settings(
        seed=seed,
        weight=weight,
        margin=margin,
        reduction=reduction,
        flips_and_rotations=flips_and_rotations,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        device=device,
    )
    checkpoint = Checkpoint(
        model.with_name(f".{model.stem}.checkpoint.safetensors"),
        fingerprint(
            asdict(settings)
            | description
            | {"threads": threads, "deterministic": deterministic, "torch": torch.__version__},
            [nodes, label, *_arrays(phi), held_out.rois, held_out.label],
        ),
        checkpoint_every,
    )

    def diagnose(network: Network) -> tuple[np.ndarray, np.ndarray]:
        return training.predict(network, held_out.rois, batch_size, device)

    def measure(network: Network) -> dict[str, float]:
        probability, _ = diagnose(network)
        return {
            "held_out_accuracy": accuracy(held_out.label, probability),
            "held_out_auc": auc(held_out.label, probability),
        }

    rows = training.train(network, nodes, label, phi, settings, measure, checkpoint)
    probability, features = diagnose(network)
    write_model(model, network, description)
    columns = {
        "mass_id": held_out.mass_id,
        "label": held_out.label,
        "probability": probability,
    }
    write_table(predictions, pd.DataFrame(columns))
    write_array(latent, features)
    write_table(history, pd.DataFrame(rows))
    checkpoint.remove()


def _arrays(graph: sparse.csr_array | None) -> list[np.ndarray]:
    return [] if graph is None else [graph.indptr, graph.indices, graph.data]


if __name__ == "__main__":
    run(train)
