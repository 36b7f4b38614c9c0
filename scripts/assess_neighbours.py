"""Program: measure what the adversarial neighbours of a study are like."""

from pathlib import Path

import numpy as np
import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import read_array, read_arrays, read_masses, read_table, write_table
from coin.data.fold_data import sign_and_label
from coin.evaluation.predictions import fold_and_seed
from coin.graph.graph_file import read_graph
from coin.graph.signed_graph import share_with_edge
from coin.neighbours.quality import assess
from coin.workflow.program import Output, run


def assess_neighbours(
    *,
    masses: Path,
    rois: Path,
    folds: Path,
    neighbours: list[Path],
    graphs: list[Path],
    nodes: list[Path],
    n_positive: int,
    n_negative: int,
    data: str,
    table: Output,
) -> None:
    """Measure what the adversarial neighbours of a study are like.

    Args:
        masses: the study's masses.csv.
        rois: the study's rois.npy, rows as in masses.csv.
        folds: the study's folds.csv, rows as in masses.csv.
        neighbours: what make_neighbours.py wrote, named
            fold<k>_seed<s>/neighbours/<sign>_<class>.npz.
        graphs: each fold's and seed's graph by build_graph.py: fold<k>_seed<s>/graph/nearest.npz.
        nodes: what the nodes of each are: fold<k>_seed<s>/graph/nodes.csv.
        n_positive: n+ of equation (4), at which the signed graphs are cut.
        n_negative: n- likewise.
        data: what was measured, in words: the last column.
        table: written: one row a fold, seed, class and sign, measured against the fold's training
            part; `coin.neighbours.quality.assess` says what the columns are. One more stands before
            the last: `share_with_edge`, how many neighbours have an edge in the signed graph.
    """
    label = read_masses(masses)["label"].to_numpy()
    held_out = read_table(folds, ["mass_id", "fold"])["fold"].to_numpy()
    images = read_array(rois)
    graph_of, nodes_of = _by_fold_and_seed(graphs), _by_fold_and_seed(nodes)
    rows = []
    for path in neighbours:
        fold, seed = fold_and_seed(path.parent)
        if (fold, seed) not in graph_of.keys() & nodes_of.keys():
            raise BadInput(f"{path}: no graph and nodes are given of fold {fold} and seed {seed}")
        sign, own_label = sign_and_label(path)
        training = np.flatnonzero(held_out != fold)
        made = read_arrays(path)
        made["seed"] = np.searchsorted(training, made["seed"])
        row = {"fold": fold, "seed": seed, "label": own_label, "sign": sign}
        row |= assess(images[training], label[training], own_label, made)
        node = read_table(nodes_of[fold, seed], ["kind", "label"])
        phi = read_graph(graph_of[fold, seed], len(node), n_positive, n_negative)
        chosen = (node["kind"] == sign) & (node["label"] == own_label)
        if chosen.sum() != len(made["rois"]):
            raise BadInput(
                f"{nodes_of[fold, seed]}: found {chosen.sum()} nodes of {path}, expected "
                f"{len(made['rois'])}; build the graph again"
            )
        row["share_with_edge"] = share_with_edge(phi, chosen.to_numpy())
        rows.append(row | {"data": data})
    write_table(table, pd.DataFrame(rows))


def _by_fold_and_seed(paths: list[Path]) -> dict[tuple[int, int], Path]:
    return {fold_and_seed(path.parent): path for path in paths}


if __name__ == "__main__":
    run(assess_neighbours)
