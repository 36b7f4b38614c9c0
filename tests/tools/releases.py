"""Small releases of every data format, generated, with the masses that they were written from."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pydicom
import pytest
from phantom_study import picture_folder
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, generate_uid

from make_phantom import make_phantom


class Written(NamedTuple):
    """A mass that a release was written with."""

    mass_id: str
    patient_id: str
    side: str
    view: str
    label: int
    box: tuple[float, float, float, float]


def save_dicom(path: Path, stored: np.ndarray, bits: int = 16, syntax=None, **header) -> Path:
    """Write stored values (H, W); `header` overrides elements after the pixels are encoded."""
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.SOPInstanceUID = generate_uid(entropy_srcs=["test"])
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.Rows, dataset.Columns = stored.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = 8 if bits <= 8 else 16
    dataset.BitsStored, dataset.HighBit = bits, bits - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    kind = f"{stored.dtype.kind}{dataset.BitsAllocated // 8}"
    dataset.PixelData = stored.astype(kind).tobytes()
    dataset["PixelData"].VR = "OW" if bits > 8 else "OB"
    if syntax is not None:
        dataset.compress(syntax)
    for name, value in header.items():
        setattr(dataset, name, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def compressed_dicom(path: Path, stream: bytes, syntax, bits: int, rows=21, columns=30) -> Path:
    """Write a stream that some other program compressed."""
    path = save_dicom(path, np.zeros((rows, columns), np.uint16 if bits > 8 else np.uint8), bits)
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path)
    return path


def blob(random: np.random.Generator, shape: tuple[int, int], box, label: int) -> np.ndarray:
    """Draw noise with a bright box in it, brighter if malignant; values in [0, 1]."""
    x, y, width, height = map(round, box)
    grey = random.uniform(0.1, 0.4, shape)
    grey[y : y + height, x : x + width] += 0.2 + 0.2 * label
    return grey


def cbis_ddsm(folder: Path, masses: int = 14, shape: tuple[int, int] = (90, 60)) -> list[Written]:
    """Write a release as The Cancer Imaging Archive has it, in `folder`; return its masses.

    Every image has one mass but the first, which has two; masks and crops change names, one mask is
    twice as large as its image; paths end in a newline inside their quotes; both parts are there,
    and no patient is in both.
    """
    random = np.random.default_rng(0)
    written, rows = [], {"Training": [], "Test": []}
    for number in range(masses):
        case, abnormality = (0, 2) if number == 1 else (number, 1)
        patient, side = f"P_{case // 2 + 1:05d}", ("LEFT", "RIGHT")[case // 4 % 2]
        view, label = ("CC", "MLO")[case % 2], case // 2 % 2
        part = "Training" if case // 2 < masses // 3 else "Test"
        box = tuple(map(int, (*random.integers(4, 25, 2), *random.integers(10, 20, 2))))
        x, y, width, height = box
        image = f"Mass-{part}_{patient}_{side}_{view}"
        mask = f"{image}_{abnormality}"
        grey = blob(random, shape, box, label)
        uids = [f"1.3.6.1.4.1.9590.{case}", f"1.3.6.1.4.1.9591.{case}"]
        drawn = f"1.3.6.1.4.1.9593.{number}/1.3.6.1.4.1.9592.{number}"
        if abnormality == 1:
            syntax = RLELossless if number % 3 == 0 else None
            stored = np.round(grey * 65535).astype(np.uint16)
            save_dicom(folder / image / uids[0] / uids[1] / "000000.dcm", stored, syntax=syntax)
        inside = np.zeros(shape, np.uint8)
        inside[y : y + height, x : x + width] = 255
        if number == 3:
            inside = inside.repeat(2, axis=0).repeat(2, axis=1)
        crop = np.round(grey[y : y + height, x : x + width] * 65535).astype(np.uint16)
        names = ["000000.dcm", "000001.dcm"] if number % 2 else ["1-2.dcm", "1-1.dcm"]
        save_dicom(folder / mask / drawn / names[0], inside, bits=8)
        save_dicom(folder / mask / drawn / names[1], crop)
        pathology = ["BENIGN", "MALIGNANT"][label]
        pathology = "BENIGN_WITHOUT_CALLBACK" if number == 4 else pathology
        rows[part].append(
            {
                "patient_id": patient,
                "breast_density": case % 4 + 1,
                "left or right breast": side,
                "image view": view,
                "abnormality id": abnormality,
                "abnormality type": "mass",
                "mass shape": "OVAL",
                "mass margins": "ILL_DEFINED",
                "assessment": 4,
                "pathology": pathology,
                "subtlety": 4,
                "image file path": f"{image}/{uids[0]}/{uids[1]}/000000.dcm",
                "cropped image file path": f"{mask}/{drawn}/000000.dcm",
                "ROI mask file path": f"{mask}/{drawn}/000001.dcm\n",
            }
        )
        mass_id = f"{patient}_{side}_{view}_{abnormality}"
        is_malignant = int(pathology == "MALIGNANT")
        written.append(Written(mass_id, patient, side[0], view, is_malignant, box))
    for part, name in (("Training", "train"), ("Test", "test")):
        path = folder / f"mass_case_description_{name}_set.csv"
        pd.DataFrame(rows[part]).to_csv(path, index=False)
    return written


def as_jpegs(folder: Path) -> None:
    """Turn a CBIS-DDSM release into its edition as JPEGs: `csv/`, and a folder a series."""
    rows = []
    for number, path in enumerate(sorted(folder.rglob("*.dcm"))):
        pixels = pydicom.dcmread(path).pixel_array
        grey = pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
        name = f"jpeg/{path.parent.name}/1-{number:03d}.jpg"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(grey).save(folder / name, quality=95)
        case = path.relative_to(folder).parts[0]
        rows.append({"image_path": f"CBIS-DDSM/{name}", "PatientID": case, "Rows": len(pixels)})
    for case in folder.glob("Mass-*"):
        shutil.rmtree(case)
    (folder / "csv").mkdir()
    for table in folder.glob("*.csv"):
        table.rename(folder / "csv" / table.name)
    pd.DataFrame(rows).to_csv(folder / "csv/dicom_info.csv", index=False)


MIAS_HEADER = """INFORMATION
===========
1st column: MIAS database reference number.
7th column: Approximate radius (in pixels) of a circle enclosing the abnormality.

