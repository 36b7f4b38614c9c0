"""Draw what leakage is worth: each arm's AUC by how it leaks, beside what was published."""

from pathlib import Path

from coin.common.files import read_table
from coin.figures.leakage_ways import COLUMNS, draw
from coin.figures.style import save
from coin.workflow.program import Output, run


def plot_leakage(*, table: Path, data: str, figure: list[Output]) -> None:
    """Draw what leakage is worth: each arm's AUC by how it leaks, beside what was published.

    Args:
        table: leakage.csv
        data: what was measured, in words
        figure: the files to write, `.pdf` and `.png`
    """
    save(draw(read_table(table, COLUMNS), data), figure)


if __name__ == "__main__":
    run(plot_leakage)
