"""VinDr-Mammo as it is released: `finding_annotations.csv`, a row a finding, and DICOMs."""

import ast
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from coin.common.conventions import BENIGN, MALIGNANT
from coin.common.errors import BadInput
from coin.common.files import MASS_COLUMNS
from coin.data.datasets.account import MASS, NOTHING, OTHER
from coin.data.datasets.csv_tables import text_table
from coin.data.datasets.shapes import Box, box_of_outline
from coin.data.datasets.source import (
    Fault,
    Source,
    assemble,
    boxes_or_faults,
    files_below,
    image_sizes,
    inside,
    only,
)

TABLE = "finding_annotations.csv"
_BOX = ["xmin", "ymin", "xmax", "ymax"]
_SIZE = ["width", "height"]
_COLUMNS = [
    *("study_id", "image_id", "laterality", "view_position", *_SIZE, "breast_density"),
    *("finding_categories", "finding_birads", *_BOX, "split"),
]
_SIDES = ("L", "R")
_PARTS = {"training": "train", "test": "test"}
_BIRADS = {"BI-RADS 3": BENIGN, "BI-RADS 4": MALIGNANT, "BI-RADS 5": MALIGNANT}
_NONE = "No Finding"
_MASS = "Mass"


class _Record(NamedTuple):
    """What a row is about, and why it is no mass to study or unusable."""

    finding: str
    reason: str = ""
    fault: str = ""


def read(root: Path, workers: int = 1) -> Source:
    """Read the masses: the findings whose categories have Mass among them.

    The labels are a reader's assessment and no pathology: BI-RADS 3 is benign, 4 and 5 malignant.
    The patient is the study. The column `part` is the released split: train or test. A record is a
    row of the table.

    Args:
        root: The data folder; the table and `images/` may lie in any folder of it, side by side.
        workers: Processes to use.

    Raises BadInput when there is no such table, or a column is missing.
    """
    root = Path(os.path.realpath(root))
    path, table = _table(root)
    described = [_record(row) for row in table.itertuples()]
    found = pd.DataFrame(described, index=table.index, columns=_Record._fields)
    nth = (table.groupby("image_id").cumcount() + 1).astype(str)
    folder = path.parent.relative_to(root)
    image = [
        (folder / "images" / study / f"{name}.dicom").as_posix()
        for study, name in zip(table["study_id"], table["image_id"], strict=True)
    ]
    records = found.assign(
        record=table["image_id"] + "_" + nth,
        image=image,
        where=[f"{path}, row {row}" for row in table.index],
    )
    expected = records[(records["finding"] == MASS) & (records["fault"] == "")].index
    sizes, unreadable = image_sizes(root, records.loc[expected, "image"], workers)
    numbers = table[_BOX + _SIZE].apply(pd.to_numeric, errors="coerce")
    boxes: dict[object, Box | BadInput] = {}
    for row in expected:
        name = records.at[row, "image"]
        try:
            if name in unreadable:
                raise BadInput(unreadable[name])
            boxes[row] = _box(numbers.loc[row], sizes[name])
        except BadInput as problem:
            boxes[row] = problem
    drawn, misplaced = boxes_or_faults(table.index, boxes)
    faults = [Fault(row, fault) for row, fault in records["fault"].items() if fault] + misplaced
    masses = table.assign(
        mass_id=records["record"],
        image=records["image"],
        patient_id=table["study_id"],
        side=table["laterality"],
        view=table["view_position"],
        label=table["finding_birads"].map(_BIRADS).astype("Int64"),
        part=table["split"].map(_PARTS),
        birads=table["finding_birads"].str.removeprefix("BI-RADS "),
        density=table["breast_density"].str.removeprefix("DENSITY "),
        **drawn,
    )
    return assemble(masses[[*MASS_COLUMNS, "part", "birads", "density"]], records, faults)


def _table(root: Path) -> tuple[Path, pd.DataFrame]:
    found = [path for path in files_below(root, ".csv") if path.name == TABLE]
    if not found:
        raise BadInput(f"{root}: no {TABLE} in it; expected the VinDr-Mammo release")
    path = inside(root, only(TABLE, found).relative_to(root).as_posix())
    table = text_table(path)
    if missing := [name for name in _COLUMNS if name not in table]:
        raise BadInput(f"{path}: no column {', '.join(missing)}; found {', '.join(table.columns)}")
    return path, table


def _record(row) -> _Record:
    """Tell what a row of the table is about."""
    categories = _listed(row.finding_categories)
    if not categories:
        fault = f"finding_categories is {row.finding_categories[:80]!r}; expected a list of names"
        return _Record(NOTHING, fault=fault)
    if categories == [_NONE]:
        return _Record(NOTHING, "no finding")
    if _MASS not in categories:
        return _Record(OTHER, f"finding of: {', '.join(sorted(categories))}")
    expected = {
        "finding_birads": _BIRADS,
        "laterality": _SIDES,
        "split": _PARTS,
    }
    for name, values in expected.items():
        if (value := getattr(row, name)) not in values:
            fault = f"{name} is {value!r}; expected {' or '.join(values)}"
            return _Record(MASS, fault=fault)
    for name in ("study_id", "image_id"):
        if not getattr(row, name):
            return _Record(MASS, fault=f"{name} is empty")
    return _Record(MASS)


def _listed(text: str) -> list[str]:
    """Read a list as Python writes it; empty if it is none."""
    try:
        names = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return names if is_list else []


def _box(numbers: pd.Series, size: tuple[int, int]) -> Box:
    """Return the box of a row's corners; raises BadInput when its image has another size."""
    if not np.isfinite(numbers).all():
        raise BadInput(f"{', '.join(_BOX + _SIZE)} are not all numbers")
    if tuple(numbers[_SIZE]) != size:
        width, height = numbers[_SIZE]
        raise BadInput(
            f"the image has {size[0]} x {size[1]} pixels and the table counts in {width:g} x "
            f"{height:g}; give the images as released"
        )
    return box_of_outline(numbers[_BOX].to_numpy(float).reshape(2, 2), size)
