"""Draw Fig. 5b: accuracy and AUC against the weight of the graph's loss."""

from pathlib import Path

from coin.files import read_table
from coin.plots.fig5 import draw_weight
from coin.plots.style import save
from coin.program import Output, run
from coin.tables import MEASURED_COLUMNS


def plot_fig5b(*, table: Path, data: str, pdf: Output, png: Output) -> None:
    """Draw Fig. 5b: accuracy and AUC against the weight of the graph's loss.

    Args:
        table: fig5b.csv
        data: what was measured, in words
        pdf: the figure to write
        png: the figure to write
    """
    columns = ["lambda", *MEASURED_COLUMNS]
    save(draw_weight(read_table(table, columns), data), pdf, png)


if __name__ == "__main__":
    run(plot_fig5b)
