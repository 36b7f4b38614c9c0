"""Draw Fig. 3: the framework, from a study's own masses and signed graph."""

from pathlib import Path

from coin.common.conventions import CLASS_NAMES
from coin.common.errors import BadInput
from coin.common.files import read_array, read_table
from coin.figures.fig3 import Study, draw
from coin.figures.inputs import read_made
from coin.figures.style import save
from coin.graph.graph_file import read_graph
from coin.workflow.program import Output, run


def plot_fig3(
    *,
    rois: Path,
    nodes: Path,
    graph: Path,
    neighbours: list[Path],
    n_positive: int,
    n_negative: int,
    data: str,
    figure: list[Output],
) -> None:
    """Draw Fig. 3: the framework, from a study's own masses and signed graph.

    Args:
        rois: the study's ROIs (N, H, W)
        nodes: what each node of the graph is: node, kind, label, row
        graph: the ranked graph of a fold
        neighbours: the fold's {positive,negative}_{benign,malignant}.npz
        n_positive: n+, at which the signed graph is cut
        n_negative: n- likewise
        data: what is shown, in words
        figure: the files to write, `.pdf` and `.png`
    """
    images = read_array(rois)
    of_node = read_table(nodes, ["node", "kind", "label", "row"])
    made = {_kind_and_class(path): read_made(path) for path in neighbours}
    phi = read_graph(graph, len(of_node), n_positive, n_negative)
    study = Study(images, of_node, phi, made)
    save(draw(study, data), figure)


def _kind_and_class(path: Path) -> tuple[str, int]:
    kind, _, class_name = path.stem.partition("_")
    if kind not in ("positive", "negative") or class_name not in CLASS_NAMES:
        raise BadInput(f"{path}: not named {{positive,negative}}_{{benign,malignant}}.npz")
    return kind, CLASS_NAMES.index(class_name)


if __name__ == "__main__":
    run(plot_fig3)
