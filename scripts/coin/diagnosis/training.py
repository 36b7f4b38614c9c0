"""Training the network on a fold: the total loss (7) over batches that follow the graph."""

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from coin.common.device import as_images, memory_format, mixed_precision
from coin.common.errors import BadInput
from coin.data.fold_data import NEGATIVE, ExpandedData
from coin.diagnosis.adam import Adam
from coin.diagnosis.checkpoint import Checkpoint
from coin.diagnosis.losses import NO_DIAGNOSIS, Reduction, cross_entropy, signed_graph_loss
from coin.diagnosis.network import Network
from coin.graph.batches import Epoch, plan_epoch


@dataclass(frozen=True)
class Settings:
    """How a network is trained; each is a setting of the config."""

    seed: int
    weight: float
    """lambda of equation (7)."""
    margin: float
    """m of equation (5)."""
    reduction: Reduction
    flips_and_rotations: bool
    epochs: int
    batch_size: int
    learning_rate: float
    """Adam's at the first step; it falls to 0 along a half cosine."""
    device: Literal["cpu", "cuda"]


def train(
    network: Network,
    rois: np.ndarray,
    label: np.ndarray,
    graph: sparse.csr_array | None,
    settings: Settings,
    measure: Callable[[Network], dict[str, float]],
    checkpoint: Checkpoint,
) -> list[dict[str, float]]:
    """Minimise J = J_l + lambda J_g, equation (7), with Adam for a fixed number of epochs.

    Every node goes through the network once an epoch. An epoch's batches and flips come from a
    generator of its own, seeded by the seed and the epoch's number.

    Args:
        network: trained in place; left on the settings' device.
        rois: (N, H, W) float32 in [0, 1], the training fold's nodes.
        label: (N,) 0 benign, 1 malignant, NO_DIAGNOSIS: left out of the cross-entropy.
        graph: (N, N) phi of equation (4), +1 and -1; None: shuffled batches, cross-entropy alone.
        settings: see Settings.
        measure: figures of progress, by name, taken after every epoch; they select nothing.
        checkpoint: where a killed training goes on, to the same end.

    Returns:
        The history, a row an epoch: the losses' means over its steps, how many images went
        forward, the share of the graph's edges used (NaN without edges), and the progress.

    Raises:
        BadInput: a loss is not finite.
    """
    network.to(settings.device, memory_format=memory_format(settings.device))
    images = as_images(rois, settings.device)
    labels = torch.from_numpy(label).to(settings.device)
    optimiser = Adam(network.parameters())
    state = network.state_dict() | optimiser.state()
    history = checkpoint.restore(state)
    for epoch in range(len(history), settings.epochs):
        generator = np.random.default_rng([settings.seed, epoch])
        plan = plan_epoch(len(rois), graph, settings.batch_size, generator)
        turns = torch.from_numpy(generator.integers(0, 2, (len(rois), 3)) == 1).to(settings.device)
        losses = torch.zeros(len(plan.batch_sizes), 2, device=settings.device)
        network.train()
        for step, (nodes, edges, signs) in enumerate(_batches(plan, settings.device)):
            batch = images[nodes]
            if settings.flips_and_rotations:
                batch = flipped_and_rotated(batch, turns[nodes])
            with mixed_precision(settings.device):
                latent, logits = network(batch)
            classification = cross_entropy(logits.float(), labels[nodes])
            structure = signed_graph_loss(
                latent.float(), edges, signs, settings.margin, settings.reduction
            )
            loss = classification + settings.weight * structure  # equation (7)
            loss.backward()
            done = (epoch + step / len(losses)) / settings.epochs
            optimiser.step(settings.learning_rate * cosine(done))
            losses[step] = torch.stack((classification, structure)).detach()
        if epoch + 1 == settings.epochs:
            settle_normalisation(network, images, settings, generator)
        history.append(
            {"epoch": epoch + 1}
            | _mean_losses(losses.cpu(), epoch, settings)
            | {"images": len(plan.nodes), "edges_used": _share(plan, graph)}
            | measure(network)
        )
        checkpoint.keep(state, history)
        logging.info(
            "epoch %d of %d: %s",
            epoch + 1,
            settings.epochs,
            ", ".join(f"{name} {value:.4g}" for name, value in list(history[-1].items())[1:]),
        )
    return history


def settle_normalisation(
    network: Network, images: Tensor, settings: Settings, generator: np.random.Generator
) -> None:
    """Measure batch normalisation's means and variances afresh under the final weights.

    The running averages that training leaves lag behind the weights. After the few steps that a
    small fold allows they are so far off that one answer comes out for every image.

    Args:
        network: on the settings' device.
        images: (N, 1, H, W), the training fold's nodes, and no others.
        settings: see Settings.
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
) -> tuple[np.ndarray, np.ndarray, sparse.csr_array | None]:
    """Return ROIs, labels and graph of the nodes with a diagnosis or an edge.

    No others touch the loss, so that they need not go through the network. A negative neighbour
    has no diagnosis, unless negatives are classified as the class that they were made for.
    """
    label = data.label
    if not classify_negatives:
        label = np.where(data.kind == NEGATIVE, NO_DIAGNOSIS, label)
    used = label != NO_DIAGNOSIS
    if graph is None:
        return data.rois[used], label[used], None
    used[np.concatenate(graph.nonzero())] = True
    return data.rois[used], label[used], graph[used][:, used]


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


def _batches(plan: Epoch, device: str) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Put an epoch's plan on the device at once, then give it out batch by batch."""
    nodes, edges, signs = (
        torch.from_numpy(array).to(device) for array in (plan.nodes, plan.edges, plan.signs)
    )
    return zip(
        nodes.split(plan.batch_sizes),
        edges.split(plan.edge_counts, dim=1),
        signs.split(plan.edge_counts),
        strict=True,
    )


def _mean_losses(losses: Tensor, epoch: int, settings: Settings) -> dict[str, float]:
    finite = losses.isfinite().all(dim=1)
    if not finite.all():
        step = int(finite.int().argmin())
        raise BadInput(
            f"the loss is not finite at step {epoch * len(losses) + step + 1} (epoch {epoch + 1}, "
            f"batch {step + 1}) with {settings}; lower training.learning_rate or loss.weight"
        )
    classification, structure = losses.double().mean(dim=0).tolist()
    return {
        "loss": classification + settings.weight * structure,
        "cross_entropy": classification,
        "graph_loss": structure,
    }


def _share(plan: Epoch, graph: sparse.csr_array | None) -> float:
    return len(plan.signs) / graph.nnz if graph is not None and graph.nnz else math.nan
