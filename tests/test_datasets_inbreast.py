"""The `inbreast` format on a phantom release, whole and damaged."""

import shutil

import numpy as np
import pandas as pd
import pytest
from phantom_study import SMALL, small_release
from releases import boxes

from coin.common.errors import BadInput
from coin.data.datasets import images, inbreast, phantom
from coin.data.datasets.phantom_release import XMLS
from read_masses import read_masses


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return small_release(tmp_path_factory.mktemp("phantom"))


@pytest.fixture
def root(written, tmp_path):
    return shutil.copytree(written, tmp_path / "data")


@pytest.fixture(scope="module")
def expected():
    """The masses that the release was written from."""
    rows = []
    for view, grey, regions in phantom.mammograms(**SMALL):
        for region in regions:
            corners = region.points.clip(0, grey.shape[::-1])
            rows.append(
                {
                    "patient": view.patient,
                    "side": view.side,
                    "view": view.view,
                    "label": int(view.birads[0] in "456"),
                    "birads": view.birads,
                    "box": (*corners.min(axis=0), *np.ptp(corners, axis=0).round(6)),
                }
            )
    return pd.DataFrame(rows)


def release(root):
    return root / "INbreast Release 1.0"


def only(folder, pattern):
    return sorted((folder).glob(pattern))[0]


def test_exactly_the_masses_that_were_written(written, expected):
    masses, records, problems = inbreast.read(written)
    assert problems == [] and len(masses) == SMALL["masses"]
    assert masses["mass_id"].is_unique
    found = masses.assign(box=boxes(masses)).sort_values("box").reset_index(drop=True)
    wanted = expected.sort_values("box").reset_index(drop=True)
    for name in ("box", "side", "view", "label", "birads"):
        assert list(found[name]) == list(wanted[name]), name
    pairs = set(zip(found["patient_id"], wanted["patient"], strict=True))
    assert len(pairs) == found["patient_id"].nunique() == wanted["patient"].nunique()
    assert records["used"].sum() == len(masses)
    assert (records["reason"] == "").equals(records["used"])


def test_grey_values_survive_every_encoding(written):
    drawn = [grey for _, grey, _ in phantom.mammograms(**SMALL)]
    paths = sorted((release(written) / "AllDICOMs").iterdir())
    for path, grey in zip(paths, drawn, strict=True):
        mammogram = images.read(path)
        np.testing.assert_allclose(mammogram.grey(mammogram.pixels), grey, atol=0.51 / 255)


def test_other_regions_can_be_masses_too(written):
    few, many = (
        inbreast.read(written, roi_names=names).masses
        for names in (["mass"], ["Mass", "spiculated region", "Espiculated Region"])
    )
    assert set(many["roi_name"]) > set(few["roi_name"]) == {"Mass"}


def test_lower_case_folders_not_nested_and_hidden_files(root):
    expected = inbreast.read(root).masses
    for path in list(release(root).iterdir()):
        path.rename(root / path.name.lower())
    release(root).rmdir()
    (root / "alldicoms/._x.dcm").touch()
    (root / "allxml/.DS_Store").touch()
    masses = inbreast.read(root).masses
    pd.testing.assert_frame_equal(masses.drop(columns="image"), expected.drop(columns="image"))


@pytest.mark.parametrize("removed", ["INbreast.csv", "INbreast.xls"])
def test_either_table_alone_will_do(root, removed):
    expected = inbreast.read(root).masses
    (release(root) / removed).unlink()
    pd.testing.assert_frame_equal(inbreast.read(root).masses, expected)


def test_without_any_table(root):
    for path in release(root).glob("INbreast.*"):
        path.unlink()
    with pytest.raises(BadInput, match=r"neither INbreast\.csv nor INbreast\.xls"):
        inbreast.read(root)


def test_contradicting_tables(root):
    path = release(root) / "INbreast.csv"
    lines = path.read_text().splitlines()
    fields = lines[3].split(";")
    fields[-1] = "2" if fields[-1] != "2" else "5"
    path.write_text("\n".join([*lines[:3], ";".join(fields), *lines[4:-1]]))
    last = lines[-1].split(";")[5]
    with pytest.raises(BadInput, match=f"differ in the BI-RADS of image {fields[5]}, {last}; mend"):
        inbreast.read(root)


