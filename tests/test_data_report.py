"""The data report: its counts add up to the source's records, in every format."""

import pandas as pd
import pytest
import releases

from coin.common.errors import BadInput
from coin.data import data_report
from coin.data.datasets.account import LABELS_ARE, RECORD_COLUMNS, UNUSABLE
from coin.data.datasets.reading import READERS
from read_masses import read_masses
from report_data import report_data

RECORDS = pd.DataFrame(
    [
        ["a_1", "a", "mass", True, ""],
        ["a_2", "a", "mass", True, ""],
        ["a_3", "a", "other", False, "outline of: Cluster"],
        ["b_1", "b", "mass", False, "dot of 1 points, no outline"],
        ["c", "c", "nothing", False, "no outlines"],
        ["d_1", "d", "other", False, "outline of: Cluster"],
        ["e_1", "e", "mass", True, ""],
        ["f_1", "", "mass", False, UNUSABLE + "no DICOM of image f"],
    ],
    columns=RECORD_COLUMNS[:-1],
).assign(warning="")
MASSES = pd.DataFrame(
    [
        ["a_1", "a", "p", 0, "CC", 1.0],
        ["a_2", "a", "p", 1, "CC", None],
        ["e_1", "e", "q", 1, "", 2],
    ],
    columns=["mass_id", "image", "patient_id", "label", "view", "density"],
)


def test_counts_by_hand():
    flow = data_report.flow(RECORDS).set_index("").to_numpy().tolist()
    assert flow == [[6, 7, 5], [5, 7, 5], [4, 5, 5], [2, 3, 3]]
    assert data_report.by_class(MASSES).to_numpy().tolist() == [
        ["benign", 1, 1, 1],
        ["malignant", 2, 2, 2],
        ["all", 3, 2, 2],
    ]
    assert data_report.by(MASSES, "density").to_numpy().tolist() == [
        ["1", 1, 0, 1],
        ["2", 0, 1, 1],
        ["not known", 0, 1, 1],
    ]
    left_out = data_report.left_out(RECORDS[RECORDS["reason"] != RECORDS["reason"].iloc[-1]])
    assert left_out.to_numpy().tolist() == [
        ["outline of: Cluster", 2, 2],
        ["dot of 1 points, no outline", 1, 1],
        ["no outlines", 1, 1],
    ]


def test_what_is_said_in_words():
    text = data_report.report(RECORDS, MASSES, "synthetic phantom")
    for words in (
        "# Data: synthetic phantom\n",
        "Of 8 records of the source 3 are masses of this study.",
        "0 patients have benign masses only, 1 malignant ones only, and 1 both.",
        "1 records:\n\n- f_1: no DICOM of image f",
    ):
        assert words in text
    odd = RECORDS.assign(warning=["its pixels go from 0 to 255"] * 2 + [""] * 6)
    looked_at = data_report.report(odd, MASSES, "x").partition("## Used, but to be looked at")[2]
    assert looked_at.strip() == "- a: its pixels go from 0 to 255"
    assert "None." in data_report.report(RECORDS.iloc[:3], MASSES, "x")
    assert "The source does not tell it." in data_report.report(
        RECORDS, MASSES.drop(columns="density"), "x"
    )


def test_where_the_labels_come_from_is_said():
    assert set(LABELS_ARE) == {*READERS, "phantom"}
    text = data_report.report(RECORDS, MASSES, "x", labels_are=LABELS_ARE["vindr-mammo"])
    said = "Benign and malignant are a radiologist's assessment (BI-RADS), not pathology."
    assert said in text.partition("##")[0]
    assert "Benign and malignant are" not in data_report.report(RECORDS, MASSES, "x")


def test_the_parts_of_a_split_are_counted():
    masses = MASSES.assign(part=["train", "test", "test"])
    text = data_report.report(RECORDS, masses, "x", split="part")
    rows = text.partition("## By part of the split")[2].split("##")[0].split("\n\n")[1]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows.splitlines()]
    assert cells[0] == ["part", "benign", "malignant", "masses"]
    assert cells[2:] == [["test", "0", "2", "2"], ["train", "1", "0", "1"]]
    for split in ("folds", "no such column"):
        assert "the split" not in data_report.report(RECORDS, masses, "x", split=split)


