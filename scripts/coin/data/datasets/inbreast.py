"""INbreast as it is released: DICOMs, OsiriX outlines in XML, BI-RADS in a CSV and an XLS table."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from coin.common.conventions import BENIGN, MALIGNANT
from coin.common.errors import BadInput
from coin.common.files import MASS_COLUMNS
from coin.data.datasets.account import MASS, NOTHING, OTHER
from coin.data.datasets.inbreast_tables import assessments_of
from coin.data.datasets.osirix import read_regions
from coin.data.datasets.shapes import OUTSIDE, box_of_outline
from coin.data.datasets.source import (
    Fault,
    Source,
    assemble,
    by_name,
    files_below,
    image_sizes,
    inside,
    is_folder,
    only,
)

_DICOM_NAME = re.compile(r"(.+?)_(.+?)_MG_([LR])_(.+?)_ANON\.dcm", re.IGNORECASE)
_VIEWS = {"ML": "MLO"}  # the DICOMs' names shorten it, the tables do not
_FEWEST_POINTS = 3  # one or two points are a dot, not an outline


class _Dicom(NamedTuple):
    name: str  # its path in the data folder
    patient: str
    side: str
    view: str


class _Record(NamedTuple):
    """One outline, or an image without any."""

    record: str
    image_id: str
    where: str
    finding: str = NOTHING
    roi_name: str = ""
    points: np.ndarray | None = None  # (n, 2): x, y in pixels; only of what should be a mass
    reason: str = ""
    fault: str = ""


def read(root: Path, workers: int = 1, roi_names: Sequence[str] = ("Mass",)) -> Source:
    """Read the release: a mass for each outline of one, with the diagnosis of its image.

    The patient is the token in the DICOM's name, the headers being anonymous. BI-RADS 1 to 3 is
    benign, 4 to 6 malignant. A box is its outline's, cut off at the image's border. The release may
    be `root` itself or a folder in it. A record is an outline, or an image without any.

    Args:
        root: The data folder.
        workers: Processes to use.
        roi_names: Names of the outlines that mean a mass, whatever their capitals. The release
            calls spiculated regions, many of them drawn around a mass that has an outline of its
            own, both "Spiculated Region" and "Espiculated Region".

    Raises BadInput when the folder is no INbreast release or its two tables contradict each other.
    """
    root = Path(os.path.realpath(root))
    release = _release(root)
    dicoms, strays = _dicoms(root, _folder(release, "AllDICOMs"))
    xmls = by_name(_files(_folder(release, "AllXML"), ".xml"), lambda path: path.stem)
    assessments = assessments_of(root, release)
    masses_are = {name.strip().lower() for name in roi_names}
    records = strays
    for image_id in sorted(
        {*dicoms, *xmls, *assessments.index}, key=lambda name: (len(name), name)
    ):
        if image_id not in dicoms:
            missing = f"no DICOM of image {image_id} in AllDICOMs; complete the release"
            records.append(_Record(image_id, image_id, str(release), fault=missing))
        elif image_id not in xmls:
            records.append(_Record(image_id, image_id, str(release), reason="no outlines"))
        else:
            records.extend(_outlines(root, image_id, xmls[image_id], masses_are))
    return _diagnosed(root, workers, records, dicoms, assessments)


def _diagnosed(
    root: Path,
    workers: int,
    found: list[_Record],
    dicoms: dict[str, _Dicom],
    assessments: pd.DataFrame,
) -> Source:
    """Give each outlined mass its patient, its label and its box."""
    records = pd.DataFrame(found, columns=_Record._fields)
    images = pd.DataFrame.from_dict(dicoms, orient="index", columns=_Dicom._fields)
    images = images.reindex(records["image_id"]).fillna("").reset_index(drop=True)
    assessed = assessments.reindex(records["image_id"]).fillna("").reset_index(drop=True)
    faults = [Fault(row, text) for row, text in records["fault"].items() if text]

    expected = records.index[records["points"].notna()]
    sizes, unreadable = image_sizes(root, images.loc[expected, "name"], workers)
    boxes = np.full((len(records), 4), np.nan)
    for row in expected:
        name, birads = images.at[row, "name"], assessed.at[row, "birads"]
        if not birads:
            faults.append(Fault(row, "a mass on an image without BI-RADS 1 to 6 in the tables"))
        if name in unreadable:
            faults.append(Fault(row, unreadable[name]))
            continue
        try:
            boxes[row] = box_of_outline(records.at[row, "points"], sizes[name])
        except BadInput as problem:
            if OUTSIDE in str(problem):
                records.at[row, "reason"] = str(problem)
            else:
                faults.append(Fault(row, str(problem)))
    grade = pd.to_numeric(assessed["birads"].str[:1])
    masses = pd.DataFrame(
        {
            "mass_id": records["record"],
            "image": images["name"],
            "patient_id": images["patient"],
            "side": images["side"],
            "view": images["view"],
            "label": (grade > 3).map({False: BENIGN, True: MALIGNANT}),
            **dict(zip(MASS_COLUMNS[-4:], boxes.T, strict=True)),
            "birads": assessed["birads"],
            "density": assessed["density"],
            "roi_name": records["roi_name"],
        }
    )
    return assemble(masses, records.assign(image=images["name"]), faults)


def _release(root: Path) -> Path:
    """Find the folder that holds AllDICOMs: the data folder or one in it."""
    folders = (root, *sorted(path for path in root.iterdir() if is_folder(path)))
    found = [
        folder
        for folder in folders
        if any(path.name.lower() == "alldicoms" for path in folder.iterdir())
    ]
    if not found:
        raise BadInput(
            f"{root}: no folder AllDICOMs here or one folder down; expected an INbreast release"
        )
    return only("AllDICOMs", found)


def _folder(release: Path, name: str) -> Path:
    found = [
        path
        for path in sorted(release.iterdir())
        if path.name.lower() == name.lower() and path.is_dir()
    ]
    if not found:
        raise BadInput(f"{release}: no folder {name}; expected an INbreast release")
    return only(f"{release.name}/{name}", found)


def _files(folder: Path, suffix: str) -> list[Path]:
    """List a folder's files of one suffix by name, without what file managers hide there."""
    return [path for path in files_below(folder, suffix) if path.parent == folder]


