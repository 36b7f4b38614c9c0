"""What a training leaves for evaluation: its held-out predictions, and its fold and seed."""

import re
from pathlib import Path

import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import read_table

PREDICTION_COLUMNS = ["mass_id", "label", "probability"]


def read_predictions(path: Path) -> pd.DataFrame:
    """Read a `predictions.csv`: held-out masses only, `probability` being that of malignant.

    Raises:
        BadInput: no row, a label other than 0 and 1, or a probability outside [0, 1].
    """
    table = read_table(path, PREDICTION_COLUMNS)
    if table.empty:
        raise BadInput(f"{path}: no prediction in it; train this fold again")
    if not table["label"].isin([0, 1]).all():
        raise BadInput(f"{path}: a label is neither 0 (benign) nor 1 (malignant)")
    if not pd.api.types.is_numeric_dtype(table["probability"]) or not (
        table["probability"].between(0, 1).all()
    ):
        raise BadInput(f"{path}: a probability is not a number between 0 and 1")
    return table


def fold_and_seed(path: Path) -> tuple[int, int]:
    """Return the fold and seed of a training from its folder, `.../fold<k>_seed<s>/<file>`."""
    found = re.fullmatch(r"fold(\d+)_seed(\d+)", path.parent.name)
    if found is None:
        raise BadInput(f"{path}: its folder is not named fold<k>_seed<s>, as fold0_seed0")
    return int(found[1]), int(found[2])
