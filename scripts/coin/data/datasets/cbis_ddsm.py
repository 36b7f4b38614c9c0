"""CBIS-DDSM as The Cancer Imaging Archive releases it: case tables in CSV, and DICOMs."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from coin.common.conventions import BENIGN, MALIGNANT
from coin.common.errors import BadInput
from coin.common.files import MASS_COLUMNS
from coin.common.workers import each
from coin.data.datasets import images
from coin.data.datasets.account import MASS, OTHER
from coin.data.datasets.shapes import Box, box_of_mask, read_mask
from coin.data.datasets.source import (
    Fault,
    Source,
    assemble,
    attempt,
    boxes_or_faults,
    by_name,
    files_below,
    image_sizes,
    inside,
    only,
    repeated,
    text_table,
    with_columns,
)

PARTS = ("train", "test")

_TABLE = "mass_case_description_{}_set.csv"
_COLUMNS = {  # as released, and here
    "patient id": "patient_id",
    "left or right breast": "side",
    "image view": "view",
    "abnormality id": "abnormality",
    "abnormality type": "type",
    "pathology": "pathology",
    "image file path": "image_path",
    "roi mask file path": "mask_path",
}
_FURTHER = {  # kept where the table has them
    "breast density": "density",
    "assessment": "birads",
    "mass shape": "mass_shape",
    "mass margins": "mass_margins",
    "subtlety": "subtlety",
}
_LABELS = {"BENIGN": BENIGN, "BENIGN_WITHOUT_CALLBACK": BENIGN, "MALIGNANT": MALIGNANT}
_SIDES = {"LEFT": "L", "RIGHT": "R"}
_PATIENT = r"P_\d+"


class _Mask(NamedTuple):
    """Where one abnormality's mask is to be found, and the size (width, height) of its image."""

    candidates: list[Path]
    image_size: tuple[int, int]


def read(root: Path, workers: int = 1, parts: Sequence[str] = PARTS) -> Source:
    """Read the masses of the case tables, each boxed by its mask.

    The names of masks and crops are not to be trusted and download tools change them: an image is
    found by its case's folder, and the mask is the binary one of an abnormality's DICOMs. A record
    is a row of a table.

    Args:
        root: The data folder; the tables, and the cases' folders, may lie in any folder of it.
        workers: Processes to use.
        parts: Which of the released parts, "train" and "test", are pooled.

    Raises BadInput when a part's table is missing or lacks a column.
    """
    if not parts or not set(parts) <= set(PARTS):
        raise BadInput(f"data.cbis-ddsm.parts is {list(parts)}; expected {' or '.join(PARTS)}")
    root = Path(os.path.realpath(root))
    cases = pd.concat([_cases(root, part) for part in dict.fromkeys(parts)], ignore_index=True)
    is_mass = cases["type"].str.lower() == "mass"
    image, found = _drawn(root, workers, cases[is_mass])
    boxes, misplaced = boxes_or_faults(cases.index, found)
    faults = [*repeated(cases["mass_id"]), *_unknown(cases[is_mass]), *misplaced]
    masses = cases.assign(
        image=image.reindex(cases.index).fillna(""),
        side=cases["side"].str.upper().map(_SIDES),
        label=cases["pathology"].str.upper().map(_LABELS).astype("Int64"),
        **boxes,
    )
    records = pd.DataFrame(
        {
            "record": cases["mass_id"],
            "image": masses["image"],
            "finding": is_mass.map({True: MASS, False: OTHER}),
            "where": cases["where"],
            "reason": ("abnormality of type: " + cases["type"]).where(~is_mass, ""),
        }
    )
    own = ["part", *(name for name in _FURTHER.values() if name in cases)]
    return assemble(masses[MASS_COLUMNS + own], records, faults)


def _drawn(
    root: Path, workers: int, cases: pd.DataFrame
) -> tuple[pd.Series, dict[object, Box | BadInput]]:
    """Find each case's image, and the mass's box in it, or what is wrong with either."""
    folders = _folders(root)
    image, masks, found = {}, {}, {}
    for row, path in cases["image_path"].items():
        try:
            image[row] = _image(root, folders, path)
        except BadInput as problem:
            found[row] = problem
    sizes, unreadable = image_sizes(root, image.values(), workers)
    for row, name in image.items():
        try:
            if name in unreadable:
                raise BadInput(unreadable[name])
            candidates = _dicoms(root, folders, cases.at[row, "mask_path"])
            masks[row] = _Mask(candidates, sizes[name])
        except BadInput as problem:
            found[row] = problem
    boxes = each(partial(attempt, _box), list(masks.values()), workers, "masks read")
    return pd.Series(image, dtype=str), found | dict(zip(masks, boxes, strict=True))