def _dicoms(root: Path, folder: Path) -> tuple[dict[str, _Dicom], list[_Record]]:
    """Read the DICOMs' names; those that tell no image, patient, side and view come second."""
    dicoms: dict[str, _Dicom] = {}
    strays = []
    for path in _files(folder, ".dcm"):
        match = _DICOM_NAME.fullmatch(path.name)
        if match is None:
            fault = "expected a name like 22678622_0123456789abcdef_MG_L_CC_ANON.dcm"
            strays.append(_Record(path.name, "", str(path), fault=fault))
            continue
        image_id, patient, side, view = match.groups()
        if image_id in dicoms:
            fault = f"a second DICOM of image {image_id}"
            strays.append(_Record(path.name, "", str(path), fault=fault))
            continue
        name = path.relative_to(root).as_posix()
        view = view.upper()
        dicoms[image_id] = _Dicom(name, patient, side.upper(), _VIEWS.get(view, view))
    return dicoms, strays


def _outlines(
    root: Path, image_id: str, paths: Sequence[Path], masses_are: set[str]
) -> Iterator[_Record]:
    """Read one image's outlines, and say which are no mass and why."""
    path = paths[0]
    try:
        only(path.stem, paths)
        regions = read_regions(inside(root, path.relative_to(root).as_posix()))
    except BadInput as problem:
        yield _Record(image_id, image_id, str(path), fault=str(problem))
        return
    if not regions:
        yield _Record(image_id, image_id, str(path), reason="no outlines")
    for number, (name, points) in enumerate(regions, start=1):
        record = _Record(f"{image_id}_{number}", image_id, f"{path}, ROI {number}", MASS, name)
        if name.strip().lower() not in masses_are:
            yield record._replace(finding=OTHER, reason=f"outline of: {name}")
        elif len(points) < _FEWEST_POINTS:
            yield record._replace(reason=f"dot of {len(points)} points, no outline")
        else:
            yield record._replace(points=points)