REFNUM BG CLASS SEVERITY X Y RADIUS
"""


def mini_mias(folder: Path, masses: int = 14, header: str = MIAS_HEADER) -> list[Written]:
    """Write a release in `folder`; return its masses that have a centre.

    The third film has two masses; besides, there are a normal film, calcifications with a note, a
    mass without centre, and one that the border cuts.
    """
    random = np.random.default_rng(0)
    side = 1024
    films: dict[str, list[Written]] = {}
    lines = []
    for number in range(1, masses):
        film, label = f"mdb{number:03d}", (number + 1) // 2 % 2
        for count in range(2 if number == 3 else 1):
            radius = int(random.integers(96, 160))
            x, y = (int(value) for value in random.integers(192, 800, 2))
            x = 48 if number == 5 else x
            left, right = max(x - radius, 0), x + radius
            box = (left, side - y - radius, right - left, 2 * radius)
            mass_id = f"{film}_{count + 1}"
            patient = str((number + 1) // 2)
            mass = Written(mass_id, patient, "LR"[number % 2], "MLO", label, box)
            films.setdefault(film, []).append(mass)
            kind = ("CIRC", "SPIC", "MISC")[number % 3]
            lines.append(f"{film} {'FGD'[number % 3]} {kind} {'BM'[label]} {x} {y} {radius}")
    others = [f"mdb{masses + n:03d}" for n in range(3)]
    lines += [
        f"{others[0]} D NORM ",
        f"{others[1]} D CALC M *NOTE 3*",
        f"{others[2]} F CIRC B",
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for film in [*films, *others]:
        grey = random.uniform(0.1, 0.4, (side, side))
        for mass in films.get(film, []):
            x, y, width, height = mass.box
            grey[y : y + height, x : x + width] += 0.2 + 0.2 * mass.label
        pixels = np.round(grey.clip(0, 1) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{film}.pgm")
    (folder / "Info.txt").write_text(header + "\n".join(lines) + "\n")
    return [mass for drawn in films.values() for mass in drawn]


def vindr_mammo(folder: Path, masses: int = 14, shape: tuple[int, int] = (90, 60)) -> list[Written]:
    """Write a release in `folder`; return its masses.

    Every image has one mass but the first, which has two, one of them with calcifications; besides,
    there are an image without findings and calcifications alone. Some DICOMs are MONOCHROME1.
    """
    random = np.random.default_rng(0)
    written, rows = [], []
    images: dict[tuple[str, str], np.ndarray] = {}
    for number in range(masses + 2):
        case = 0 if number == 1 else number
        study, image = f"{case // 2 + 1:032x}", f"{case + 101:032x}"
        side, view, label = "LR"[case // 4 % 2], ("CC", "MLO")[case % 2], case // 2 % 2
        grey = images.setdefault((study, image), random.uniform(0.1, 0.4, shape))
        x, y = (int(value) for value in random.integers(4, 25, 2))
        width, height = (int(value) for value in random.integers(10, 20, 2))
        categories = ["Mass", "Suspicious Calcification"] if number == 1 else ["Mass"]
        birads = f"BI-RADS {(3, 4 + number % 2)[label]}"
        corners = [x + 0.25, y, x + width + 0.25, y + height]
        if number == masses:
            categories, birads, corners = ["No Finding"], "", [""] * 4
        elif number == masses + 1:
            categories = ["Suspicious Calcification"]
        else:
            grey[y : y + height, x : x + width] += 0.2 + 0.2 * label
            mass_id = f"{image}_{2 if number == 1 else 1}"
            box = (x + 0.25, y, width, height)
            written.append(Written(mass_id, study, side, view, label, box))
        rows.append(
            {
                "study_id": study,
                "series_id": "0" * 32,
                "image_id": image,
                "laterality": side,
                "view_position": view,
                "height": shape[0],
                "width": shape[1],
                "breast_birads": "BI-RADS 4",
                "breast_density": f"DENSITY {'ABCD'[case % 4]}",
                "finding_categories": str(categories),
                "finding_birads": birads,
                **dict(zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)),
                "split": "training" if case // 2 < masses // 3 else "test",
            }
        )
    for number, ((study, image), grey) in enumerate(images.items()):
        photometric = ("MONOCHROME2", "MONOCHROME1")[number % 2]
        stored = np.round((1 - grey if number % 2 else grey).clip(0, 1) * 4095).astype(np.uint16)
        path = folder / "images" / study / f"{image}.dicom"
        save_dicom(path, stored, bits=12, PhotometricInterpretation=photometric)
    pd.DataFrame(rows).to_csv(folder / "finding_annotations.csv", index=False)
    return written


def write(data_format: str, folder: Path) -> Path:
    """Write a release of any format into `folder`; return it."""
    if data_format == "inbreast":
        make_phantom(patients=10, masses=14, seed=3, release=folder)
    elif data_format == "table":
        picture_folder(folder, n_images=14)
    else:
        others = {"cbis-ddsm": cbis_ddsm, "mini-mias": mini_mias, "vindr-mammo": vindr_mammo}
        others[data_format](folder)
    return folder


def fixtures(write: Callable[[Path], list[Written]]) -> tuple:
    """Make two fixtures for a test file: a release and its masses, and a copy to be changed."""

    @pytest.fixture(scope="module")
    def written(tmp_path_factory) -> tuple[Path, list[Written]]:
        folder = tmp_path_factory.mktemp("release")
        return folder, write(folder)

    @pytest.fixture
    def root(written, tmp_path) -> Path:
        return shutil.copytree(written[0], tmp_path / "data")

    return written, root


def boxes(masses: pd.DataFrame) -> list[tuple[float, float, float, float]]:
    """Return each mass's x, y, width and height."""
    return list(masses[["x", "y", "width", "height"]].itertuples(index=False, name=None))


def assert_masses(masses: pd.DataFrame, written: list[Written]) -> None:
    """Hold masses that were read against those that were written, in order."""
    for name in ("mass_id", "patient_id", "side", "view", "label"):
        assert list(masses[name]) == [getattr(mass, name) for mass in written], name
    assert boxes(masses) == [mass.box for mass in written]
