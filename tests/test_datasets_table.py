"""The `table` format: what is read, and one line for everything that is wrong."""

import time
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pandas as pd
import pytest
from phantom_study import picture_folder
from PIL import Image
from releases import boxes, save_dicom

from coin.common.errors import BadInput
from coin.common.files import MASS_COLUMNS
from coin.data.datasets import images, table
from coin.data.datasets.account import told
from coin.data.datasets.scrutiny import SAMPLE, scrutinised
from read_masses import read_masses

REAL = Path(__file__).parents[1] / "../shared/data/cbis-ddsm-mass"


@pytest.fixture
def root(tmp_path):
    return picture_folder(tmp_path / "data", n_images=4)


def edit(root, **cells):
    """Change cells of the second row (m1), or add or drop (None) a column."""
    masses = pd.read_csv(root / "masses.csv", dtype=str)
    for name, value in cells.items():
        if value is None:
            masses = masses.drop(columns=name)
        elif isinstance(value, list):
            masses[name] = value
        else:
            masses.loc[1, name] = str(value)
    masses.to_csv(root / "masses.csv", index=False)


def test_reads_every_column_in_the_tables_order(root):
    edit(
        root,
        laterality=["LEFT", "r", "", "odd"],
        view=["CC", "MLO", "", "CC"],
        density=list("1234"),
    )
    edit(root, reason=["a", "b", "c", "d"])
    masses, records, problems = table.read(root)
    assert list(masses) == [*MASS_COLUMNS, "density", "reason"]
    assert list(masses["mass_id"]) == ["m0", "m1", "m2", "m3"]
    assert list(masses["side"]) == ["L", "R", "", "odd"]
    assert list(masses["label"]) == [0, 1, 0, 1]
    assert list(masses["density"]) == list("1234") and list(masses["reason"]) == list("abcd")
    assert masses.loc[2, ["x", "y", "width", "height"]].tolist() == [7, 6.5, 12, 10.25]
    assert records["used"].all() and len(records) == 4 and problems == []


def test_a_side_is_preferred_to_a_laterality_which_is_then_kept(root):
    edit(root, side=list("LLRR"), laterality=list("abcd"))
    masses = table.read(root).masses
    assert list(masses["side"]) == list("LLRR") and list(masses["laterality"]) == list("abcd")


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"label": "perhaps"}, "label is 'perhaps'; expected benign, malignant, 0 or 1"),
        ({"x": 30}, "the box leaves its image of 40 x 50 pixels"),
        ({"y": -3}, "the box leaves its image of 40 x 50 pixels"),
        ({"width": 0}, "width is not positive"),
        ({"width": 0.3, "height": 0.2}, "the box of 0.3 x 0.2 in an image of 40 x 50 pixels is sm"),
        ({"x": 0, "y": 0, "width": 40, "height": 50}, "the box is its whole image of 40 x 50"),
        ({"height": "tall"}, "height is 'tall'; expected a number"),
        ({"x": "inf"}, "x is 'inf'; expected a number"),
        ({"mass_id": "m0"}, "mass_id 'm0' was given before"),
        ({"mass_id": ""}, "mass_id is empty"),
        ({"patient_id": ""}, "patient_id is empty"),
        ({"image": "images/none.png"}, "'images/none.png' is not there"),
        ({"image": "images"}, "'images' is not there"),
        ({"image": "x" * 5000}, "is not there"),
        ({"image": "../outside.png"}, "leaves the data folder"),
        ({"image": "images/../../outside.png"}, "leaves the data folder"),
        ({"image": "/etc/hostname"}, "leaves the data folder"),
        ({"image": "link.png"}, "'link.png' is a link out of"),
        ({"image": "masses.csv"}, "not a readable DICOM, PNG, JPEG, TIFF or PGM"),
    ],
)
def test_one_line_for_what_is_wrong(root, cells, complaint):
    outside = root.parent / "outside.png"
    outside.write_bytes((root / "images/1.png").read_bytes())
    (root / "link.png").symlink_to(outside)
    edit(root, **cells)
    masses, records, problems = table.read(root)
    line = next(line for line in problems if complaint in line)
    assert "masses.csv, row 3 (" in line and "\n" not in line
    assert list(masses["mass_id"]) == ["m0", "m2", "m3"]
    assert list(records["used"]) == [True, False, True, True]
    assert complaint in records.loc[1, "reason"]


