"""What each step of a training leaves behind, and the history that is drawn from it."""

import numpy as np
import torch
from torch import Tensor

PAIRS = ("alike", "own_negative", "other_class")
"""Edges by what they join: an anchor and a real or positive of its class (+1), an anchor and a
negative made for its class (-1), nodes of the two classes (-1)."""
N_FIGURES = 2 + 3 * len(PAIRS)
"""Of a step: both losses; of each pair the number of edges, their distance's sum, the active."""
_N_ROWS = 20


def pairs_of(edges: np.ndarray, signs: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return each edge's place in PAIRS, (E,).

    Args:
        edges: (2, E) nodes.
        signs: (E,) +1 or -1.
        group: (N,) the class that each node is of, or was made for.
    """
    across = group[edges[0]] != group[edges[1]]
    return np.where(signs > 0, 0, np.where(across, 2, 1))


def figures_of_step(
    losses: tuple[Tensor, Tensor], distance: Tensor, active: Tensor, pairs: Tensor
) -> Tensor:
    """Return a step's N_FIGURES figures, without waiting for the device.

    Args:
        losses: cross-entropy and graph loss, scalars.
        distance: (E,) of each edge.
        active: (E,) whether the edge has a gradient.
        pairs: (E,) places in PAIRS.
    """
    of_pair = pairs == torch.arange(len(PAIRS), device=pairs.device)[:, None]
    each = torch.stack((torch.ones_like(distance), distance, active.to(distance.dtype)), dim=1)
    sums = of_pair.to(distance.dtype) @ each
    return torch.cat((torch.stack(losses), sums.flatten())).detach()


def ends_of_rows(steps: int) -> list[int]:
    """Return after which steps the history has a row: about 20, evenly, and the last."""
    ends = np.linspace(0, steps, min(steps, _N_ROWS) + 1).round().astype(int)
    return ends[1:].tolist()


def history_row(
    figures: np.ndarray, end: int, weight: float, batch_size: int, n_nodes: int, n_edges: int
) -> dict[str, float]:
    """Return the history's row of some steps.

    Args:
        figures: (S, N_FIGURES) of the steps since the last row.
        end: how many steps are done in all.
        weight: lambda.
        batch_size: images a step.
        n_nodes, n_edges: of the graph.

    Returns:
        `step` and `images` so far; the means of `loss`, `cross_entropy` and `graph_loss` (a peer's,
        where that stands in its place);
        `edges_used`, the edges in the batches over those of the graph, for one pass over the nodes;
        and of each pair of PAIRS the mean distance and the share of its edges that have a gradient.
        What there is none of is NaN.
    """
    classification, structure = figures[:, :2].mean(axis=0)
    sums = figures[:, 2:].sum(axis=0).reshape(len(PAIRS), 3)
    passes = len(figures) * batch_size / n_nodes
    row = {
        "step": end,
        "images": end * batch_size,
        "loss": classification + weight * structure,
        "cross_entropy": classification,
        "graph_loss": structure,
        "edges_used": _ratio(sums[:, 0].sum(), passes * n_edges),
    }
    for pair, (edges, distance, active) in zip(PAIRS, sums, strict=True):
        row[f"{pair}_distance"] = _ratio(distance, edges)
        row[f"{pair}_active"] = _ratio(active, edges)
    return row


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
