"""Draw the supplementary figure of what the adversarial neighbours are like."""

from pathlib import Path

from coin.common.errors import BadInput
from coin.common.files import read_table
from coin.figures.neighbour_profile import COLUMNS, draw
from coin.figures.style import save
from coin.workflow.program import Output, run


def plot_neighbours(*, table: Path, data: str, figure: list[Output]) -> None:
    """Draw the supplementary figure of what the adversarial neighbours are like.

    Args:
        table: neighbours.csv
        data: what was measured, in words
        figure: the files to write, `.pdf` and `.png`
    """
    rows = read_table(table, COLUMNS)
    if rows.empty:
        raise BadInput(f"{table}: no neighbours in it; assess them again")
    save(draw(rows, data), figure)


if __name__ == "__main__":
    run(plot_neighbours)
