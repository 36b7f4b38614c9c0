"""Batches that follow the signed graph: neighbourhoods, drawn afresh in every pass over it."""

from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import numpy as np
from scipy import sparse


class Batch(NamedTuple):
    """What goes through the network in one step."""

    nodes: np.ndarray
    """(B,) nodes; one may stand twice where a pass over them ends and the next begins."""
    edges: np.ndarray
    """(2, E) the edges with both ends in the batch, as places within it: anchors, neighbours."""
    signs: np.ndarray
    """(E,) phi, +1 or -1."""


def batches(
    n_nodes: int, graph: sparse.csr_array | None, batch_size: int, seed: int, first: int = 0
) -> Iterator[Batch]:
    """Cut an endless stream of nodes into batches of exactly `batch_size`.

    The stream is one pass over all nodes after another, each in an order of its own: shuffled, or
    along the graph, so that each batch grows breadth first from a random node. A batch may end one
    pass and begin the next. All chance comes from the seed and the number of the pass, so that a
    step's batch is the same whether or not those before it were asked for.

    Args:
        n_nodes: N, at least 1.
        graph: (N, N) int8, +1 and -1; None gives shuffled nodes without edges.
        batch_size: B.
        seed: of the orders.
        first: the step to begin with.
    """
    links = None if graph is None else _links(graph)
    start, skipped = divmod(first * batch_size, n_nodes)
    stream = np.zeros(0, np.int64)
    for number in count(start):
        begun = -number * n_nodes % batch_size  # places that the last pass left in its last batch
        order = _order(n_nodes, links, begun, batch_size, np.random.default_rng([seed, number]))
        stream = np.concatenate([stream, order[skipped if number == start else 0 :]])
        while len(stream) >= batch_size:
            nodes, stream = np.split(stream, [batch_size])
            yield Batch(nodes, *_edges_within(graph, nodes))


def _edges_within(
    graph: sparse.csr_array | None, nodes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    if graph is None:
        return np.zeros((2, 0), np.int64), np.zeros(0, np.int8)
    edges = graph[nodes][:, nodes].tocoo()
    return np.stack([edges.row, edges.col]).astype(np.int64), edges.data


def _links(graph: sparse.csr_array) -> sparse.csr_array:
    """Return which nodes an edge links, either way round."""
    return sparse.csr_array(abs(graph) + abs(graph.T))


def _order(
    n_nodes: int,
    links: sparse.csr_array | None,
    begun: int,
    batch_size: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Order the nodes of a pass: at random, or in parts that each grew from a random free node.

    The first part has `begun` nodes, the others `batch_size`. Where a part has taken up everything
    it can reach, it goes on from another random node. The loop takes microseconds a node, where the
    network takes about a millisecond.
    """
    others = generator.permutation(n_nodes)
    if links is None:
        return others
    row = np.repeat(np.arange(n_nodes), np.diff(links.indptr))
    linked = links.indices[np.lexsort((generator.random(links.nnz), row))].tolist()
    start = links.indptr.tolist()
    seeds = iter(others.tolist())
    free = [True] * n_nodes
    nodes: list[int] = []
    waiting: deque[int] = deque()
    while len(nodes) < n_nodes:
        node = waiting.popleft() if waiting else next(seeds)
        if free[node]:
            free[node] = False
            nodes.append(node)
            waiting.extend(linked[start[node] : start[node + 1]])
            if (len(nodes) - begun) % batch_size == 0:
                waiting.clear()
    return np.array(nodes)
