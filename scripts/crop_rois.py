"""From masses.csv and the mammograms to one square ROI a mass."""

import logging
import os
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import MASS_COLUMNS, read_masses, written_whole
from coin.common.workers import each
from coin.data.datasets import images
from coin.data.datasets.account import told
from coin.data.datasets.source import inside
from coin.data.roi import Border, crop
from coin.workflow.program import Output, run


def crop_rois(
    *,
    masses: Path,
    root: Path,
    size: int,
    context: float,
    border: Border,
    rois: Output,
    threads: int = 1,
) -> None:
    """Cut every mass's ROI out of its mammogram: float32 (N, size, size) in [0, 1].

    Each image is decoded once, and a process holds one at a time. The paper's ROIs are used
    "without any pre-processing": grey values are scaled by the stored bit depth and nothing else.

    Args:
        masses: The table of masses; the ROIs follow its order.
        root: The data folder that its images are in.
        size: Side of a ROI in pixels (the paper: 224).
        context: Side of the square that is cut out, over the longer side of the mass's box.
        border: Where this square leaves the image: `shift` moves it inside, `reflect` mirrors the
            image, `edge` repeats its outermost pixels.
        rois: The array to write.
        threads: Processes that decode images; the result is the same for any number.
    """
    table = read_masses(masses)
    groups = [group for _, group in table.groupby("image", sort=False)]
    with written_whole(rois) as partial_rois:
        shape = (len(table), size, size)
        np.lib.format.open_memmap(partial_rois, "w+", np.float32, shape).flush()
        window = {"size": size, "context": context, "border": border}
        cut = partial(_cut_image, Path(os.path.realpath(root)), partial_rois, window)
        problems = [line for line in each(cut, groups, threads, "images cropped") if line]
        if problems:
            raise BadInput("\n".join(told(problems)))


def _cut_image(root: Path, rois: Path, window: dict, masses: pd.DataFrame) -> str | None:
    """Write the ROIs of one image's masses to their rows; returns what is wrong with the image."""
    try:
        mammogram = images.read(inside(root, masses["image"].iloc[0]))
    except BadInput as problem:
        return str(problem)
    if said := mammogram.sliver():
        logging.warning("%s: %s", masses["image"].iloc[0], said)
    cut = np.lib.format.open_memmap(rois, "r+")
    names, boxes = masses["mass_id"], masses[MASS_COLUMNS[-4:]].to_numpy()
    for row, name, box in zip(masses.index, names, boxes, strict=True):
        roi = mammogram.grey(crop(mammogram.pixels, *box, **window))
        if np.ptp(roi) == 0:
            return (
                f"{masses['image'].iloc[0]}: the ROI of mass {name} has no contrast, every pixel "
                f"is {roi[0, 0]:g}; do its box and its image fit?"
            )
        cut[row] = roi
    return None


if __name__ == "__main__":
    run(crop_rois)