@pytest.mark.parametrize("data_format", sorted(READERS))
def test_every_record_of_the_source_is_accounted_for(data_format, tmp_path):
    root = releases.write(data_format, tmp_path / "data")
    paths = {"masses": tmp_path / "masses.csv", "records": tmp_path / "records.csv"}
    read_masses(format=data_format, root=root, **paths)
    records = pd.read_csv(paths["records"], keep_default_na=False)
    masses = pd.read_csv(paths["masses"])
    assert list(records) == RECORD_COLUMNS and records["record"].is_unique
    assert list(records.loc[records["used"], "record"]) == list(masses["mass_id"])
    assert (records["used"] == (records["reason"] == "")).all()
    left_out = data_report.left_out(records)
    assert len(masses) + left_out["records"].sum() == len(records) == source_records(root)
    flow = data_report.flow(records)
    assert flow["of them masses"].iloc[-1] == len(masses)
    for column in flow.columns[1:]:
        assert flow[column].is_monotonic_decreasing
    for counts in (data_report.by(masses, "view"), data_report.by_class(masses).iloc[:2]):
        assert counts["masses"].sum() == len(masses)
    report_data(**paths, data="some data", report=tmp_path / "data_report.md")
    assert "# Data: some data" in (tmp_path / "data_report.md").read_text()


@pytest.mark.parametrize("data_format", sorted(READERS))
def test_a_damaged_image_stops_a_study_or_is_skipped(data_format, tmp_path):
    """In every format; skipped, the record and its reason are kept, and everything else is used."""
    root = releases.write(data_format, tmp_path / "data")
    paths = {"masses": tmp_path / "masses.csv", "records": tmp_path / "records.csv"}
    read_masses(format=data_format, root=root, **paths)
    before = pd.read_csv(paths["masses"])
    damaged = before["image"].iloc[-1]
    (root / damaged).write_bytes((root / damaged).read_bytes()[:20])
    for path in paths.values():
        path.unlink()
    with pytest.raises(BadInput, match=damaged.rpartition("/")[2]):
        read_masses(format=data_format, root=root, **paths)
    assert not paths["masses"].exists() and not paths["records"].exists()
    read_masses(format=data_format, root=root, on_error="skip", **paths)
    after, records = (pd.read_csv(path, keep_default_na=False) for path in paths.values())
    kept = before.loc[before["image"] != damaged, "mass_id"]
    assert list(after["mass_id"]) == list(kept) and len(kept) < len(before)
    skipped = records[records["reason"].str.startswith(UNUSABLE)]
    assert set(skipped["record"]) == set(before["mass_id"]) - set(kept)
    assert set(skipped["image"]) == {damaged} and not skipped["used"].any()


def source_records(root):
    """Count the source's records in its files, as plainly as can be."""
    if (root / "Info.txt").exists():
        return sum(line.startswith("mdb") for line in (root / "Info.txt").read_text().splitlines())
    if tables := sorted(root.glob("*.csv")):
        return sum(len(pd.read_csv(table)) for table in tables)
    xmls = list(root.glob("*/allxml/*.xml"))
    outlines = sum(xml.read_text().count("<key>Point_px</key>") for xml in xmls)
    return outlines + len(list(root.glob("*/AllDICOMs/*.dcm"))) - len(xmls)


def test_what_was_skipped_stands_in_the_report(tmp_path):
    root = releases.write("table", tmp_path / "data")
    (root / "images/3.png").write_bytes(b"no image")
    whole = (root / "images/5.png").read_bytes()
    (root / "images/5.png").write_bytes(whole[:-60])
    paths = {"masses": tmp_path / "masses.csv", "records": tmp_path / "records.csv"}
    read_masses(format="table", root=root, on_error="skip", **paths)
    report_data(**paths, data="some data", report=tmp_path / "data_report.md")
    text = (tmp_path / "data_report.md").read_text()
    skipped = text.partition("## Skipped, because they could not be used")[2]
    assert "2 records:" in skipped
    assert "- m3: " in skipped and "3.png: not a readable" in skipped
    assert "- m5: " in skipped and "5.png: truncated" in skipped