def test_a_link_within_the_folder_is_followed(root):
    (root / "link.png").symlink_to(root / "images/1.png")
    edit(root, image="link.png")
    assert len(table.read(root).masses) == 4


@pytest.mark.parametrize(
    "name", ["{mass}.png", "a [1].png", "a'b.png", "*.png", "%s.png", "ä b.png"]
)
def test_odd_names(root, name):
    (root / "images/1.png").rename(root / "images" / name)
    (root / "images").rename(root / "{images}")
    edit(root, image=[f"{{images}}/{file}" for file in ("0.png", name, "2.png", "3.png")])
    masses, _, problems = scrutiny(root)
    assert problems == [] and masses["image"][1] == f"{{images}}/{name}"


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_name_in_another_unicode_form(root, forms):
    """A Mac decomposes accents in names of files, and not those in a table."""
    on_disk, in_table = (normalize(form, "Zoë/é.png") for form in forms)
    (root / on_disk).parent.mkdir()
    (root / "images/1.png").rename(root / on_disk)
    edit(root, image=in_table)
    masses, _, problems = scrutiny(root)
    assert problems == [] and masses["image"][1] == in_table


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("../.git/annex/objects/1/2/MD5E-s9.png", "is a link to nothing, its content was not fetc"),
        ("nowhere.png", "is a link to nothing; put the file itself there"),
        ("../../outside", "is a link out of"),
    ],
)
def test_a_link_to_nothing(root, target, complaint):
    """As git-annex and datalad leave them where a file was not fetched."""
    (root / "images/1.png").unlink()
    (root / "images/1.png").symlink_to(target)
    (problem,) = table.read(root).problems
    assert f"'images/1.png' {complaint}" in problem


def test_circles(root):
    """x, y is the centre; what lies beyond the border (of 40 x 50 pixels) is cut off."""
    edit(root, width=None, height=None, radius=["4", "10", "5.5", "3"])
    edit(root, x=["20", "8", "30", "5"], y=["25", "45", "10", "6"])
    masses, _, problems = table.read(root)
    assert problems == [] and boxes(masses) == [
        (16, 21, 8, 8),
        (0, 35, 18, 15),
        (24.5, 4.5, 11, 11),
        (2, 3, 6, 6),
    ]
    edit(root, radius="-1")
    assert "radius is not positive" in table.read(root).problems[0]
    edit(root, radius="3", y="51")
    assert "the circle's centre lies outside its image" in table.read(root).problems[0]


def test_corners_instead_of_sizes(root):
    """Some of such boxes fit their images by chance: none may be used."""
    edit(root, x=list("5678"), y=["6", "20", "30", "6"])
    edit(root, width=["17", "28", "39", "19"], height=["16", "40", "45", "16"])
    with pytest.raises(BadInput, match=r"masses\.csv: 2 of 4 boxes leave .* opposite corner"):
        table.read(root)


def outlines(root):
    edit(root, x=None, y=None, width=None, height=None)
    edit(root, x_points="5 20 12", y_points="6 6.5 30")
    edit(root, x_points=["5 20 12", "0 40 40 0", "10.5 12 12 9", "1 3 3"])
    edit(root, y_points=["6 6.5 30", "2 2 9 9", "7 8 20 7", "40 40 50"])


def test_outlines(root):
    """As BCDR has them: a column of x, a column of y, with blanks between."""
    outlines(root)
    masses, _, problems = table.read(root)
    assert problems == [] and "x_points" in masses
    assert boxes(masses) == [(5, 6, 15, 24), (0, 2, 40, 7), (9, 7, 3, 13), (1, 40, 2, 10)]


def test_outlines_with_decimal_commas(root):
    outlines(root)
    masses = pd.read_csv(root / "masses.csv").map(lambda value: str(value).replace(".5", ",5"))
    masses.to_csv(root / "masses.csv", index=False, sep=";")
    assert boxes(table.read(root).masses)[2] == (9, 7, 3, 13)


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"x_points": "5 20"}, "x_points and y_points are 2 and 4 numbers; expected as many"),
        (
            {"x_points": "5 9", "y_points": "5 9"},
            "are 2 and 2 numbers; expected as many of both, a",
        ),
        ({"x_points": "5 20 30 41"}, "the outline leaves its image of 40 x 50 pixels"),
        (
            {"x_points": "5;20;30;40"},
            "x_points is '5;20;30;40'; expected numbers of pixels, with b",
        ),
        ({"y_points": "1 2 nan 4"}, "y_points is '1 2 nan 4'; expected numbers"),
        ({"y_points": ""}, "x_points and y_points are 4 and 0 numbers"),
        (
            {"x_points": ".1 .2 .3 .4"},
            "the box of 0.3 x 7 in an image of 40 x 50 pixels is smaller",
        ),
    ],
)
def test_an_outline_that_is_none(root, cells, complaint):
    outlines(root)
    edit(root, **cells)
    (problem,) = table.read(root).problems
    assert complaint in problem and "row 3 (m1)" in problem


