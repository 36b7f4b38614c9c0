"""Training the network on a fold: the total loss (7) over batches that follow the graph."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from coin.common.adam import Adam, cosine
from coin.common.checkpoint import Checkpoint
from coin.common.device import as_images, memory_format, put
from coin.common.errors import BadInput
from coin.data.fold_data import NEGATIVE, ExpandedData
from coin.diagnosis.losses import (
    NO_DIAGNOSIS,
    LossSettings,
    cross_entropy,
    edge_distance,
    has_gradient,
    signed_graph_loss,
    supervised_contrastive_loss,
    triplet_loss,
)
from coin.diagnosis.network import Network
from coin.diagnosis.progress import (
    N_FIGURES,
    ends_of_rows,
    figures_of_step,
    history_row,
    pairs_of,
)
from coin.graph.batches import batches

_FLIPS, _SETTLING = 1, 2
"""What is drawn besides the passes' orders: each from generators of its own."""


@dataclass(frozen=True)
class TrainingSettings:
    """How the network is trained.

    Attributes:
        steps: of the optimiser, each on a batch of its own
        batch_size: nodes a step, exactly
        learning_rate: of Adam, at the first step; it falls to 0 along a half cosine
        flips_and_rotations: conventional augmentation
        device: `cpu` or `cuda`
        threads: of the CPU; the last bits of a result depend on them
        deterministic: the same bits for the same seed; false is faster on a GPU
    """

    steps: int
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
    group: np.ndarray
    """(N,) the class, 0 or 1, that a node is of or was made for."""
    graph: sparse.csr_array | None
    """(N, N) phi of equation (4), +1 and -1; None: shuffled batches."""


class _Batch(NamedTuple):
    """A step's part of the nodes, on the device."""

    images: Tensor
    """(B, 1, H, W)."""
    labels: Tensor
    """(B,)."""
    edges: Tensor
    """(2, E) places within the batch."""
    signs: Tensor
    """(E,) +1 or -1."""
    pairs: Tensor
    """(E,) what each edge joins, as a place in PAIRS."""


def train(
    network: Network,
    nodes: Nodes,
    seed: int,
    loss: LossSettings,
    settings: TrainingSettings,
    checkpoint: Checkpoint,
) -> list[dict[str, float]]:
    """Minimise J = J_l + lambda J_g, equation (7), with Adam for a fixed number of steps.

    What a step draws, its batch and its flips, follows from the seed and the step's number.

    Args:
        network: trained in place; left on the settings' device, its batch normalisation settled.
        nodes: see Nodes.
        seed: of the batches and the flips.
        loss: see LossSettings.
        settings: see TrainingSettings.
        checkpoint: where a killed training goes on, to the same end.

    Returns:
        The history, about 20 rows as `history_row` makes them.

    Raises:
        BadInput: a loss is not finite.
    """
    # What torch says of the types of `to` lacks memory_format.
    network.to(settings.device, memory_format=memory_format(settings.device))  # type: ignore[call-overload]
    network.train()
    images = as_images(nodes.rois, settings.device)
    optimiser = Adam(network.parameters())
    figures = torch.zeros(settings.steps, N_FIGURES, device=settings.device)
    state = network.state_dict() | optimiser.state() | {"figures": figures}
    done = checkpoint.restore(state)
    ends = ends_of_rows(settings.steps)
    plan = _batches(nodes, images, seed, settings, done)
    for step, batch in zip(range(done, settings.steps), plan, strict=False):
        figures[step] = _backward(network, batch, loss)
        optimiser.step(settings.learning_rate * cosine(step / settings.steps))
        if step + 1 in ends:
            _report(figures[: step + 1], loss, settings)
        checkpoint.keep(state, step + 1)
    diagnosed = torch.from_numpy(nodes.label != NO_DIAGNOSIS).to(images.device)
    settle_normalisation(network, images[diagnosed], settings.batch_size, seed)
    return _history(figures.cpu().double().numpy(), ends, nodes, loss, settings)


