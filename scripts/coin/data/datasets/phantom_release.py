"""Writing mammograms as an INbreast release, with the real one's quirks."""

import csv
import io
import plistlib
from collections.abc import Iterable
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pydicom
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from pydicom.uid import DigitalMammographyXRayImageStorageForPresentation as MAMMOGRAPHY

from coin.data.datasets import biff
from coin.data.datasets.osirix import Region
from coin.data.datasets.phantom import View

RELEASE = "INbreast Release 1.0"
DICOMS, XMLS = "AllDICOMs", "allxml"
MUSCLES = "PectoralMuscle/Pectoral Muscle XML"

_VIEW_IN_NAME = {"MLO": "ML"}  # the files' names shorten it, the tables do not
_OTHER_REGIONS = (  # spelt as released, and how many points: one or two are a dot
    ("Calcification", 1),
    ("Calcifications", 12),
    ("Cluster", 14),
    ("Spiculated Region", 20),
    ("Spiculated region", 18),
    ("Espiculated Region", 16),
    ("Asymmetry", 10),
    ("Assymetry", 10),
    ("Distortion", 12),
    ("Point 1", 1),
    ("Point 3", 1),
    ("Unnamed", 2),
    ("Mass", 2),
)
_COLUMNS = [
    "Patient ID",
    "Patient age",
    "Laterality",
    "View",
    "Acquisition date",
    "File Name",
    "ACR",
    "Bi-Rads",
]
_XLS_COLUMNS = [
    *_COLUMNS,
    *("Mass ", "Micros", "Distortion", "Asymmetry"),
    *("Findings Notes (in Portuguese)", "Other Notes", "Lesion Annotation Status"),
    *("Pectoral Muscle Annotation", "Other Annotations"),
]
_SPICULATED = "Spiculated region", 18  # drawn without the outline of a mass in some images


class Listed(NamedTuple):
    """One image as the release's tables list it."""

    side: str
    view: str
    image_id: str
    density: str
    birads: str
    marked: bool  # as having a mass


def write(
    folder: Path, mammograms: Iterable[tuple[View, np.ndarray, list[Region]]], seed: int
) -> None:
    """Write mammograms (view, grey values, outlines of masses) as a release inside `folder`.

    The quirks: the patient is only in the file's name, which says ML where the tables say MLO (and
    once FB); both photometric interpretations, 8, 12, 14 and 16 bits; PixelSpacing is sometimes
    absent; a mammogram without findings has no XML, and one that is marked as having a mass has
    only a spiculated region; outlines of other things, in every spelling, dots, points outside the
    image, points in braces; the XLS holds file names as numbers, a blank row and a row of totals,
    'Mass ' with a space; one ACR is blank; a folder's name is in small letters, and there are
    outlines of muscles in a folder that is not read.
    """
    release = folder / RELEASE
    for name in (DICOMS, XMLS, MUSCLES):
        (release / name).mkdir(parents=True)
    rng = np.random.default_rng([seed, 1])
    others = cycle(_OTHER_REGIONS)
    patients: dict[int, str] = {}
    listed: list[Listed] = []
    n_normal = 0
    for number, (view, grey, regions) in enumerate(mammograms):
        token = patients.setdefault(view.patient, rng.bytes(8).hex())
        image_id = str(20_000_000 + number * 500_009 % 39_000_000 + int(rng.integers(1000)))
        n_normal += not regions
        seen_from = "FB" if n_normal == 1 and not regions else view.view
        name = f"{image_id}_{token}_MG_{view.side}_{_VIEW_IN_NAME.get(seen_from, seen_from)}_ANON"
        dataset = _dicom(grey, number, generate_uid(entropy_srcs=[str(seed), image_id]))
        dataset.save_as(release / DICOMS / f"{name}.dcm", enforce_file_format=True)
        only_spiculated = not regions and n_normal % 2 == 0
        if regions or only_spiculated:
            name, n_points = _SPICULATED if only_spiculated else next(others)
            everything = [*regions, Region(name, _ring(n_points, grey.shape, rng))]
            if number % 2:
                everything.reverse()
            point = "{{{}, {}}}" if number % 5 == 3 else "({}, {})"
            (release / XMLS / f"{image_id}.xml").write_bytes(_property_list(everything, point))
        if view.view == "MLO":
            muscle = Region("Pectoral Muscle", _ring(6, grey.shape, rng))
            outline = _property_list([muscle], "({}, {})")
            (release / MUSCLES / f"{image_id}_muscle.xml").write_bytes(outline)
        density = "" if number == 4 else str(view.density)
        marked = bool(regions) or only_spiculated
        listed.append(Listed(view.side, seen_from, image_id, density, view.birads, marked))
    listed.sort(key=lambda image: image.image_id)
    (release / "INbreast.csv").write_bytes(_csv(listed))
    (release / "INbreast.xls").write_bytes(_xls(listed))


def _dicom(grey: np.ndarray, number: int, uid: UID) -> pydicom.Dataset:
    """Encode grey values in [0, 1] as an anonymous DICOM; `number` chooses how."""
    bits = {2: 8, 5: 16}.get(number, 12 if number % 2 else 14)
    inverted = number % 3 == 1
    stored = np.round((1 - grey if inverted else grey) * (2**bits - 1))
    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID = MAMMOGRAPHY
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = pydicom.Dataset()
    dataset.file_meta = meta
    dataset.SOPClassUID = MAMMOGRAPHY
    dataset.SOPInstanceUID = uid
    dataset.Modality = "MG"
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME1" if inverted else "MONOCHROME2"
    dataset.Rows, dataset.Columns = grey.shape
    if number % 4 != 1:
        dataset.PixelSpacing = [0.28, 0.28]
    dataset.BitsAllocated = 8 if bits == 8 else 16
    dataset.BitsStored, dataset.HighBit = bits, bits - 1
    dataset.PixelRepresentation = 0
    dataset.PixelData = stored.astype("u1" if bits == 8 else "<u2").tobytes()
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    return dataset


def _ring(n_points: int, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return the outline of something that is no mass, in the middle of the image."""
    centre = rng.uniform(0.3, 0.6, 2) * shape[::-1]
    angles = np.linspace(0, 2 * np.pi, n_points, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    return (centre + rng.uniform(8, 40) * circle).round(2)


def _property_list(regions: list[Region], point: str) -> bytes:
    rois = [
        {
            "IndexInImage": index,
            "Name": region.name,
            "NumberOfPoints": len(region.points),
            "Point_px": [point.format(*(f"{value:.6f}" for value in xy)) for xy in region.points],
            "Type": 15,
        }
        for index, region in enumerate(regions)
    ]
    return plistlib.dumps(
        {"Images": [{"ImageIndex": 0, "NumberOfROIs": len(rois), "ROIs": rois}]},
        fmt=plistlib.FMT_XML,
    )


def _csv(listed: list[Listed]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    for image in listed:
        rows.writerow(["removed", "removed", image.side, image.view, "", *image[2:5]])
    return text.getvalue().encode()


def _xls(listed: list[Listed]) -> bytes:
    rows: list[list] = [_XLS_COLUMNS]
    for image in listed:
        birads = float(image.birads) if image.birads.isdigit() else image.birads
        density = float(image.density) if image.density else ""
        about = ["removed", "removed", image.side, image.view, ""]
        mark = "X" if image.marked else ""
        rows.append([*about, float(image.image_id), density, birads, mark, "", "", ""])
    totals = ["" for _ in _COLUMNS] + [float(sum(image.marked for image in listed))]
    return biff.sheet([*rows, [], totals])
