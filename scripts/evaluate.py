"""Measure every training of a run on its held-out masses."""

from pathlib import Path

import pandas as pd

from coin.common.files import write_table
from coin.evaluation.metrics import accuracy, auc
from coin.evaluation.predictions import fold_and_seed, read_predictions
from coin.workflow.program import Output, run


def evaluate(*, predictions: list[Path], metrics: Output) -> None:
    """Measure every training of a run on its held-out masses.

    Args:
        predictions: the `predictions.csv` of each training, in a folder `fold<k>_seed<s>`
        metrics: the table to write, a row a training: fold, seed, n_masses, accuracy, auc
    """
    rows = [_measure(path) for path in sorted(predictions, key=fold_and_seed)]
    write_table(metrics, pd.DataFrame(rows))


def _measure(path: Path) -> dict[str, float]:
    fold, seed = fold_and_seed(path)
    held_out = read_predictions(path)
    label, probability = held_out["label"].to_numpy(), held_out["probability"].to_numpy()
    return {
        "fold": fold,
        "seed": seed,
        "n_masses": len(held_out),
        "accuracy": accuracy(label, probability),
        "auc": auc(label, probability),
    }


if __name__ == "__main__":
    run(evaluate)