def test_outlines_under_bcdr_s_names(root):
    edit(root, x=None, lw_x_points=["3 30 10.5"] * 4, lw_y_points=["5 9 40"] * 4)
    masses, _, problems = table.read(root)
    assert problems == [] and boxes(masses) == [(3, 5, 27, 35)] * 4


def masks(root):
    """Give every mass of the folder a mask of another kind."""
    drawn = np.zeros((50, 40), np.uint8)
    drawn[10:20, 5:30] = 1
    drawn[20, 12] = 1
    enlarged = np.asarray(Image.fromarray(drawn * 255).resize((80, 100), Image.Resampling.NEAREST))
    Image.fromarray(drawn).save(root / "0.png")
    Image.fromarray(drawn * 255).convert("1").save(root / "1.png")
    Image.fromarray(enlarged).save(root / "2.jpg", quality=95)
    save_dicom(root / "3.dcm", drawn * 255, 8)
    edit(root, x=None, mask=["0.png", "1.png", "2.jpg", "3.dcm"])


@pytest.mark.parametrize("workers", [1, 2])
def test_masks(root, workers):
    masks(root)
    masses, _, problems = table.read(root, workers)
    assert problems == []
    found = np.array(boxes(masses))
    np.testing.assert_allclose(found, [[5, 10, 25, 11]] * 4, atol=0.5)
    assert (found[[0, 1, 3]] == [5, 10, 25, 11]).all()
    assert "mask" in masses


@pytest.mark.parametrize("scale", [0.5, 1, 3])
@pytest.mark.parametrize("name", ["soft.png", "50.jpg", "75.jpg", "95.jpg"])
def test_a_smeared_edge_is_no_third_value(root, name, scale):
    """Resized with anti-aliasing, or as a JPEG of that quality: in both the edge has any value."""
    y, x = np.mgrid[:500, :400]
    disc = (((x - 180) ** 2 + (y - 300) ** 2) < 90**2).astype(np.uint8) * 255
    sides = (round(400 * scale), round(500 * scale))
    quality = {"quality": int(name[:2])} if name.endswith("jpg") else {}
    resized = Image.fromarray(disc).resize(sides, Image.Resampling.BICUBIC)
    resized.save(root / name, **quality)
    Image.new("L", (400, 500)).save(root / "images/1.png")
    masks(root)
    edit(root, mask=name)
    masses, _, problems = table.read(root)
    assert problems == []
    np.testing.assert_allclose(boxes(masses)[1], (91, 211, 179, 179), atol=2.5)


@pytest.mark.parametrize("other", [0.35, 0.65])
def test_a_third_value_beside_the_mass_is_refused(root, other):
    """A label map whose labels lie far apart, and touch."""
    labels = np.zeros((50, 40), np.uint8)
    labels[10:25, 10:20], labels[10:25, 20:24] = 255, round(255 * other)
    masks(root)
    Image.fromarray(labels).save(root / "labels.png")
    edit(root, mask="labels.png")
    assert "the mask has 3 values, from 0 to 255" in table.read(root).problems[0]


@pytest.mark.parametrize(
    ("mask", "complaint"),
    [
        ("none.png", "mask 'none.png': 'none.png' is not there"),
        ("../outside.png", "mask '../outside.png': '../outside.png' leaves the data folder"),
        ("masses.csv", "not a readable DICOM, PNG, JPEG, TIFF or PGM"),
        ("empty.png", "mask 'empty.png': the mask is empty"),
        ("wide.png", "the mask of 50 x 50 pixels does not fit its image of 40 x 50"),
    ],
)
def test_a_mask_that_is_none(root, mask, complaint):
    masks(root)
    Image.fromarray(np.zeros((50, 40), np.uint8)).save(root / "empty.png")
    Image.fromarray(np.eye(50, dtype=np.uint8)).save(root / "wide.png")
    edit(root, mask=mask)
    masses, _, (problem,) = table.read(root)
    assert complaint in problem and "row 3 (m1)" in problem and "\n" not in problem
    assert list(masses["mass_id"]) == ["m0", "m2", "m3"]


