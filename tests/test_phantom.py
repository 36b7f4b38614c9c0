"""The phantom: its numbers, its bytes, its quirks, and how hard it is."""

import numpy as np
import pandas as pd
import pydicom
import pytest
import xlrd
from hypothesis import given
from hypothesis import strategies as st
from phantom_study import small_release
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from coin.common.errors import BadInput
from coin.data.datasets import phantom
from coin.data.datasets.osirix import read_regions
from coin.data.datasets.phantom_release import MUSCLES, XMLS
from crop_rois import crop_rois
from make_phantom import make_phantom
from read_masses import read_masses


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The default study's data: the release, masses.csv, the records and the ROIs."""
    folder = tmp_path_factory.mktemp("study")
    make_phantom(patients=40, masses=60, seed=1, release=folder / "raw")
    tables = {"masses": folder / "masses.csv", "records": folder / "records.csv"}
    read_masses(format="inbreast", root=folder / "raw", **tables)
    options = {
        "masses": tables["masses"],
        "root": folder / "raw",
        "size": 48,
        "context": 1.5,
        "border": "shift",
    }
    crop_rois(**options, rois=folder / "rois.npy")
    return folder


@given(st.integers(2, 60), st.integers(2, 100), st.integers(0, 9))
def test_as_many_masses_as_asked(patients, masses, seed):
    try:
        views = phantom.plan(patients, masses, np.random.default_rng(seed))
    except BadInput:
        assert masses > 4 * max(round(patients * phantom.CARRIER_SHARE), 1) or patients < 3
        return
    assert sum(len(view.masses) for view in views) == masses
    assert len({view.patient for view in views}) == patients
    assert len({(view.patient, view.side, view.view) for view in views}) == len(views)
    labels = {view.birads[0] in "456" for view in views if view.masses}
    assert labels == {True, False}


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first, second = small_release(tmp_path / "a"), small_release(tmp_path / "b")
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert all((first / path).read_bytes() == (second / path).read_bytes() for path in files)


def test_what_exists_is_not_overwritten(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/mine.txt").touch()
    with pytest.raises(BadInput, match="exists already"):
        make_phantom(patients=6, masses=8, seed=1, release=tmp_path / "raw")


def test_every_quirk_is_there(study):
    release = study / "raw/INbreast Release 1.0"
    headers = [
        pydicom.dcmread(path, stop_before_pixels=True) for path in (release / "AllDICOMs").iterdir()
    ]
    assert {header.PhotometricInterpretation for header in headers} == {
        "MONOCHROME1",
        "MONOCHROME2",
    }
    assert {header.BitsStored for header in headers} == {8, 12, 14, 16}
    assert {"PixelSpacing" in header for header in headers} == {True, False}
    assert not any("PatientID" in header for header in headers)

    names = [path.stem for path in (release / "AllDICOMs").iterdir()]
    assert {name.split("_")[4] for name in names} == {"CC", "ML", "FB"}
    xmls = {path.stem: path.read_text() for path in (release / XMLS).iterdir()}
    assert 0 < len(xmls) < len(names)
    text = "".join(xmls.values())
    assert "<string>{" in text and "<string>(" in text
    corners = [
        region.points for path in (release / XMLS).iterdir() for region in read_regions(path)
    ]
    assert any((points < 0).any() or (points > phantom.SHAPE[::-1]).any() for points in corners)
    for name in ("Calcifications", "Espiculated Region", "Assymetry", "Point 3", "Unnamed"):
        assert f"<string>{name}</string>" in text

    assert list((release / MUSCLES).iterdir()) and XMLS.islower()

    listed = pd.read_csv(release / "INbreast.csv", sep=";", dtype=str, keep_default_na=False)
    assert b"\r\n" in (release / "INbreast.csv").read_bytes()
    assert set(listed["View"]) == {"CC", "MLO", "FB"} and (listed["ACR"] == "").sum() == 1
    assert {"4a", "4b", "4c", "6"} <= set(listed["Bi-Rads"])
    sheet = xlrd.open_workbook(release / "INbreast.xls").sheet_by_index(0)
    assert sheet.cell_type(1, 5) == xlrd.XL_CELL_NUMBER
    assert sheet.row_values(0)[8] == "Mass " and not any(sheet.row_values(sheet.nrows - 2))
    assert sheet.row_values(sheet.nrows - 1)[5] == ""
    marked = {
        str(int(row[5])) for row in map(sheet.row_values, range(1, sheet.nrows)) if row[8] == "X"
    }
    outlined = {name for name, text in xmls.items() if "<string>Mass</string>" in text}
    assert len(marked - outlined) == 2 and outlined < marked

    masses, records = (pd.read_csv(study / name) for name in ("masses.csv", "records.csv"))
    assert len(masses) == 60 and masses["image"].duplicated().any()
    assert masses.groupby("patient_id")["view"].nunique().max() == 2
    assert masses.groupby("patient_id")["label"].nunique().max() == 2
    assert records["reason"].str.startswith("dot of").any()
    assert (masses["x"] == 0).any() or (masses["x"] + masses["width"] == phantom.SHAPE[1]).any()


def test_a_plain_classifier_is_neither_at_chance_nor_perfect(study):
    masses, rois = pd.read_csv(study / "masses.csv"), np.load(study / "rois.npy")
    assert rois.shape == (60, 48, 48) and rois.min() >= 0 and rois.max() <= 1
    rows, labels = rois.reshape(60, -1), masses["label"].to_numpy()
    model = make_pipeline(StandardScaler(), SVC())
    areas = []
    for seed in range(3):
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        for train, test in folds.split(rows, labels, masses["patient_id"]):
            scores = model.fit(rows[train], labels[train]).decision_function(rows[test])
            areas.append(roc_auc_score(labels[test], scores))
    assert 0.65 < np.mean(areas) < 0.9
