"""Arms that are programs: what each is held to, and one added as docs/add-an-arm.md says."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import fake_study
import numpy as np
import pandas as pd
import pytest
import yaml
from backbones import NAME, write_backbone
from study import REPOSITORY, TOY, copy_checkout, rules_to_run, snakemake

from coin.workflow import arms
from coin.workflow.command_line import options
from coin.workflow.study_config import merged

PAGE = (REPOSITORY / "docs/add-an-arm.md").read_text(encoding="utf-8")
TABLES = [f"results/toy/tables/{name}.csv" for name in ("metrics", "comparisons", "table2")]


def read_yaml(path: Path) -> dict:
    """Return what a file of settings says."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def add_the_pages_arm(folder: Path) -> tuple[Path, Path]:
    """Write the page's program and its config into a checkout; return where they are."""
    (source,) = re.findall(r"```python\n# (scripts/\w+\.py)\n(.*?)```", PAGE, flags=re.S)
    program, config = folder / source[0], folder / "mine.yaml"
    program.write_text(source[1], encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(arms:\n  brightness:.*?)```", PAGE, flags=re.S)
    config.write_text(text, encoding="utf-8")
    return program, config


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Test each program: of the peers, of the page, of a file that the command line names."""
    if "arm" in metafunc.fixturenames:
        of_project = arms.PEERS | arms.BACKBONE_ARMS
        peers = [name for name, own in of_project.items() if "program" in own]
        given = metafunc.config.getoption("--arms")
        own = read_yaml(given)["arms"] if given else {}
        metafunc.parametrize("arm", [*peers, "brightness", *own])


@pytest.fixture
def program(arm, request, tmp_path, monkeypatch) -> tuple[Path, str]:
    """An arm's program, in a checkout that has the page's too, and the options it is told."""
    checkout = copy_checkout(tmp_path / "checkout")
    _, example = add_the_pages_arm(checkout)
    monkeypatch.setattr(arms, "_PROGRAMS", checkout / "scripts")
    config = merged(read_yaml(REPOSITORY / "config.yaml"), read_yaml(TOY))
    if arm in arms.BACKBONE_ARMS:
        weights = write_backbone(tmp_path / "weights.safetensors")
        config |= {"backbone": {"name": NAME, "weights": str(weights)}}
    for file in filter(None, (example, request.config.getoption("--arms"))):
        config = merged(config, {"arms": read_yaml(file)["arms"]})
    found = arms.arms(config)[arm].program
    if found is None:
        pytest.skip(f"{arm} has no program")
    return checkout / "scripts" / f"{found.name}.py", str(options(**found.settings, **found.files))


def diagnose(program: tuple[Path, str], folder: Path) -> bytes:
    """Run a program on fold 0 of a study's files, and return the bytes of its predictions."""
    path, settings = program
    predictions = folder / "predictions.csv"
    files = {name: str(folder / f"{name}") for name in ("masses.csv", "rois.npy", "folds.csv")}
    told = options(
        **{name.partition(".")[0]: file for name, file in files.items()},
        fold=0,
        seed=3,
        predictions=str(predictions),
    )
    command = [sys.executable, str(path), *shlex.split(f"{told} {settings}")]
    finished = subprocess.run(command, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    return predictions.read_bytes()


def test_a_program_diagnoses_held_out_masses_by_what_it_may_see(program, tmp_path):
    """One file's edit is all it takes to learn from what is held out: so this is looked for."""
    folder = tmp_path / "fold"
    folder.mkdir()
    fake_study.write_masses(folder, n_masses=20, size=16)
    masses, rois = pd.read_csv(folder / "masses.csv"), np.load(folder / "rois.npy")
    fold = np.arange(20) // 2 % 2
    masses[["mass_id"]].assign(fold=fold).to_csv(folder / "folds.csv", index=False)
    held_out = fold == 0
    first = diagnose(program, folder)
    table = pd.read_csv(folder / "predictions.csv")
    assert list(table.columns) == ["mass_id", "label", "probability"]
    assert table["mass_id"].tolist() == masses["mass_id"][held_out].tolist()
    assert table["label"].tolist() == masses["label"][held_out].tolist()
    assert table["probability"].between(0, 1).all()
    assert diagnose(program, folder) == first

    kept = np.flatnonzero(held_out)[0]
    others = held_out & (np.arange(len(masses)) != kept)
    rois[others] = np.random.default_rng(0).random(rois[others].shape)
    np.save(folder / "rois.npy", rois)
    masses.loc[held_out, "label"] = 1 - masses["label"][held_out]
    masses.to_csv(folder / "masses.csv", index=False)
    diagnose(program, folder)
    corrupted = pd.read_csv(folder / "predictions.csv")
    assert corrupted["probability"][0] == table["probability"][0]


def test_a_method_added_as_the_page_says_ends_up_in_the_tables(toy):
    """With a peer beside it, which is asked for by name."""
    program, mine = add_the_pages_arm(toy)
    peers = toy / "peers.yaml"
    peers.write_text("peers: [triplet]\n", encoding="utf-8")
    configs = (TOY, mine, peers)
    finished = snakemake(toy, *TABLES, configfiles=configs)
    assert finished.returncode == 0, finished.stdout
    metrics, comparisons, table2 = (pd.read_csv(toy / table) for table in TABLES)
    assert {"brightness", "triplet"} <= {*metrics["arm"]}
    pairs = set(zip(comparisons["arm"], comparisons["baseline"], strict=True))
    assert {("brightness", "none"), ("triplet", "none"), ("triplet", "conventional")} <= pairs
    assert "brightness" in {*table2["method"]}

    assert not rules_to_run(toy, *TABLES, configfiles=configs)
    program.write_text(program.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    again = rules_to_run(toy, *TABLES, configfiles=configs)
    assert "run_program" in again and "train" not in again
