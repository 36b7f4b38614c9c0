"""Draw the AUC of parts of the masses."""

from pathlib import Path

from coin.common.errors import BadInput
from coin.common.files import read_table
from coin.evaluation.subgroup_metrics import COLUMNS
from coin.figures.style import save
from coin.figures.subgroups import draw
from coin.workflow.program import Output, run


def plot_subgroups(*, table: Path, data: str, figure: list[Output]) -> None:
    """Draw the AUC of parts of the masses.

    Args:
        table: subgroups.csv
        data: what was measured, in words
        figure: the files to write, `.pdf` and `.png`
    """
    rows = read_table(table, COLUMNS)
    if rows.empty:
        raise BadInput(f"{table}: no group in it; measure the subgroups again")
    save(draw(rows, data), figure)


if __name__ == "__main__":
    run(plot_subgroups)