def spoilt(kind):
    """Return a mask of one mass as somebody might give it (and not mean it)."""
    drawn = np.zeros((50, 40), np.uint8)
    drawn[10:20, 5:30] = 255
    match kind:
        case "labels":
            drawn[30:40, 5:30] = 100
            return Image.fromarray(drawn // 50)
        case "two blobs":
            drawn[35:40, 10:20] = 255
        case "stray pixel":
            drawn[49, 39] = 255
        case "inverted":
            return Image.fromarray(255 - drawn)
        case "alpha":
            return Image.merge("LA", [Image.new("L", (40, 50), 255), Image.fromarray(drawn)])
        case "its mammogram":
            return Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 40), np.uint8))
    return Image.fromarray(drawn)


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("labels", "the mask has 3 values, from 0 to 5; expected two"),
        ("two blobs", "the mask has parts 15 pixels apart, 300 pixels in all; expected one mass"),
        ("stray pixel", "the mask has parts 29 pixels apart, 251 pixels in all"),
        ("inverted", "the mask reaches all borders of its image; is it inverted?"),
        ("alpha", "transparent in places; save it as plain grey values"),
        ("its mammogram", "the mask has 256 values, from 0 to 255; expected two"),
    ],
)
def test_an_image_that_is_no_mask_of_one_mass(root, kind, seen):
    masks(root)
    spoilt(kind).save(root / "spoilt.png")
    edit(root, mask="spoilt.png")
    masses, _, (problem,) = table.read(root)
    assert seen in problem and "row 3 (m1)" in problem and "spoilt.png" in problem
    assert list(masses["mass_id"]) == ["m0", "m2", "m3"]


def test_a_dicom_as_well_as_a_picture(root):
    stored = np.arange(2000, dtype=np.uint16).reshape(50, 40)
    save_dicom(root / "images/scan", stored, 12)
    edit(root, image="images/scan")
    assert list(table.read(root).masses["image"])[1] == "images/scan"


def test_ten_thousand_images_are_validated_and_few_of_them_decoded(tmp_path, monkeypatch):
    root = picture_folder(tmp_path / "data", n_images=1)
    first = (root / "images/0.png").read_bytes()
    rows = pd.read_csv(root / "masses.csv", dtype=str).loc[[0] * 10_000]
    names = [f"images/{number}.png" for number in range(10_000)]
    for name in names:
        (root / name).write_bytes(first + name.encode())  # behind its end: no picture twice
    numbered = rows.assign(mass_id=names, image=names, patient_id=names)
    numbered.to_csv(root / "masses.csv", index=False)
    decoded, read = [], images.read
    monkeypatch.setattr(images, "read", lambda path: decoded.append(path) or read(path))
    start = time.perf_counter()
    masses, _, problems = scrutinised(table.read(root), root, 1, decode_all=False)
    assert len(masses) == 10_000 and problems == []
    assert 0 < len(decoded) <= SAMPLE
    assert time.perf_counter() - start < 20  # seconds; four were measured on a busy machine


@pytest.mark.parametrize("column", ["mass_id", "label", "width"])
def test_a_missing_column_is_named(root, column):
    edit(root, **{column: None})
    with pytest.raises(BadInput, match=rf"masses\.csv: no column {column}; found"):
        table.read(root)


def test_lines_with_more_values_than_the_header_has_names(root):
    """Pandas alone would take the first column for an index, and shift all others."""
    lines = (root / "masses.csv").read_text().splitlines()
    (root / "masses.csv").write_text("\n".join([lines[0], *(line + ",more" for line in lines[1:])]))
    with pytest.raises(BadInput, match=r"masses\.csv, line 2: 9 values, separated by commas, und"):
        table.read(root)


@pytest.mark.parametrize("content", [b"", b'a,b\n1,2\n1,2,3\n"', b"a, a\n", b"\xff\xfe\x00"])
def test_a_damaged_table_is_named(root, content):
    (root / "masses.csv").write_bytes(content)
    with pytest.raises(BadInput, match=r"masses\.csv(, line \d)?: "):
        table.read(root)


