"""Draw the masses that an arm is surest of, misdiagnosed and rightly diagnosed."""

from pathlib import Path

import pandas as pd

from coin.data.fold_data import read_all_reals
from coin.data.mass_facts import UNKNOWN, column_of, spelt
from coin.evaluation.held_out import read_held_out
from coin.evaluation.surest import by_sureness
from coin.figures.failures import Mass, draw
from coin.figures.small_multiples import name_of
from coin.figures.style import save
from coin.workflow.program import Output, run


def plot_failures(
    *,
    masses: Path,
    rois: Path,
    predictions: list[Path],
    arm: str,
    data: str,
    figure: list[Output],
) -> None:
    """Draw the masses that an arm is surest of, misdiagnosed and rightly diagnosed.

    Args:
        masses: the study's masses.csv
        rois: its ROIs (N, H, W), in the same order
        predictions: predictions.csv of the arm's trainings, all of one run
        arm: what it is called
        data: what is shown, in words
        figure: the files to write, `.pdf` and `.png`
    """
    held_out = read_held_out(masses, predictions)
    (probability,) = held_out.probability.values()
    table, images = read_all_reals(masses, rois)
    row = pd.Index(table["mass_id"]).get_indexer(held_out.mass_id)
    about = _about(table)
    kinds = {
        kind: [
            Mass(images[row[each]], held_out.mass_id[each], about[row[each]], probability[:, each])
            for each in chosen
        ]
        for kind, chosen in by_sureness(held_out.label, probability).items()
    }
    save(draw(kinds, name_of(arm), data), figure)


def _about(masses: pd.DataFrame) -> list[str]:
    """Return each mass's view and density, in words."""
    column = column_of(masses, "density")
    density = spelt(masses[column]) if column else pd.Series(UNKNOWN, index=masses.index)
    view = spelt(masses["view"]).replace(UNKNOWN, "view not known")
    return list(view + ", density " + density)


if __name__ == "__main__":
    run(plot_failures)
