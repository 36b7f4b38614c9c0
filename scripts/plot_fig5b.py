"""Draw Fig. 5b: accuracy and AUC against the weight of the graph's loss."""

from pathlib import Path

from coin.common.files import read_table
from coin.evaluation.tables import INTERVAL_COLUMNS, MEASURED_COLUMNS
from coin.figures.fig5 import draw_weight
from coin.figures.style import save
from coin.workflow.program import Output, run


def plot_fig5b(*, table: Path, data: str, figure: list[Output]) -> None:
    """Draw Fig. 5b: accuracy and AUC against the weight of the graph's loss.

    Args:
        table: fig5b.csv
        data: what was measured, in words
        figure: the files to write, `.pdf` and `.png`
    """
    columns = ["lambda", *MEASURED_COLUMNS, *INTERVAL_COLUMNS]
    save(draw_weight(read_table(table, columns), data), figure)


if __name__ == "__main__":
    run(plot_fig5b)
