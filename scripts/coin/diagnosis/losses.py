"""The losses: on the graph (5), of the diagnosis (6); their sum (7) stands in the training loop."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Distance = Literal["euclidean", "cosine", "angular"]
Reduction = Literal["mean", "sum"]

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
    """

    weight: float
    margin: float
    distance: Distance
    normalise: bool
    reduction: Reduction
    classify_negatives: bool


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


def cross_entropy(logits: Tensor, label: Tensor) -> Tensor:
    """J_l of equation (6), the mean over the nodes with a diagnosis; 0 without any.

    Args:
        logits: (B, 2) before the softmax.
        label: (B,) int64, 0 benign, 1 malignant, or NO_DIAGNOSIS.
    """
    total = functional.cross_entropy(logits, label, ignore_index=NO_DIAGNOSIS, reduction="sum")
    return total / (label != NO_DIAGNOSIS).sum().clamp(min=1)
