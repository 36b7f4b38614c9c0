"""Program: train the network on a fold and diagnose the masses that it holds out."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy import sparse

from coin.common.checkpoint import Checkpoint, fingerprint
from coin.common.device import prepare_device
from coin.common.errors import BadInput
from coin.common.files import write_array, write_table
from coin.common.timing import loop_timed
from coin.data.fold_data import HeldOut, read_expanded_data
from coin.diagnosis.losses import LossSettings
from coin.diagnosis.model_file import write_model
from coin.diagnosis.network import SMALLEST_ROI, Network, NetworkSettings
from coin.diagnosis.training import TrainingSettings, predict, with_a_role
from coin.diagnosis.training import train as fit
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
    graph: Path | None = None,
    n_positive: int,
    n_negative: int,
    loss: LossSettings,
    network: NetworkSettings,
    training: TrainingSettings,
    model: Output,
    predictions: Output,
    latent: Output,
    history: Output,
    context: float | None = None,
    border: str | None = None,
    checkpoint_every: float = 60.0,
) -> None:
    """Train the network on a fold and diagnose the masses that it holds out.

    Args:
        masses: the study's masses.csv
        rois: its rois.npy
        folds: its folds.csv
        fold: the fold that is held out
        seed: of the initial weights, the batches and the flips; each fold draws its own
        neighbours: files of neighbours to train on beside the real masses; may be none
        graph: the ranked graph over reals and neighbours; null, or a cut without an edge: shuffled
            batches, no graph loss
        n_positive: n+ of equation (4), at which the signed graph is cut
        n_negative: n- likewise
        loss: equations (5) to (7)
        network: of Fig. 4
        training: how it is trained
        model: written: the weights, with what predict.py needs
        predictions: written: `mass_id,label,probability` of the held-out masses
        latent: written: h(x) of the same masses, rows as in `predictions`
        history: written: about 20 rows on the losses and on the edges of each kind
        context: how much larger than a mass its ROI is; kept with the model for predict.py
        border: what the ROI does at the image's border; likewise
        checkpoint_every: seconds between two checkpoints, from which a killed training goes on
    """
    prepare_device(training.device, training.threads, training.deterministic)
    data, held_out = read_expanded_data(masses, rois, folds, fold, neighbours)
    roi_size = _checked_size(data.rois.shape[1], rois)
    phi = graph and read_graph(graph, len(data.rois), n_positive, n_negative)
    nodes = with_a_role(data, phi, loss.classify_negatives)
    own_seed = int(np.random.SeedSequence([seed, fold]).generate_state(1)[0])
    description = {"roi_size": roi_size, **asdict(network), "context": context, "border": border}
    settings = [own_seed, asdict(loss), asdict(training), description, torch.__version__]
    arrays = [nodes.rois, nodes.label, nodes.group, *_arrays(nodes.graph)]
    checkpoint = Checkpoint(
        model.with_name(f".{model.stem}.checkpoint.safetensors"),
        fingerprint(settings, arrays),
        checkpoint_every,
    )

    trained = Network(roi_size, network.width, network.pooling, seed=own_seed)
    with loop_timed():
        rows = fit(trained, nodes, own_seed, loss, training, checkpoint)
    probability, features = predict(trained, held_out.rois, training.batch_size, training.device)
    write_model(model, trained, description)
    write_table(predictions, _predictions(held_out, probability))
    write_array(latent, features)
    write_table(history, pd.DataFrame(rows))
    checkpoint.remove()


def _checked_size(roi_size: int, rois: Path) -> int:
    if roi_size < SMALLEST_ROI:
        raise BadInput(
            f"roi.size: found {roi_size} pixels in {rois}, expected at least {SMALLEST_ROI}: the "
            "network halves them four times"
        )
    return roi_size


def _predictions(held_out: HeldOut, probability: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {"mass_id": held_out.mass_id, "label": held_out.label, "probability": probability}
    )


def _arrays(graph: sparse.csr_array | None) -> list[np.ndarray]:
    return [] if graph is None else [graph.indptr, graph.indices, graph.data]


if __name__ == "__main__":
    run(train)