def from_a_spreadsheet(root, separator=",", above="", decimal=".", encoding="utf-8", end=""):
    """Write the table anew, as some spreadsheet would."""
    masses = pd.read_csv(root / "masses.csv").assign(note='Größe 1; "alt"')
    text = masses.to_csv(sep=separator, decimal=decimal, index=False, lineterminator="\r\n")
    (root / "masses.csv").write_bytes((above + text + end).encode(encoding))


@pytest.mark.parametrize(
    "written",
    [
        {"separator": ";", "decimal": ","},
        {"separator": "\t", "decimal": ",", "encoding": "utf-16"},
        {"separator": ";", "above": "sep=;\r\n", "decimal": ","},
        {"above": "\r\nsep=,\r\n", "encoding": "utf-8-sig"},
        {"encoding": "cp1252"},
        {"end": ",,,,,,,,,,\r\n,,,,,,,,,,\r\n\r\n"},
        {"separator": ";", "end": ";;\r\n"},
    ],
)
def test_as_spreadsheets_write_a_table(root, written):
    expected = table.read(root).masses
    from_a_spreadsheet(root, **written)
    masses, _, problems = table.read(root)
    assert problems == [] and set(masses.pop("note")) == {'Größe 1; "alt"'}
    pd.testing.assert_frame_equal(masses, expected)


def test_rows_are_named_by_their_lines(root):
    from_a_spreadsheet(root, above="\n\nsep=,\n")
    text = (root / "masses.csv").read_text()
    (root / "masses.csv").write_text(text.replace("m1,", "\n,,,\nm1,").replace("malignant", "?"))
    (problem,) = table.read(root).problems
    assert "masses.csv, row 8 (m1): label is '?'" in problem


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a;b,c\n1;2,3\n", r"masses\.csv, line 1: 1 commas and 1 semicolons in the header"),
        (b"sep=|\na|b\n", r"masses\.csv, line 1: found 'sep=\|'"),
        (b"a,b\n1,\x81\n", r"masses\.csv: its text is not UTF-8 or cp1252; save it as UTF-8"),
        (b"a;b\n1,5;2\n1.5;2\n", r"masses\.csv: column 'a' has both '1,5' and '1\.5'"),
        (b'a,b\n1,"2\n', r"masses\.csv, line 2: not a readable CSV table"),
    ],
)
def test_a_table_that_may_mean_several_things(root, content, complaint):
    (root / "masses.csv").write_bytes(content)
    with pytest.raises(BadInput, match=complaint):
        table.read(root)


def scrutiny(root):
    return scrutinised(table.read(root), root, 1, decode_all=False)


def test_one_image_under_two_patients_is_refused(root):
    edit(root, image="images/0.png", mass_id="again")
    masses, records, problems = scrutiny(root)
    assert list(masses["mass_id"]) == ["m2", "m3"]
    assert list(records["used"]) == [False, False, True, True]
    assert problems == [
        f"{name}: one picture (images/0.png) of 2 patients (p0, p1); expected one"
        for name in ("m0", "again")
    ]
    edit(root, patient_id="p0")
    assert len(scrutiny(root).masses) == 4


def test_equal_files_under_two_patients_are_refused(root):
    """A copy under another name; files that are alike at both ends and in the middle are none."""
    whole = (root / "images/0.png").read_bytes()
    (root / "images/1.png").write_bytes(whole)
    stored = np.zeros((200, 200), np.uint16)
    stored[0] = range(200)
    for number in (2, 3):
        stored[60] = number
        save_dicom(root / f"images/{number}.dcm", stored, 8)
    edit(root, image=["images/0.png", "images/1.png", "images/2.dcm", "images/3.dcm"])
    masses, _, problems = scrutiny(root)
    assert list(masses["mass_id"]) == ["m2", "m3"] and len(problems) == 2
    assert "one picture (images/0.png, images/1.png) of 2 patients (p0, p1)" in problems[0]
    edit(root, patient_id="p0")
    assert scrutiny(root).problems == []


def test_patients_that_differ_in_zeros_alone_are_warned_of(root):
    edit(root, patient_id=["003", "3.0", "30", "0"])
    masses, records, problems = scrutiny(root)
    assert problems == [] and list(masses["patient_id"]) == ["003", "3.0", "30", "0"]
    said = "patients 003, 3.0 are taken for different ones; are they the same?"
    assert list(records["warning"]) == [said, said, "", ""]


