"""Program: diagnose new masses with a trained network."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from coin.common.device import prepare_device
from coin.common.errors import BadInput
from coin.common.files import read_table, write_table
from coin.data.datasets import images
from coin.data.datasets.shapes import outside
from coin.data.datasets.source import inside
from coin.data.roi import crop
from coin.diagnosis import training
from coin.diagnosis.model_file import read_model
from coin.workflow.program import Output, run

BOX = ["x", "y", "width", "height"]


def predict(
    *,
    model: Path,
    image: Path | None = None,
    box: tuple[float, float, float, float] | None = None,
    table: Path | None = None,
    predictions: Output | None = None,
    batch_size: int = 32,
) -> None:
    """Diagnose new masses with a trained network: one in an image, or all those of a table.

    The mass is cut out and scaled as it was for the training. The probability is that of
    malignant; it is research, and no medical advice.

    Args:
        model: a `model.safetensors` that train.py wrote
        image: a mammogram (DICOM, PNG, JPEG, TIFF, PGM) with `box`, or an image of an ROI alone
        box: of the mass in `image`, as JSON: [x, y, width, height], pixels, origin top-left
        table: a CSV table `mass_id,image,x,y,width,height`; images are looked for beside it
        predictions: written: `mass_id,probability`; without it they are printed
        batch_size: how many masses go through the network at once
    """
    if (image is None) == (table is None):
        raise BadInput("give either --image or --table: where the new masses are")
    prepare_device("cpu", threads=1, deterministic=True)
    network, description = read_model(model)
    context = description["context"]
    window = {
        "size": description["roi_size"],
        "context": context,
        "border": description.get("border") or "edge",  # a model that says none knew no other
    }
    if context is None and (table is not None or box is not None):
        raise BadInput(f"{model}: says no context, so that no ROI can be cut; give ROIs as --image")
    if image is not None:
        mass_ids = [image.stem]
        rois = [_cut(image, box, window)]
    else:
        masses = read_table(table, ["mass_id", "image", *BOX])
        mass_ids = masses["mass_id"]
        rois = list(_cut_all(masses, table, window))
    probability, _ = training.predict(network, np.stack(rois), batch_size, "cpu")
    found = pd.DataFrame({"mass_id": mass_ids, "probability": probability})
    if predictions is None:
        found.to_csv(sys.stdout, index=False)
    else:
        write_table(predictions, found)


def _cut_all(masses: pd.DataFrame, table: Path, window: dict) -> Iterator[np.ndarray]:
    """Cut the masses of a table out of the images that lie beside it."""
    if masses.empty:
        raise BadInput(f"{table}: found no rows, expected one a mass")
    root = table.parent.resolve()
    boxes = masses[BOX].apply(pd.to_numeric, errors="coerce").itertuples(index=False)
    for row, (name, box) in enumerate(zip(masses["image"], boxes, strict=True)):
        if not isinstance(name, str):
            raise BadInput(f"{table}, row {row + 2}: found no image, expected a path beside it")
        yield _cut(inside(root, name), box, window)


def _cut(path: Path, box: tuple[float, float, float, float] | None, window: dict) -> np.ndarray:
    """Cut a mass out of its mammogram, or without a box take the whole image for its ROI.

    `window`: `size`, `context` and `border` of `coin.data.roi.crop`.
    """
    mammogram = images.read(path)
    if box is None:
        box, window = (0, 0, *mammogram.pixels.shape[::-1]), window | {"context": 1.0}
    height, width = mammogram.pixels.shape
    sized = np.isfinite(box).all() and box[2] > 0 and box[3] > 0
    if not sized or outside(*box, (width, height)):
        raise BadInput(
            f"{path}: found the box {', '.join(f'{number:g}' for number in box)}, expected x, y, "
            f"width and height within {width} x {height} pixels"
        )
    return mammogram.grey(crop(mammogram.pixels, *box, **window))


if __name__ == "__main__":
    run(predict)
