from typing import get_args

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from small_fold import NEIGHBOURS, train, write_fold

from coin.common.errors import BadInput
from coin.common.files import write_table
from coin.data.roi import Border
from coin.diagnosis.model_file import read_model, write_model
from crop_rois import crop_rois
from predict import predict


@pytest.fixture(scope="module", params=get_args(Border))
def trained(tmp_path_factory, request):
    """A study of masses in PNG mammograms, and a network trained on its first fold."""
    folder = tmp_path_factory.mktemp("study")
    write_fold(folder)
    random = np.random.default_rng(0)
    (folder / "images").mkdir()
    masses = pd.read_csv(folder / "masses.csv")
    masses[["x", "y"]] = random.uniform(0, 60, (len(masses), 2))
    for name in masses["image"]:
        pixels = random.integers(0, 256, (100, 90), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    write_table(folder / "masses.csv", masses)
    window = {"size": 16, "context": 1.5, "border": request.param}
    crop_rois(masses=folder / "masses.csv", root=folder, **window, rois=folder / "rois.npy")
    train(folder, folder, graph=None, neighbours=NEIGHBOURS[:2])
    network, description = read_model(folder / "model.safetensors")
    write_model(folder / "model.safetensors", network, description | {"border": request.param})
    return folder


def test_a_mass_gets_the_probability_of_the_predictions(trained, capsys):
    masses = pd.read_csv(trained / "masses.csv").set_index("mass_id")
    expected = pd.read_csv(trained / "predictions.csv")
    mass = masses.loc[expected["mass_id"][3]]
    predict(
        model=trained / "model.safetensors",
        image=trained / mass["image"],
        box=(mass["x"], mass["y"], mass["width"], mass["height"]),
    )
    header, row = capsys.readouterr().out.split()
    assert header == "mass_id,probability"
    assert float(row.split(",")[1]) == pytest.approx(expected["probability"][3], abs=1e-6)


def test_a_table_of_masses_gets_the_probabilities_of_the_predictions(trained, tmp_path):
    found = tmp_path / "found.csv"
    predict(model=trained / "model.safetensors", table=trained / "masses.csv", predictions=found)
    both = pd.read_csv(trained / "predictions.csv").merge(
        pd.read_csv(found), on="mass_id", validate="one_to_one"
    )
    assert len(both) == 10
    np.testing.assert_allclose(both["probability_x"], both["probability_y"], rtol=0, atol=1e-6)


def test_a_model_that_says_no_border_cut_at_the_edge(trained, tmp_path):
    """Models that were trained when there was no other border are cut for as they were then."""
    network, description = read_model(trained / "model.safetensors")
    found = []
    for border in ("edge", None):
        path = tmp_path / f"{border}.safetensors"
        write_model(path, network, description | {"border": border})
        predict(model=path, table=trained / "masses.csv", predictions=path.with_suffix(".csv"))
        found.append(path.with_suffix(".csv").read_bytes())
    assert found[0] == found[1]


def test_an_image_without_a_box_is_an_roi(trained, tmp_path, capsys):
    Image.fromarray(np.full((40, 40), 51, np.uint8)).save(tmp_path / "roi.png")
    Image.fromarray(np.full((16, 16), 51, np.uint8)).save(tmp_path / "small.png")
    found = []
    for name in ("roi.png", "small.png"):
        predict(model=trained / "model.safetensors", image=tmp_path / name)
        found.append(float(capsys.readouterr().out.split(",")[-1]))
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_what_cannot_be_diagnosed_is_refused(trained, tmp_path):
    model = trained / "model.safetensors"
    with pytest.raises(BadInput, match="either --image or --table"):
        predict(model=model)
    image = trained / "images" / "0.png"
    with pytest.raises(BadInput, match=r"0\.png: found the box"):
        predict(model=model, image=image, box=(1, 1, 0, 5))
    table = pd.DataFrame({"mass_id": ["a"], "image": ["../0.png"]})
    write_table(tmp_path / "out.csv", table.assign(x=1, y=1, width=5, height=5))
    with pytest.raises(BadInput, match="leaves the data folder"):
        predict(model=model, table=tmp_path / "out.csv")