def settle_normalisation(network: Network, images: Tensor, batch_size: int, seed: int) -> None:
    """Measure batch normalisation's means and variances afresh under the final weights.

    The running averages that training leaves lag behind the weights. After the few steps that a
    small fold allows they are so far off that one answer comes out for every image.

    Args:
        network: on the images' device.
        images: (N, 1, H, W), those nodes of the training fold that have a diagnosis, as the masses
            have to which the network is put.
        batch_size: how many go through at once.
        seed: of the order in which they go through.
    """
    order = np.random.default_rng([seed, 0, _SETTLING]).permutation(len(images))
    parts = torch.from_numpy(order).to(images.device).tensor_split(-(-len(order) // batch_size))
    torch.optim.swa_utils.update_bn((images[part] for part in parts), network)


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
    with torch.inference_mode():
        for batch in as_images(rois, device).split(batch_size):
            latent, logits = network(batch)
            latents.append(latent.cpu())
            probabilities.append(logits.double().softmax(dim=1)[:, 1].cpu())
    return torch.cat(probabilities).numpy(), torch.cat(latents).numpy()


def with_a_role(
    data: ExpandedData, graph: sparse.csr_array | None, classify_negatives: bool
) -> Nodes:
    """Return the nodes with a diagnosis or an edge: no others touch the loss.

    A negative neighbour has no diagnosis, unless negatives are classified as the class that they
    were made for. A graph without an edge is none: its batches are shuffled.
    """
    label = data.label
    if not classify_negatives:
        label = np.where(data.kind == NEGATIVE, NO_DIAGNOSIS, label)
    used = label != NO_DIAGNOSIS
    if graph is None or not graph.nnz:
        return Nodes(data.rois[used], label[used], data.label[used], None)
    used[np.concatenate(graph.nonzero())] = True
    return Nodes(data.rois[used], label[used], data.label[used], graph[used][:, used])


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


def _backward(network: Network, batch: _Batch, settings: LossSettings) -> Tensor:
    """Add the gradients of equation (7) over a batch; return the step's figures."""
    latent, logits = network(batch.images)
    distance = edge_distance(latent, batch.edges, settings.distance, settings.normalise)
    classification = cross_entropy(logits, batch.labels)
    structure = _structure(latent, distance, batch, settings)
    (classification + settings.weight * structure).backward()
    active = has_gradient(distance, batch.signs, settings.margin)
    return figures_of_step((classification, structure), distance, active, batch.pairs)


def _structure(latent: Tensor, distance: Tensor, batch: _Batch, settings: LossSettings) -> Tensor:
    """Return what stands beside the cross-entropy: J_g of equation (5), or a peer's loss."""
    match settings.kind:
        case "signed_graph":
            return signed_graph_loss(distance, batch.signs, settings.margin, settings.reduction)
        case "supervised_contrastive":
            return supervised_contrastive_loss(latent, batch.labels, settings.temperature)
        case "triplet":
            margin, normalise = settings.margin, settings.normalise
            return triplet_loss(latent, batch.labels, margin, settings.distance, normalise)


def _batches(
    nodes: Nodes, images: Tensor, seed: int, settings: TrainingSettings, first: int
) -> Iterator[_Batch]:
    """Give out the steps' batches from step `first` on, without waiting for the device."""
    labels = torch.from_numpy(nodes.label).to(images.device)
    plan = batches(len(images), nodes.graph, settings.batch_size, seed, first)
    for step, batch in enumerate(plan, first):
        pairs = pairs_of(batch.nodes[batch.edges], batch.signs, nodes.group)
        links = put(np.vstack([batch.edges, batch.signs, pairs]), images.device)
        chosen = put(batch.nodes, images.device)
        part = images[chosen]
        if settings.flips_and_rotations:
            generator = np.random.default_rng([seed, step, _FLIPS])
            turns = generator.integers(0, 2, (len(part), 3)) == 1
            part = flipped_and_rotated(part, put(turns, images.device))
        yield _Batch(part, labels[chosen], links[:2], links[2], links[3])


def _report(figures: Tensor, loss: LossSettings, settings: TrainingSettings) -> None:
    """Log how far a training is; raises BadInput if a loss was not finite."""
    losses = figures[:, :2].cpu()
    classification, structure = losses[-1].tolist()
    logging.info(
        "step %d of %d: cross-entropy %.4g, graph loss %.4g",
        len(losses),
        settings.steps,
        classification,
        structure,
    )
    finite = losses.isfinite().all(dim=1)
    if not finite.all():
        raise BadInput(
            f"the loss is not finite at step {int(finite.int().argmin()) + 1} with {loss} and "
            f"{settings}; lower training.learning_rate or loss.weight"
        )


def _history(
    figures: np.ndarray,
    ends: list[int],
    nodes: Nodes,
    loss: LossSettings,
    settings: TrainingSettings,
) -> list[dict[str, float]]:
    n_edges = 0 if nodes.graph is None else nodes.graph.nnz
    return [
        history_row(
            figures[start:end], end, loss.weight, settings.batch_size, len(nodes.rois), n_edges
        )
        for start, end in pairwise([0, *ends])
    ]
