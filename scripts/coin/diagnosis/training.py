"""Training the network on a fold: the total loss (7) over batches that follow the graph."""

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from coin.common.device import as_images, memory_format, mixed_precision
from coin.common.errors import BadInput
from coin.data.fold_data import NEGATIVE, ExpandedData
from coin.diagnosis.adam import Adam
from coin.diagnosis.checkpoint import Checkpoint
from coin.diagnosis.losses import NO_DIAGNOSIS, LossSettings, cross_entropy, signed_graph_loss
from coin.diagnosis.network import Network
from coin.graph.batches import Epoch, plan_epoch


@dataclass(frozen=True)
class TrainingSettings:
    """How the network is trained.

    Attributes:
        epochs: how often every node goes through the network
        batch_size: the most nodes in a batch
        learning_rate: of Adam, at the first step; it falls to 0 along a half cosine
        flips_and_rotations: conventional augmentation
        device: `cpu` or `cuda`
        threads: of the CPU; the last bits of a result depend on them
        deterministic: the same bits for the same seed; false is faster on a GPU
    """

    epochs: int
    batch_size: int
    learning_rate: float
    flips_and_rotations: bool
    device: Literal["cpu", "cuda"]
    threads: int
    deterministic: bool


class Nodes(NamedTuple):
    """What a network is trained on: the nodes of a fold that touch the loss."""

    rois: np.ndarray
    """(N, H, W) float32 in [0, 1]."""
    label: np.ndarray
    """(N,) 0 benign, 1 malignant, NO_DIAGNOSIS: left out of the cross-entropy."""
    graph: sparse.csr_array | None
    """(N, N) phi of equation (4), +1 and -1; None: shuffled batches, cross-entropy alone."""


class _Batch(NamedTuple):
    """One step's part of the nodes, on the device."""

    images: Tensor
    """(B, 1, H, W)."""
    labels: Tensor
    """(B,)."""
    edges: Tensor
    """(2, E) places within the batch."""
    signs: Tensor
    """(E,) +1 or -1."""


def train(
    network: Network,
    nodes: Nodes,
    seed: int,
    loss: LossSettings,
    settings: TrainingSettings,
    measure: Callable[[Network], dict[str, float]],
    checkpoint: Checkpoint,
) -> list[dict[str, float]]:
    """Minimise J = J_l + lambda J_g, equation (7), with Adam for a fixed number of epochs.

    Every node goes through the network once an epoch. An epoch's batches and flips come from a
    generator of its own, seeded by the seed and the epoch's number.

    Args:
        network: trained in place; left on the settings' device.
        nodes: see Nodes.
        seed: of the batches and the flips.
        loss: see LossSettings.
        settings: see TrainingSettings.
        measure: figures of progress, by name, taken after every epoch; they select nothing.
        checkpoint: where a killed training goes on, to the same end.

    Returns:
        The history, a row an epoch: the losses' means over its steps, how many images went
        forward, the share of the graph's edges used (NaN without edges), and the progress.

    Raises:
        BadInput: a loss is not finite.
    """
    network.to(settings.device, memory_format=memory_format(settings.device))
    images = as_images(nodes.rois, settings.device)
    labels = torch.from_numpy(nodes.label).to(settings.device)
    optimiser = Adam(network.parameters())
    state = network.state_dict() | optimiser.state()
    history = checkpoint.restore(state)
    for epoch in range(len(history), settings.epochs):
        generator = np.random.default_rng([seed, epoch])
        plan = plan_epoch(len(images), nodes.graph, settings.batch_size, generator)
        turns = torch.from_numpy(generator.integers(0, 2, (len(images), 3)) == 1)
        turns = turns.to(settings.device) if settings.flips_and_rotations else None
        losses = torch.zeros(len(plan.batch_sizes), 2, device=settings.device)
        network.train()
        for step, batch in enumerate(_batches(plan, images, labels, turns)):
            losses[step] = _backward(network, batch, loss)
            done = (epoch + step / len(losses)) / settings.epochs
            optimiser.step(settings.learning_rate * cosine(done))
        if epoch + 1 == settings.epochs:
            settle_normalisation(network, images, settings, generator)
        history.append(
            {"epoch": epoch + 1}
            | _mean_losses(losses.cpu(), epoch, loss, settings)
            | {"images": len(plan.nodes), "edges_used": _share(plan, nodes.graph)}
            | measure(network)
        )
        checkpoint.keep(state, history)
        _log(history[-1], settings.epochs)
    return history


