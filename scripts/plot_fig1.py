"""Draw Fig. 1: t-SNE of the raw ROIs, with four example masses."""

from pathlib import Path

from coin.data.fold_data import read_all_reals
from coin.figures.fig1 import draw
from coin.figures.style import save
from coin.workflow.program import Output, run


def plot_fig1(*, masses: Path, rois: Path, seed: int, data: str, figure: list[Output]) -> None:
    """Draw Fig. 1: t-SNE of the raw ROIs, with four example masses.

    Args:
        masses: the study's masses.csv
        rois: its ROIs (N, H, W), in the same order
        seed: of t-SNE's start and of the choice of examples
        data: what is shown, in words
        figure: the files to write, `.pdf` and `.png`
    """
    table, images = read_all_reals(masses, rois)
    save(draw(images, table["label"].to_numpy(), seed, data), figure)


if __name__ == "__main__":
    run(plot_fig1)
