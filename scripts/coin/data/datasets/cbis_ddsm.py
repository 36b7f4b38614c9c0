"""CBIS-DDSM as The Cancer Imaging Archive releases it: case tables in CSV, and DICOMs."""

import os
import re
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
from coin.data.datasets.csv_tables import text_table, with_columns
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
_SERIES = re.compile(r"\d+(\.\d+)+")
_JPEG_TABLE = "dicom_info.csv"  # of the edition as JPEGs: whose DICOM each was
_EDITIONS = (
    "expected folders of cases (Mass-Training_P_00001_LEFT_CC) or of series (1.3.6.1.4.1.9590...) "
    f"with DICOMs, or the edition as JPEGs with its {_JPEG_TABLE}"
)


class _Release(NamedTuple):
    """Where the images are: folders of DICOMs by case and by series, and JPEGs by case."""

    root: Path
    folders: dict[str, list[Path]]
    jpegs: dict[str, list[Path]]


class _Mask(NamedTuple):
    """Where one abnormality's mask is to be found, and the size (width, height) of its image."""

    candidates: list[Path]
    image_size: tuple[int, int]


def read(root: Path, workers: int = 1, parts: Sequence[str] = PARTS) -> Source:
    """Read the masses of the case tables, each boxed by its mask.

    The names of masks and crops are not to be trusted and download tools change them: an image is
    found by the folder of its case or of its series, or as a JPEG by `dicom_info.csv`, and the mask
    is the binary one of an abnormality's files. A record is a row of a table.

    Args:
        root: The data folder; the tables, and the cases' folders, may lie in any folder of it.
        workers: Processes to use.
        parts: Which of the released parts, "train" and "test", are pooled.

    Raises BadInput when a part's table is missing or lacks a column, or none of its images is
    there.
    """
    if not parts or not set(parts) <= set(PARTS):
        raise BadInput(f"data.cbis-ddsm.parts is {list(parts)}; expected {' or '.join(PARTS)}")
    root = Path(os.path.realpath(root))
    cases = pd.concat([_cases(root, part) for part in dict.fromkeys(parts)], ignore_index=True)
    is_mass = cases["type"].str.lower() == "mass"
    release = _release(root)
    _refuse_missing_parts(release, cases[is_mass])
    image, found = _drawn(release, workers, cases[is_mass])
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
    release: _Release, workers: int, cases: pd.DataFrame
) -> tuple[pd.Series, dict[object, Box | BadInput]]:
    """Find each case's image, and the mass's box in it, or what is wrong with either."""
    image, masks, found = {}, {}, {}
    for row, path in cases["image_path"].items():
        try:
            image[row] = _image(release, path)
        except BadInput as problem:
            found[row] = problem
    sizes, unreadable = image_sizes(release.root, image.values(), workers)
    for row, name in image.items():
        try:
            if name in unreadable:
                raise BadInput(unreadable[name])
            candidates = _files(release, cases.at[row, "mask_path"])
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


def _release(root: Path) -> _Release:
    """Find the images, however deep they lie."""
    folders = {
        folder
        for file in files_below(root, ".dcm")
        for folder in file.parents
        if folder.is_relative_to(root)
        and (folder.name.startswith("Mass-") or _SERIES.fullmatch(folder.name))
    }
    return _Release(root, by_name(sorted(folders), lambda path: path.name), _jpegs(root))


def _jpegs(root: Path) -> dict[str, list[Path]]:
    """Read whose DICOM each JPEG was; empty where this is no edition as JPEGs."""
    tables = [path for path in files_below(root, ".csv") if path.name == _JPEG_TABLE]
    if not tables:
        return {}
    path = inside(root, only(_JPEG_TABLE, tables).relative_to(root).as_posix())
    table = with_columns(path, text_table(path), lambda name: name.lower().replace("_", " "))
    if missing := [name for name in ("patientid", "image path") if name not in table]:
        raise BadInput(f"{path}: no column {', '.join(missing)}; found {', '.join(table.columns)}")
    there = by_name(files_below(root, ".jpg", ".jpeg"), lambda path: "/".join(path.parts[-2:]))
    found: dict[str, list[Path]] = {}
    for case, name in zip(table["patientid"], table["image path"], strict=True):
        series_and_name = "/".join(name.split("/")[-2:])
        if series_and_name in there:
            jpeg = only(series_and_name, there[series_and_name])
            found.setdefault(case, []).append(jpeg)
    return found


def _refuse_missing_parts(release: _Release, cases: pd.DataFrame) -> None:
    """Raise BadInput, one line for all its images, when a part is not there at all."""
    for part, paths in cases.groupby("part", sort=False)["image_path"]:
        if not any(name in there for path in paths for name, there in _places(release, path)):
            raise BadInput(
                f"{release.root}: none of the images of {len(paths)} masses of the part {part!r} "
                f"found; {_EDITIONS}; or leave the part out of data.cbis-ddsm.parts"
            )


def _places(release: _Release, path: str) -> list[tuple[str, dict[str, list[Path]]]]:
    """List by which names a table's `path` (case/study/series/file) may be found, and where."""
    case, *others = path.split("/")
    series = others[-2:-1]
    return [
        (case, release.folders),
        *((name, release.folders) for name in series),
        (case, release.jpegs),
    ]


def _files(release: _Release, path: str) -> list[Path]:
    """List the images of the case or series that a table's `path` names."""
    for name, there in _places(release, path):
        if name in there:
            found = there[name]
            if there is release.folders:
                found = files_below(only(name, found), ".dcm")
            return [
                inside(release.root, file.relative_to(release.root).as_posix()) for file in found
            ]
    case = path.split("/")[0]
    raise BadInput(f"no image of {case!r} in {release.root}; complete the release")


def _image(release: _Release, path: str) -> str:
    """Return the path in the data folder of a case's mammogram."""
    found = _files(release, path)
    if len(found) > 1:  # only then does the name decide
        found = [file for file in found if file.as_posix().endswith(f"/{path}")] or found
    if len(found) > 1:
        raise BadInput(f"{len(found)} images of {path.split('/')[0]}; expected one mammogram")
    return found[0].relative_to(release.root).as_posix()


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
