"""The plain form of batches on a graph: anchors with all their neighbours, every edge each pass.

It puts neighbours through the network again with every anchor that has them. The batches that the
project uses are held against it.
"""

from collections.abc import Iterator
from itertools import count

import numpy as np
from scipy import sparse

from coin.graph.batches import Batch


def batches(
    n_nodes: int, graph: sparse.csr_array, batch_size: int, seed: int, first: int = 0
) -> Iterator[Batch]:
    """Draw batches of about `batch_size` anchors at random, each with all of its neighbours."""
    parts = -(-n_nodes // batch_size)
    for number in count(first // parts):
        order = np.random.default_rng([seed, number]).permutation(n_nodes)
        for anchors in np.array_split(order, parts):
            edges = graph[anchors].tocoo()
            nodes = np.concatenate([anchors, np.setdiff1d(edges.col, anchors)])
            place = np.full(n_nodes, -1)
            place[nodes] = np.arange(len(nodes))
            yield Batch(nodes, np.stack([edges.row, place[edges.col]]).astype(np.int64), edges.data)
