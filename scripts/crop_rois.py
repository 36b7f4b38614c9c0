"""From masses.csv and the mammograms to one square ROI a mass."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from coin.datasets import images
from coin.errors import BadInput
from coin.files import read_masses, written_whole
from coin.program import run
from coin.roi import crop


def crop_rois(
    *, masses: Path, root: Path, size: int, context: float, rois: Path, threads: int = 1
) -> None:
    """Cut every mass's ROI out of its mammogram: float32 (N, size, size) in [0, 1].

    Each image is decoded once, and a thread holds one at a time. The paper's ROIs are used "without
    any pre-processing": grey values are scaled by the stored bit depth and nothing else.

    Args:
        masses: The table of masses; the ROIs follow its order.
        root: The data folder that its images are in.
        size: Side of a ROI in pixels (the paper: 224).
        context: Side of the square that is cut out, over the longer side of the mass's box.
        rois: The array to write.
        threads: Images decoded at a time; the result is the same for any number.
    """
    table = read_masses(masses)
    groups = list(table.groupby("image", sort=False))
    with written_whole(rois) as partial:
        cut = np.lib.format.open_memmap(partial, "w+", np.float32, (len(table), size, size))

        def cut_image(group) -> str | None:
            name, masses_of_image = group
            try:
                mammogram = images.read(root / name)
            except BadInput as problem:
                return str(problem)
            for mass in masses_of_image.itertuples():
                box = (mass.x, mass.y, mass.width, mass.height)
                cut[mass.Index] = mammogram.grey(crop(mammogram.pixels, *box, size, context))
            return None

        problems = []
        with ThreadPoolExecutor(threads) as pool:
            for done, problem in enumerate(pool.map(cut_image, groups), start=1):
                if problem is not None:
                    problems.append(problem)
                if done % max(len(groups) // 10, 1) == 0:
                    logging.info("%d of %d images cropped", done, len(groups))
        if problems:
            raise BadInput("\n".join(problems))
        cut.flush()


if __name__ == "__main__":
    run(crop_rois)
