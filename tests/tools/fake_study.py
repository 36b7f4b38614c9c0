"""A small study's files with made-up but plausible contents, to draw and tabulate from."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from coin.common.conventions import CLASS_NAMES
from coin.common.files import write_array, write_arrays, write_table
from coin.evaluation.tables import INTERVAL_COLUMNS


def write_masses(folder: Path, n_masses: int = 40, size: int = 24, seed: int = 0) -> None:
    """Write `masses.csv` and `rois.npy`: discs (benign) and stars (malignant) in soft noise."""
    random = np.random.default_rng(seed)
    label = np.arange(n_masses) % 2
    row, column = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    angle, radius = np.arctan2(row, column), np.hypot(row, column)
    rois = np.empty((n_masses, size, size), dtype=np.float32)
    for index in range(n_masses):
        tissue = gaussian_filter(random.normal(size=(size, size)), size / 12)
        spikes = label[index] * 0.12 * np.cos(random.integers(5, 9) * angle + random.uniform(0, 6))
        mass = 1 / (1 + np.exp((radius - random.uniform(0.35, 0.55) - spikes) * 14))
        rois[index] = np.clip(0.25 + 0.08 * tissue / tissue.std() + 0.35 * mass, 0, 1)
    write_array(folder / "rois.npy", rois)
    write_table(
        folder / "masses.csv",
        pd.DataFrame(
            {
                "mass_id": [f"P_{index:05d}_LEFT_CC_1" for index in range(n_masses)],
                "image": [f"images/{index}.png" for index in range(n_masses)],
                "patient_id": [f"P_{index:05d}" for index in range(n_masses)],
                "side": "left",
                "view": "CC",
                "label": label,
                "x": 1.0,
                "y": 2.0,
                "width": 30.0,
                "height": 20.0,
            }
        ),
    )


def write_neighbours(folder: Path, kind: str, per_mass: int = 2, seed: int = 0) -> list[Path]:
    """Write `<kind>_benign.npz` and `<kind>_malignant.npz`: the masses of the class, with noise."""
    random = np.random.default_rng(seed)
    rois = np.load(folder / "rois.npy")
    paths = []
    for label, name in enumerate(CLASS_NAMES):
        rows = np.flatnonzero(np.arange(len(rois)) % 2 == label)
        chosen = random.choice(rows, size=len(rows) * per_mass)
        noise = gaussian_filter(random.normal(size=(len(chosen), *rois.shape[1:])), (0, 2, 2))
        paths.append(folder / f"{kind}_{name}.npz")
        write_arrays(
            paths[-1],
            rois=np.clip(rois[chosen] + 0.3 * noise, 0, 1).astype(np.float32),
            seed=chosen,
            realness=random.uniform(0.4, 0.6, len(chosen)),
            objective=random.uniform(0.4, 0.6, len(chosen)),
        )
    return paths


def write_runs(folder: Path, run: str, folds: int = 2, skill: float = 1.5) -> list[Path]:
    """Write each fold's `predictions.csv` and `latent.npy`; `skill` parts the two classes."""
    random = np.random.default_rng(len(run))
    masses = pd.read_csv(folder / "masses.csv")
    paths = []
    for fold in range(folds):
        held_out = masses[(np.arange(len(masses)) // 2) % folds == fold]
        score = skill * (held_out["label"] - 0.5) + random.normal(size=len(held_out)) / 2
        latent = random.normal(size=(len(held_out), 32)) + 2 * score.to_numpy()[:, None]
        path = folder / "runs" / run / f"fold{fold}_seed0" / "predictions.csv"
        write_table(
            path,
            pd.DataFrame(
                {
                    "mass_id": held_out["mass_id"],
                    "label": held_out["label"],
                    "probability": 1 / (1 + np.exp(-3 * score)),
                }
            ),
        )
        write_array(path.with_name("latent.npy"), latent.astype(np.float32))
        paths.append(path)
    return paths


def intervals_of(*arms: str) -> dict[str, dict[str, float]]:
    """Return intervals of arms, as `read_intervals` does."""
    return {arm: dict(zip(INTERVAL_COLUMNS, (0.6, 0.9, 0.5, 0.8), strict=True)) for arm in arms}


def write_intervals(path: Path, *arms: str) -> Path:
    """Write the `metrics.csv` of arms that has the same intervals."""
    rows = [
        {"arm": arm, "level": level, "metric": metric, "value": low + 0.1, "low": low, "high": high}
        for arm in arms
        for level, metric, low, high in (
            ("mass", "auc", 0.6, 0.9),
            ("mass", "accuracy", 0.5, 0.8),
            ("patient", "auc", 0.1, 0.2),
        )
    ]
    write_table(path, pd.DataFrame(rows))
    return path


def write_metrics(path: Path, folds: int = 5, seeds: int = 1, accuracy: float = 0.8) -> Path:
    """Write a `metrics.csv` around a mean accuracy."""
    random = np.random.default_rng(round(1000 * accuracy))
    fold, seed = np.divmod(np.arange(folds * seeds), seeds)
    write_table(
        path,
        pd.DataFrame(
            {
                "fold": fold,
                "seed": seed,
                "n_masses": 12,
                "accuracy": accuracy + random.normal(0, 0.02, len(fold)),
                "auc": accuracy + 0.05 + random.normal(0, 0.02, len(fold)),
            }
        ),
    )
    return path
