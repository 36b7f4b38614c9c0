"""A first look at a data folder, before any study is started."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from coin.common.conventions import CLASS_NAMES
from coin.common.errors import BadInput
from coin.common.files import written_whole
from coin.data.datasets import images
from coin.data.datasets.account import LABELS_ARE
from coin.data.datasets.reading import read
from coin.data.datasets.source import Source, inside
from coin.data.roi import crop
from coin.workflow.program import Output, run

CROPS = 12
_ACROSS, _SIDE, _SPACE = 4, 240, 16  # crops in a row; pixels of a crop, and of the line below it
_LINES = 20  # of a kind that are printed


def check_data(
    *,
    format: str,
    root: Path,
    picture: Output,
    settings: dict | None = None,
    context: float = 1.5,
    threads: int = 1,
) -> None:
    """Say what of a data folder would be used and what not, and draw a dozen of its masses.

    Headers and tables are read, as for a study, and few images are decoded.

    Args:
        format: How the data set is laid out, as data.format in a study.
        root: The data folder; nothing outside it is opened, and nothing in it is written.
        picture: The PNG to write: masses of both classes, each with its box.
        settings: The format's own settings, as JSON.
        context: Side of the square that is cut out, over the longer side of the mass's box.
        threads: Processes that read images.
    """
    source = read(format, root, settings, threads=threads)
    chosen = _chosen(source.masses)
    tiles, unreadable = [], []
    for mass in chosen.itertuples():
        try:
            tiles.append(_tile(Path(os.path.realpath(root)), mass, context))
        except BadInput as problem:
            unreadable.append(str(problem))
    print("\n".join(_account(source, unreadable)))
    print(f"benign and malignant are {LABELS_ARE[format]}")
    if tiles:
        with written_whole(picture) as partial:
            _sheet(tiles).save(partial, "png")
        print(f"{len(tiles)} of them, each with its box: {picture}")


def _account(source: Source, unreadable: list[str]) -> list[str]:
    """Say in lines what would be used, what is left out and why, and what would stop a study."""
    masses, records = source.masses, source.records
    by_class = [
        f"{(masses['label'] == label).sum()} {name}" for label, name in enumerate(CLASS_NAMES)
    ]
    left_out = records[~records["used"] & ~records["reason"].str.startswith("unusable: ")]
    warned = records[records["warning"] != ""]
    warnings = (warned["image"] + ": " + warned["warning"]).drop_duplicates()
    reasons = left_out["reason"].value_counts()
    return [
        f"{len(masses)} of {len(records)} records are masses to study: {' and '.join(by_class)}, "
        f"of {masses['patient_id'].nunique()} patients and {masses['image'].nunique()} images",
        *(f"left out: {count}, {reason}" for reason, count in reasons.items()),
        *_first("to be looked at: ", list(warnings)),
        *_first("would stop a study: ", [*source.problems, *unreadable]),
    ]


def _first(what: str, lines: list[str]) -> list[str]:
    more = len(lines) - _LINES
    return [what + line for line in lines[:_LINES]] + ([f"{what}{more} more"] if more > 0 else [])


def _chosen(masses: pd.DataFrame) -> pd.DataFrame:
    """Choose masses that lie evenly over the table, half of each class if there are so many."""
    per_class = CROPS // len(CLASS_NAMES)
    return pd.concat(
        [
            of_class.iloc[
                np.unique(np.linspace(0, len(of_class) - 1, per_class).round().astype(int))
            ]
            for _, of_class in masses.groupby("label")
        ]
        or [masses]
    )


def _tile(root: Path, mass: tuple, context: float) -> Image.Image:
    """Return a mass's ROI, its box in it, with its name and label below."""
    mammogram = images.read(inside(root, mass.image))
    box = (mass.x, mass.y, mass.width, mass.height)
    window = {"size": _SIDE, "context": context, "border": "edge"}
    grey = 255 * mammogram.grey(crop(mammogram.pixels, *box, **window))
    tile = Image.new("RGB", (_SIDE, _SIDE + _SPACE), "white")
    tile.paste(Image.fromarray(grey.astype(np.uint8)).convert("RGB"))
    across, down = (_SIDE * np.array([mass.width, mass.height])) / (max(box[2:]) * context) / 2
    middle, draw = _SIDE / 2, ImageDraw.Draw(tile)
    corners = (middle - across, middle - down, middle + across, middle + down)
    draw.rectangle(corners, outline="yellow")
    name = f"{mass.mass_id}, {CLASS_NAMES[mass.label]}".encode("ascii", "replace").decode()
    draw.text((2, _SIDE + 2), name[:44], fill="black")
    return tile


def _sheet(tiles: list[Image.Image]) -> Image.Image:
    rows = -(-len(tiles) // _ACROSS)
    sheet = Image.new("RGB", (_ACROSS * _SIDE, rows * (_SIDE + _SPACE)), "white")
    for number, tile in enumerate(tiles):
        row, column = divmod(number, _ACROSS)
        sheet.paste(tile, (column * _SIDE, row * (_SIDE + _SPACE)))
    return sheet


if __name__ == "__main__":
    run(check_data)
