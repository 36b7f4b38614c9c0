"""The first look at a data folder: what it says is what a study would do."""

import numpy as np
import pandas as pd
import pytest
import releases
from PIL import Image

from check_data import check_data
from coin.common.errors import BadInput
from coin.data.datasets.reading import READERS


@pytest.mark.parametrize("data_format", sorted(READERS))
def test_a_whole_release(data_format, tmp_path, capsys):
    root = releases.write(data_format, tmp_path / "data")
    check_data(format=data_format, root=root, picture=tmp_path / "crops.png")
    first, *others, last = capsys.readouterr().out.splitlines()
    assert first.startswith("14 of ") and " benign and " in first
    assert others[-1].startswith("benign and malignant are ")
    assert not any("would stop" in line for line in others)
    assert last == f"12 of them, each with its box: {tmp_path / 'crops.png'}"
    with Image.open(tmp_path / "crops.png") as picture:
        assert picture.size == (4 * 240, 3 * 256)


def test_what_would_stop_a_study_and_what_looks_odd(tmp_path, capsys):
    root = releases.write("table", tmp_path / "data")
    masses = pd.read_csv(root / "masses.csv")
    masses.loc[3, "x"] = 39
    masses.loc[4, "patient_id"] = "0p5"
    masses.loc[5, "patient_id"] = "00p5"
    masses.to_csv(root / "masses.csv", index=False)
    whole = (root / "images/0.png").read_bytes()
    (root / "images/0.png").write_bytes(whole[:-60])
    before = sorted(root.rglob("*"))
    check_data(format="table", root=root, picture=tmp_path / "crops.png")
    said = capsys.readouterr().out
    assert "13 of 14 records are masses to study" not in said  # the truncated one is none either
    assert "would stop a study: " in said and "row 5 (m3): the box leaves its image" in said
    assert "0.png: truncated" in said and "patients 00p5, 0p5 are taken" not in said
    assert "patients 0p5, 00p5 are taken for different ones" in said
    assert sorted(root.rglob("*")) == before


def test_the_box_is_drawn_where_the_mass_is(tmp_path):
    """A white square on black: the yellow outline runs along its border."""
    root = releases.write("table", tmp_path / "data")
    pixels = np.zeros((50, 40), np.uint8)
    pixels[10:20, 10:20] = 255
    pixels[15, 15] = 250  # a box without any contrast is refused
    Image.fromarray(pixels).save(root / "images/0.png")
    masses = pd.read_csv(root / "masses.csv").iloc[:1]
    masses.assign(x=10, y=10, width=10, height=10).to_csv(root / "masses.csv", index=False)
    check_data(format="table", root=root, picture=tmp_path / "crops.png", context=2)
    with Image.open(tmp_path / "crops.png") as picture:
        crop = np.asarray(picture).astype(int)[:240, :240]
    yellow = (crop[..., 0] > 200) & (crop[..., 2] < 50)
    rows, columns = np.nonzero(yellow)
    assert [rows.min(), rows.max(), columns.min(), columns.max()] == [60, 180, 60, 180]
    assert crop[70:170, 70:170, 2].min() > 240 and crop[:50, :50].max() == 0


def test_a_wrong_folder_is_one_line(tmp_path):
    with pytest.raises(BadInput, match=r"masses\.csv: not there"):
        check_data(format="table", root=tmp_path, picture=tmp_path / "crops.png")