def _cases(root: Path, part: str) -> pd.DataFrame:
    """Read a part's table; values lose the blanks and line ends that the release has in them."""
    name = _TABLE.format(part)
    found = [path for path in files_below(root, ".csv") if path.name == name]
    if not found:
        raise BadInput(
            f"{root}: no {name} in it; add it, or leave the part {part!r} out "
            "of data.cbis-ddsm.parts"
        )
    path = inside(root, only(name, found).relative_to(root).as_posix())
    table = with_columns(path, text_table(path), lambda name: name.lower().replace("_", " "))
    missing = [name for name in _COLUMNS if name not in table]
    if missing:
        raise BadInput(f"{path}: no column {', '.join(missing)}; found {', '.join(table.columns)}")
    table = table[[*_COLUMNS, *(name for name in _FURTHER if name in table)]]
    table = table.rename(columns=_COLUMNS | _FURTHER)
    mass_id = table[["patient_id", "side", "view", "abnormality"]].agg("_".join, axis=1)
    return table.assign(part=part, mass_id=mass_id, where=f"{path}, " + mass_id)


def _unknown(cases: pd.DataFrame) -> list[Fault]:
    """Find values that are none of those that the release has."""
    expected = {
        "patient_id": (cases["patient_id"].str.fullmatch(_PATIENT), "P_ and a number"),
        "side": (cases["side"].str.upper().isin(_SIDES), " or ".join(_SIDES)),
        "pathology": (cases["pathology"].str.upper().isin(_LABELS), " or ".join(_LABELS)),
    }
    return [
        Fault(row, f"{name} is {cases.at[row, name]!r}; expected {wanted}")
        for name, (is_known, wanted) in expected.items()
        for row in cases.index[~is_known]
    ]


def _folders(root: Path) -> dict[str, list[Path]]:
    """Find the cases' folders, such as Mass-Training_P_00001_LEFT_CC, however deep they lie."""
    cases = {
        parent
        for file in files_below(root, ".dcm")
        for parent in file.parents
        if parent.name.startswith("Mass-") and parent.is_relative_to(root)
    }
    return by_name(sorted(cases), lambda path: path.name)


def _dicoms(root: Path, folders: dict[str, list[Path]], path: str) -> list[Path]:
    """List the DICOMs of the case whose folder a table's `path` begins with."""
    case = path.split("/")[0]
    if case not in folders:
        raise BadInput(f"no folder {case!r} with a DICOM in {root}; complete the release")
    found = files_below(only(case, folders[case]), ".dcm")
    return [inside(root, file.relative_to(root).as_posix()) for file in found]


def _image(root: Path, folders: dict[str, list[Path]], path: str) -> str:
    """Return the path in `root` of a case's mammogram."""
    found = _dicoms(root, folders, path)
    if len(found) > 1:  # only then does the name decide
        found = [file for file in found if file.as_posix().endswith(f"/{path}")] or found
    if len(found) > 1:
        raise BadInput(f"{len(found)} DICOMs of {path.split('/')[0]}; expected one mammogram")
    return found[0].relative_to(root).as_posix()


def _box(mask: _Mask) -> Box:
    """Find the mask among an abnormality's DICOMs by its content, and return its box."""
    width, height = mask.image_size
    likeliest = sorted(  # as large as the image, to within what masks were resized by
        mask.candidates,
        key=lambda path: abs(images.size(path)[0] - width) + abs(images.size(path)[1] - height),
    )
    for path in likeliest:
        pixels, fault = read_mask(path)
        if not fault:
            try:
                return box_of_mask(pixels, mask.image_size)
            except BadInput as problem:
                raise BadInput(f"{path}: {problem}") from problem
    names = ", ".join(map(str, mask.candidates))
    raise BadInput(f"no mask (an image of two values) among {names}")
