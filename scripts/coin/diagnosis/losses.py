"""The losses: on the graph (5), of the diagnosis (6); their sum (7) stands in the training loop."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Reduction = Literal["mean", "sum"]

NO_DIAGNOSIS = -1
"""The label of a node that the cross-entropy leaves out."""


@dataclass(frozen=True)
class LossSettings:
    """The loss, equations (5) to (7).

    Attributes:
        weight: lambda of equation (7); at 0 the batches still follow the graph
        margin: m of equation (5)
        reduction: of equation (5) over a batch's edges: `sum` as in the paper, or `mean`
        classify_negatives: whether negatives count in the cross-entropy, as their class
    """

    weight: float
    margin: float
    reduction: Reduction
    classify_negatives: bool


def signed_graph_loss(
    latent: Tensor, edges: Tensor, signs: Tensor, margin: float, reduction: Reduction = "mean"
) -> Tensor:
    """J_g of equation (5) over an edge list: pull along +1, push apart to the margin along -1.

    dist is the Euclidean distance of the L2-normalised h(x), from their difference, so that it and
    its gradient hold for near copies too (for equal ones the gradient is 0). Memory grows as E.

    Args:
        latent: (B, L) h(x) of the batch's nodes.
        edges: (2, E) rows of `latent`: anchors, then their neighbours.
        signs: (E,) phi, +1 or -1.
        margin: m, at least 0; distances lie in [0, 2].
        reduction: `sum` is the paper's; `mean` is over the edges, so that lambda means the same
            whatever their number.

    Returns:
        A scalar; 0 without edges.
    """
    unit = functional.normalize(latent, dim=1)
    anchors, neighbours = (unit.index_select(0, ends) for ends in edges)
    distance = torch.linalg.vector_norm(anchors - neighbours, dim=1)
    loss = torch.where(signs > 0, distance, (margin - distance).clamp(min=0)).sum()
    return loss / max(1, edges.shape[1]) if reduction == "mean" else loss


def cross_entropy(logits: Tensor, label: Tensor) -> Tensor:
    """J_l of equation (6), the mean over the nodes with a diagnosis; 0 without any.

    Args:
        logits: (B, 2) before the softmax.
        label: (B,) int64, 0 benign, 1 malignant, or NO_DIAGNOSIS.
    """
    total = functional.cross_entropy(logits, label, ignore_index=NO_DIAGNOSIS, reduction="sum")
    return total / (label != NO_DIAGNOSIS).sum().clamp(min=1)