def settle_normalisation(
    network: Network, images: Tensor, settings: TrainingSettings, generator: np.random.Generator
) -> None:
    """Measure batch normalisation's means and variances afresh under the final weights.

    The running averages that training leaves lag behind the weights. After the few steps that a
    small fold allows they are so far off that one answer comes out for every image.

    Args:
        network: on the settings' device.
        images: (N, 1, H, W), the training fold's nodes, and no others.
        settings: see TrainingSettings.
        generator: of the order in which they go through.
    """
    order = torch.from_numpy(generator.permutation(len(images))).to(settings.device)
    batches = order.tensor_split(-(-len(images) // settings.batch_size))
    with mixed_precision(settings.device):
        torch.optim.swa_utils.update_bn((images[nodes] for nodes in batches), network)


def predict(
    network: Network, rois: np.ndarray, batch_size: int, device: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of malignant (M,) in [0, 1] and h(x), (M, L) float32, of each ROI.

    Args:
        network: on `device`; put into evaluation mode.
        rois: (M, H, W) float32 in [0, 1].
        batch_size: how many go through at once.
        device: `cpu` or `cuda`.
    """
    network.eval()
    latents, probabilities = [], []
    with torch.inference_mode(), mixed_precision(device):
        for batch in as_images(rois, device).split(batch_size):
            latent, logits = network(batch)
            latents.append(latent.float().cpu())
            probabilities.append(logits.double().softmax(dim=1)[:, 1].cpu())
    return torch.cat(probabilities).numpy(), torch.cat(latents).numpy()


def with_a_role(
    data: ExpandedData, graph: sparse.csr_array | None, classify_negatives: bool
) -> Nodes:
    """Return the nodes with a diagnosis or an edge: no others touch the loss.

    A negative neighbour has no diagnosis, unless negatives are classified as the class that they
    were made for.
    """
    label = data.label
    if not classify_negatives:
        label = np.where(data.kind == NEGATIVE, NO_DIAGNOSIS, label)
    used = label != NO_DIAGNOSIS
    if graph is None:
        return Nodes(data.rois[used], label[used], None)
    used[np.concatenate(graph.nonzero())] = True
    return Nodes(data.rois[used], label[used], graph[used][:, used])


def flipped_and_rotated(images: Tensor, turns: Tensor) -> Tensor:
    """Give each square image one of its eight flips and quarter turns, which lose no pixel.

    Args:
        images: (B, 1, H, H).
        turns: (B, 3) whether to mirror left and right, up and down, and along the diagonal.
    """
    sideways, upside_down, diagonal = turns[:, :, None, None, None].unbind(1)
    images = torch.where(sideways, images.flip(3), images)
    images = torch.where(upside_down, images.flip(2), images)
    return torch.where(diagonal, images.transpose(2, 3), images)


def cosine(done: float) -> float:
    """Return the share of the learning rate left when the share `done` of all steps is behind."""
    return (1 + math.cos(math.pi * done)) / 2


def _backward(network: Network, batch: _Batch, settings: LossSettings) -> Tensor:
    """Add the gradients of equation (7) over a batch; return both of its terms, (2,)."""
    with mixed_precision(batch.images.device.type):
        latent, logits = network(batch.images)
    classification = cross_entropy(logits.float(), batch.labels)
    structure = signed_graph_loss(
        latent.float(), batch.edges, batch.signs, settings.margin, settings.reduction
    )
    (classification + settings.weight * structure).backward()
    return torch.stack((classification, structure)).detach()


def _batches(plan: Epoch, images: Tensor, labels: Tensor, turns: Tensor | None) -> Iterator[_Batch]:
    """Put an epoch's plan on the device at once, then give it out batch by batch."""
    nodes, edges, signs = (
        torch.from_numpy(array).to(images.device) for array in (plan.nodes, plan.edges, plan.signs)
    )
    parts = zip(
        nodes.split(plan.batch_sizes),
        edges.split(plan.edge_counts, dim=1),
        signs.split(plan.edge_counts),
        strict=True,
    )
    for part, *graph in parts:
        batch = images[part]
        if turns is not None:
            batch = flipped_and_rotated(batch, turns[part])
        yield _Batch(batch, labels[part], *graph)


def _mean_losses(
    losses: Tensor, epoch: int, loss: LossSettings, settings: TrainingSettings
) -> dict[str, float]:
    finite = losses.isfinite().all(dim=1)
    if not finite.all():
        step = int(finite.int().argmin())
        raise BadInput(
            f"the loss is not finite at step {epoch * len(losses) + step + 1} (epoch {epoch + 1}, "
            f"batch {step + 1}) with {loss} and {settings}; lower training.learning_rate or "
            "loss.weight"
        )
    classification, structure = losses.double().mean(dim=0).tolist()
    return {
        "loss": classification + loss.weight * structure,
        "cross_entropy": classification,
        "graph_loss": structure,
    }


def _share(plan: Epoch, graph: sparse.csr_array | None) -> float:
    return len(plan.signs) / graph.nnz if graph is not None and graph.nnz else math.nan


def _log(row: dict[str, float], epochs: int) -> None:
    figures = ", ".join(f"{name} {value:.4g}" for name, value in list(row.items())[1:])
    logging.info("epoch %d of %d: %s", row["epoch"], epochs, figures)
