"""Any folder with a `masses.csv` and images: the general door to one's own data."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from coin.common.conventions import BENIGN, MALIGNANT
from coin.common.errors import BadInput
from coin.common.files import MASS_COLUMNS
from coin.common.workers import each
from coin.data.datasets.account import MASS
from coin.data.datasets.csv_tables import text_table
from coin.data.datasets.shapes import (
    ROUNDING,
    Box,
    box_of_circle,
    box_of_mask,
    box_of_outline,
    outside,
    plausible,
    read_mask,
)
from coin.data.datasets.source import (
    Fault,
    Source,
    assemble,
    attempt,
    boxes_or_faults,
    image_sizes,
    inside,
    repeated,
)

TABLE = "masses.csv"
_BOX, _CIRCLE = ["x", "y", "width", "height"], ["x", "y", "radius"]
_OUTLINE, _MASK = ["x_points", "y_points"], ["mask"]
_BCDR = {"lw_x_points": "x_points", "lw_y_points": "y_points"}  # as its tables call them
_FEWEST_POINTS = 3
_NAMES = ["mass_id", "image", "patient_id"]
_REQUIRED = [*_NAMES, "label"]
_LABELS = {"benign": BENIGN, "0": BENIGN, "malignant": MALIGNANT, "1": MALIGNANT}
_SIDES = {"left": "L", "l": "L", "right": "R", "r": "R"}


class _Drawn(NamedTuple):
    """A mass as the table draws it, and the size (width, height) of its image."""

    root: Path
    shape: tuple  # a box's, a circle's, an outline's or a mask's columns
    image_size: tuple[int, int]


def read(root: Path, workers: int = 1) -> Source:
    """Read `masses.csv`: `mass_id,image,patient_id,label`, where the mass is, and further columns.

    `image` is a path inside `root`, of a DICOM or a picture; `label` is `benign`, `malignant`, 0 or
    1. Where the mass is, in the image's pixels with the origin top-left, is told by a box
    (`x,y,width,height`), else by a circle (`x,y,radius`), else by an outline (`x_points,y_points`,
    or BCDR's `lw_x_points,lw_y_points`: as many numbers in each, with blanks between), else by an
    image that is bright where the mass is (`mask`, a path inside `root`). `side` (or `laterality`)
    and `view` are read where they exist, all other columns are kept as they are. The masses stay in
    the table's order.

    Args:
        root: The data folder.
        workers: Processes to use.

    Raises BadInput when there is no such table or a column is missing.
    """
    root = Path(os.path.realpath(root))
    table, shape = _table(root / TABLE)
    numbers = [name for name in shape if name in (*_BOX, *_CIRCLE)]
    values = table.assign(
        side=table["side"].str.lower().map(_SIDES).fillna(table["side"]),
        label=table["label"].str.lower().map(_LABELS).astype("Int64"),
        **{name: pd.to_numeric(table[name], errors="coerce") for name in numbers},
    )
    faults = list(_faults(table, values, numbers))
    sizes, unreadable = image_sizes(root, filter(None, table["image"]), workers)
    wrong = {fault.row for fault in faults}
    drawn = {}
    for row, name, *of_mass in values[["image", *shape]].itertuples():
        if name in unreadable:
            faults.append(Fault(row, unreadable[name]))
        elif row not in wrong:
            drawn[row] = _Drawn(root, tuple(of_mass), sizes[name])
    if shape == _BOX:
        _refuse_corners(root / TABLE, list(drawn.values()))
    many = workers if shape == _MASK else 1  # nothing else takes time
    found = each(partial(attempt, _box), list(drawn.values()), many, "masses read")
    boxes, misplaced = boxes_or_faults(table.index, dict(zip(drawn, found, strict=True)))
    faults += misplaced
    records = pd.DataFrame(
        {
            "record": table["mass_id"],
            "image": table["image"],
            "finding": MASS,
            "where": [
                f"{root / TABLE}, row {row} ({mass_id})"
                for row, mass_id in table["mass_id"].items()
            ],
            "reason": "",
        }
    )
    own = [name for name in table if name not in MASS_COLUMNS]
    return assemble(values.assign(**boxes)[MASS_COLUMNS + own], records, faults)


def _table(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Read the table, and tell by which columns it says where a mass is."""
    if not path.is_file():
        raise BadInput(f"{path}: not there; format `table` needs it, with {','.join(_REQUIRED)}")
    table = text_table(inside(path.parent, path.name))
    if not {*_OUTLINE} & {*table}:
        table = table.rename(columns=_BCDR)
    shapes = [shape for shape in (_BOX, _CIRCLE, _OUTLINE, _MASK) if set(shape) <= set(table)]
    missing = [name for name in _REQUIRED if name not in table]
    if not shapes:
        missing += [name for name in _BOX if name not in table]
    if missing:
        raise BadInput(
            f"{path}: no column {', '.join(missing)}; found {', '.join(table.columns)} "
            "(a mass is a box x,y,width,height, a circle x,y,radius, an outline x_points,y_points "
            "or an image mask)"
        )
    if "side" not in table:
        table = table.rename(columns={"laterality": "side"})
    return table.assign(**{name: "" for name in ("side", "view") if name not in table}), shapes[0]


def _faults(table: pd.DataFrame, values: pd.DataFrame, numbers: list[str]) -> Iterator[Fault]:
    """Find everything that is wrong with the table's own values."""
    for name in _NAMES:
        yield from (Fault(row, f"{name} is empty") for row in table.index[table[name] == ""])
    yield from repeated(table["mass_id"])
    for row, label in table.loc[values["label"].isna(), "label"].items():
        yield Fault(row, f"label is {label!r}; expected benign, malignant, 0 or 1")
    for name in numbers:
        for row, text in table.loc[~np.isfinite(values[name]), name].items():
            yield Fault(row, f"{name} is {text!r}; expected a number of pixels")
        if name not in ("x", "y"):
            for row in values.index[values[name] <= 0]:
                yield Fault(row, f"{name} is not positive")


def _refuse_corners(path: Path, drawn: list[_Drawn]) -> None:
    """Raise BadInput when all boxes fit their images only if they are given as two corners.

    One row alone may be a slip, and is told as such.
    """
    corners = np.array([mass.shape for mass in drawn]).reshape(-1, 4)
    sizes = np.array([mass.image_size for mass in drawn]).reshape(-1, 2)
    first, second = corners[:, :2], corners[:, 2:]
    leave = ((first + second) > sizes + ROUNDING).any(axis=1)
    fit = (second > first).all() and (second <= sizes + ROUNDING).all()
    if len(drawn) > 1 and leave.any() and fit:
        raise BadInput(
            f"{path}: {leave.sum()} of {len(drawn)} boxes leave their images, and width and height "
            "always exceed x and y: they look like the opposite corner; expected sizes "
            "(corner minus x, y)"
        )


def _box(drawn: _Drawn) -> Box:
    match drawn.shape:
        case (mask,):
            try:
                pixels, fault = read_mask(inside(drawn.root, mask))
                if fault:
                    raise BadInput(fault)
                return box_of_mask(pixels, drawn.image_size)
            except BadInput as problem:
                raise BadInput(f"mask {mask!r}: {problem}") from problem
        case (x_points, y_points):
            return _box_of_points(x_points, y_points, drawn.image_size)
        case (x, y, radius):
            return box_of_circle(x, y, radius, drawn.image_size)
        case box:
            return plausible(box, drawn.image_size)


def _box_of_points(x_points: str, y_points: str, size: tuple[int, int]) -> Box:
    """Return the box of an outline as the table writes it; it may not leave its image."""
    points = [_numbers(name, text) for name, text in (("x", x_points), ("y", y_points))]
    x, y = points
    if len(x) != len(y) or len(x) < _FEWEST_POINTS:
        raise BadInput(
            f"x_points and y_points are {len(x)} and {len(y)} numbers; expected as many of both, "
            f"at least {_FEWEST_POINTS}"
        )
    if outside(x.min(), y.min(), np.ptp(x), np.ptp(y), size):
        raise BadInput(f"the outline leaves its image of {size[0]} x {size[1]} pixels")
    return box_of_outline(np.array(points).T, size)


def _numbers(axis: str, text: str) -> np.ndarray:
    try:
        numbers = np.array(text.split(), float)
    except ValueError:
        numbers = np.array([np.nan])
    if not np.isfinite(numbers).all():
        raise BadInput(f"{axis}_points is {text[:40]!r}; expected numbers of pixels, with blanks")
    return numbers
