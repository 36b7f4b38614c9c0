"""The losses: on the graph (5), of the diagnosis (6); their sum (7) stands in the training loop.

In the graph's place may stand what others put on h(x), which know classes and no graph.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Distance = Literal["euclidean", "cosine", "angular"]
Reduction = Literal["mean", "sum"]
Kind = Literal["signed_graph", "supervised_contrastive", "triplet"]

NO_DIAGNOSIS = -1
"""The label of a node that the cross-entropy leaves out."""


@dataclass(frozen=True)
class LossSettings:
    """The loss, equations (5) to (7).

    Attributes:
        weight: lambda of equation (7); at 0 the batches still follow the graph
        margin: m of equation (5)
        distance: dist of equation (5): `euclidean`, `cosine` (1 - cos) or `angular` (angle / pi)
        normalise: whether h(x) is put on the unit sphere first; cosine and angular always are
        reduction: of equation (5) over a batch's edges: `sum` as in the paper, or `mean`
        classify_negatives: whether negatives count in the cross-entropy, as their class
        kind: what stands beside the cross-entropy: `signed_graph`, equation (5);
            `supervised_contrastive`; or `triplet`, which takes distance, normalise and margin too
        temperature: of the supervised contrastive loss
    """

    weight: float
    margin: float
    distance: Distance
    normalise: bool
    reduction: Reduction
    classify_negatives: bool
    kind: Kind
    temperature: float


def edge_distance(
    latent: Tensor, edges: Tensor, distance: Distance = "euclidean", normalise: bool = True
) -> Tensor:
    """Return dist of equation (5) of each edge, (E,): at least 0, at most 2 (angular: 1).

    All are taken from h_i - h_j, so that they and their gradients hold for near copies too (for
    equal ones the gradient is 0): on the unit sphere 1 - cos is half its square, and the angle is
    2 atan2(|h_i - h_j|, |h_i + h_j|). Memory grows as E.

    Args:
        latent: (B, L) h(x) of the batch's nodes.
        edges: (2, E) rows of `latent`: anchors, then their neighbours.
        distance: which one.
        normalise: false leaves h(x) its length in the Euclidean distance, which then has no bound.
    """
    if normalise or distance != "euclidean":
        latent = functional.normalize(latent, dim=1)
    anchors, neighbours = (latent.index_select(0, ends) for ends in edges)
    difference = anchors - neighbours
    if distance == "cosine":
        return difference.square().sum(dim=1) / 2
    apart = torch.linalg.vector_norm(difference, dim=1)
    if distance == "euclidean":
        return apart
    return 2 * torch.atan2(apart, torch.linalg.vector_norm(anchors + neighbours, dim=1)) / math.pi


def signed_graph_loss(
    distance: Tensor, signs: Tensor, margin: float, reduction: Reduction = "mean"
) -> Tensor:
    """J_g of equation (5) over an edge list: pull along +1, push apart to the margin along -1.

    Args:
        distance: (E,) of each edge's ends.
        signs: (E,) phi, +1 or -1.
        margin: m, at least 0.
        reduction: `sum` is the paper's; `mean` is over the edges, so that lambda means the same
            whatever their number.

    Returns:
        A scalar; 0 without edges.
    """
    loss = torch.where(signs > 0, distance, (margin - distance).clamp(min=0)).sum()
    return loss / max(1, len(signs)) if reduction == "mean" else loss


def has_gradient(distance: Tensor, signs: Tensor, margin: float) -> Tensor:
    """Return which edges (E,) equation (5) moves: those of +1, and of -1 within the margin."""
    return (distance > 0) & ((signs > 0) | (distance < margin))


def supervised_contrastive_loss(latent: Tensor, label: Tensor, temperature: float) -> Tensor:
    """Khosla et al. (2020), equation (2): of all others in the batch, draw those of one's class.

    For an anchor: minus the mean, over the others of its class, of the log of the softmax over all
    others of cos / temperature.

    Args:
        latent: (B, L) h(x) of the batch's nodes; put on the unit sphere.
        label: (B,) 0, 1, or NO_DIAGNOSIS: left out.
        temperature: above 0.

    Returns:
        A scalar, the mean over the anchors that have another of their class; 0 without any.
    """
    alike, other = _pairs(label)
    latent = functional.normalize(latent, dim=1)
    similarity = (latent @ latent.T / temperature).masked_fill(~(alike | other), -math.inf)
    log_share = torch.where(alike, similarity.log_softmax(dim=1), 0)
    of_anchor = log_share.sum(dim=1) / alike.sum(dim=1).clamp(min=1)
    return -of_anchor.sum() / alike.any(dim=1).sum().clamp(min=1)


def triplet_loss(
    latent: Tensor, label: Tensor, margin: float, distance: Distance, normalise: bool
) -> Tensor:
    """All triplets of a batch: an anchor's own class is to be nearer than the other, by a margin.

    The mean of d(anchor, own) - d(anchor, other) + margin over the triplets where it is above 0, as
    Hermans et al. (2017) advise: over all it would vanish among those already right.

    Args:
        latent: (B, L) h(x) of the batch's nodes.
        label: (B,) 0, 1, or NO_DIAGNOSIS: left out.
        margin: above 0.
        distance, normalise: as in `edge_distance`.

    Returns:
        A scalar; 0 without a triplet. Memory grows as B^3 and as B^2 L.
    """
    alike, other = _pairs(label)
    places = torch.arange(len(label), device=label.device)
    every_pair = torch.cartesian_prod(places, places).T
    apart = edge_distance(latent, every_pair, distance, normalise).reshape(alike.shape)
    short = (apart[:, :, None] - apart[:, None, :] + margin).clamp(min=0)
    short = torch.where(alike[:, :, None] & other[:, None, :], short, 0)
    return short.sum() / (short > 0).sum().clamp(min=1)


def cross_entropy(logits: Tensor, label: Tensor) -> Tensor:
    """J_l of equation (6), the mean over the nodes with a diagnosis; 0 without any.

    Args:
        logits: (B, 2) before the softmax.
        label: (B,) int64, 0 benign, 1 malignant, or NO_DIAGNOSIS.
    """
    total = functional.cross_entropy(logits, label, ignore_index=NO_DIAGNOSIS, reduction="sum")
    return total / (label != NO_DIAGNOSIS).sum().clamp(min=1)


def _pairs(label: Tensor) -> tuple[Tensor, Tensor]:
    """Return which pairs of nodes (B, B) are two of one class, and which of two classes."""
    both = (label != NO_DIAGNOSIS) & (label != NO_DIAGNOSIS)[:, None]
    same = label == label[:, None]
    itself = torch.eye(len(label), dtype=torch.bool, device=label.device)
    return both & same & ~itself, both & ~same
