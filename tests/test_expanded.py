import fake_study
import numpy as np
import pandas as pd
import pytest

from coin.common.errors import BadInput
from coin.common.files import write_array, write_arrays, write_table
from coin.data.fold_data import NEGATIVE, POSITIVE, REAL, read_expanded_data


@pytest.fixture
def study(tmp_path):
    fake_study.write_masses(tmp_path, n_masses=12, size=16)
    masses = pd.read_csv(tmp_path / "masses.csv")
    write_table(tmp_path / "folds.csv", masses[["mass_id"]].assign(fold=np.arange(12) % 3))
    for kind in ("positive", "negative"):
        fake_study.write_neighbours(tmp_path, kind)
    return tmp_path


def read(study, fold=1, neighbours=("positive_benign.npz", "negative_malignant.npz")):
    paths = [study / name for name in ("masses.csv", "rois.npy", "folds.csv")]
    return read_expanded_data(*paths, fold, [study / name for name in neighbours])


def test_nodes_are_training_reals_then_the_files_in_their_order(study):
    data, held_out = read(study)
    rois = np.load(study / "rois.npy")
    assert data.kind.tolist() == [REAL] * 8 + [POSITIVE] * 12 + [NEGATIVE] * 12
    assert data.label.tolist() == [0, 0, 1, 1, 0, 0, 1, 1] + [0] * 12 + [1] * 12
    assert data.row.tolist() == [0, 2, 3, 5, 6, 8, 9, 11, *range(12), *range(12)]
    np.testing.assert_array_equal(data.rois[:8], rois[data.row[:8]])
    malignant = np.load(study / "negative_malignant.npz")["rois"]
    np.testing.assert_array_equal(data.rois[20:], malignant)
    np.testing.assert_array_equal(held_out.rois, rois[[1, 4, 7, 10]])
    assert held_out.mass_id.tolist() == [f"P_{row:05d}_LEFT_CC_1" for row in (1, 4, 7, 10)]


def test_files_that_do_not_fit_are_refused_by_name(study):
    with pytest.raises(BadInput, match=r"folds\.csv: fold 7 leaves no mass to hold out"):
        read(study, fold=7)
    (study / "neutral_benign.npz").write_bytes(b"")
    with pytest.raises(BadInput, match=r"neutral_benign\.npz: a file of neighbours is named"):
        read(study, neighbours=["neutral_benign.npz"])
    write_arrays(study / "positive_benign.npz", rois=np.zeros((3, 8, 8), np.float32))
    with pytest.raises(BadInput, match=r"positive_benign\.npz: found shape \(3, 8, 8\)"):
        read(study)
    folds = pd.read_csv(study / "folds.csv")
    write_table(study / "folds.csv", folds.iloc[::-1])
    with pytest.raises(BadInput, match=r"folds\.csv: its masses are not those"):
        read(study)
    write_array(study / "rois.npy", np.zeros((11, 16, 16), np.float32))
    with pytest.raises(BadInput, match=r"rois\.npy: found shape \(11, 16, 16\)"):
        read(study)


def test_pixels_out_of_range_are_refused(study):
    for value in (np.nan, 1.5, -0.1):
        rois = np.load(study / "rois.npy")
        rois[3, 4, 5] = value
        write_arrays(study / "positive_benign.npz", rois=rois)
        with pytest.raises(BadInput, match=r"positive_benign\.npz: an ROI has a pixel that is not"):
            read(study)
