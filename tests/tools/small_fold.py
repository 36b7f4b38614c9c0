"""A fold of a few masses, with its neighbours and graph, and a training on it."""

from dataclasses import fields, replace
from pathlib import Path

import fake_study
import numpy as np
import pandas as pd

import train as program
from build_graph import build_graph
from coin.common.files import write_table
from coin.diagnosis.losses import LossSettings
from coin.diagnosis.network import NetworkSettings
from coin.diagnosis.training import TrainingSettings

NEIGHBOURS = [
    f"{kind}_{name}.npz" for kind in ("positive", "negative") for name in ("benign", "malignant")
]
OUTPUTS = {
    "model": "model.safetensors",
    "predictions": "predictions.csv",
    "latent": "latent.npy",
    "history": "history.csv",
}
SETTINGS = {
    "fold": 0,
    "seed": 0,
    "n_positive": 1,
    "n_negative": 4,
    "context": 1.5,
    "border": "shift",
}
LOSS = LossSettings(
    weight=1.0,
    margin=1.0,
    distance="euclidean",
    normalise=True,
    reduction="mean",
    classify_negatives=False,
    kind="signed_graph",
    temperature=0.1,
)
NETWORK = NetworkSettings(width=0.05, pooling="gap")
TRAINING = TrainingSettings(
    steps=15,
    batch_size=8,
    learning_rate=0.001,
    flips_and_rotations=False,
    device="cpu",
    threads=1,
    deterministic=True,
)


def write_fold(folder: Path) -> None:
    """Write 20 masses of 16 pixels, half of them held out by fold 0; 40 neighbours; a graph."""
    fake_study.write_masses(folder, n_masses=20, size=16)
    masses = pd.read_csv(folder / "masses.csv")
    write_table(folder / "folds.csv", masses[["mass_id"]].assign(fold=np.arange(20) // 2 % 2))
    for kind in ("positive", "negative"):
        fake_study.write_neighbours(folder, kind, per_mass=1)
    write_graph(folder)


def write_graph(folder: Path) -> None:
    """Write the ranked graph of fold 0, and nodes.csv."""
    build_graph(
        **_study(folder),
        fold=0,
        neighbours=[folder / name for name in NEIGHBOURS],
        anchors="reals",
        nearest=5,
        nodes=folder / "nodes.csv",
        graph=folder / "nearest.npz",
    )


def options(
    folder: Path,
    out: Path,
    graph: str | None = "nearest.npz",
    neighbours: list[str] = NEIGHBOURS,
    **changes: object,
) -> dict:
    """Return train.py's options for the fold in `folder`, with `changes` of any setting."""
    groups = {
        name: replace(group, **_taken(changes, group))
        for name, group in (("loss", LOSS), ("network", NETWORK), ("training", TRAINING))
    }
    return {
        **_study(folder),
        "neighbours": [folder / name for name in neighbours],
        "graph": graph and folder / graph,
        **{name: out / file for name, file in OUTPUTS.items()},
        **SETTINGS,
        **groups,
        **changes,
    }


def train(folder: Path, out: Path, **changes: object) -> dict[str, bytes]:
    """Train with `options` and return the outputs' bytes by name."""
    program.train(**options(folder, out, **changes))
    return {name: (out / file).read_bytes() for name, file in OUTPUTS.items()}


def _taken(changes: dict, group: object) -> dict:
    """Take those changes out that are fields of the group."""
    return {field.name: changes.pop(field.name) for field in fields(group) if field.name in changes}


def _study(folder: Path) -> dict[str, Path]:
    return {
        name: folder / name_of_file
        for name, name_of_file in (
            ("masses", "masses.csv"),
            ("rois", "rois.npy"),
            ("folds", "folds.csv"),
        )
    }
