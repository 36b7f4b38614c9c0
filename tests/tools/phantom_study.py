"""What several tests of the data share: a small phantom release, and a picture folder."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from make_phantom import make_phantom

SMALL = {"patients": 6, "masses": 11, "seed": 3}


def small_release(folder: Path) -> Path:
    """Write a release of a few mammograms; return the data root."""
    make_phantom(**SMALL, release=folder / "raw")
    return folder / "raw"


def picture_folder(
    folder: Path, n_images: int = 3, shape: tuple[int, int] = (50, 40), outlines: bool = False
) -> Path:
    """Write a `table` data set of random 8-bit pictures, one mass each; return the data root.

    Where a mass is, a box tells or, with `outlines`, a triangle as large.
    """
    rng = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(n_images):
        pixels = rng.integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"images/{number}.png")
        rows.append(
            {
                "mass_id": f"m{number}",
                "image": f"images/{number}.png",
                "patient_id": f"p{number}",
                "x": 5.0 + number,
                "y": 6.5,
                "width": 12,
                "height": 10.25,
                "label": ("benign", "malignant", "0", "1")[number % 4],
            }
        )
    masses = pd.DataFrame(rows)
    if outlines:
        x, y, right = masses["x"].astype(str), masses["y"].astype(str), masses["x"] + 12
        bottom = (masses["y"] + 10.25).astype(str)
        masses["x_points"] = x + " " + right.astype(str) + " " + x
        masses["y_points"] = y + " " + y + " " + bottom
        masses = masses.drop(columns=["x", "y", "width", "height"])
    masses.to_csv(folder / "masses.csv", index=False)
    return folder
