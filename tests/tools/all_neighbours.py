"""The plain form of batches on a graph: anchors with all their neighbours, every edge each epoch.

It puts neighbours through the network again with every anchor that has them. The batches that the
project uses are held against it.
"""

import numpy as np
from scipy import sparse

from coin.graph.batches import Epoch


def plan_epoch(
    n_nodes: int, graph: sparse.csr_array, batch_size: int, generator: np.random.Generator
) -> Epoch:
    """Draw batches of `batch_size` nodes at random, each with all of its neighbours."""
    order = generator.permutation(n_nodes)
    nodes, edges, signs = [], [], []
    for anchors in np.array_split(order, -(-n_nodes // batch_size)):
        part = graph[anchors].tocoo()
        others = np.setdiff1d(part.col, anchors)
        batch = np.concatenate([anchors, others])
        place = np.full(n_nodes, -1)
        place[batch] = np.arange(len(batch))
        nodes.append(batch)
        edges.append(np.stack([part.row, place[part.col]]))
        signs.append(part.data)
    return Epoch(
        np.concatenate(nodes),
        [len(batch) for batch in nodes],
        np.concatenate(edges, axis=1).astype(np.int64),
        np.concatenate(signs),
        [len(sign) for sign in signs],
    )
