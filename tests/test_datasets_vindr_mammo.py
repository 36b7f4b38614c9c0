"""The `vindr-mammo` format on a generated release, whole and damaged."""

import numpy as np
import pandas as pd
import pytest
import releases
from pydicom.uid import JPEG2000Lossless

from coin.common.errors import BadInput
from coin.common.files import write_table
from coin.data.datasets import images, vindr_mammo
from make_folds import make_folds

TABLE = "finding_annotations.csv"
written, root = releases.fixtures(releases.vindr_mammo)


def edit(root, row, **cells):
    table = pd.read_csv(root / TABLE, dtype=str)
    table.loc[row, list(cells)] = list(map(str, cells.values()))
    table.to_csv(root / TABLE, index=False)


def test_exactly_the_masses_that_were_written(written):
    root, expected = written
    masses, records, problems = vindr_mammo.read(root)
    assert problems == []
    releases.assert_masses(masses, expected)
    assert masses["image"].duplicated().sum() == 1
    assert set(masses["density"]) == set("ABCD") and set(masses["birads"]) == set("345")
    assert (masses["label"] == (masses["birads"] > "3")).all()
    left_out = records.loc[~records["used"], ["finding", "reason"]]
    assert left_out.values.tolist() == [
        ["nothing", "no finding"],
        ["other", "finding of: Suspicious Calcification"],
    ]


def test_the_boxes_are_where_the_masses_were_drawn(written):
    root, _ = written
    for mass in vindr_mammo.read(root).masses.itertuples():
        mammogram = images.read(root / mass.image)
        grey = mammogram.grey(mammogram.pixels)
        inside = np.zeros(grey.shape, bool)
        rows, columns = round(mass.y), round(mass.x)
        inside[rows : rows + round(mass.height), columns : columns + round(mass.width)] = True
        assert grey[inside].mean() > grey[~inside].mean() + 0.08


def test_the_released_split_is_one(written, tmp_path):
    masses = vindr_mammo.read(written[0]).masses
    assert set(masses["part"]) == {"train", "test"}
    write_table(tmp_path / "masses.csv", masses)
    drawn = {"group_by": "patient", "count": 2, "split_seed": 0}
    make_folds(masses=tmp_path / "masses.csv", folds=tmp_path / "folds.csv", split="part", **drawn)
    fold = pd.read_csv(tmp_path / "folds.csv")["fold"]
    assert list(fold) == [{"test": 0, "train": -1}[name] for name in masses["part"]]


def test_deep_in_a_download_and_compressed(root, tmp_path):
    release = tmp_path / "deep/physionet.org/files/vindr-mammo/1.0.0"
    release.parent.mkdir(parents=True)
    path = root / vindr_mammo.read(root).masses["image"][0]
    stored = np.tile(np.arange(60, dtype=np.uint16) * 60, (90, 1))
    releases.save_dicom(path, stored, 12, JPEG2000Lossless)
    root.rename(release)
    masses, _, problems = vindr_mammo.read(tmp_path / "deep")
    assert problems == [] and len(masses) == 14
    assert masses["image"][0].startswith("physionet.org/files/vindr-mammo/1.0.0/images/")


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"finding_categories": "Mass"}, "finding_categories is 'Mass'; expected a list of names"),
        ({"finding_birads": "BI-RADS 2"}, "finding_birads is 'BI-RADS 2'; expected BI-RADS 3 or"),
        ({"laterality": "B"}, "laterality is 'B'; expected L or R"),
        ({"split": "val"}, "split is 'val'; expected training or test"),
        ({"xmax": "wide"}, "xmin, ymin, xmax, ymax, width, height are not all numbers"),
        ({"xmin": 70, "xmax": 80}, "the outline lies outside its image"),
        ({"xmin": 0.1, "xmax": 0.4, "ymin": 0.2, "ymax": 0.5}, "the box of 0.3 x 0.3 in an image"),
        ({"width": 120, "height": 180}, "the image has 60 x 90 pixels and the table counts in 120"),
        ({"image_id": "none"}, "none.dicom' is not there"),
        ({"image_id": "../../x"}, "leaves the data folder"),
    ],
)
def test_one_line_for_what_is_wrong(root, cells, complaint):
    edit(root, 2, **cells)
    masses, records, (problem,) = vindr_mammo.read(root)
    assert complaint in problem and f"{TABLE}, row 4: " in problem and "\n" not in problem
    assert len(masses) == 13 and len(records) == 16


def test_a_folder_that_is_no_release(root, tmp_path):
    with pytest.raises(BadInput, match=r"no finding_annotations\.csv in it"):
        vindr_mammo.read(tmp_path / "data/images")
    pd.read_csv(root / TABLE).drop(columns="split").to_csv(root / TABLE, index=False)
    with pytest.raises(
        BadInput, match=r"finding_annotations\.csv: no column split; found study_id"
    ):
        vindr_mammo.read(root)
