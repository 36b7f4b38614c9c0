"""Draw Fig. 2: masses, and what each augmentation makes of them."""

from pathlib import Path

from coin.common.errors import BadInput
from coin.data.fold_data import read_all_reals
from coin.figures.fig2 import draw
from coin.figures.inputs import read_made
from coin.figures.style import save
from coin.workflow.program import Output, run


def plot_fig2(
    *,
    masses: Path,
    rois: Path,
    cgan: list[Path],
    positive: list[Path],
    negative: list[Path],
    data: str,
    figure: list[Output],
) -> None:
    """Draw Fig. 2: masses, and what each augmentation makes of them.

    Args:
        masses: the study's masses.csv
        rois: its ROIs (N, H, W), in the same order
        cgan: what the conditional GAN made, benign and malignant; an empty list leaves the row out
        positive: the positive neighbours, benign and malignant
        negative: the negative neighbours, benign and malignant
        data: what is shown, in words
        figure: the files to write, `.pdf` and `.png`
    """
    files = {"CGAN": cgan, "positive\nneighbours": positive, "negative\nneighbours": negative}
    made = {name: [read_made(path) for path in paths] for name, paths in files.items() if paths}
    for name, sets in made.items():
        if len(sets) != 2:
            raise BadInput(
                f"{name.split()[0].lower()}: {len(sets)} files; give two, benign and malignant"
            )
    table, images = read_all_reals(masses, rois)
    save(draw(images, table["label"].to_numpy(), made, data), figure)


if __name__ == "__main__":
    run(plot_fig2)
