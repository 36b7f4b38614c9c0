"""What a user gets wrong is told in one line that names it, and leaves nothing half made."""

import pandas as pd
import pytest
import yaml
from phantom_study import picture_folder
from study import TOY, copy_checkout, snakemake


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


def run(checkout, tmp_path, settings: dict) -> tuple[int, str]:
    """Run the first steps of a study with these settings; return its status and what it said."""
    mine = tmp_path / "mine.yaml"
    mine.write_text(yaml.safe_dump(settings), encoding="utf-8")
    steps = ("--until", "crop_rois", "make_folds")
    finished = snakemake(checkout, *steps, configfiles=(TOY, mine))
    return finished.returncode, finished.stdout


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"roi": {"sise": 64}}, "config: roi.sise: unknown key; did you mean size?"),
        (
            {"training": {"steps": "ten"}},
            "config: training.steps: found str 'ten', expected integer",
        ),
        (
            {"data": {"format": "table", "root": "nowhere"}},
            "config: data.root: found nowhere, expected the folder of the table data",
        ),
        (
            {"backbone": {"name": "resnet18", "weights": "no.safetensors"}},
            "config: backbone.weights: found no file no.safetensors, expected a safetensors file",
        ),
    ],
)
def test_a_wrong_config_stops_before_anything_is_made(checkout, tmp_path, settings, line):
    status, said = run(checkout, tmp_path, settings | {"study": "wrong"})
    assert status != 0
    assert line in said
    assert "Traceback" not in said and "  File " not in said
    assert not (checkout / "results" / "wrong").exists()


def without_label(table):
    return table.drop(columns="label")


def unknown_label(table):
    return table.assign(label=["benign", "canser", *table["label"][2:]])


def outside_box(table):
    return table.assign(x=[5.0, 300.0, *table["x"][2:]])


def duplicate(table):
    return table.assign(mass_id=["m0", "m0", *table["mass_id"][2:]])


def missing_image(table):
    return table.assign(image=["images/0.png", "images/none.png", *table["image"][2:]])


def escaping_image(table):
    return table.assign(image=["images/0.png", "../secret.png", *table["image"][2:]])


def one_class(table):
    return table.assign(label=["benign"] * len(table))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without_label, ["masses.csv", "label"]),
        (unknown_label, ["masses.csv", "canser"]),
        (outside_box, ["masses.csv", "m1", "leaves its image"]),
        (duplicate, ["masses.csv", "m0"]),
        (missing_image, ["images/none.png"]),
        (escaping_image, ["../secret.png"]),
        (one_class, ["malignant masses come from 0 patient"]),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_wrong_table_is_told_in_one_line(checkout, tmp_path, spoil, words):
    root = picture_folder(tmp_path / "data", n_images=8)
    table = pd.read_csv(root / "masses.csv", dtype={"label": str})
    spoil(table).to_csv(root / "masses.csv", index=False)
    study = f"wrong_{spoil.__name__}"
    settings = {"study": study, "data": {"format": "table", "root": str(root)}}
    status, said = run(checkout, tmp_path, settings)
    assert status != 0
    lines = [line for line in said.splitlines() if line.startswith("error: ")]
    assert any(all(word in line for word in words) for line in lines), said
    assert "Traceback" not in said
    made = {path.name for path in (checkout / "results" / study).glob("[!.]*.*")}
    assert made <= ({"masses.csv", "data_report.csv", "rois.npy"} if spoil is one_class else set())


def test_a_truncated_image_is_named_and_no_rois_are_left(checkout, tmp_path):
    root = picture_folder(tmp_path / "data", n_images=8)
    image = root / "images" / "3.png"
    image.write_bytes(image.read_bytes()[:600])
    settings = {"study": "truncated", "data": {"format": "table", "root": str(root)}}
    status, said = run(checkout, tmp_path, settings)
    assert status != 0
    assert any(line.startswith("error: ") and "3.png" in line for line in said.splitlines()), said
    assert "Traceback" not in said
    assert not list((checkout / "results" / "truncated").glob("*rois*"))


@pytest.mark.parametrize("name", ["images/3{x}.png", "a{b}/3.png"])
def test_braces_in_a_name_are_told_in_one_line(checkout, tmp_path, name):
    """Snakemake would take them for wildcards, and say so of a rule that nobody wrote."""
    root = picture_folder(tmp_path / "data", n_images=8)
    (root / name).parent.mkdir(exist_ok=True)
    (root / "images/3.png").rename(root / name)
    settings = {"study": "braces", "data": {"format": "table", "root": str(root)}}
    status, said = run(checkout, tmp_path, settings)
    assert status != 0
    (line,) = [line for line in said.splitlines() if "braces for wildcards" in line]
    assert line.startswith(f"config: data.root: {root / name}") and "Traceback" not in said
