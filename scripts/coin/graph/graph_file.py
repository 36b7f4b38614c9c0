"""Reading the signed graph at a point (n+, n-)."""

import zipfile
from pathlib import Path

from scipy import sparse

from coin.common.errors import BadInput
from coin.graph.signed_graph import signed_graph


def read_graph(path: Path, n_nodes: int, n_positive: int, n_negative: int) -> sparse.csr_array:
    """Read phi of equation (4) at (n+, n-), (n_nodes, n_nodes) with entries +1 and -1.

    Raises:
        BadInput: not a ranked graph, or not one of so many nodes.
    """
    try:
        ranked = sparse.csr_array(sparse.load_npz(path))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path}: not a sparse graph ({error}); build it again") from error
    if ranked.shape != (n_nodes, n_nodes) or ranked.dtype.kind != "i":
        raise BadInput(
            f"{path}: found {ranked.dtype} {ranked.shape[0]} x {ranked.shape[1]}, expected ranks "
            f"between {n_nodes} nodes, reals and neighbours; build it again"
        )
    return signed_graph(ranked, n_positive, n_negative)
