"""Draw Fig. 5a: accuracy and AUC against the numbers of neighbours in the signed graph."""

from pathlib import Path

from coin.common.files import read_table
from coin.evaluation.tables import MEASURED_COLUMNS
from coin.figures.fig5 import draw_neighbours
from coin.figures.style import save
from coin.workflow.program import Output, run


def plot_fig5a(*, table: Path, data: str, figure: list[Output]) -> None:
    """Draw Fig. 5a: accuracy and AUC against the numbers of neighbours in the signed graph.

    Args:
        table: fig5a.csv
        data: what was measured, in words
        figure: the files to write, `.pdf` and `.png`
    """
    columns = ["n_positive", "n_negative", *MEASURED_COLUMNS]
    save(draw_neighbours(read_table(table, columns), data), figure)


if __name__ == "__main__":
    run(plot_fig5a)
