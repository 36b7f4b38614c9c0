"""Program: find a fold's nearest nodes, out of which its signed graphs are cut, equation (4)."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from coin.common.files import write_table, written_whole
from coin.data.fold_data import KIND_NAMES, read_expanded_data
from coin.graph.signed_graph import Anchors, neighbourhoods, ranked_graph
from coin.workflow.program import Output, run


def build_graph(
    *,
    masses: Path,
    rois: Path,
    folds: Path,
    fold: int,
    neighbours: list[Path],
    anchors: Anchors,
    nearest: int,
    nodes: Output,
    graph: Output,
) -> None:
    """Find a fold's nearest nodes, out of which its signed graphs are cut, equation (4).

    Args:
        masses: the study's masses.csv
        rois: its rois.npy
        folds: its folds.csv
        fold: the fold that is held out: none of its masses is in the graph
        neighbours: the fold's neighbour files; their order is the order of the nodes
        anchors: whose neighbourhoods make the graph: `reals`, or `expanded` with the positives
        nearest: the largest n+ and n- that can be cut
        nodes: written: what each node is: `node,kind,label,row`
        graph: written: (N, N) int16, sparse, rows the anchors: +r to the r-th nearest of the
            anchor's class, -r to the r-th nearest of the others
    """
    data, _ = read_expanded_data(masses, rois, folds, fold, neighbours)
    near = neighbourhoods(*data[:3], nearest, nearest, anchors)
    ranked = ranked_graph(near, len(data.rois))
    logging.info(
        "%d anchors among %d nodes: %d edges", len(near.anchors), len(data.rois), ranked.nnz
    )
    with written_whole(graph) as partial:
        sparse.save_npz(partial, ranked)
    kinds = np.array(KIND_NAMES)[data.kind]
    table = {"node": np.arange(len(kinds)), "kind": kinds, "label": data.label, "row": data.row}
    write_table(nodes, pd.DataFrame(table))


if __name__ == "__main__":
    run(build_graph)