def test_of_lines_alike_ten_are_told():
    lines = [f"/data/masses.csv, row {n} (m{n}): 'x{n}.png' is not there" for n in range(2, 1300)]
    assert told([*lines[:700], "something else", *lines[700:]]) == [
        *lines[:10],
        "... and 1,288 more like it",
        "something else",
    ]
    assert told(lines[:10]) == lines[:10]


class TestProgram:
    def paths(self, folder):
        return {"masses": folder / "out/masses.csv", "records": folder / "out/records.csv"}

    def test_stop_lists_every_problem_and_writes_nothing(self, root, tmp_path):
        edit(root, label=["?", "1", "0", "!"])
        edit(root, image="none.png")
        paths = self.paths(tmp_path)
        with pytest.raises(BadInput) as problem:
            read_masses(format="table", root=root, **paths)
        assert [line.split(" (")[1][:2] for line in str(problem.value).splitlines()] == [
            "m0",
            "m1",
            "m3",
        ]
        assert not paths["masses"].exists() and not paths["records"].exists()

    def test_skip_leaves_out_what_is_wrong_or_truncated_and_says_so(self, root, tmp_path):
        edit(root, label="?")
        whole = (root / "images/2.png").read_bytes()
        (root / "images/2.png").write_bytes(whole[:900])
        paths = self.paths(tmp_path)
        read_masses(format="table", root=root, on_error="skip", **paths)
        assert list(pd.read_csv(paths["masses"])["mass_id"]) == ["m0", "m3"]
        records = pd.read_csv(paths["records"], keep_default_na=False)
        assert list(records) == ["record", "image", "finding", "used", "reason", "warning"]
        assert list(records["used"]) == [True, False, False, True]
        assert "label is '?'" in records.loc[1, "reason"]
        assert "2.png: truncated" in records.loc[2, "reason"]

    def test_the_data_folder_stays_as_it_is(self, root, tmp_path):
        """It may be read-only."""
        for path in [root, *root.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = {path: path.stat().st_mtime_ns for path in [root, *root.rglob("*")]}
        read_masses(format="table", root=root, **self.paths(tmp_path))
        assert {path: path.stat().st_mtime_ns for path in [root, *root.rglob("*")]} == before

    def test_what_uses_a_sliver_of_its_range_is_warned_of(self, root, tmp_path, caplog):
        stored = np.arange(2000, dtype=np.uint16).reshape(50, 40)
        Image.fromarray(stored).save(root / "images/1.png")
        save_dicom(root / "images/2.dcm", stored, 16)
        edit(root, image=["images/0.png", "images/1.png", "images/2.dcm", "images/3.png"])
        paths = self.paths(tmp_path)
        read_masses(format="table", root=root, **paths)
        warning = pd.read_csv(paths["records"], keep_default_na=False)["warning"]
        assert [text != "" for text in warning] == [False, True, True, False]
        assert (
            "images/2.dcm: its pixels go from 0 to 1999, of a range from 0 to 65535" in caplog.text
        )

    def test_skip_leaves_out_a_box_with_nothing_to_see(self, root, tmp_path):
        Image.new("L", (40, 50)).save(root / "images/1.png")
        paths = self.paths(tmp_path)
        read_masses(format="table", root=root, on_error="skip", **paths)
        assert list(pd.read_csv(paths["masses"])["mass_id"]) == ["m0", "m2", "m3"]
        (reason,) = pd.read_csv(paths["records"])["reason"].dropna()
        assert reason == "unusable: images/1.png: nothing to see in the box of m1"

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            (
                {"format": "tabel"},
                "data.format is 'tabel'; expected one of inbreast, cbis-ddsm, mini-mias, ",
            ),
            ({"settings": {"roi_names": ["Mass"]}}, "data.table: no setting roi_names"),
            ({"root": Path("nowhere")}, "data.root is nowhere, which is no folder"),
            ({"root": Path(__file__).parent}, r"tests/masses\.csv: not there"),
        ],
    )
    def test_wrong_settings(self, root, tmp_path, options, complaint):
        with pytest.raises(BadInput, match=complaint):
            read_masses(**{"format": "table", "root": root, **self.paths(tmp_path), **options})


@pytest.mark.skipif(not REAL.is_dir(), reason="the CBIS-DDSM masses are not beside the repository")
def test_real_masses():
    masses, _, problems = table.read(REAL)
    assert problems == []
    assert masses["label"].value_counts().to_dict() == {0: 675, 1: 629}
    assert masses["patient_id"].nunique() == 690 and masses["image"].nunique() == 1225
