"""Draw Fig. 6: t-SNE of held-out latent features, without the graph and with it."""

from pathlib import Path

import numpy as np
import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import read_array
from coin.data.fold_data import read_all_reals
from coin.evaluation.predictions import read_predictions
from coin.figures.fig6 import Panel, draw, is_right
from coin.figures.style import save
from coin.workflow.program import Output, run

TITLES = ("no graph", "positive neighbours only, $n^-$ = 0", "positive and negative neighbours")


def plot_fig6(
    *,
    latents: list[Path],
    predictions: list[Path],
    pooled: list[Path],
    masses: Path,
    rois: Path,
    seed: int,
    data: str,
    figure: list[Output],
) -> None:
    """Draw Fig. 6: t-SNE of held-out latent features, without the graph and with it.

    Args:
        latents: latent.npy of one model each: no graph, no negative neighbours, both
        predictions: predictions.csv of the same three models
        pooled: predictions.csv of every fold, one seed: first model, second, third
        masses: the study's masses.csv
        rois: its ROIs (N, H, W), in the same order
        seed: of t-SNE's start and of the choice of misdiagnosed masses
        data: what is shown, in words
        figure: the files to write, `.pdf` and `.png`
    """
    folds, left_over = divmod(len(pooled), len(TITLES))
    if not len(latents) == len(predictions) == len(TITLES) or left_over or not folds:
        raise BadInput(
            f"latents, predictions and pooled: {len(latents)}, {len(predictions)} and "
            f"{len(pooled)} entries; give {len(TITLES)} of each, or of pooled as many for each fold"
        )
    by_model = [pooled[start : start + folds] for start in range(0, len(pooled), folds)]
    table, images = read_all_reals(masses, rois)
    mass_ids = pd.Index(table["mass_id"])
    panels = [
        _panel(*files, mass_ids)
        for files in zip(TITLES, latents, predictions, by_model, strict=True)
    ]
    save(draw(panels, images, seed, data), figure)


def _panel(
    title: str, latent_path: Path, predictions: Path, pooled: list[Path], mass_ids: pd.Index
) -> Panel:
    held_out, latent = read_predictions(predictions), read_array(latent_path)
    if len(latent) != len(held_out):
        raise BadInput(
            f"{latent_path}: {len(latent)} rows, but {predictions} has {len(held_out)}; "
            "train this fold again"
        )
    rows = mass_ids.get_indexer(held_out["mass_id"])
    if (rows < 0).any():
        raise BadInput(
            f"{predictions}: mass {held_out['mass_id'][rows < 0].iloc[0]} is not in masses.csv"
        )
    all_folds = pd.concat([read_predictions(path) for path in pooled], ignore_index=True)
    if all_folds["mass_id"].duplicated().any():
        raise BadInput(f"{pooled[0]} and its other folds: a mass is held out twice")
    return Panel(
        title,
        np.asarray(latent),
        rows,
        held_out["label"].to_numpy(),
        held_out["probability"].to_numpy(),
        int(is_right(all_folds["label"].to_numpy(), all_folds["probability"].to_numpy()).sum()),
        len(all_folds),
    )


if __name__ == "__main__":
    run(plot_fig6)