BOMB = """<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<plist version="1.0"><dict><key>Images</key><array><string>&b;</string></array></dict></plist>"""


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (BOMB, "entity declarations are not supported"),
        ("<plist>", "not an OsiriX property list"),
        ("", "not an OsiriX property list"),
        ("<plist><dict><key>Images</key><string>no</string></dict></plist>", "not an OsiriX"),
    ],
)
def test_a_damaged_xml_is_named(root, content, complaint):
    path = only(release(root) / XMLS, "*.xml")
    path.write_text(content)
    (problem,) = inbreast.read(root).problems
    assert complaint in problem and path.name in problem and "\n" not in problem


def test_a_point_that_is_none(root):
    path = only(release(root) / XMLS, "*.xml")
    path.write_text(path.read_text().replace("(", "(x", 1))
    (problem,) = inbreast.read(root).problems
    assert path.name in problem and "expected (x, y)" in problem


def test_an_xml_linked_from_outside_is_not_opened(root, tmp_path):
    path = only(release(root) / XMLS, "*.xml")
    path.rename(tmp_path / "outside.xml")
    path.symlink_to(tmp_path / "outside.xml")
    (problem,) = inbreast.read(root).problems
    assert "is a link out of" in problem


def test_missing_second_and_misnamed_dicoms(root):
    first, second, third = sorted((release(root) / "AllDICOMs").iterdir())[:3]
    first.unlink()
    shutil.copy(second, second.with_name(second.name.replace("_MG_", "0_MG_")))
    third.rename(third.with_name("scan.dcm"))
    problems = "\n".join(inbreast.read(root).problems)
    for complaint in (
        f"no DICOM of image {first.name.split('_')[0]}",
        f"a second DICOM of image {second.name.split('_')[0]}",
        "scan.dcm: expected a name like",
        f"no DICOM of image {third.name.split('_')[0]}",
    ):
        assert complaint in problems


def test_a_mass_without_birads(root):
    for path in release(root).glob("INbreast.xls"):
        path.unlink()
    path = release(root) / "INbreast.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1].rpartition(";")[0] + ";0", *lines[2:]]))
    problems = inbreast.read(root).problems
    assert problems and all("without BI-RADS 1 to 6" in line for line in problems)


def test_an_outline_outside_its_image_is_left_out(root):
    path = only(release(root) / XMLS, "*.xml")
    text = path.read_text()
    path.write_text(text.replace("<string>(", "<string>(-9").replace("<string>{", "<string>{-9"))
    reasons = inbreast.read(root).records["reason"]
    assert reasons.str.startswith("the outline lies outside its image").any()


def test_a_truncated_dicom_is_skipped_on_request(root, tmp_path):
    path = only(release(root) / "AllDICOMs", "*.dcm")
    path.write_bytes(path.read_bytes()[:5000])
    paths = {"masses": tmp_path / "masses.csv", "records": tmp_path / "records.csv"}
    read_masses(format="inbreast", root=root, on_error="skip", **paths)
    records = pd.read_csv(paths["records"], keep_default_na=False)
    here = records[
        records["image"].str.endswith(path.name) & records["reason"].str.contains("DICOM")
    ]
    assert len(here) and not here["used"].any()
    assert len(pd.read_csv(paths["masses"])) == records["used"].sum() < SMALL["masses"]


def test_a_folder_that_is_no_release(tmp_path):
    (tmp_path / "AllDICOMs").mkdir()
    with pytest.raises(BadInput, match="no folder AllXML"):
        inbreast.read(tmp_path)
    with pytest.raises(BadInput, match="no folder AllDICOMs here or one folder down"):
        inbreast.read(tmp_path / "AllDICOMs")


def test_two_outline_files_of_one_image_are_refused(root):
    path = only(release(root) / "AllXML", "*.xml") if (release(root) / "AllXML").is_dir() else None
    path = path or only(release(root), "allxml/*.xml")
    shutil.copy(path, path.with_suffix(".XML"))
    problems = inbreast.read(root).problems
    assert len(problems) == 1 and f"{path.stem} is there twice: " in problems[0]
