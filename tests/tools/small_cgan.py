"""A fold of a few masses, and a conditional GAN trained on one class of it."""

from pathlib import Path

import fake_study
import numpy as np
import pandas as pd

import train_cgan as program
from coin.common.files import write_table

FOLD = {"fold": 0, "label": 1, "per_mass": 3}
SETTINGS = {
    "width": 0.05,
    "epochs": 2,
    "batch_size": 4,
    "learning_rate": 0.002,
    "noise_size": 3,
    "feature_weight": 1.0,
    "seed": 0,
    "device": "cpu",
    "threads": 1,
}


def write_fold(folder: Path) -> None:
    """Write 24 masses of 16 pixels, half of them held out by fold 0."""
    fake_study.write_masses(folder, n_masses=24, size=16)
    masses = pd.read_csv(folder / "masses.csv")
    write_table(folder / "folds.csv", masses[["mass_id"]].assign(fold=np.arange(24) // 2 % 2))


def train(folder: Path, out: Path, **changes: object) -> dict[str, bytes]:
    """Train on the fold in `folder`, with `changes` of any setting; return the outputs' bytes."""
    outputs = {
        "images": out / "positive_malignant.npz",
        "history": out / "malignant_history.csv",
    }
    program.train(
        masses=folder / "masses.csv",
        rois=folder / "rois.npy",
        folds=folder / "folds.csv",
        **outputs,
        **{**FOLD, **SETTINGS, **changes},
    )
    return {name: path.read_bytes() for name, path in outputs.items()}
