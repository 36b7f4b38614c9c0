"""Draw a contact sheet of a study's ROIs."""

from pathlib import Path

from coin.data.fold_data import read_all_reals
from coin.figures.contact_sheet import draw
from coin.figures.style import save
from coin.workflow.program import Output, run


def plot_rois(*, masses: Path, rois: Path, data: str, figure: list[Output]) -> None:
    """Draw a contact sheet of a study's ROIs, by class, with the masses' names.

    Args:
        masses: the study's masses.csv
        rois: its ROIs (N, H, W), in the same order
        data: what is shown, in words
        figure: the files to write, `.pdf` and `.png`
    """
    table, images = read_all_reals(masses, rois)
    labels, names = table["label"].to_numpy(), table["mass_id"].to_numpy()
    save(draw(images, labels, names, data), figure)


if __name__ == "__main__":
    run(plot_rois)
