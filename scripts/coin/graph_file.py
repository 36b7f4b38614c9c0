"""Reading a signed graph."""

import zipfile
from pathlib import Path

import numpy as np
from scipy import sparse

from coin.errors import BadInput


def read_graph(path: Path, n_nodes: int) -> sparse.csr_array:
    """Read phi of equation (4), (n_nodes, n_nodes) with entries +1 and -1.

    Raises:
        BadInput: not a graph, or not one of so many nodes.
    """
    try:
        graph = sparse.csr_array(sparse.load_npz(path))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path}: not a sparse graph ({error}); build it again") from error
    if graph.shape != (n_nodes, n_nodes) or not np.isin(graph.data, (-1, 1)).all():
        raise BadInput(
            f"{path}: found {graph.shape[0]} x {graph.shape[1]}, expected a signed graph of "
            f"{n_nodes} nodes, reals and neighbours; build it again"
        )
    return graph
