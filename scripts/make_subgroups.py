"""Measure arms on parts of the masses: by view, density, size, and what else the data tell."""

from pathlib import Path

from coin.common.files import read_masses
from coin.evaluation.held_out import read_held_out
from coin.evaluation.subgroup_metrics import FEWEST, readable, subgroup_metrics
from coin.evaluation.tables import write_all
from coin.workflow.program import Output, run

CAPTION = (
    "AUC of parts of the held-out masses: means over folds and seeds with 95 % intervals, from "
    "2,000 resamples of the patients within each fold, and of seeds. Size is the square root of "
    "the bounding box's area, in thirds of the masses. A part with fewer than {fewest} masses of "
    "a class has no AUC. Data: {data}."
)


def make_subgroups(
    *,
    masses: Path,
    predictions: list[Path],
    arms: dict[str, str],
    data: str,
    table: list[Output],
) -> None:
    """Measure arms on parts of the masses: by view, density, size, and what else the data tell.

    Args:
        masses: the study's masses.csv
        predictions: predictions.csv of the arms' trainings, in folders <run>/fold<k>_seed<s>
        arms: the run of each arm
        data: what was measured, in words
        table: the files to write, `.csv`, `.md` and `.tex`
    """
    held_out = read_held_out(masses, predictions)
    rows = subgroup_metrics(held_out, read_masses(masses), arms, data)
    caption = CAPTION.format(fewest=FEWEST, data=data)
    write_all(table, rows, "Subgroups", caption, "tab:subgroups", readable(rows))


if __name__ == "__main__":
    run(make_subgroups)
