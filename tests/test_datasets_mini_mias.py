"""The `mini-mias` format on a generated release, whole and damaged."""

import os
import shutil

import numpy as np
import pytest
import releases
from PIL import Image

from coin.common.errors import BadInput
from coin.data.datasets import images, mini_mias

written, root = releases.fixtures(releases.mini_mias)


def replace(root, line, by):
    path = root / "Info.txt"
    text = path.read_text()
    assert line in text
    path.write_text(text.replace(line, by))


def check(source, expected):
    masses, _, problems = source
    assert problems == []
    releases.assert_masses(masses, expected)


def test_exactly_the_masses_that_were_written(written):
    root, expected = written
    source = mini_mias.read(root)
    check(source, expected)
    assert (source.masses["x"] == 0).any(), "no circle is cut by the border"
    assert set(source.masses["density"]) == set("FGD")
    left_out = source.records[~source.records["used"]]
    assert left_out[["record", "finding", "reason"]].values.tolist() == [
        ["mdb014_1", "nothing", "normal"],
        ["mdb015_1", "other", "finding of: calcification"],
        ["mdb016_1", "mass", "mass without centre and radius"],
    ]
    assert len(source.records) == len(expected) + 3


def test_the_origin_is_bottom_left(written):
    """The pixels in the boxes are brighter than those around them, as they were drawn."""
    root, _ = written
    for mass in mini_mias.read(root).masses.itertuples():
        pixels = images.read(root / mass.image).pixels.astype(float)
        inside = np.zeros(pixels.shape, bool)
        rows, columns = round(mass.y), round(mass.x)
        inside[rows : rows + round(mass.height), columns : columns + round(mass.width)] = True
        assert pixels[inside].mean() > pixels[~inside].mean() + 20


def test_without_header_lines_and_in_other_folders(tmp_path):
    expected = releases.mini_mias(tmp_path / "all-mias", header="")
    (tmp_path / "pgm").mkdir()
    for path in list((tmp_path / "all-mias").glob("*.pgm")):
        path.rename(tmp_path / "pgm" / path.name.upper())
    (tmp_path / "all-mias/Info.txt").rename(tmp_path / "all-mias/info.TXT")
    check(mini_mias.read(tmp_path), expected)


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        ("mdb001 G CIRC X 10 10 5", "found 'mdb001 G CIRC X 10 10 5'; expected a line like mdb005"),
        ("mdb001 G CIRC M 10 10", "expected a line like"),
        ("mdb001 G MASS M 10 10 5", "expected a line like"),
        ("mdb001 G CIRC M ten 10 5", "expected a line like"),
        ("mdb001", "expected a line like"),
        ("mdb001 G CIRC 10 10 5", "a mass without severity"),
        ("mdb001 G CIRC M 10 1025 5", "the circle's centre lies outside its image"),
        ("mdb001 G CIRC M 10 10 0", "the circle's centre lies outside its image, or has no area"),
        ("mdb999 G CIRC M 10 10 5", "'mdb999.pgm' is not there"),
    ],
)
def test_one_line_for_what_is_wrong(root, found, complaint):
    line = next(line for line in (root / "Info.txt").read_text().splitlines() if "mdb001" in line)
    replace(root, line, found)
    masses, records, (problem,) = mini_mias.read(root)
    assert complaint in problem and "Info.txt, line 7: " in problem and "\n" not in problem
    assert len(masses) == 13 and len(records) == 17


def test_a_folder_that_is_no_release(tmp_path):
    with pytest.raises(BadInput, match=r"no Info\.txt in it"):
        mini_mias.read(tmp_path)
    (tmp_path / "Info.txt").write_text("1st column: MIAS database reference number.")
    with pytest.raises(BadInput, match=r"Info\.txt: no line lists a film"):
        mini_mias.read(tmp_path)


def test_a_truncated_film_is_named(root):
    path = root / "mdb001.pgm"
    path.write_bytes(b"P5\n64")
    assert any("mdb001.pgm: not a readable" in line for line in mini_mias.read(root).problems)


def test_two_films_of_one_name_are_refused(root):
    """A flipped or enhanced copy in a folder beside must not take the film's place."""
    whole = (root / "mdb001.pgm").read_bytes()
    (root / "flipped").mkdir()
    (root / "flipped/MDB001.PGM").write_bytes(whole[::-1])
    (root / ".trash").mkdir()
    (root / ".trash/mdb002.pgm").write_bytes(whole)
    (root / "._mdb003.pgm").write_bytes(b"what a Mac leaves")
    masses, _, (problem,) = mini_mias.read(root)
    assert "mdb001 is there twice: " in problem and "flipped/MDB001.PGM" in problem
    assert "mdb001_1" not in set(masses["mass_id"]) and len(masses) == 13


@pytest.mark.parametrize("side", [512, 2048])
def test_resized_films_are_refused(root, side):
    """Info.txt counts in pixels of the released films, and no others."""
    for path in root.glob("*.pgm"):
        with Image.open(path) as film:
            film.resize((side, side)).save(path)
    masses, _, problems = mini_mias.read(root)
    assert masses.empty and len(problems) == 14
    assert f"mdb001.pgm has {side} x {side} pixels; Info.txt is about 1024 x 1024" in problems[0]


def test_a_name_that_no_table_can_hold(root):
    shutil.copy(root / "mdb001.pgm", os.fsencode(root) + b"/\xff.pgm")
    with pytest.raises(BadInput, match=r"udcff\.pgm': a name that is not UTF-8; rename it"):
        mini_mias.read(root)
