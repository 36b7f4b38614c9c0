"""Program: build a fold's signed graphs, equation (4), one for each (n+, n-)."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from coin.errors import BadInput
from coin.expanded import KIND_NAMES, read_expanded_data
from coin.files import write_table, written_whole
from coin.graph import Anchors, neighbourhoods, signed_graph
from coin.program import run


def build_graph(
    *,
    masses: Path,
    rois: Path,
    folds: Path,
    fold: int,
    neighbours: list[Path],
    anchors: Anchors,
    points: list[tuple[int, int]],
    nodes: Path,
    graphs: list[Path],
) -> None:
    """Build a fold's signed graphs, equation (4), one for each (n+, n-).

    Args:
        masses: the study's masses.csv
        rois: its rois.npy
        folds: its folds.csv
        fold: the fold that is held out: none of its masses is in the graph
        neighbours: the fold's neighbour files; their order is the order of the nodes
        anchors: whose neighbourhoods make the graph: `reals`, or `expanded` with the positives
        points: the (n+, n-) wanted
        nodes: written: what each node is: `node,kind,label,row`
        graphs: written, one for each point: (N, N) int8, sparse, +1 and -1, rows the anchors
    """
    if len(graphs) != len(points):
        raise BadInput(f"graphs: {len(graphs)} files named for {len(points)} points (n+, n-)")
    data, _ = read_expanded_data(masses, rois, folds, fold, neighbours)
    most_positive, most_negative = np.max(points, axis=0, initial=0)
    near = neighbourhoods(*data[:3], int(most_positive), int(most_negative), anchors)
    logging.info("%d anchors among %d nodes", len(near.anchors), len(data.rois))
    for path, (n_positive, n_negative) in zip(graphs, points, strict=True):
        graph = signed_graph(near, n_positive, n_negative, len(data.rois))
        with written_whole(path) as partial:
            sparse.save_npz(partial, graph)
        logging.info("n+ = %d, n- = %d: %d edges", n_positive, n_negative, graph.nnz)
    kinds = np.array(KIND_NAMES)[data.kind]
    table = {"node": np.arange(len(kinds)), "kind": kinds, "label": data.label, "row": data.row}
    write_table(nodes, pd.DataFrame(table))


if __name__ == "__main__":
    run(build_graph)
